"""A tree as FEEL text again: brackets only where they are needed; ``parse(format(tree)) == tree``."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from loanflow.feel.syntax import tree
from loanflow.feel.syntax.parser import AND, COMPARE, INSTANCE, OR, POSTFIX, POWER, PRODUCT, SIGN, SUM
from loanflow.feel.syntax.scope import is_plain
from loanflow.feel.syntax.tokens import KEYWORDS
from loanflow.feel.values.text import quoted

_ATOM = 10
_OPERATORS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}
_SEVERAL_WORDS = frozenset({"date and time", "days and time duration", "years and months duration"})

_DATE = re.compile(r"\bdate\Z")

Write = Callable[[Any], tuple[str, int]]


def format(node: tree.Node) -> str:
    """Return the text of an expression or of a cell.

    Raises:
        ValueError: the tree holds what only JUEL has.
    """
    return _written(node)[0]


def _written(node: tree.Node) -> tuple[str, int]:
    write = _WRITERS.get(type(node))
    if write is None:
        raise ValueError(f"{type(node).__name__} has no FEEL text")
    return write(node)


def _at(node: tree.Node, power: int) -> str:
    """Return the text of a node where only what binds more tightly than ``power`` needs no brackets."""
    text, own = _written(node)
    return text if own > power else f"({text})"


def _name(name: str) -> str:
    # A word alone is written as it is; anything else needs backticks to be read as one name.
    return name if name == "?" or (is_plain(name) and name not in KEYWORDS) else f"`{name}`"


def _key(name: str) -> str:
    return name if is_plain(name) and name not in KEYWORDS else quoted(name)


def _literal(node: tree.Literal) -> tuple[str, int]:
    value = node.value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value], _ATOM
    if isinstance(value, str):
        return quoted(value), _ATOM
    text = str(value).replace("E+", "e")
    return text, SIGN if value.is_signed() else _ATOM


def _call(node: tree.Call) -> tuple[str, int]:
    arguments = [format(argument) for argument in node.arguments]
    if node.names:
        arguments = [f"{_name(name)}: {argument}" for name, argument in zip(node.names, arguments, strict=True)]
    # and(...), or(...): functions whose names are keywords.
    bare = isinstance(node.callee, tree.Name) and node.callee.name in ("and", "or")
    callee = node.callee.name if bare and isinstance(node.callee, tree.Name) else _at(node.callee, POSTFIX - 1)
    return f"{callee}({', '.join(arguments)})", POSTFIX


def _arithmetic(node: tree.Arithmetic) -> tuple[str, int]:
    power = _OPERATORS.get(node.operator)
    if power is None:
        raise ValueError(f"FEEL has no operator {node.operator}")
    return f"{_at(node.left, power - 1)} {node.operator} {_at(node.right, power)}", power


def _negation(node: tree.Negation) -> tuple[str, int]:
    text = _at(node.operand, SIGN)
    # "-5" is a number, "- 5" its negation; "--" would read well, but "-" before "-5" not.
    return ("- " if text[0] in "-.0123456789" else "-") + text, SIGN


def _comparison(node: tree.Comparison) -> tuple[str, int]:
    return f"{_at(node.left, COMPARE - 1)} {node.operator} {_at(node.right, COMPARE)}", COMPARE


def _and(*texts: str) -> str:
    """Return texts with "and" between them, which must not become one name: ``date and time(...)`` is a built-in."""
    apart = (f"({text})" if _DATE.search(text) and after.startswith("time(") else text for text, after in pairwise(texts))
    return " and ".join([*apart, texts[-1]])


def _conjunction(node: tree.Conjunction) -> tuple[str, int]:
    return _and(*(_at(operand, AND) for operand in node.operands)), AND


def _disjunction(node: tree.Disjunction) -> tuple[str, int]:
    return " or ".join(_at(operand, OR) for operand in node.operands), OR


def _between(node: tree.Between) -> tuple[str, int]:
    return f"{_at(node.value, COMPARE - 1)} between {_and(_at(node.low, COMPARE), _at(node.high, COMPARE))}", COMPARE


def _in(node: tree.In) -> tuple[str, int]:
    return f"{_at(node.value, COMPARE - 1)} in ({', '.join(map(format, node.tests))})", COMPARE


def _instance_of(node: tree.InstanceOf) -> tuple[str, int]:
    # In Camunda's FEEL it binds more loosely than sums, in the standard's more tightly: brackets say the same in both.
    return f"{_at(node.value, INSTANCE)} instance of {format(node.type)}", AND


def _if(node: tree.If) -> tuple[str, int]:
    pairs = " else ".join(f"if {format(condition)} then {format(result)}" for condition, result in node.branches)
    otherwise = format(node.otherwise)
    return f"{pairs} else {f'({otherwise})' if isinstance(node.otherwise, tree.If) else otherwise}", 0


def _iterations(iterations: tuple[tree.Iteration, ...]) -> str:
    return ", ".join(
        f"{_name(one.name)} in {format(one.domain)}" + (f"..{format(one.last)}" if one.last is not None else "") for one in iterations
    )


def _for(node: tree.For) -> tuple[str, int]:
    return f"for {_iterations(node.iterations)} return {format(node.body)}", 0


def _quantified(node: tree.Quantified) -> tuple[str, int]:
    return f"{node.quantifier} {_iterations(node.iterations)} satisfies {format(node.condition)}", 0


def _parameter(node: tree.FormalParameter) -> str:
    return _name(node.name) + (f": {format(node.type)}" if node.type is not None else "")


def _function(node: tree.FunctionLiteral) -> tuple[str, int]:
    result = f": {format(node.result)}" if node.result is not None else ""
    external = " external" if node.external else ""
    return f"function({', '.join(map(_parameter, node.parameters))}){result}{external} {format(node.body)}", 0


def _context(node: tree.ContextLiteral) -> tuple[str, int]:
    return "{" + ", ".join(f"{_key(entry.key)}: {format(entry.value)}" for entry in node.entries) + "}", _ATOM


def _list(node: tree.ListLiteral) -> tuple[str, int]:
    return "[" + ", ".join(map(format, node.items)) + "]", _ATOM


def _interval(node: tree.Interval) -> tuple[str, int]:
    start, end = "[" if node.low_included else "(", "]" if node.high_included else ")"
    return f"{start}{format(node.low)}..{_at(node.high, COMPARE)}{end}", _ATOM


def _unary_tests(node: tree.UnaryTests) -> tuple[str, int]:
    if not node.tests:
        return "-", 0
    tests = ", ".join(map(format, node.tests))
    return (f"not({tests})" if node.negated else _not_negated(node, tests)), 0


def _not_negated(node: tree.UnaryTests, tests: str) -> str:
    # A cell that is one call of the function not() would read as the negated form.
    first = node.tests[0]
    call = first.expression if isinstance(first, tree.ExpressionTest) else None
    is_not = isinstance(call, tree.Call) and isinstance(call.callee, tree.Name) and call.callee.name == "not"
    return f"({tests})" if is_not and len(node.tests) == 1 else tests


def _named_type(node: tree.NamedType) -> tuple[str, int]:
    if node.name in _SEVERAL_WORDS:
        return node.name, _ATOM
    return ".".join(_name(part) for part in node.name.split(".")), _ATOM


_WRITERS: dict[type[tree.Node], Write] = {
    tree.Literal: _literal,
    tree.AtLiteral: lambda node: (f"@{quoted(node.text)}", _ATOM),
    tree.Name: lambda node: (_name(node.name), _ATOM),
    tree.Path: lambda node: (f"{_at(node.target, POSTFIX - 1)}.{_name(node.name)}", POSTFIX),
    tree.Filter: lambda node: (f"{_at(node.target, POSTFIX - 1)}[{format(node.condition)}]", POSTFIX),
    tree.Call: _call,
    tree.Negation: _negation,
    tree.Arithmetic: _arithmetic,
    tree.Comparison: _comparison,
    tree.Conjunction: _conjunction,
    tree.Disjunction: _disjunction,
    tree.Between: _between,
    tree.In: _in,
    tree.InstanceOf: _instance_of,
    tree.If: _if,
    tree.For: _for,
    tree.Quantified: _quantified,
    tree.FunctionLiteral: _function,
    tree.ContextLiteral: _context,
    tree.ListLiteral: _list,
    tree.Interval: _interval,
    tree.HalfLine: lambda node: (f"({node.operator} {_at(node.operand, COMPARE)})", _ATOM),
    tree.OperatorTest: lambda node: (f"{node.operator} {_at(node.operand, COMPARE)}", 0),
    tree.ExpressionTest: lambda node: (format(node.expression), 0),
    tree.UnaryTests: _unary_tests,
    tree.NamedType: _named_type,
    tree.ListType: lambda node: (f"list<{format(node.of)}>", _ATOM),
    tree.RangeType: lambda node: (f"range<{format(node.of)}>", _ATOM),
    tree.ContextType: lambda node: (f"context<{', '.join(map(_parameter, node.entries))}>", _ATOM),
    tree.FunctionType: lambda node: (f"function<{', '.join(map(format, node.parameters))}> -> {format(node.result)}", _ATOM),
}
