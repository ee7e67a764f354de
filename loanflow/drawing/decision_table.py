"""A decision table as an accessible HTML fragment, with the results of one evaluation painted on.

Pure: model and trace in, text out. No script and no inline style; what a cell is, its class says (never colour alone: a mark
and hidden words say it too). The model's own text is escaped and never translated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from loanflow.dmn.model import DecisionTable, Rule
from loanflow.drawing.words import DECISION_TABLE, Language

_MARKS = {"true": "✓", "false": "✕"}


def draw_decision_table(
    table: DecisionTable,
    *,
    name: str,
    trace: Mapping[str, Any] | None = None,
    language: Language = "zh",
    version: str | None = None,
) -> str:
    """Return a table as HTML, ready to stand in a page.

    Args:
        table: the table as it was deployed.
        name: the decision's name, for the caption.
        trace: what happened in one evaluation: an item of ``Trace.to_dict()["decisions"]``; None draws the table alone.
        language: of the few words around the model's own text.
        version: the deployed version, shown beside the name.

    The classes are ``lf-dt`` (table), ``lf-dt-true``, ``lf-dt-false``, ``lf-dt-unevaluated``, ``lf-dt-any``, ``lf-dt-blocking``
    (cells), ``lf-dt-hit``, ``lf-dt-stopped``, ``lf-dt-nearest`` (rows), ``lf-dt-output``, ``lf-dt-note``;
    ``decision_table_stylesheet`` colours them.
    """
    words = DECISION_TABLE[language]
    traced, nearest = _traced_rules(trace), (trace or {}).get("nearest")
    notes = _note_columns(table, words)
    caption = _caption(table, name, version, words, legend=trace is not None)
    header = _header(table, notes, words)
    rows = "".join(
        _row(table, rule, traced.get(rule.index), nearest if nearest and nearest["rule"] == rule.index else None, notes, words)
        for rule in table.rules
    )
    label = escape(f"{words['table']}{words['colon']}{name}", quote=True)
    return (
        f'<div class="lf-dt-scroll" role="region" tabindex="0" aria-label="{label}">'
        f'<table class="lf-dt">{caption}<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def decision_table_stylesheet() -> str:
    """Return the CSS for the classes of ``draw_decision_table``, over the same custom properties as other drawings."""
    return _SHEET.strip() + "\n"


def _traced_rules(trace: Mapping[str, Any] | None) -> dict[int, Mapping[str, Any]]:
    if trace is None:
        return {}
    rules: Sequence[Mapping[str, Any]] = trace.get("rules", ())
    return {rule["index"]: rule for rule in rules}


def _note_columns(table: DecisionTable, words: Mapping[str, str]) -> tuple[str, ...]:
    """Return the titles of the columns after the outputs: annotations, and the rules' descriptions where they have any."""
    described = any(rule.description for rule in table.rules)
    return (*table.annotations, *((words["note"],) if described else ()))


def _caption(table: DecisionTable, name: str, version: str | None, words: Mapping[str, str], *, legend: bool) -> str:
    policy = table.hit_policy.value + (f" {table.aggregator.value}" if table.aggregator else "")
    parts = [
        f'<span class="lf-dt-title">{escape(words["table"] + words["colon"] + name)}</span>',
        f'<span class="lf-dt-chip">{escape(version)}</span>' if version else "",
        f'<span class="lf-dt-chip" title="{escape(words["hit-policy"], quote=True)}">{escape(policy)}</span>',
    ]
    if legend:
        parts.append(
            '<span class="lf-dt-legend">'
            + "".join(f'<span class="lf-dt-key lf-dt-key-{kind}">{escape(words[kind])}</span>' for kind in ("true", "false", "unevaluated"))
            + "</span>"
        )
    return f"<caption>{' '.join(part for part in parts if part)}</caption>"


