"""Text in, tree or compiled form out: one door for all dialects, with a cache.

What a text means depends on the dialect and on the names with blanks or signs that are known; those are the cache's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Literal, cast

from loanflow.feel.budget import FeelBudget
from loanflow.feel.builtins import by_name
from loanflow.feel.builtins.misspelt import misspelt_calls
from loanflow.feel.compiler import CompiledExpression, CompiledUnaryTests, Evaluation, compile_cell_tree, compile_tree
from loanflow.feel.compiler.scope import CAMUNDA, Types
from loanflow.feel.errors import FeelSyntaxError
from loanflow.feel.run import Clock, Run
from loanflow.feel.syntax import Names, Parser, is_plain, juel, tree
from loanflow.feel.syntax.scope import normalized
from loanflow.feel.values.python import to_feel
from loanflow.feel.values.union import FeelValue

Dialect = Literal["spec", "camunda7", "camunda8", "juel"]
DIALECTS: Final = ("spec", "camunda7", "camunda8", "juel")


def parse(text: str, *, dialect: str = "spec", names: Iterable[str] | None = None) -> tree.Node:
    """Return the syntax tree of an expression.

    Args:
        text: FEEL, or JUEL (``${...}`` and text around it) for dialect ``juel``.
        dialect: ``spec``, ``camunda7``, ``camunda8`` or ``juel``.
        names: the names in scope, those of entries behind a dot included; only names with blanks or signs matter.
            None says that nobody knows: in dialect ``spec``, words side by side are then taken as one name.

    Raises:
        FeelSyntaxError: the text cannot be read; it says where and why.
    """
    return _parsed(text, _known(dialect), _special(names))


def parse_unary_tests(text: str, *, dialect: str = "spec", names: Iterable[str] | None = None) -> tree.UnaryTests:
    """Return the syntax tree of a table's cell; see `parse`."""
    return _parsed_tests(text, _known(dialect), _special(names))


def compile_expression(
    text: str, *, dialect: str = "spec", names: Iterable[str] | None = None, types: Types | None = None
) -> CompiledExpression:
    """Return an expression ready to run; see `parse`. ``types`` finds item definitions by name, for ``instance of``."""
    special = _special(names)
    declared = _declared(names)
    if types is None:
        return _compiled(text, _known(dialect), special, declared)
    return _compile(text, dialect, special, declared, types)


def compile_unary_tests(
    text: str, *, dialect: str = "spec", names: Iterable[str] | None = None, types: Types | None = None
) -> CompiledUnaryTests:
    """Return a table's cell ready to run; an empty text is ``-``, which everything fits. See `parse`."""
    special = _special(names)
    declared = _declared(names)
    if types is None:
        return _compiled_tests(text, _known(dialect), special, declared)
    return _compile_tests(text, dialect, special, declared, types)


def evaluate(
    text: str,
    context: Mapping[str, Any] | None = None,
    *,
    dialect: str = "spec",
    clock: Clock | None = None,
    budget: FeelBudget | None = None,
) -> FeelValue:
    """Return the value of a text over Python or FEEL values; null where it has none.

    Args:
        text: an expression.
        context: values by name; its names with blanks or signs are known to the parser.
        dialect: see `parse`.
        clock: what ``now()`` and ``today()`` ask; without it they are null.
        budget: limits of this evaluation; None takes the defaults.

    Raises:
        FeelSyntaxError: the text cannot be read.
        FeelBudgetExceeded: a limit was met; it names it.

    >>> evaluate("0.1 + 0.2")
    Decimal('0.3')
    >>> evaluate("Annual income / 12 > 2000", {"Annual income": 30000})
    True
    """
    return explain(text, context, dialect=dialect, clock=clock, budget=budget).value


def explain(
    text: str,
    context: Mapping[str, Any] | None = None,
    *,
    dialect: str = "spec",
    clock: Clock | None = None,
    budget: FeelBudget | None = None,
) -> Evaluation:
    """Return the same as `evaluate` with the reasons for nulls."""
    values = cast("dict[str, FeelValue]", to_feel(context or {}))
    return compile_expression(text, dialect=dialect, names=_names_in(values)).evaluate(values, clock=clock, budget=budget)


