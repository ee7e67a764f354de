"""From expressions to clues: what a text compares a variable with, and what it uses it as.

One small function per kind of syntax node, found in a table. What is not understood teaches nothing; its parts still may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from loanflow.feel import FeelBudgetExceeded, FeelSyntaxError, evaluate, parse, parse_unary_tests
from loanflow.feel.syntax import tree
from loanflow.testing.rehearsal.clues import (
    AMOUNT,
    BOOLEAN,
    DATE,
    DATE_TEXT,
    DATE_TIME_TEXT,
    DURATION_TEXT,
    LIST,
    NUMBER,
    STRING,
    Clue,
    Clues,
)

VALUE_METHODS = frozenset(
    {"equals", "equalsIgnoreCase", "contains", "size", "isEmpty", "get", "startsWith", "endsWith", "toString", "length", "containsKey"}
)
"""Methods that diagrams call on values; any other ``name.method()`` calls a registered function."""

_NO_VARIABLES = frozenset({"execution", "task", "item", "partial", "?", "authenticatedUserId", "loopCounter"})
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(frozen=True, slots=True)
class _Page:
    """Where a learner is: the text and its language, and what names inside a loop or function stand for."""

    clues: Clues
    text: str
    dialect: str
    local: Mapping[str, Clue] = field(default_factory=dict[str, Clue])
    reads: set[str] = field(default_factory=set[str])
    seen: set[int] = field(default_factory=set[int])

    def first_time(self, node: tree.Node) -> bool:
        """Say whether a node inside a name has not been visited; a name is looked at more than once."""
        if id(node) in self.seen:
            return False
        self.seen.add(id(node))
        return True

    def within(self, **names: Clue) -> _Page:
        return replace(self, local={**self.local, **names})


def learn(text: str, clues: Clues, *, dialect: str, want: str | None = None, local: Mapping[str, Clue] | None = None) -> frozenset[str]:
    """Note what an expression tells, and return the variables it reads; ``want`` is the kind its value should be.

    ``local`` gives the clues of names that are not variables of the case, as a multi-instance activity's item.
    """
    try:
        node = parse(text, dialect=dialect)
    except FeelSyntaxError:
        return frozenset()
    page = _Page(clues, text, dialect, dict(local or {}))
    _visit(node, page, want)
    return frozenset(page.reads - _NO_VARIABLES)


def learn_tests(text: str, subject: Clue | None, clues: Clues, *, dialect: str) -> frozenset[str]:
    """Note what a table's cell tells of its column's value, and return the variables it reads."""
    try:
        tests = parse_unary_tests(text, dialect=dialect)
    except FeelSyntaxError:
        return frozenset()
    page = _Page(clues, text, dialect)
    for test in tests.tests:
        _test(test, subject, page)
    return frozenset(page.reads - _NO_VARIABLES)


def subject(text: str, clues: Clues, *, dialect: str, local: Mapping[str, Clue] | None = None) -> Clue | None:
    """Return the clue of what a text names, where it names a variable, a part of one, or a registered function's result."""
    try:
        node = parse(text, dialect=dialect)
    except FeelSyntaxError:
        return None
    return _named(node, _Page(clues, text, dialect, dict(local or {})))


def tell_apart(text: str, made: Clue, clues: Clues, *, dialect: str, local: Mapping[str, Clue] | None = None) -> None:
    """Note that ``made`` comes from a text: as ``{vote: answer}``, its entry ``vote`` is then whatever is known of ``answer``."""
    try:
        node = parse(text, dialect=dialect)
    except FeelSyntaxError:
        return
    _tell_apart(node, made, _Page(clues, text, dialect, dict(local or {})))


def _tell_apart(node: tree.Node, made: Clue, page: _Page) -> None:
    for outcome in _outcomes(node):
        match outcome:
            case tree.ContextLiteral(entries=entries):
                for entry in entries:
                    _tell_apart(entry.value, made.part(entry.key), page)
            case tree.ListLiteral(items=items):
                for item in items:
                    _tell_apart(item, made.item(), page)
            case _:
                clue = _named(outcome, page)
                if clue is not None:
                    clue.is_like(made)