def _header(table: DecisionTable, notes: Sequence[str], words: Mapping[str, str]) -> str:
    cells = [
        f'<th scope="col" class="lf-dt-index"><abbr title="{escape(table.hit_policy.value, quote=True)}">{escape(table.code)}</abbr></th>'
    ]
    for number, clause in enumerate(table.inputs):
        title = "" if clause.label is None else f' title="{escape(clause.expression.text.strip(), quote=True)}"'
        cells.append(_head("lf-dt-input", words["when" if number == 0 else "and"], clause.title, title))
    for number, clause in enumerate(table.outputs):
        position = " lf-dt-first" if number == 0 else ""
        cells.append(_head("lf-dt-output" + position, words["then" if number == 0 else "and"], clause.title, ""))
    cells += [f'<th scope="col" class="lf-dt-note">{escape(title)}</th>' for title in notes]
    return "".join(cells)


def _head(kind: str, word: str, title: str, attributes: str) -> str:
    return f'<th scope="col" class="{kind}"{attributes}><span class="lf-dt-word">{escape(word)}</span> {escape(title)}</th>'


def _row(
    table: DecisionTable,
    rule: Rule,
    traced: Mapping[str, Any] | None,
    miss: Mapping[str, Any] | None,
    notes: Sequence[str],
    words: Mapping[str, str],
) -> str:
    hit = bool(traced and traced["hit"])
    results: Sequence[Mapping[str, Any]] = traced["cells"] if traced else ()
    stopped = bool(results) and all(cell["result"] is None for cell in results)
    blocking = frozenset(cell["column"] for cell in miss["cells"]) if miss else frozenset[int]()
    kinds = ["lf-dt-hit"] if hit else ["lf-dt-stopped"] if stopped else []
    kinds += ["lf-dt-nearest"] if miss else []
    said = words["hit"] if hit else words["nearest"] if miss else ""
    hidden = f' <span class="lf-dt-hidden">{escape(said)}</span>' if said else ""
    cells = [
        f'<th scope="row" class="lf-dt-index"><span class="lf-dt-hidden">{escape(words["rule"])} </span>{rule.index}{hidden}</th>',
        *(
            _input_cell(tests.text, tests.accepts_anything, results[number] if number < len(results) else None, number in blocking, words)
            for number, tests in enumerate(rule.inputs)
        ),
        *(
            f'<td class="lf-dt-output{" lf-dt-first" if number == 0 else ""}">{escape(output.text.strip())}</td>'
            for number, output in enumerate(rule.outputs)
        ),
        *(f'<td class="lf-dt-note">{escape(text)}</td>' for text in _notes(table, rule, len(notes))),
    ]
    attributes = f' class="{" ".join(kinds)}"' if kinds else ""
    identity = f' data-rule="{escape(rule.id, quote=True)}"' if rule.id else ""
    return f"<tr{attributes}{identity}>{''.join(cells)}</tr>"


def _input_cell(text: str, anything: bool, result: Mapping[str, Any] | None, blocking: bool, words: Mapping[str, str]) -> str:
    shown = escape(text.strip())
    if anything:
        # Nothing was asked here, so there is nothing to mark; the dash is for those who cannot see the gap.
        reached = result is None or result["result"] is not None
        kind = "lf-dt-any" if reached else "lf-dt-any lf-dt-unevaluated"
        return f'<td class="lf-dt-cell {kind}">{shown}<span class="lf-dt-hidden">{escape(words["any"])}</span></td>'
    if result is None:
        return f'<td class="lf-dt-cell">{shown}</td>'
    outcome = {True: "true", False: "false"}.get(result["result"], "unevaluated")
    mark = f' <span class="lf-dt-mark" aria-hidden="true">{_MARKS[outcome]}</span>' if outcome in _MARKS else ""
    said = words["blocking"] if blocking else words[outcome]
    kind = f"lf-dt-{outcome}" + (" lf-dt-blocking" if blocking else "")
    return f'<td class="lf-dt-cell {kind}">{shown}{mark}<span class="lf-dt-hidden"> {escape(said)}</span></td>'


