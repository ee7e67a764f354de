"""Why an application was declined, in words a customer can act on: coded, at most four, never "score too low"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

MOST_REASONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason in both languages."""

    code: str
    zh: str
    en: str

    def words(self, lang: str) -> str:
        """Return the reason in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


_ALL = (
    Reason(code="E01", zh="年龄不在产品范围内", en="Age is outside the range of this product"),
    Reason(code="E02", zh="月收入低于产品要求", en="Monthly income is below what this product asks for"),
    Reason(code="E03", zh="申请金额相对收入过高", en="The amount is high in relation to income"),
    Reason(code="E04", zh="申请金额不在产品额度范围内", en="The amount is outside the range of this product"),
    Reason(code="E05", zh="贷款用途不在允许范围内", en="The purpose is not allowed for this product"),
    Reason(code="E06", zh="未授权查询征信", en="The credit enquiry was not authorised"),
    Reason(code="S01", zh="目前有 90 天以上的逾期", en="A payment is overdue for more than 90 days"),
    Reason(code="S02", zh="近 24 个月有逾期记录", en="Payments were overdue within the last 24 months"),
    Reason(code="S03", zh="每月还款相对收入偏高", en="Monthly repayments are high in relation to income"),
    Reason(code="S04", zh="没有可用的征信记录", en="There is no usable credit record"),
    Reason(code="S05", zh="收入与申请金额不匹配", en="Income does not support the amount"),
    Reason(code="S06", zh="没有稳定的职业", en="There is no steady occupation"),
    Reason(code="S07", zh="现职工作时间较短", en="The present job was begun only recently"),
    Reason(code="S08", zh="近 3 个月信贷查询次数较多", en="Many credit enquiries within the last three months"),
    Reason(code="S09", zh="信用卡额度使用率较高", en="A large part of the credit card limits is used"),
    Reason(code="M01", zh="申请材料不齐", en="The material of the application is incomplete"),
    Reason(code="M02", zh="收入无法核实", en="Income could not be verified"),
    Reason(code="M03", zh="申请资料与核实结果不一致", en="What was stated does not agree with what was found"),
    Reason(code="M04", zh="贷款用途无法证明", en="The purpose could not be proven"),
    Reason(code="C01", zh="贷审会未通过", en="The credit committee did not approve"),
    Reason(code="C02", zh="经营或财务状况不支持该笔贷款", en="The state of the business does not support the loan"),
    Reason(code="C03", zh="还款来源不足", en="The source of repayment is not sufficient"),
    Reason(code="C04", zh="担保不足", en="The collateral is not sufficient"),
    Reason(code="C05", zh="行业或集团集中度过高", en="Concentration in the industry or group is too high"),
)

REASONS = MappingProxyType({reason.code: reason for reason in _ALL})


def reasons_for(codes: Iterable[str]) -> tuple[Reason, ...]:
    """Return the reasons of a decline: the first four codes, each once, in the order given.

    Raises:
        ValueError: there is no code, or one that is not in the library: a decline without a reason is not sent.
    """
    distinct = list(dict.fromkeys(codes))
    if not distinct:
        raise ValueError("a decline needs at least one reason code")
    unknown = [code for code in distinct if code not in REASONS]
    if unknown:
        raise ValueError(f"reason codes that are not in the library: {', '.join(unknown)}")
    return tuple(REASONS[code] for code in distinct[:MOST_REASONS])
