"""Boxed expressions made to run: one small function per kind, found in a table (DMN 10.2.2 "Boxed expressions").

Each gives a ``Node``: a function of the names in scope, and which names it reads. Scopes are plain dicts; an expression that
adds names copies the dict, so nothing leaks out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from loanflow.dmn.compiler.decision_tables import compile_table
from loanflow.dmn.compiler.environment import Environment, Node, null_node
from loanflow.dmn.compiler.findings import Place
from loanflow.dmn.compiler.hit_policies import decide
from loanflow.dmn.compiler.literals import literal_node
from loanflow.dmn.compiler.run import Evaluate, Run, Scope
from loanflow.dmn.model import (
    BoxedExpression,
    Conditional,
    Context,
    DecisionTable,
    Dialect,
    Filter,
    For,
    FunctionDefinition,
    FunctionKind,
    Invocation,
    ListExpression,
    LiteralExpression,
    Quantified,
    Quantifier,
    Relation,
)
from loanflow.feel import FeelType, FeelValue, Function, Parameter, coerced, literal
from loanflow.feel.calls import invoke
from loanflow.feel.compiler.collections import NoDomain, items_of
from loanflow.feel.syntax import normalized
from loanflow.feel.values import only_disallowed


def compile_boxed(expression: BoxedExpression, env: Environment, place: Place) -> Node:
    """Return an expression ready to run; what is wrong with it is noted in the environment's findings."""
    node = _COMPILERS[type(expression)](expression, env, place)
    if expression.type_ref is None or isinstance(expression, FunctionDefinition | DecisionTable):
        return node
    return typed(node, env.type(expression.type_ref, place), f"this {place.element_type}")


def typed(node: Node, of: FeelType, what: str) -> Node:
    """Return a node whose value is checked against a type, with the implicit conversions; what does not fit is null."""
    if of.kind == "Any" and of.allowed is None:
        return node
    evaluate = node.evaluate

    def checked(scope: Scope, run: Run) -> FeelValue:
        value = evaluate(scope, run)
        if value is None:
            return None
        fits, converted = coerced(value, of)
        if not fits:
            if only_disallowed(value, of):
                run.note("dmn/wrong-type", f"the value of {what} is not among the allowed values of its type")
            else:
                run.note("dmn/wrong-type", f"the value of {what} is not of type {of}")
        return converted

    return Node(checked, node.names)


def _literal(expression: LiteralExpression, env: Environment, place: Place) -> Node:
    return literal_node(expression, env, place)


def _table(expression: DecisionTable, env: Environment, place: Place) -> Node:
    table = compile_table(expression, env, place.at(expression.line, element_id=expression.id))

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        return decide(table, table.matches(table.inputs(scope, run), scope, run), scope, run).value

    return Node(evaluate, table.names)


def _context(expression: Context, env: Environment, place: Place) -> Node:
    steps: list[tuple[str | None, Evaluate]] = []
    names: set[str] = set()
    bound: set[str] = set()
    for entry in expression.entries:
        where = place.at(entry.line, inside=f"context entry {entry.variable.name!r}" if entry.variable else "context result")
        node = compile_boxed(entry.expression, env, where)
        names |= node.names - bound
        if entry.variable is not None:
            name = entry.variable.name
            node = typed(node, env.type(entry.variable.type_ref, where), f"entry {name!r}")
            env = env.with_names((name,))
            bound.add(name)
            steps.append((name, node.evaluate))
        else:
            steps.append((None, node.evaluate))

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        inner = dict(scope)
        value: dict[str, FeelValue] = {}
        for name, compute in steps:
            found = compute(inner, run)
            if name is None:
                return found
            inner[name] = value[name] = found
        return value

    return Node(evaluate, frozenset(names))


