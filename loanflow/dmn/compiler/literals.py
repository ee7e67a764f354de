"""Literal expressions made to run: FEEL text in, a node out."""

from __future__ import annotations

from loanflow.dmn.compiler.environment import Environment, Node, null_node
from loanflow.dmn.compiler.findings import Place
from loanflow.dmn.compiler.run import Evaluate, Run, Scope
from loanflow.dmn.compiler.shapes import constant
from loanflow.dmn.model import LiteralExpression
from loanflow.feel import CompiledExpression, FeelValue
from loanflow.feel.syntax import tree


def literal_node(expression: LiteralExpression, env: Environment, place: Place) -> Node:
    """Return a text ready to run; an empty one is null (the checks say where that is a mistake)."""
    if not expression.text.strip():
        return null_node()
    compiled = env.expression(expression.text, expression.language, place)
    if compiled is None:
        return null_node()
    known, value = constant(compiled.tree)
    if isinstance(compiled.tree, tree.Name) and compiled.names == frozenset({compiled.tree.name}):
        return Node(_variable(compiled), compiled.names)
    return Node(compiled.run, compiled.names, (value,) if known else None)


def _variable(compiled: CompiledExpression) -> Evaluate:
    """Return the short way to a variable's value; FEEL says what is to be said of one that is missing."""
    (name,) = compiled.names

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        return scope[name] if name in scope else compiled.run(scope, run)

    return evaluate