def unary_test(
    text: str,
    value: Any,
    context: Mapping[str, Any] | None = None,
    *,
    dialect: str = "spec",
    clock: Clock | None = None,
    budget: FeelBudget | None = None,
) -> bool | None:
    """Return whether a value fits a cell's text, None when that cannot be said; see `evaluate`.

    >>> unary_test("[1..5), > 10", 5)
    False
    """
    values = cast("dict[str, FeelValue]", to_feel(context or {}))
    tests = compile_unary_tests(text, dialect=dialect, names=_names_in(values))
    return tests.run(to_feel(value), values, Run(clock, budget))


# --- behind the door


def _known(dialect: str) -> str:
    if dialect not in DIALECTS:
        raise ValueError(f"a dialect is one of {', '.join(DIALECTS)}, not {dialect!r}")
    return dialect


def _special(names: Iterable[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(normalized(name) for name in names if not is_plain(name))


def _declared(names: Iterable[str] | None) -> frozenset[str]:
    # Of the plain names, only those that hide a built-in make a difference.
    known = by_name("camunda8")
    return frozenset(name for name in names or () if name in known or "." in name)


def _names_in(value: Mapping[str, Any], depth: int = 0) -> set[str]:
    found: set[str] = set(value)
    if depth < 8:
        for inner in value.values():
            for item in cast("list[Any]", inner)[:50] if isinstance(inner, list) else [inner]:
                if isinstance(item, dict):
                    found |= _names_in(cast("dict[str, Any]", item), depth + 1)
    return found


@lru_cache(maxsize=8)
def _built_in_names(dialect: str) -> Names:
    return Names(by_name(dialect))


@lru_cache(maxsize=4_096)
def _parsed(text: str, dialect: str, special: frozenset[str] | None) -> tree.Node:
    try:
        if dialect == "juel":
            return juel.parse(text)
        return _parser(text, dialect, special).whole_expression()
    except RecursionError:
        raise _too_deep(text) from None
    except FeelSyntaxError as error:
        raise _with_function_meant(error, dialect) from None


@lru_cache(maxsize=16_384)
def _parsed_tests(text: str, dialect: str, special: frozenset[str] | None) -> tree.UnaryTests:
    try:
        if dialect == "juel":
            node = juel.parse(text)
            return tree.UnaryTests((tree.ExpressionTest(node, start=node.start, end=node.end),), start=node.start, end=node.end)
        return _parser(text, dialect, special).whole_unary_tests()
    except RecursionError:
        raise _too_deep(text) from None
    except FeelSyntaxError as error:
        raise _with_function_meant(error, dialect) from None


def _with_function_meant(error: FeelSyntaxError, dialect: str) -> FeelSyntaxError:
    """Return an error that stands inside a misspelt function's name (``sting length(x)``) with the name that was meant."""
    if dialect != "juel":
        for call in misspelt_calls(error.text, dialect=dialect):
            if call.start < error.offset < call.end:
                error.hint = f"did you mean {call.meant}(...)?"
    return error


def _parser(text: str, dialect: str, special: frozenset[str] | None) -> Parser:
    return Parser(text, names=special, built_ins=_built_in_names(dialect), joins_words=dialect == "spec", camunda=dialect in CAMUNDA)


@lru_cache(maxsize=4_096)
def _compiled(text: str, dialect: str, special: frozenset[str] | None, declared: frozenset[str]) -> CompiledExpression:
    return _compile(text, dialect, special, declared, None)


@lru_cache(maxsize=16_384)
def _compiled_tests(text: str, dialect: str, special: frozenset[str] | None, declared: frozenset[str]) -> CompiledUnaryTests:
    return _compile_tests(text, dialect, special, declared, None)


def _compile(text: str, dialect: str, special: frozenset[str] | None, declared: frozenset[str], types: Types | None) -> CompiledExpression:
    node = _parsed(text, dialect, special)
    try:
        return compile_tree(text, node, built_ins=by_name(dialect), declared=declared, dialect=dialect, types=types)
    except RecursionError:
        raise _too_deep(text) from None


def _compile_tests(
    text: str, dialect: str, special: frozenset[str] | None, declared: frozenset[str], types: Types | None
) -> CompiledUnaryTests:
    node = _parsed_tests(text, dialect, special)
    try:
        return compile_cell_tree(text, node, built_ins=by_name(dialect), declared=declared, dialect=dialect, types=types)
    except RecursionError:
        raise _too_deep(text) from None


def _too_deep(text: str) -> FeelSyntaxError:
    return FeelSyntaxError(
        "feel/too-deep", "this expression is nested too deeply", text=text, offset=0, hint="split it into several decisions"
    )
