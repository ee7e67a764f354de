"""The handlers behind the loan products' service and send tasks, connected to the simulated outside world.

A bank writes its own set against its own bureau and core system; the topics and variables stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from loanflow import BpmnError, Handlers, Job, Retry
from loanflow.lending.bureau import BureauBusy, NoCreditFile, SimulatedBureau, SimulatedCreditAgency
from loanflow.lending.ledger import DisbursementLedger
from loanflow.lending.notices import Outbox

BUSY_WAIT_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideWorld:
    """The systems the products call: all simulated, all deterministic."""

    bureau: SimulatedBureau = field(default_factory=SimulatedBureau)
    agency: SimulatedCreditAgency = field(default_factory=SimulatedCreditAgency)
    ledger: DisbursementLedger = field(default_factory=DisbursementLedger)
    outbox: Outbox = field(default_factory=Outbox)


def connectors(world: OutsideWorld | None = None) -> Handlers:
    """Return the handlers of the shipped products, working on ``world``; a fresh simulated one if None.

    >>> sorted(connectors().topics)
    ['bureau-query', 'disburse', 'notify', 'third-party-credit']
    """
    outside = world or OutsideWorld()
    handlers = Handlers()

    def bureau_query(job: Job, national_id: str, bureau_consent: bool = False) -> dict[str, Any]:
        if not bureau_consent:
            raise PermissionError("no query without the person's authorisation")
        try:
            report = outside.bureau.query(national_id, idempotency_key=job.key)
        except NoCreditFile as none:
            raise BpmnError("NO_CREDIT_FILE", str(none)) from none
        except BureauBusy as busy:
            raise Retry(BUSY_WAIT_SECONDS, str(busy)) from busy
        return {"credit_report": report.as_variables()}

    def third_party_credit(uscc: str, credit_consent: bool = False) -> dict[str, Any]:
        if not credit_consent:
            raise PermissionError("no query without the enterprise's authorisation")
        return {"enterprise_report": outside.agency.report(uscc)}

    def disburse(job: Job, account_no: str, principal: Decimal) -> dict[str, Any]:
        payment = outside.ledger.pay(job.key, account_no=account_no, amount=Decimal(principal))
        return {"payment_no": payment.number}

    def notify(job: Job, template: str) -> dict[str, Any]:
        notice = outside.outbox.send(job.key, template, job.case_key or job.case_id, job.variables)
        return {"notice_no": notice.number}

    handlers.service("bureau-query", retries=5, backoff="10s..10m")(bureau_query)
    handlers.service("third-party-credit", retries=3, backoff="10s..10m")(third_party_credit)
    handlers.service("disburse", retries=5, backoff="10s..10m")(disburse)
    handlers.service("notify", retries=5, backoff="10s..10m")(notify)
    return handlers
