"""Two conditions of which exactly one holds, as ``approved`` and ``not(approved)``, or ``a < 5`` and ``a >= 5``."""

from __future__ import annotations

from loanflow.bpmn.model import Dialect, Expression, Language
from loanflow.feel import FeelSyntaxError, parse
from loanflow.feel.syntax import tree

_DENIED = {"!=": "=", ">=": "<", ">": "<="}
"""Each comparison that is another one denied."""


def are_opposite(first: Expression, second: Expression, dialect: Dialect) -> bool:
    """Say whether one condition is plainly the other one denied; what is no comparison is taken for a boolean."""
    if first.is_literal or first.language is not second.language:
        return False
    spoken = "juel" if first.language is Language.JUEL else dialect.value
    try:
        (one, is_affirmed), (other, is_also) = (_affirmed(parse(condition.text, dialect=spoken)) for condition in (first, second))
    except FeelSyntaxError:
        return False
    return one == other and is_affirmed is not is_also


def _affirmed(node: tree.Node) -> tuple[tree.Node, bool]:
    """Return what a condition speaks of, and whether it affirms it."""
    affirms = True
    while True:
        match node:
            case tree.Truth(operand=inner):
                node = inner
            case tree.Call(callee=tree.Name(name="not"), arguments=(inner,)):
                node, affirms = inner, not affirms
            case tree.Comparison(operator="=", left=inner, right=tree.Literal(value=bool() as wanted)):
                node, affirms = inner, affirms is wanted
            case tree.LooseComparison(operator="=", left=inner, right=tree.Literal(value=bool() as wanted)):
                node, affirms = inner, affirms is wanted
            case tree.Comparison() | tree.LooseComparison() if node.operator in _DENIED:
                node, affirms = type(node)(_DENIED[node.operator], node.left, node.right), not affirms
            case _:
                return node, affirms
