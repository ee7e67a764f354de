"""Notices to customers and staff: written from templates, kept in an outbox, sent once per job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from threading import Lock
from types import MappingProxyType
from typing import Any, cast

from loanflow.lending.reasons import reasons_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as it would leave the house; ``to`` is a masked phone number or a group of staff."""

    number: str
    template: str
    case_key: str
    to: str
    text: str


class UnknownTemplate(LookupError):
    """A diagram names a template nobody wrote."""


class Outbox:
    """Notices by idempotency key; the demonstration sends nothing, it keeps what would be sent."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._notices: dict[str, Notice] = {}

    def send(self, idempotency_key: str, template: str, case_key: str, variables: Mapping[str, Any]) -> Notice:
        """Write the notice and keep it; the same key gives the notice written first.

        Raises:
            UnknownTemplate: there is no such template.
            ValueError: a decline without reasons.
        """
        if template not in TEMPLATES:
            raise UnknownTemplate(f'there is no notice template "{template}"; there are {", ".join(sorted(TEMPLATES))}')
        to, text = TEMPLATES[template](variables)
        number = "NTC-" + sha256(idempotency_key.encode()).hexdigest()[:10].upper()
        notice = Notice(number=number, template=template, case_key=case_key, to=to, text=text)
        with self._lock:
            return self._notices.setdefault(idempotency_key, notice)

    def notices(self) -> tuple[Notice, ...]:
        """Return what was sent, oldest first."""
        with self._lock:
            return tuple(self._notices.values())


def masked_phone(phone: str) -> str:
    """Return a phone number as it may be shown: the first three and last four digits.

    >>> masked_phone("13812341234")
    '138****1234'
    """
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def yuan(amount: object) -> str:
    """Return an amount as written in a notice.

    >>> yuan(Decimal("4361.5"))
    '¥4,361.50'
    """
    return f"¥{Decimal(str(amount)).quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"


def _disbursed(variables: Mapping[str, Any]) -> tuple[str, str]:
    offer = cast("Mapping[str, Any]", variables["offer"])
    text = (
        f"您的贷款 {yuan(offer['principal'])} 已发放，年利率 {offer['annual_rate']}%，"
        f"共 {variables['term_months']} 期，每期还款 {yuan(offer['instalment'])}。"
    )
    return masked_phone(str(variables.get("phone", ""))), text


def _declined(variables: Mapping[str, Any]) -> tuple[str, str]:
    reasons = reasons_for(cast("list[str]", variables.get("reason_codes") or []))
    listed = "；".join(reason.zh for reason in reasons)
    text = f"很遗憾，您的贷款申请未获批准。原因：{listed}。如有异议，可在 15 日内要求人工复审。"
    return masked_phone(str(variables.get("phone", ""))), text


def _review_overdue(variables: Mapping[str, Any]) -> tuple[str, str]:
    return "group:reviewer", f"{variables.get('applicant', '')} 的申请已等待复核 8 小时，请尽快处理；满 2 天将转由主管复核。"


def _vote_overdue(variables: Mapping[str, Any]) -> tuple[str, str]:
    return "group:committee", f"{variables.get('company', '')} 的会审已开放 2 天，请尚未表决的委员尽快表决。"


TEMPLATES: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = MappingProxyType(
    {
        "personal-disbursed": _disbursed,
        "personal-declined": _declined,
        "enterprise-disbursed": _disbursed,
        "enterprise-declined": _declined,
        "review-overdue": _review_overdue,
        "vote-overdue": _vote_overdue,
    }
)
