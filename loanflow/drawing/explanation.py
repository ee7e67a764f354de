"""Why a decision came out as it did, as HTML: the answer, what went in, the logic with its cells painted, and what would change it.

Pure: trace and models in, text out. The same facts as ``Trace.to_dict()`` and the terminal's table; no script, no inline style.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from loanflow.dmn import DecisionTrace, InputTrace, Model, Trace, change, headline, sentence
from loanflow.dmn.model import BoxedExpression, DecisionTable
from loanflow.dmn.sentences import display, without_rows
from loanflow.drawing.boxed_expressions import boxed_expression_stylesheet, draw_boxed_expression
from loanflow.drawing.decision_table import decision_table_stylesheet, draw_decision_table
from loanflow.drawing.values import draw_value, is_plain
from loanflow.drawing.words import EXPLANATION, Language
from loanflow.feel.reasons import in_chinese


def draw_explanation(trace: Trace, models: Iterable[Model], *, language: Language = "zh", level: int = 2) -> str:
    """Return an HTML fragment: the decision that was asked for, then those that it required, the last evaluated first.

    Args:
        trace: what was kept of the evaluation.
        models: the models that it was evaluated with; the logic of a decision that none of them has is left out.
        language: of the words around the model's own text.
        level: of the headings, 1 to 6.
    """
    logic = {(model.file, decision.id): decision.logic for model in models for decision in model.decisions}
    raw: list[Mapping[str, Any]] = trace.to_dict()["decisions"]
    parts = [
        _decision(decision, painted, logic.get((decision.file, decision.decision_id)), trace.version, language, level)
        for decision, painted in zip(reversed(trace.decisions), reversed(raw), strict=True)
    ]
    return f'<article class="lf-ex">{"".join(parts)}</article>'


def draw_explanation_page(trace: Trace, models: Iterable[Model], *, language: Language = "zh") -> str:
    """Return the same as a whole HTML document that needs nothing else: to keep, to print, to send; light and dark."""
    tag = {"zh": "zh-CN", "en": "en"}[language]
    sheets = explanation_stylesheet() + decision_table_stylesheet() + boxed_expression_stylesheet() + _PAGE
    return (
        f'<!doctype html>\n<html lang="{tag}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(trace.decision.name)}</title><style>{sheets}</style></head>"
        f"<body><main>{draw_explanation(trace, models, language=language, level=1)}</main></body></html>\n"
    )


def explanation_stylesheet() -> str:
    """Return the CSS for the classes of ``draw_explanation``, its tables and boxes apart."""
    return _SHEET.strip() + "\n"


def _decision(
    decision: DecisionTrace, painted: Mapping[str, Any], logic: BoxedExpression | None, version: str | None, language: Language, level: int
) -> str:
    words = EXPLANATION[language]
    tag = f"h{level}"
    wish = change(decision, language)
    parts = [
        f'<{tag} class="lf-ex-name">{escape(decision.name)}</{tag}>',
        _answer(decision, language),
        f'<p class="lf-ex-why">{escape(sentence(decision, language))}</p>' if decision.hit_policy is not None else "",
        _inputs(decision, words),
        _logic(decision, painted, logic, version, language),
        f'<p class="lf-ex-change">{escape(wish)}</p>' if wish is not None else "",
        _notes(decision, language),
    ]
    return f'<section class="lf-ex-decision">{"".join(parts)}</section>'


def _answer(decision: DecisionTrace, language: Language) -> str:
    value = without_rows(decision.value)
    if decision.hit_policy is not None:
        return f'<p class="lf-ex-answer">{escape(headline(decision, language))}</p>'
    if isinstance(value, dict) and value and all(map(is_plain, value.values())):
        entries = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(display(entry))}</dd></div>" for name, entry in value.items())
        return f'<dl class="lf-ex-answer">{entries}</dl>'
    if is_plain(value):
        return f'<p class="lf-ex-answer">{escape(display(value))}</p>'
    return f'<div class="lf-ex-value">{draw_value(value)}</div>'


def _inputs(decision: DecisionTrace, words: Mapping[str, str]) -> str:
    if not decision.inputs:
        return ""
    drawn = "".join(_input(given, words) for given in decision.inputs)
    return f'<dl class="lf-ex-inputs">{drawn}</dl>'


def _input(given: InputTrace, words: Mapping[str, str]) -> str:
    kind = "" if is_plain(given.value) else ' class="lf-ex-wide"'
    return f"<div{kind}><dt>{escape(given.label)}</dt><dd>{draw_value(given.value)}</dd>{_source(given, words)}</div>"


def _source(given: InputTrace, words: Mapping[str, str]) -> str:
    said = words[given.source.kind].format(name=given.source.name)
    return f'<dd class="lf-ex-source">{escape(said)}</dd>'


def _logic(
    decision: DecisionTrace, painted: Mapping[str, Any], logic: BoxedExpression | None, version: str | None, language: Language
) -> str:
    match logic:
        case None:
            return ""
        case DecisionTable():
            return draw_decision_table(logic, name=decision.name, trace=painted, language=language, version=version)
        case _:
            return f'<div class="lf-ex-logic">{draw_boxed_expression(logic, language=language)}</div>'


def _notes(decision: DecisionTrace, language: Language) -> str:
    if not decision.notes:
        return ""
    words = EXPLANATION[language]
    notes = map(in_chinese, decision.notes) if language == "zh" else decision.notes
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    title = words["no-value" if decision.value is None else "null-on-the-way"]
    return f'<p class="lf-ex-notes-title">{escape(title)}</p><ul class="lf-ex-notes">{items}</ul>'


_SHEET = """
.lf-ex { color: var(--ink, #171d2b); overflow-wrap: anywhere;
  font: 14px/22px Inter, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; }
.lf-ex-decision { margin: 0 0 16px; padding: 16px; background: var(--surface, #ffffff);
  border: 1px solid var(--line, #e4e7ec); border-radius: 10px; }
.lf-ex-name { margin: 0; font-size: 13px; line-height: 20px; font-weight: 500; color: var(--ink-2, #495366); }
.lf-ex-answer { margin: 0; font-size: 20px; line-height: 30px; font-weight: 600; font-variant-numeric: tabular-nums; }
dl.lf-ex-answer { display: flex; flex-wrap: wrap; gap: 4px 32px; }
.lf-ex-answer dt { font-size: 12px; line-height: 18px; font-weight: 400; color: var(--ink-2, #495366); }
.lf-ex-answer dd { margin: 0; }
.lf-ex-value { margin-top: 8px; overflow-x: auto; }
.lf-ex-value .lf-be, .lf-ex-wide .lf-be { overflow-wrap: normal; }
.lf-ex-why { margin: 4px 0 0; color: var(--ink-2, #495366); }
.lf-ex-inputs { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 16px 0; }
.lf-ex-inputs dt { font-size: 12px; line-height: 18px; color: var(--ink-2, #495366); }
.lf-ex-inputs dd { margin: 0; font-size: 16px; line-height: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
.lf-ex-inputs dd.lf-ex-source { font-size: 12px; line-height: 18px; font-weight: 400; color: var(--ink-2, #495366); }
.lf-ex-inputs .lf-ex-wide { flex: 1 1 100%; min-width: 0; }
.lf-ex-inputs .lf-ex-wide > dd:not(.lf-ex-source) { font-size: 13px; line-height: 20px; font-weight: 400; overflow-x: auto; }
.lf-ex-logic { margin-top: 16px; padding: 10px 12px; border-radius: 8px; background: var(--surface-2, #fafbfc); overflow-x: auto; }
.lf-ex .lf-dt-scroll { margin: 0 -16px; position: relative; }
.lf-ex .lf-dt { overflow-wrap: normal; }
.lf-ex .lf-dt caption { padding: 8px 16px; }
.lf-ex .lf-dt td.lf-dt-cell { white-space: nowrap; }
.lf-ex .lf-dt td.lf-dt-output { max-width: 320px; white-space: pre-wrap; overflow-wrap: anywhere; }
.lf-ex .lf-dt thead th { min-width: 72px; }
.lf-ex .lf-dt thead th.lf-dt-index { min-width: 0; }
.lf-ex .lf-dt .lf-dt-note { min-width: 150px; }
.lf-ex-change { margin: 16px 0 0; padding: 10px 12px; border-radius: 8px; background: var(--accent-soft, #eef2fe); }
.lf-ex-notes-title { margin: 16px 0 0; font-size: 12px; line-height: 18px; color: var(--ink-2, #495366); }
.lf-ex-notes { margin: 0; padding-inline-start: 20px; }
"""

_PAGE = """
:root { color-scheme: light dark; --bg: #f4f5f7; --surface: #ffffff; --surface-2: #fafbfc; --surface-3: #eff1f4;
  --ink: #171d2b; --ink-2: #495366; --ink-3: #626d80; --line: #e4e7ec; --line-2: #cdd3dc;
  --accent: #3150cc; --accent-soft: #eef2fe; --accent-fill: #3150cc;
  --ok: #0b7048; --ok-soft: #e6f5ed; --bad: #b3211f; --bad-soft: #fdeceb; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1016; --surface: #151922; --surface-2: #1a1f29; --surface-3: #222935;
  --ink: #e9ecf2; --ink-2: #b3bbca; --ink-3: #8e98aa; --line: #262d3a; --line-2: #394354;
  --accent: #93a8ff; --accent-soft: #1c2444; --accent-fill: #4a66dc;
  --ok: #5cc797; --ok-soft: #12271e; --bad: #f2908b; --bad-soft: #311a1b; } }
body { margin: 0; background: var(--bg); }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px; }
@media (max-width: 760px) { main { padding: 12px; } }
@media print { body { background: none; } main { max-width: none; padding: 0; } .lf-ex-decision { break-inside: avoid; } }
"""
