"""A decision's reason on the terminal: the sentence, the inputs, the table cell by cell, and what would change the answer."""

from __future__ import annotations

import re

from rich.table import Table
from rich.text import Text

from loanflow.cli.tables import console, print_table
from loanflow.dmn import DecisionTrace, RuleTrace, Trace, change, sentence
from loanflow.dmn.sentences import Language
from loanflow.feel import FeelValue, literal, text_of

_LIKE_ANOTHER = re.compile(r"\s*|-?[\d.]+|true|false|null|-?\d{4,}-\d\d-\d\d.*|.*\s|\s.*")
_MARKS = {True: ("✓", "green"), False: ("✕", "red"), None: ("·", "dim")}
_WORDS = {
    "en": {
        "input": "input",
        "value": "value",
        "from": "from",
        "legend": "✓ holds   ✕ does not   · not looked at   → decided   ~ nearest rule that missed   ⟨ ⟩ what blocked it",
    },
    "zh": {
        "input": "输入",
        "value": "值",
        "from": "来源",
        "legend": "✓ 满足   ✕ 不满足   · 未评估   → 命中   ~ 最接近命中的规则   ⟨ ⟩ 未命中的原因",
    },
}


def print_trace(trace: Trace, *, lang: str) -> None:
    """Print every decision of a trace, required ones first, each with its sentence."""
    language: Language = "zh" if lang == "zh" else "en"
    for decision in trace.decisions:
        _print_decision(decision, language)


def _print_decision(decision: DecisionTrace, language: Language) -> None:
    words, out = _WORDS[language], console()
    title = " ".join(filter(None, (decision.name, decision.hit_policy, decision.aggregation)))
    rows = ((i.label or i.expression, _shown(i.value), i.source.name or i.source.kind) for i in decision.inputs)
    out.print(Text(title, style="bold underline"))
    if decision.expression:
        out.print(Text(decision.expression), style="dim")
    print_table("", (words["input"], words["value"], words["from"]), rows)
    if decision.rules:
        out.print(_rules(decision))
        out.print(words["legend"], style="dim")
    out.print(Text(sentence(decision, language), style="bold"))
    wish = change(decision, language)
    if wish is not None:
        out.print(Text(wish))
    out.print()


def _shown(value: FeelValue) -> str:
    """Return a value as people write it; a text that looks like something else in quotes."""
    return literal(value) if isinstance(value, str) and _LIKE_ANOTHER.fullmatch(value) else text_of(value)


def _rules(decision: DecisionTrace) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for given in decision.inputs:
        table.add_column(given.label or given.expression or "", overflow="fold")
    for output in decision.output_names:
        table.add_column(output, overflow="fold", header_style="bold")
    table.add_column("")
    for rule in decision.rules:
        table.add_row(*_cells(decision, rule), style="bold" if rule.hit else "")
    return table


def _cells(decision: DecisionTrace, rule: RuleTrace) -> list[Text]:
    near = decision.nearest is not None and decision.nearest.rule == rule.index
    blocking = {cell.column for cell in decision.nearest.cells} if near and decision.nearest is not None else set[int]()
    cells = [Text(f"{'→' if rule.hit else '~' if near else ' '} {rule.index}")]
    for column, cell in enumerate(rule.cells):
        mark, style = _MARKS[cell.result]
        text = f"⟨{cell.text}⟩" if column in blocking else cell.text
        cells.append(Text("-", style="dim") if cell.any else Text(f"{text} {mark}", style=style))
    cells += [Text(text) for text in rule.outputs]
    return [*cells, Text(rule.description or "", style="dim")]