def _relation(expression: Relation, env: Environment, place: Place) -> Node:
    columns = [column.name for column in expression.columns]
    types = [env.type(column.type_ref, place.at(column.line)) for column in expression.columns]
    rows = [
        [
            typed(compile_boxed(cell, env, place.at(cell.line, inside=f"row {number}")), of, f"a cell of row {number}")
            for cell, of in zip(row, types, strict=False)
        ]
        for number, row in enumerate(expression.rows, start=1)
    ]

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        return [dict(zip(columns, [cell.evaluate(scope, run) for cell in row], strict=False)) for row in rows]

    return Node(evaluate, _names(cell for row in rows for cell in row))


def _list(expression: ListExpression, env: Environment, place: Place) -> Node:
    items = [
        compile_boxed(item, env, place.at(item.line, inside=f"item {number}")) for number, item in enumerate(expression.items, start=1)
    ]

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        return [item.evaluate(scope, run) for item in items]

    return Node(evaluate, _names(items))


def _function(expression: FunctionDefinition, env: Environment, place: Place) -> Node:
    if expression.kind is not FunctionKind.FEEL:
        env.findings.report(
            "dmn/external-function",
            f"functions written in {expression.kind} cannot be called here",
            place,
            property="kind",
            expected="FEEL",
            found=expression.kind,
            hint="write the function's body in FEEL",
        )
        return null_node()
    parameters = tuple(Parameter(parameter.name, env.type(parameter.type_ref, place)) for parameter in expression.parameters)
    names = [parameter.name for parameter in expression.parameters]
    result = env.type(expression.type_ref, place)
    inner = env.with_names(names)
    body = null_node() if expression.body is None else compile_boxed(expression.body, inner, place.at(expression.body.line))

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        return make_function(None, parameters, result, body, scope)

    return Node(evaluate, body.names - frozenset(names))


def make_function(name: str | None, parameters: tuple[Parameter, ...], result: FeelType, body: Node, scope: Scope) -> Function:
    """Return a function value that remembers the scope it was made in."""
    names = [parameter.name for parameter in parameters]

    def call(run: Any, arguments: list[Any]) -> FeelValue:
        run.enter()
        try:
            return body.evaluate({**scope, **dict(zip(names, arguments, strict=True))}, run)
        finally:
            run.leave()

    return Function(name, parameters, call, result)


def _invocation(expression: Invocation, env: Environment, place: Place) -> Node:
    function = _named(expression.function, env) or compile_boxed(expression.function, env, place)
    bindings: list[tuple[str, Node]] = []
    for binding in expression.bindings:
        where = place.at(binding.parameter.line, inside=f"parameter {binding.parameter.name!r}")
        node = compile_boxed(binding.expression, env, where) if binding.expression is not None else null_node()
        bindings.append(
            (binding.parameter.name, typed(node, env.type(binding.parameter.type_ref, where), f"parameter {binding.parameter.name!r}"))
        )

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        callee = function.evaluate(scope, run)
        return call_by_name(callee, {name: node.evaluate(scope, run) for name, node in bindings}, run)

    return Node(evaluate, function.names | _names(node for _, node in bindings))


def _named(callee: BoxedExpression, env: Environment) -> Node | None:
    """Return what an invocation in a file of Camunda calls by its whole name, which may have blanks and needs no backticks."""
    if env.dialect is Dialect.SPEC or not isinstance(callee, LiteralExpression):
        return None
    name = normalized(callee.text)
    return Node(lambda scope, run: scope.get(name), frozenset({name})) if name in env.visible else None


def call_by_name(function: FeelValue, arguments: Mapping[str, FeelValue], run: Run) -> FeelValue:
    """Return the value of a call with named arguments; null, with its reason, where they do not fit the parameters."""
    return invoke(run, function, list(arguments.values()), tuple(arguments))


def _conditional(expression: Conditional, env: Environment, place: Place) -> Node:
    condition = compile_boxed(expression.condition, env, place.at(expression.condition.line, inside="if"))
    then = compile_boxed(expression.then, env, place.at(expression.then.line, inside="then"))
    otherwise = compile_boxed(expression.otherwise, env, place.at(expression.otherwise.line, inside="else"))

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        holds = condition.evaluate(scope, run)
        if _is_no_boolean(holds, run):
            return None
        return (then if holds is True else otherwise).evaluate(scope, run)

    return Node(evaluate, condition.names | then.names | otherwise.names)


