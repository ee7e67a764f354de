"""From XML to literal expressions: text in an expression language."""

from __future__ import annotations

from loanflow.dmn.model import LiteralExpression
from loanflow.dmn.reader.reading import Reading
from loanflow.xmltree import Element


def literal_expression(element: Element, reading: Reading) -> LiteralExpression:
    """Return the text an element holds; output cells, input expressions and defaults have the same shape."""
    text = element.first("text")
    return LiteralExpression(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=text.line if text is not None else element.line,
        text=text.text if text is not None else "",
        language=element.get("expressionLanguage"),
    )
