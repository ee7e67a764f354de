"""Literal expressions made to run: FEEL text in, a node out."""

from __future__ import annotations

from loanflow.dmn.compiler.environment import Environment, Node, null_node
from loanflow.dmn.compiler.findings import Place
from loanflow.dmn.compiler.shapes import constant
from loanflow.dmn.model import LiteralExpression


def literal_node(expression: LiteralExpression, env: Environment, place: Place) -> Node:
    """Return a text ready to run; an empty one is null (the checks say where that is a mistake)."""
    if not expression.text.strip():
        return null_node()
    compiled = env.expression(expression.text, expression.language, place)
    if compiled is None:
        return null_node()
    known, value = constant(compiled.tree)
    return Node(compiled.run, compiled.names, (value,) if known else None)