def _outcomes(node: tree.Node) -> Iterator[tree.Node]:
    match node:
        case tree.If(branches=branches, otherwise=otherwise):
            for outcome in (*(value for _, value in branches), otherwise):
                yield from _outcomes(outcome)
        case tree.Truth(operand=operand) | tree.Template(parts=(operand,)):
            yield from _outcomes(operand)
        case tree.Call(callee=tree.Name(name="get or else"), arguments=(first, second)):
            yield from _outcomes(first)
            yield from _outcomes(second)
        case _:
            yield node


def paths(text: str, *, dialect: str) -> tuple[tuple[str, ...], ...]:
    """Return what a text reads as paths from a variable down, such as ``("applicant", "age")``, in the order of the text."""
    try:
        node = parse(text, dialect=dialect)
    except FeelSyntaxError:
        return ()
    bound = set(_bound(node)) | _NO_VARIABLES
    return tuple(path for path in dict.fromkeys(_paths(node)) if path[0] not in bound)


def _bound(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Iteration | tree.FormalParameter):
        yield node.name
    for child in node.children():
        yield from _bound(child)


def _paths(node: tree.Node) -> Iterator[tuple[str, ...]]:
    chain: list[str] = []
    inner = node
    while isinstance(inner, tree.Path):
        chain.append(inner.name)
        inner = inner.target
    if isinstance(inner, tree.Name):
        yield (inner.name, *reversed(chain))
        return
    children = node.arguments if isinstance(node, tree.Call) and isinstance(node.callee, tree.Name) else node.children()
    for child in children:
        yield from _paths(child)


# --- names


def _named(node: tree.Node, page: _Page) -> Clue | None:
    """Return the clue of the variable, entry or item that a node names; None where it computes something."""
    match node:
        case tree.Name(name=name):
            if name in page.local:
                return page.local[name]
            page.reads.add(name)
            return page.clues.variable(name)
        case tree.Path(target=target, name=name):
            clue = _named(target, page)
            return None if clue is None else clue.part(name)
        case tree.Filter(target=target, condition=condition):
            clue = _named(target, page)
            if clue is None:
                return None
            if isinstance(condition, tree.Literal) and isinstance(condition.value, str):
                return clue.part(condition.value)
            return _filtered(clue, condition, page)
        case tree.MethodCall():
            return _method(node, page)
        case tree.Truth(operand=operand) | tree.Template(parts=(operand,)):
            return _named(operand, page)
        case tree.Call(callee=tree.Name(name="get value"), arguments=(target, tree.Literal(value=str(key)))):
            clue = _named(target, page)
            return None if clue is None else clue.part(key)
        case _:
            return None


def _filtered(clue: Clue, condition: tree.Node, page: _Page) -> Clue:
    item = clue.item()
    if not isinstance(condition, tree.Literal) and page.first_time(condition):
        # Inside the brackets a plain name may be an entry of the item; `item` is the item itself.
        entries = {name: item.part(name) for name in _names(condition) if name != "item"}
        _visit(condition, page.within(item=item, **entries), None)
    return item


def _names(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Name):
        yield node.name
    for child in (node.target,) if isinstance(node, tree.Path) else node.children():
        yield from _names(child)


def _method(node: tree.MethodCall, page: _Page) -> Clue | None:
    target = node.target
    if isinstance(target, tree.Name) and target.name == "execution":
        if node.name.startswith("getVariable") and node.arguments and isinstance(node.arguments[0], tree.Literal):
            name = str(node.arguments[0].value)
            page.reads.add(name)
            return page.clues.variable(name)
        return None
    if isinstance(target, tree.Name) and node.name not in VALUE_METHODS and target.name not in page.local:
        for argument in node.arguments if page.first_time(node) else ():
            _visit(argument, page, None)
        return page.clues.function(f"{target.name}.{node.name}")
    if node.name == "get" and node.arguments and isinstance(node.arguments[0], tree.Literal) and isinstance(node.arguments[0].value, str):
        clue = _named(target, page)
        return None if clue is None else clue.part(node.arguments[0].value)
    return None


# --- constants


def _constant(node: tree.Node, page: _Page) -> tuple[bool, Any]:
    """Return whether a node needs no variable, and its value."""
    if isinstance(node, tree.Literal):
        return True, node.value
    if any(True for _ in _variables(node)):
        return False, None
    text = page.text[node.start : node.end]
    try:
        value = evaluate(f"${{{text}}}" if page.dialect == "juel" else text, dialect=page.dialect)
    except (FeelSyntaxError, FeelBudgetExceeded):
        return False, None
    # What has no value without a clock is no constant.
    return value is not None, value