def _notes(table: DecisionTable, rule: Rule, columns: int) -> list[str]:
    texts = [*rule.annotations[: len(table.annotations)]]
    texts += [""] * (len(table.annotations) - len(texts))
    if columns > len(table.annotations):
        texts.append(rule.description or "")
    return texts


_SHEET = """
.lf-dt-scroll { overflow-x: auto; }
.lf-dt { border-collapse: collapse; width: 100%;
  font-size: 13px; line-height: 20px; color: var(--ink, #171d2b); font-variant-numeric: tabular-nums; }
.lf-dt caption { text-align: start; padding: 12px 16px; }
.lf-dt-title { font-size: 15px; line-height: 22px; font-weight: 600; }
.lf-dt-chip { display: inline-block; margin-inline-start: 4px; padding: 0 8px;
  border: 1px solid var(--line-2, #cdd3dc); border-radius: 99px; font-size: 12px; line-height: 18px; }
.lf-dt-legend { float: inline-end; color: var(--ink-2, #495366); font-size: 12px; }
.lf-dt-key { margin-inline-start: 16px; }
.lf-dt-key::before { content: ""; display: inline-block; width: 12px; height: 8px; margin-inline-end: 6px; border-radius: 2px;
  border: 1px solid var(--line-2, #cdd3dc); }
.lf-dt-key-true::before { background: var(--ok-soft, #e6f5ed); border-color: var(--ok, #0b7048); }
.lf-dt-key-false::before { background: var(--bad-soft, #fdeceb); border-color: var(--bad, #b3211f); }
.lf-dt th, .lf-dt td { padding: 6px 10px; border-top: 1px solid var(--line, #e4e7ec);
  text-align: start; font-weight: 400; vertical-align: top; }
.lf-dt thead th { background: var(--surface-2, #fafbfc); font-weight: 500; vertical-align: bottom; }
.lf-dt-word { display: block; color: var(--ink-3, #626d80); font-size: 12px; line-height: 18px; font-weight: 400; }
.lf-dt .lf-dt-index { width: 32px; text-align: center; color: var(--ink-3, #626d80); }
.lf-dt abbr { text-decoration: none; }
.lf-dt .lf-dt-first { border-inline-start: 2px solid var(--line-2, #cdd3dc); }
.lf-dt .lf-dt-any { color: var(--ink-3, #626d80); }
.lf-dt td.lf-dt-true, .lf-dt td.lf-dt-false { position: relative; padding-inline-end: 30px; }
.lf-dt .lf-dt-mark { position: absolute; inset-inline-end: 10px; }
.lf-dt .lf-dt-true { background: var(--ok-soft, #e6f5ed); color: var(--ok, #0b7048); font-weight: 500; }
.lf-dt .lf-dt-false { background: var(--bad-soft, #fdeceb); color: var(--bad, #b3211f); }
.lf-dt .lf-dt-hit td.lf-dt-any, .lf-dt .lf-dt-hit td.lf-dt-output,
  .lf-dt .lf-dt-hit td.lf-dt-note { background: var(--accent-soft, #eef2fe); }
.lf-dt .lf-dt-hit td.lf-dt-output { color: var(--accent, #3150cc); font-weight: 600; }
.lf-dt .lf-dt-hit th.lf-dt-index { background: var(--accent-fill, #3150cc); color: #ffffff; font-weight: 600; }
.lf-dt .lf-dt-stopped td { color: var(--ink-3, #626d80); }
.lf-dt .lf-dt-stopped td.lf-dt-cell { background: repeating-linear-gradient(135deg, transparent 0 6px, var(--surface-3, #eff1f4) 6px 7px); }
.lf-dt .lf-dt-nearest th.lf-dt-index { color: var(--accent, #3150cc); box-shadow: inset 3px 0 0 var(--accent, #3150cc); font-weight: 600; }
.lf-dt .lf-dt-blocking { outline: 2px dashed var(--accent, #3150cc); outline-offset: -3px; }
.lf-dt-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 760px) { .lf-dt .lf-dt-index { position: sticky; inset-inline-start: 0; background: var(--surface, #ffffff); } }
"""
