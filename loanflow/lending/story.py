"""One case told in full: who did what when, which rules fired, and whether the record is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta, timezone
from typing import Any, Literal, cast

from loanflow import Engine
from loanflow.dmn import Trace
from loanflow.engine import HistoryEntry
from loanflow.lending.staff import BY_ID
from loanflow.records import CaseStatus, DecisionRecord

Lang = Literal["zh", "en"]

_SHANGHAI = timezone(timedelta(hours=8))
_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "case.started": "提交申请",
        "task.claimed": "认领",
        "task.completed": "完成",
        "task.assigned": "改派",
        "job.completed": "系统完成",
        "job.postponed": "稍后再试",
        "job.failed": "失败，将重试",
        "timer.fired": "到时",
        "error.caught": "转入",
        "case.ended": "结束",
        "incident.raised": "故障",
        "system": "系统",
        "rules": "规则",
        "open": "进行中",
        "chain": "哈希链已校验：{count} 条记录，最后一环 {hash}",
    },
    "en": {
        "case.started": "submits the application",
        "task.claimed": "claims",
        "task.completed": "completes",
        "task.assigned": "is given",
        "job.completed": "system completes",
        "job.postponed": "to be tried again",
        "job.failed": "failed, to be tried again",
        "timer.fired": "time is up",
        "error.caught": "goes to",
        "case.ended": "ends",
        "incident.raised": "stuck",
        "system": "system",
        "rules": "rules",
        "open": "open",
        "chain": "hash chain verified: {count} entries, last link {hash}",
    },
}
_TOLD = frozenset(_WORDS["zh"]) - {"system", "rules", "open", "chain", "task.claimed"}
_VALUE_SHOWN = ("conclusion", "vote", "recommendation", "approved_amount", "opinion", "note", "reason_codes", "missing_items")


def tell(engine: Engine, case: str, *, lang: Lang = "zh") -> str:
    """Tell a case, by id or business key, as lines of text: one per event, with the rules that fired; then check its chain.

    Raises:
        NotFound: there is no such case.
        AuditChainBroken: its history was tampered with.
    """
    record = engine.case(case)
    name = next((each.name or each.key for each in engine.definitions() if each.key == record.process_key), record.process_key)
    state = _WORDS[lang]["open"] if record.status is CaseStatus.OPEN else str(record.end_event or record.outcome or record.status)
    history = engine.history(record.id)
    if record.status is not CaseStatus.OPEN:
        state = next((each.element_name for each in history if each.element_id == record.end_event and each.element_name), state)
    count = engine.verify_audit(record.id)
    lines = [f"{record.business_key or record.id} · {name} v{record.process_version} · {state}"]
    lines += _events(history, engine.decisions(record.id), lang)
    lines.append(_WORDS[lang]["chain"].format(count=count, hash=engine.case(record.id).audit_hash[:16]))
    return "\n".join(lines)


def _events(history: Sequence[HistoryEntry], decisions: Sequence[DecisionRecord], lang: Lang) -> Iterator[str]:
    waiting = list(decisions)
    for entry in history:
        if entry.kind == "element.completed":
            for decision in [each for each in waiting if (each.token, each.element_id) == (entry.token, entry.element_id)]:
                waiting.remove(decision)
                yield from _decision(entry, decision, lang)
        elif entry.kind in _TOLD:
            yield _line(entry, f"{_who(entry, lang)} {_WORDS[lang][entry.kind]}{_what(entry)}{_values(entry)}")


def _line(entry: HistoryEntry, text: str) -> str:
    return f"  {entry.at.astimezone(_SHANGHAI):%m-%d %H:%M}  {text}"


def _decision(entry: HistoryEntry, decision: DecisionRecord, lang: Lang) -> Iterator[str]:
    if decision.trace is None:
        yield _line(entry, f"{_WORDS[lang]['rules']} {_what(entry)} v{decision.decision_version}: {decision.value}")
        return
    trace = Trace.from_dict(decision.trace)
    yield _line(entry, f"{_WORDS[lang]['rules']}{_what(entry)} v{decision.decision_version}：{trace.sentence(lang)}")
    for required in trace.decisions[:-1]:
        if required.hits:
            fired = ", ".join(f"#{index}" for index in required.hits)
            yield f"{'':17}{required.name} {fired}"


def _who(entry: HistoryEntry, lang: Lang) -> str:
    person = BY_ID.get(entry.actor)
    if person is None:
        return _WORDS[lang]["system"]
    return person.name if lang == "zh" else person.name_en


def _what(entry: HistoryEntry) -> str:
    name = entry.element_name or entry.element_id
    return f"「{name}」" if name else ""


def _values(entry: HistoryEntry) -> str:
    values = cast("Mapping[str, Any]", entry.data.get("values") or {})
    shown = [_text(value) for name, value in values.items() if value not in (None, [], "") and name.endswith(_VALUE_SHOWN)]
    reason = entry.data.get("reason") or entry.data.get("error") or entry.data.get("message")
    if reason:
        shown.append(str(reason))
    return f"：{'；'.join(shown)}" if shown else ""


def _text(value: object) -> str:
    if isinstance(value, list):
        return "、".join(str(each) for each in cast("list[object]", value))
    return str(value)
