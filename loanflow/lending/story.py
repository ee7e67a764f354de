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
        "job.completed": "完成",
        "job.postponed": "稍后再试",
        "job.failed": "失败，将重试",
        "timer.fired": "定时器触发",
        "error.caught": "转入",
        "case.ended": "结束",
        "incident.raised": "异常",
        "system": "系统",
        "colon": "：",
        "semicolon": "；",
        "comma": "、",
        "rules": "规则",
        "open": "进行中",
        "chain": "哈希链已校验：{count} 条记录，最后一环 {hash}",
    },
    "en": {
        "case.started": "submits the application",
        "task.claimed": "claims",
        "task.completed": "completes",
        "task.assigned": "is given",
        "job.completed": "completes",
        "job.postponed": "postpones",
        "job.failed": "fails and will try again",
        "timer.fired": "finds the time up at",
        "error.caught": "goes on from",
        "case.ended": "ends",
        "incident.raised": "is stuck at",
        "system": "the system",
        "colon": ": ",
        "semicolon": "; ",
        "comma": ", ",
        "rules": "rules",
        "open": "open",
        "chain": "hash chain verified: {count} entries, last link {hash}",
    },
}
_TOLD = frozenset(kind for kind in _WORDS["zh"] if "." in kind) - {"task.claimed"}
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
    lines += _Teller(engine, lang, state).events(history, engine.decisions(record.id))
    lines.append(_WORDS[lang]["chain"].format(count=count, hash=engine.case(record.id).audit_hash[:16]))
    return "\n".join(lines)


class _Teller:
    """Says things about one case in one language."""

    def __init__(self, engine: Engine, lang: Lang, state: str) -> None:
        self.engine = engine
        self.lang: Lang = lang
        self.words = _WORDS[lang]
        self.state = state
        self.choices: dict[str, Mapping[str, Mapping[str, str]]] = {}

    def events(self, history: Sequence[HistoryEntry], decisions: Sequence[DecisionRecord]) -> Iterator[str]:
        """Say what happened, a line for each event worth telling."""
        waiting = list(decisions)
        for entry in history:
            if entry.kind == "element.completed":
                for decision in [each for each in waiting if (each.token, each.element_id) == (entry.token, entry.element_id)]:
                    waiting.remove(decision)
                    yield from self._decision(entry, decision)
            elif entry.kind in _TOLD:
                what = self._quoted(self.state) if entry.kind == "case.ended" else self._what(entry)
                yield self._line(entry, f"{self._who(entry)} {self.words[entry.kind]}{what}{self._values(entry)}")

    def _line(self, entry: HistoryEntry, text: str) -> str:
        return f"  {entry.at.astimezone(_SHANGHAI):%m-%d %H:%M}  {text}"

    def _decision(self, entry: HistoryEntry, decision: DecisionRecord) -> Iterator[str]:
        said = f"{self.words['rules']}{self._what(entry)} v{decision.decision_version}{self.words['colon']}"
        if decision.trace is None:
            yield self._line(entry, f"{said}{decision.value}")
            return
        trace = Trace.from_dict(decision.trace)
        yield self._line(entry, f"{said}{trace.sentence(self.lang)}")
        for required in trace.decisions[:-1]:
            if required.hits:
                fired = ", ".join(f"#{index}" for index in required.hits)
                yield f"{'':15}{required.name} {fired}"

    def _who(self, entry: HistoryEntry) -> str:
        person = BY_ID.get(entry.actor)
        if person is None:
            return self.words["system"]
        return person.name if self.lang == "zh" else person.name_en

    def _what(self, entry: HistoryEntry) -> str:
        name = entry.element_name or entry.element_id
        return self._quoted(name) if name else ""

    def _quoted(self, name: str) -> str:
        return f"「{name}」" if self.lang == "zh" else f' "{name}"'

    def _values(self, entry: HistoryEntry) -> str:
        values = cast("Mapping[str, Any]", entry.data.get("values") or {})
        labels = self._labels(entry.data.get("task_id"))
        shown: list[str] = []
        for name, value in values.items():
            if name.endswith(_VALUE_SHOWN) and value not in (None, [], ""):
                several = cast("list[object]", value) if isinstance(value, list) else [cast("object", value)]
                words = labels.get(name, {})
                shown.append(self.words["comma"].join(words.get(str(each), str(each)) for each in several))
        reason = entry.data.get("reason") or entry.data.get("error") or entry.data.get("message")
        if reason:
            shown.append(str(reason))
        return f"{self.words['colon']}{self.words['semicolon'].join(shown)}" if shown else ""

    def _labels(self, task_id: object) -> Mapping[str, Mapping[str, str]]:
        # What the form called its choices, by field and value.
        if not isinstance(task_id, str):
            return {}
        form = self.engine.task_form(task_id)
        if form is None:
            return {}
        if form.id not in self.choices:
            self.choices[form.id] = {
                component.path: {
                    str(option.value): component.properties.get(f"option.{option.value}.{self.lang}", option.label)
                    for option in component.options
                }
                for top in form.components
                for component in top.walk()
                if component.path is not None and component.options
            }
        return self.choices[form.id]