def _variables(node: tree.Node) -> Iterator[tree.Node]:
    if isinstance(node, tree.Name | tree.MethodCall):
        yield node
        return
    children = node.arguments if isinstance(node, tree.Call) and isinstance(node.callee, tree.Name) else node.children()
    for child in children:
        yield from _variables(child)


# --- visiting


def _visit(node: tree.Node, page: _Page, want: str | None) -> None:
    visitor = _VISITORS.get(type(node))
    if visitor is not None:
        visitor(node, page, want)
        return
    clue = _named(node, page)
    if clue is not None:
        if want is not None:
            clue.kinds[want] = None
        return
    for child in node.children():
        _visit(child, page, None)


def _comparison(node: Any, page: _Page, want: str | None) -> None:
    for one, other, operator in ((node.left, node.right, node.operator), (node.right, node.left, _TURNED[node.operator])):
        fixed, value = _constant(other, page)
        if fixed:
            _compare(one, operator, value, page)
    clues = [_named(side, page) for side in (node.left, node.right)]
    if clues[0] is not None and clues[1] is not None:
        clues[0].is_like(clues[1])
        if node.operator not in ("=", "!="):
            clues[0].kinds[AMOUNT] = None
        return
    for side, clue in zip((node.left, node.right), clues, strict=True):
        other = node.right if side is node.left else node.left
        if clue is None:
            _visit(side, page, None)
        elif not _constant(other, page)[0]:
            # Compared with something computed: a date where that has a calendar in it, else a number.
            clue.kinds[_computed_kind(other)] = None


def _computed_kind(node: tree.Node) -> str:
    text = repr(node)
    return DATE if any(word in text for word in ("'today'", "'now'", "'date'")) else AMOUNT if "Arithmetic" in text else STRING


def _compare(node: tree.Node, operator: str, value: Any, page: _Page) -> None:
    """Note that the value of a node is compared with a constant."""
    match node:
        case tree.Call(callee=tree.Name(name=("count" | "string length") as name), arguments=(inner,)) if isinstance(value, Decimal):
            clue = _named(inner, page)
            if clue is not None and name == "count":
                _long(clue, value)
        case tree.MethodCall(name="size", target=inner) if isinstance(value, Decimal):
            clue = _named(inner, page)
            if clue is not None:
                _long(clue, value)
        case tree.Arithmetic():
            # Near what the whole is compared with lies what a part of it may be.
            for inner in node.children():
                _compare(inner, operator, value, page)
        case _:
            clue = _named(node, page)
            if clue is not None:
                clue.compared(operator, value)


def _long(clue: Clue, length: Decimal) -> None:
    clue.item()
    if length == length.to_integral_value():
        for near in (0, 1, -1):
            clue.lengths[int(length) + near] = None


def _between(node: tree.Between, page: _Page, want: str | None) -> None:
    _bounds(_named(node.value, page), node.low, node.high, page)
    for part in (node.value, node.low, node.high):
        _visit(part, page, None)


def _bounds(clue: Clue | None, low: tree.Node, high: tree.Node, page: _Page) -> None:
    for operator, bound in ((">=", low), ("<=", high)):
        fixed, value = _constant(bound, page)
        if clue is not None and fixed:
            clue.compared(operator, value)
        elif not fixed:
            _visit(bound, page, AMOUNT)
            if clue is not None:
                clue.kinds[AMOUNT] = None


def _membership(node: tree.In, page: _Page, want: str | None) -> None:
    clue = _named(node.value, page)
    if clue is None:
        _visit(node.value, page, None)
    for test in node.tests:
        _test(test, clue, page)