def _filter(expression: Filter, env: Environment, place: Place) -> Node:
    collection = compile_boxed(expression.collection, env, place.at(expression.collection.line, inside="in"))
    match = compile_boxed(expression.match, env.with_names(("item",)), place.at(expression.match.line, inside="match"))

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        found = collection.evaluate(scope, run)
        if found is None:
            return None
        kept: list[FeelValue] = []
        for item in found if isinstance(found, list) else [found]:
            run.spend()
            # An item's own entry called "item" hides the item, as it does in FEEL's filters.
            inner = {**scope, "item": item, **item} if isinstance(item, dict) else {**scope, "item": item}
            holds = match.evaluate(inner, run)
            if _is_no_boolean(holds, run):
                return None
            if holds is True:
                kept.append(item)
        return kept

    # The match may read the fields of an item, so its names are not all read from outside; asking for more does no harm.
    return Node(evaluate, collection.names | (match.names - {"item"}))


def _items(value: FeelValue, run: Run) -> Iterable[FeelValue] | None:
    """Return what FEEL's own loops would go through; None, with the reason, where there is nothing."""
    try:
        return items_of(value)
    except NoDomain as problem:
        run.note("dmn/nothing-to-iterate", str(problem))
        return None


def _for(expression: For, env: Environment, place: Place) -> Node:
    name = expression.variable.name
    collection = compile_boxed(expression.collection, env, place.at(expression.collection.line, inside="in"))
    result = compile_boxed(expression.result, env.with_names((name, "partial")), place.at(expression.result.line, inside="return"))
    uses_partial = "partial" in result.names

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        items = _items(collection.evaluate(scope, run), run)
        if items is None:
            return None
        results: list[FeelValue] = []
        for item in items:
            run.spend()
            run.check_list(len(results) + 1)
            inner = {**scope, name: item}
            if uses_partial:
                run.spend(len(results) // 64)
                inner["partial"] = list(results)
            results.append(result.evaluate(inner, run))
        return results

    return Node(evaluate, collection.names | (result.names - {name, "partial"}))


def _quantified(expression: Quantified, env: Environment, place: Place) -> Node:
    name = expression.variable.name
    some = expression.quantifier is Quantifier.SOME
    collection = compile_boxed(expression.collection, env, place.at(expression.collection.line, inside="in"))
    condition = compile_boxed(expression.condition, env.with_names((name,)), place.at(expression.condition.line, inside="satisfies"))

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        items = _items(collection.evaluate(scope, run), run)
        if items is None:
            return None
        unknown = False
        for item in items:
            run.spend()
            holds = condition.evaluate({**scope, name: item}, run)
            if _is_no_boolean(holds, run):
                return None
            if holds is some:
                return some
            unknown = unknown or holds is None
        return None if unknown else not some

    return Node(evaluate, collection.names | (condition.names - {name}))


def _is_no_boolean(value: FeelValue, run: Run) -> bool:
    """Say whether a condition came out as something else than true, false or null: then the whole expression is null."""
    if value is None or isinstance(value, bool):
        return False
    run.note("dmn/not-a-condition", f"a condition gave {literal(value)}, which is neither true nor false")
    return True


def _names(nodes: Any) -> frozenset[str]:
    return frozenset[str]().union(*(node.names for node in nodes))


_COMPILERS: Mapping[type, Callable[[Any, Environment, Place], Node]] = MappingProxyType(
    {
        LiteralExpression: _literal,
        DecisionTable: _table,
        Context: _context,
        Relation: _relation,
        ListExpression: _list,
        FunctionDefinition: _function,
        Invocation: _invocation,
        Conditional: _conditional,
        Filter: _filter,
        For: _for,
        Quantified: _quantified,
    }
)
