"""A decision as pages show it: the answer first, then the inputs, the table, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from markupsafe import Markup

from loanflow.dmn import DecisionTrace, Trace
from loanflow.dmn.model import DecisionTable
from loanflow.dmn.sentences import change, headline, sentence
from loanflow.drawing.decision_table import draw_decision_table
from loanflow.feel import to_python
from loanflow.records import DecisionRecord
from loanflow_web.library import Library
from loanflow_web.translation import gettext as _
from loanflow_web.views.tasks import Link, Pair
from loanflow_web.views.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenInput:
    """One input with where it came from."""

    label: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One decision of the chain, the one that was asked first."""

    title: str
    sentence: str
    inputs: tuple[GivenInput, ...]
    table: Markup
    distance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One evaluation, explained."""

    headline: str
    sentence: str
    outputs: tuple[Pair, ...]
    parts: tuple[Part, ...]
    others: tuple[Link, ...]


def explained(
    record: DecisionRecord, *, all_records: Sequence[DecisionRecord], process_definition_id: str, library: Library, lang: str
) -> Explained | None:
    """Explain one evaluation; None if no trace was kept of it."""
    if not record.trace:
        return None
    trace = Trace.from_dict(record.trace)
    vocabulary = library.vocabulary(process_definition_id, lang)
    asked = trace.decision
    raw = {each["decision_id"]: each for each in record.trace["decisions"]}
    chain = [asked, *list(reversed(trace.decisions[:-1]))]
    return Explained(
        headline=headline_of(trace, vocabulary),
        sentence=_sentence(asked, vocabulary),
        outputs=_results(asked, vocabulary)[:5],
        parts=tuple(_part(each, raw[each.decision_id], record, library, vocabulary, trace, lang) for each in chain),
        others=tuple(
            Link(
                href=url_for("decision.show", case_id=other.case_id, decision_id=other.id),
                text=_decision_name(other, library),
                current=other.id == record.id,
            )
            for other in all_records
            if other.trace
        ),
    )


def headline_of(trace: Trace, vocabulary: Vocabulary) -> str:
    """Return the answer of an evaluation in a few words: what the author wrote beside the one rule that decided, else its outputs."""
    decision, lang = trace.decision, vocabulary.lang
    if decision.hit_policy is None:
        shown = [f"{pair.label} {pair.value}" for pair in _results(decision, vocabulary)[:3]]
        return f"{decision.name} → {('、' if lang == 'zh' else ', ').join(shown)}"
    words = headline(decision, _language(lang))
    if len(decision.rules_hit) == 1 and (remark := _remark(decision)):
        return f"{words.partition(' → ')[0]} → {remark}"
    return words


def _results(decision: DecisionTrace, vocabulary: Vocabulary) -> tuple[Pair, ...]:
    """Return what a decision gave, value by value; Camunda 7 wraps a single answer in a list and a context."""
    if decision.outputs:
        return tuple(Pair(label=output.label, value=_plain(vocabulary, output.name or "", output.value)) for output in decision.outputs)
    value = decision.value
    while (isinstance(value, list) and len(value) == 1) or (isinstance(value, dict) and len(value) == 1):
        inner = value[0] if isinstance(value, list) else next(iter(value.values()))
        if isinstance(value, dict) and not isinstance(inner, dict | list):
            break
        value = inner
    if isinstance(value, dict):
        return tuple(Pair(label=vocabulary.label(name), value=_plain(vocabulary, name, item)) for name, item in value.items())
    return (Pair(label=decision.name, value=_plain(vocabulary, "", value)),)


def _sentence(decision: DecisionTrace, vocabulary: Vocabulary) -> str:
    if decision.hit_policy is not None:
        return sentence(decision, _language(vocabulary.lang))
    results = ("，" if vocabulary.lang == "zh" else ", ").join(f"{pair.label} {pair.value}" for pair in _results(decision, vocabulary))
    return _("“%(name)s” is a formula: %(results)s.", name=decision.name, results=results)


def _remark(decision: DecisionTrace) -> str:
    rule = decision.rules_hit[0]
    return (rule.description or next((text for text in rule.annotations if text), "")).strip()


def _part(
    decision: DecisionTrace, raw: dict[str, Any], record: DecisionRecord, library: Library, vocabulary: Vocabulary, trace: Trace, lang: str
) -> Part:
    names = {each.decision_id: each.name for each in trace.decisions}
    inputs = tuple(
        GivenInput(
            label=given.label,
            value=_plain(vocabulary, given.expression.strip(), given.value),
            source=_source(given.source, names, vocabulary, lang),
        )
        for given in decision.inputs
    )
    return Part(
        title=decision.name,
        sentence=_sentence(decision, vocabulary),
        inputs=inputs,
        table=_table(decision, raw, record, library, lang),
        distance=change(decision, _language(lang)) or "",
    )


def _table(decision: DecisionTrace, raw: dict[str, Any], record: DecisionRecord, library: Library, lang: str) -> Markup:
    file = library.decision_file(record.decision_definition_id)
    drawn = next((each for each in file.decisions if each.id == decision.decision_id), None)
    if drawn is None or not isinstance(drawn.logic, DecisionTable):
        return Markup("")
    version = f"v{record.decision_version}" if decision.decision_id == record.decision_key else None
    html = draw_decision_table(drawn.logic, name=drawn.name or drawn.id, trace=raw, language=_language(lang), version=version)
    # Our own drawing, escaped where it was drawn.
    return Markup(html)  # noqa: S704


def _source(source: Any, names: dict[str, str], vocabulary: Vocabulary, lang: str) -> str:
    match source.kind:
        case "decision":
            return _("computed by the decision “%(name)s”", name=names.get(source.decision_id or "", source.name))
        case "expression":
            labels = [vocabulary.label(name.strip()) for name in source.name.split(",")]
            return _("computed from %(names)s", names=("、" if lang == "zh" else ", ").join(labels))
        case "missing":
            return _("not given")
        case _:
            return _("data of the case")


def _plain(vocabulary: Vocabulary, name: str, value: Any) -> str:
    try:
        python = to_python(value)
    except ValueError:
        python = str(value)
    return vocabulary.text(name, python)


def _decision_name(record: DecisionRecord, library: Library) -> str:
    file = library.decision_file(record.decision_definition_id)
    return next((each.name for each in file.decisions if each.id == record.decision_key and each.name), record.decision_key)


def _language(lang: str) -> Any:
    return "zh" if lang == "zh" else "en"
