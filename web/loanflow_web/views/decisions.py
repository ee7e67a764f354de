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
        headline=headline(asked, _language(lang)),
        sentence=sentence(asked, _language(lang)),
        outputs=tuple(Pair(label=output.label, value=_plain(vocabulary, output.name or "", output.value)) for output in asked.outputs),
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


def headline_of(trace: Trace, lang: str) -> str:
    """Return the answer of an evaluation in a few words."""
    return headline(trace.decision, _language(lang))


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
        sentence=sentence(decision, _language(lang)),
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
