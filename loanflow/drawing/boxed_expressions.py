"""Boxed expressions as accessible HTML: a literal as its text, a context as rows, a table as a table, each inside the other.

Pure: model in, text out. FEEL's own words (``if``, ``for``, ``return``) stay as they are in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from loanflow.dmn.model import (
    BoxedExpression,
    Conditional,
    Context,
    DecisionTable,
    Filter,
    For,
    FunctionDefinition,
    Invocation,
    ListExpression,
    LiteralExpression,
    Quantified,
    Relation,
)
from loanflow.drawing.decision_table import draw_decision_table
from loanflow.drawing.words import Language

Draw = Callable[[Any, Language], str]


def draw_boxed_expression(expression: BoxedExpression, *, language: Language = "zh") -> str:
    """Return the logic of a decision as HTML, ready to stand in a page; ``boxed_expression_stylesheet`` colours it."""
    return _DRAWINGS[type(expression)](expression, language)


def boxed_expression_stylesheet() -> str:
    """Return the CSS for the classes of ``draw_boxed_expression``, decision tables apart."""
    return _SHEET.strip() + "\n"


def _literal(expression: LiteralExpression, language: Language) -> str:
    return f'<pre class="lf-be-text"><code>{escape(expression.text.strip())}</code></pre>'


def _table(expression: DecisionTable, language: Language) -> str:
    return draw_decision_table(expression, name=expression.label or expression.output_label or "", language=language)


def _context(expression: Context, language: Language) -> str:
    return _rows(
        (entry.variable.name if entry.variable is not None else None, draw_boxed_expression(entry.expression, language=language))
        for entry in expression.entries
    )


def _invocation(expression: Invocation, language: Language) -> str:
    bindings = (
        (binding.parameter.name, draw_boxed_expression(binding.expression, language=language) if binding.expression is not None else "")
        for binding in expression.bindings
    )
    return _rows([(None, draw_boxed_expression(expression.function, language=language)), *bindings])


def _relation(expression: Relation, language: Language) -> str:
    head = "".join(f'<th scope="col">{escape(column.name)}</th>' for column in expression.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{draw_boxed_expression(cell, language=language)}</td>" for cell in row) + "</tr>" for row in expression.rows
    )
    return f'<table class="lf-be"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _list(expression: ListExpression, language: Language) -> str:
    items = "".join(f"<li>{draw_boxed_expression(item, language=language)}</li>" for item in expression.items)
    return f'<ol class="lf-be-list">{items}</ol>'


def _function(expression: FunctionDefinition, language: Language) -> str:
    parameters = ", ".join(
        parameter.name + (f": {parameter.type_ref}" if parameter.type_ref else "") for parameter in expression.parameters
    )
    body = draw_boxed_expression(expression.body, language=language) if expression.body is not None else ""
    return _rows([(f"function({parameters})", body)])


def _conditional(expression: Conditional, language: Language) -> str:
    return _parts(language, ("if", expression.condition), ("then", expression.then), ("else", expression.otherwise))


def _filter(expression: Filter, language: Language) -> str:
    return _parts(language, ("in", expression.collection), ("match", expression.match))


def _for(expression: For, language: Language) -> str:
    return _parts(language, (f"for {expression.variable.name} in", expression.collection), ("return", expression.result))


def _quantified(expression: Quantified, language: Language) -> str:
    head = f"{expression.quantifier.value} {expression.variable.name} in"
    return _parts(language, (head, expression.collection), ("satisfies", expression.condition))


def _parts(language: Language, *parts: tuple[str, BoxedExpression]) -> str:
    return _rows((word, draw_boxed_expression(part, language=language)) for word, part in parts)


def _rows(rows: Iterable[tuple[str | None, str]]) -> str:
    """Draw named boxes one below the other; one without a name (a context's result, what is called) takes the whole width."""
    drawn = "".join(
        f'<tr><td colspan="2">{box}</td></tr>' if name is None else f'<tr><th scope="row">{escape(name)}</th><td>{box}</td></tr>'
        for name, box in rows
    )
    return f'<table class="lf-be"><tbody>{drawn}</tbody></table>'


_DRAWINGS: Mapping[type, Draw] = {
    LiteralExpression: _literal,
    DecisionTable: _table,
    Context: _context,
    Invocation: _invocation,
    Relation: _relation,
    ListExpression: _list,
    FunctionDefinition: _function,
    Conditional: _conditional,
    Filter: _filter,
    For: _for,
    Quantified: _quantified,
}

_SHEET = """
.lf-be { border-collapse: collapse; width: 100%; font-size: 13px; line-height: 20px; color: var(--ink, #171d2b); }
.lf-be th, .lf-be td { padding: 6px 10px; border: 1px solid var(--line, #e4e7ec); text-align: start; vertical-align: top; }
.lf-be th { font-weight: 500; background: var(--surface-2, #fafbfc); overflow-wrap: anywhere; }
.lf-be th[scope="row"] { width: 30%; min-width: 96px; }
.lf-be td > .lf-be { margin: -6px -10px; width: calc(100% + 20px); }
.lf-be td { font-variant-numeric: tabular-nums; }
.lf-be thead ~ tbody td { min-width: 64px; }
.lf-be-text { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; color: var(--ink, #171d2b);
  font: 13px/20px ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; }
.lf-be-list { margin: 0; padding-inline-start: 24px; }
"""