def _test(node: tree.Node, clue: Clue | None, page: _Page) -> None:
    match node:
        case tree.OperatorTest(operator=operator, operand=operand) | tree.HalfLine(operator=operator, operand=operand):
            fixed, value = _constant(operand, page)
            if fixed and clue is not None:
                clue.compared(operator, value)
            elif not fixed:
                other = _named(operand, page)
                if other is None:
                    _visit(operand, page, None)
                for side in (clue, other):
                    if side is not None:
                        side.kinds[AMOUNT] = None
        case tree.Interval(low=low, high=high):
            _bounds(clue, low, high, page)
        case tree.ExpressionTest(expression=tree.Interval() as interval):
            _test(interval, clue, page)
        case tree.ExpressionTest(expression=tree.ListLiteral(items=items)) | tree.ListLiteral(items=items):
            for item in items:
                _test(item, clue, page)
        case tree.UnaryTests(tests=tests):
            for test in tests:
                _test(test, clue, page)
        case tree.ExpressionTest(expression=inner):
            fixed, value = _constant(inner, page)
            if fixed and clue is not None:
                clue.compared("=", value)
            elif not fixed:
                _visit(inner, page.within(**{"?": clue or Clue()}), None)
        case _:
            fixed, value = _constant(node, page)
            if fixed and clue is not None:
                clue.compared("=", value)
            elif not fixed:
                other = _named(node, page)
                if other is None:
                    _visit(node, page, None)
                elif clue is not None:
                    # `x in list`, or a cell that names another variable.
                    (other.item() if LIST in other.kinds else other).is_like(clue)


def _truths(node: Any, page: _Page, want: str | None) -> None:
    for operand in node.operands:
        _visit(operand, page, BOOLEAN)


def _truth(node: tree.Truth, page: _Page, want: str | None) -> None:
    _visit(node.operand, page, BOOLEAN)


def _empty(node: tree.Empty, page: _Page, want: str | None) -> None:
    clue = _named(node.operand, page)
    if clue is None:
        _visit(node.operand, page, None)
        return
    clue.may_be(None)
    clue.kinds.setdefault(STRING, None) if not clue.kinds and not clue.parts else None


def _arithmetic(node: tree.Arithmetic, page: _Page, want: str | None) -> None:
    texts = any(isinstance(_constant(side, page)[1], str) for side in (node.left, node.right))
    kind = STRING if texts or want == STRING else AMOUNT
    for side in (node.left, node.right):
        _visit(side, page, kind)


def _if(node: tree.If, page: _Page, want: str | None) -> None:
    for condition, value in node.branches:
        _visit(condition, page, BOOLEAN)
        _visit(value, page, want)
    _visit(node.otherwise, page, want)


def _loop(node: Any, page: _Page, want: str | None) -> None:
    inner = page
    for iteration in node.iterations:
        if iteration.last is not None:
            _visit(iteration.domain, inner, NUMBER)
            _visit(iteration.last, inner, NUMBER)
            inner = inner.within(**{iteration.name: Clue()})
            continue
        clue = _named(iteration.domain, inner)
        if clue is None:
            _visit(iteration.domain, inner, LIST)
        inner = inner.within(**{iteration.name: clue.item() if clue is not None else Clue()})
    if isinstance(node, tree.Quantified):
        _visit(node.condition, inner, BOOLEAN)
    else:
        _visit(node.body, inner.within(partial=Clue()), None)


def _function(node: tree.FunctionLiteral, page: _Page, want: str | None) -> None:
    _visit(node.body, page.within(**{parameter.name: Clue() for parameter in node.parameters}), None)


def _context(node: tree.ContextLiteral, page: _Page, want: str | None) -> None:
    inner = page
    for entry in node.entries:
        _visit(entry.value, inner, None)
        inner = inner.within(**{entry.key: Clue()})


def _template(node: tree.Template, page: _Page, want: str | None) -> None:
    for part in node.parts:
        _visit(part, page, want if len(node.parts) == 1 else STRING)


def _call_of_method(node: tree.MethodCall, page: _Page, want: str | None) -> None:
    clue = _method(node, page)
    if clue is not None:
        if want is not None:
            clue.kinds[want] = None
        return
    target = _named(node.target, page)
    if target is None:
        _visit(node.target, page, None)
    constants = [value for fixed, value in (_constant(argument, page) for argument in node.arguments) if fixed]
    if target is not None:
        match node.name:
            case "equals" | "equalsIgnoreCase" if constants:
                target.compared("=", constants[0])
            case "startsWith" | "endsWith" | "length":
                target.kinds[STRING] = None
                target.may_be(constants[0]) if constants else None
            case "contains" if target.kinds.keys() & {STRING} and constants:
                target.may_be(constants[0])
            case "contains" | "size" | "isEmpty" | "get":
                item = target.item()
                item.may_be(constants[0]) if constants and node.name == "contains" else None
            case _:
                pass
    for argument in node.arguments:
        _visit(argument, page, None)


