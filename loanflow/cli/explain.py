"""A decision's reason on the terminal: the sentence, the inputs, and the table cell by cell."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from loanflow.cli.tables import console, print_table
from loanflow.dmn import DecisionTrace, RuleTrace, Trace
from loanflow.feel import text_of

_MARKS = {True: ("✓", "green"), False: ("✕", "red"), None: ("·", "dim")}
_WORDS = {
    "en": {"input": "input", "value": "value", "from": "from", "legend": "✓ holds   ✕ does not   · not looked at"},
    "zh": {"input": "输入", "value": "值", "from": "来源", "legend": "✓ 满足   ✕ 不满足   · 未评估"},
}


def print_trace(trace: Trace, *, lang: str) -> None:
    """Print every decision of a trace, required ones first; the sentence of the one asked for comes first of all."""
    words = _WORDS[lang]
    out = console()
    out.print(Text(trace.sentence("zh" if lang == "zh" else "en"), style="bold"))
    for decision in trace.decisions:
        out.print()
        rows = ((i.label or i.expression, text_of(i.value), i.source.name or i.source.kind) for i in decision.inputs)
        print_table(f"{decision.name} {decision.hit_policy or ''}".strip(), (words["input"], words["value"], words["from"]), rows)
        if decision.rules:
            out.print(_rules(decision))
            out.print(words["legend"], style="dim")


def _rules(decision: DecisionTrace) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for given in decision.inputs:
        table.add_column(given.label or given.expression or "", overflow="fold")
    for output in decision.outputs:
        table.add_column(output.label or output.name or "", overflow="fold", header_style="bold")
    table.add_column("")
    for rule in decision.rules:
        table.add_row(*_cells(rule, len(decision.outputs)), style="bold" if rule.hit else "")
    return table


def _cells(rule: RuleTrace, outputs: int) -> list[Text]:
    cells = [Text(f"→ {rule.index}" if rule.hit else f"  {rule.index}")]
    for cell in rule.cells:
        mark, style = _MARKS[cell.result]
        cells.append(Text("-", style="dim") if cell.any else Text(f"{cell.text} {mark}", style=style))
    cells += [Text(text) for text in rule.outputs[:outputs]]
    cells += [Text("")] * (outputs - len(rule.outputs))
    return [*cells, Text(rule.description or "", style="dim")]