def _call(node: tree.Call, page: _Page, want: str | None) -> None:
    name = node.callee.name if isinstance(node.callee, tree.Name) else ""
    arguments = node.arguments
    named = [_named(argument, page) for argument in arguments]
    first = named[0] if named else None
    constants = [_constant(argument, page) for argument in arguments]
    if name == "date" and len(arguments) == 1:
        _birth(arguments[0], page)
    kind = _ARGUMENTS.get(name)
    if name in ("list contains", "contains", "starts with", "ends with", "matches") and first is not None and len(constants) > 1:
        target = first.item() if name == "list contains" else first
        if constants[1][0]:
            target.compared("=", constants[1][1])
        elif named[1] is not None:
            target.is_like(named[1])
    elif name == "get or else" and first is not None and len(constants) > 1:
        first.may_be(None)
        first.compared("=", constants[1][1]) if constants[1][0] else None
    elif name in ("is defined", "is null") and first is not None:
        first.may_be(None)
    elif page.dialect == "juel" and name not in ("now", "dateTime"):
        clue = page.clues.function(name)
        if want is not None:
            clue.kinds[want] = None
    for argument, clue in zip(arguments, named, strict=True):
        if clue is None:
            _visit(argument, page, None if kind == LIST else kind)
        elif kind is not None:
            clue.item() if kind == LIST else clue.kinds.setdefault(kind, None)
    if name in ("sum", "min", "max", "mean", "product", "median") and first is not None and len(arguments) == 1:
        first.item().kinds[NUMBER] = None


_ARGUMENTS: dict[str, str] = {
    **dict.fromkeys(("not", "and", "or"), BOOLEAN),
    **dict.fromkeys(("count", "all", "any", "append", "concatenate", "flatten", "reverse", "distinct values", "union", "index of"), LIST),
    **dict.fromkeys(("sum", "min", "max", "mean", "product", "median", "list contains"), LIST),
    **dict.fromkeys(("floor", "ceiling", "abs", "decimal", "modulo", "sqrt", "log", "exp", "odd", "even", "round half up"), NUMBER),
    **dict.fromkeys(("contains", "starts with", "ends with", "matches", "upper case", "lower case", "string length", "substring"), STRING),
    **dict.fromkeys(("date", "years and months duration"), DATE_TEXT),
    **dict.fromkeys(("date and time",), DATE_TIME_TEXT),
    **dict.fromkeys(("duration",), DURATION_TEXT),
    **dict.fromkeys(("day of week", "day of year", "month of year", "week of year", "last day of month"), DATE),
}


def _birth(node: tree.Node, page: _Page) -> None:
    """Notice ``date(substring(id, 7, 4) + "-" + ...)``: a text with a date inside."""
    starts: list[int] = []
    target: Clue | None = None
    for part in _added(node):
        match part:
            case tree.Call(callee=tree.Name(name="substring"), arguments=(inner, tree.Literal(value=Decimal() as start), _)):
                target = _named(inner, page)
                starts.append(int(start))
            case _:
                pass
    if target is not None and len(starts) == 3:
        target.born = (starts[0], starts[1], starts[2])


def _added(node: tree.Node) -> Iterator[tree.Node]:
    if isinstance(node, tree.Arithmetic) and node.operator == "+":
        yield from _added(node.left)
        yield from _added(node.right)
    else:
        yield node


_VISITORS: dict[type[tree.Node], Callable[[Any, _Page, str | None], None]] = {
    tree.Comparison: _comparison,
    tree.LooseComparison: _comparison,
    tree.Between: _between,
    tree.In: _membership,
    tree.Conjunction: _truths,
    tree.Disjunction: _truths,
    tree.Truth: _truth,
    tree.Empty: _empty,
    tree.Arithmetic: _arithmetic,
    tree.Negation: lambda node, page, want: _visit(node.operand, page, NUMBER),
    tree.If: _if,
    tree.For: _loop,
    tree.Quantified: _loop,
    tree.FunctionLiteral: _function,
    tree.ContextLiteral: _context,
    tree.Template: _template,
    tree.MethodCall: _call_of_method,
    tree.Call: _call,
}
