"""From a table's model to a table that decides: cells compiled once per text, columns indexed, constant outputs computed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from loanflow.dmn.compiler.column_index import ColumnIndex, build
from loanflow.dmn.compiler.conversions import Conversion, by_kind_alone, conversion
from loanflow.dmn.compiler.environment import Environment, Node, null_node
from loanflow.dmn.compiler.findings import Place
from loanflow.dmn.compiler.literals import literal_node
from loanflow.dmn.compiler.run import Run, Scope
from loanflow.dmn.compiler.shapes import ANYTHING, OPAQUE, CellShape, Kind, constant, key_of, keyed, kind_of, outline, shape_of
from loanflow.dmn.compiler.table import Column, Look, Output, Table
from loanflow.dmn.model import DecisionTable, Dialect, HitPolicy, InputClause, LiteralExpression, OutputClause
from loanflow.feel import (
    CompiledUnaryTests,
    DaysTimeDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    FeelValue,
    Function,
    YearsMonthsDuration,
    literal,
)
from loanflow.problems import Location, Problem

# How many bytes of masks the columns of one table may take together: the first ones that fit are indexed, the rest is
# evaluated cell by cell for the rules that those leave. Five columns of 10,000 different intervals fit.
TABLE_BUDGET = 128 * 1024 * 1024

_TYPES: Mapping[Kind, type] = MappingProxyType(
    {
        "date": FeelDate,
        "time": FeelTime,
        "zoned time": FeelTime,
        "date and time": FeelDateTime,
        "zoned date and time": FeelDateTime,
        "days": DaysTimeDuration,
        "months": YearsMonthsDuration,
    }
)


def compile_table(table: DecisionTable, env: Environment, place: Place) -> Table:
    """Return a table ready to decide; what is wrong with its texts is noted in the environment's findings."""
    columns: list[Column] = []
    budget = TABLE_BUDGET
    for position, clause in enumerate(table.inputs):
        column, size = _column(table, position, clause, env, place, budget)
        columns.append(column)
        budget -= size
    outputs = tuple(_output(table, position, clause, env, place) for position, clause in enumerate(table.outputs))
    maybe = 0
    for column in columns:
        maybe |= column.maybe
    names = frozenset[str]().union(
        *(column.node.names for column in columns),
        *(tests.names - {"?", *column.aliases} for column in columns for tests in set(column.tests) if tests is not None),
        *(node.names for output in outputs for node in (*output.nodes, output.default) if node is not None),
    )
    compiled = Table(
        model=table,
        dialect=env.dialect,
        place=place,
        columns=tuple(columns),
        outputs=outputs,
        constants=_constants(table, outputs),
        first_only=table.hit_policy is HitPolicy.FIRST,
        everything=(1 << len(table.rules)) - 1,
        maybe=maybe,
        names=names,
    )
    env.tables.append(compiled)
    return compiled


def _column(table: DecisionTable, position: int, clause: InputClause, env: Environment, place: Place, budget: int) -> tuple[Column, int]:
    """Return an input column ready to be asked, and the bytes its index takes of the budget."""
    where = place.at(clause.expression.line, element_id=clause.expression.id, inside=f'input "{clause.title}"')
    of = env.type(clause.expression.type_ref, where)
    blank = not clause.expression.text.strip()
    convert = None if blank else conversion(env.dialect, clause.expression.type_ref, of)
    node = _given_by_name(clause, env) if blank else literal_node(clause.expression, env, where)
    name = _variable(clause.expression, node)
    if name is not None and isinstance(node.evaluate({}, Run()), Function):
        node = _data_node(name, node)
    cells: dict[tuple[str, str | None], CompiledUnaryTests | None] = {}
    tests: list[CompiledUnaryTests | None] = []
    for rule in table.rules:
        cell = rule.inputs[position]
        if cell.accepts_anything:
            tests.append(None)
            continue
        key = (cell.text, cell.language)
        if key not in cells:
            at = place.at(cell.line, element_id=cell.id, inside=f'rule {rule.index}, input "{clause.title}"')
            cells[key] = env.unary_tests(cell.text, cell.language, at)
        tests.append(cells[key])
    aliases = _aliases(clause, env, tests)
    shapes = _shapes(tests, aliases)
    foreign = _Foreign(tests, shapes)
    index = build(_keyed(shapes), foreign.mask, budget=budget)
    # Too big for an index: every cell that asks something is evaluated for the rules that the other columns leave.
    maybe = index.maybe if index is not None else _mask(number for number, one in enumerate(tests) if one is not None)
    allowed = listed = None
    if clause.values is not None:
        at = place.at(clause.values.line, element_id=clause.values.id, inside=f'input "{clause.title}", predefined values')
        listed = env.unary_tests(clause.values.text, clause.values.language, at)
        # The standard restricts the input; Camunda only offers the values for selection.
        allowed = listed if env.dialect is Dialect.SPEC else None
    column = Column(
        node=_converted(node, convert, allowed, clause, env, where),
        name=name,
        convert=convert,
        plain=allowed is None and (convert is None or by_kind_alone(of)),
        tests=tuple(tests),
        shapes=shapes,
        aliases=aliases,
        look_up=_look_ups(index, foreign) if index is not None else MappingProxyType({}),
        index=index,
        maybe=maybe,
        of=of,
        listed=listed,
    )
    return column, index.size if index is not None else 0


def _given_by_name(clause: InputClause, env: Environment) -> Node:
    """Return an input without an expression: null, but in Camunda 7 the variable that ``camunda:inputVariable`` names."""
    name = clause.variable
    if name is None or env.dialect is not Dialect.CAMUNDA7:
        return null_node()
    return Node(lambda scope, run: scope.get(name), frozenset({name}))


def _variable(expression: LiteralExpression, node: Node) -> str | None:
    """Return the name of the variable that an expression is, if it is nothing more."""
    written = " ".join(expression.text.strip().strip("`").split())
    return written if node.names == frozenset({written}) else None


def _data_node(name: str, node: Node) -> Node:
    """Return an input that is called like a built-in function: where nobody gave the variable it is null, not the function."""

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        if name in scope:
            return scope[name]
        run.note("feel/unknown-name", f"there is no {name!r} here")
        return None

    return Node(evaluate, node.names)


def _aliases(clause: InputClause, env: Environment, tests: Sequence[CompiledUnaryTests | None]) -> tuple[str, ...]:
    if env.dialect is not Dialect.CAMUNDA7:
        return ()
    names = ("cellInput", *((clause.variable,) if clause.variable is not None else ()))
    read = frozenset[str]().union(*(one.names for one in set(tests) if one is not None))
    return tuple(name for name in names if name in read)


def _converted(
    node: Node, convert: Conversion | None, allowed: CompiledUnaryTests | None, clause: InputClause, env: Environment, place: Place
) -> Node:
    if convert is None and allowed is None:
        return node
    evaluate = node.evaluate
    camunda7 = env.dialect is Dialect.CAMUNDA7

    def checked(scope: Scope, run: Run) -> FeelValue:
        value = evaluate(scope, run)
        if value is None:
            return None
        if convert is not None:
            fits, converted = convert(value)
            if not fits:
                message = f'input "{clause.title}" is {literal(value)}, which is not of type {clause.expression.type_ref}'
                if camunda7:
                    run.fail(_input_problem("dmn/wrong-input-type", message, clause, place, literal(value)))
                else:
                    run.note("dmn/wrong-type", message)
                return None
            value = converted
        if allowed is not None and allowed.test(value, scope) is not True:
            message = f'input "{clause.title}" is {literal(value)}, which is not among its allowed values'
            run.fail(_input_problem("dmn/value-not-allowed", message, clause, place, literal(value)))
            return None
        return value

    return Node(checked, node.names)


def _input_problem(code: str, message: str, clause: InputClause, place: Place, found: str) -> Problem:
    return Problem(
        code=code,
        message=message,
        location=Location(file=place.file, line=place.line),
        element_id=clause.id,
        element_name=place.element_name,
        element_type=place.element_type,
        expected=clause.values.text if code == "dmn/value-not-allowed" and clause.values else clause.expression.type_ref,
        found=found,
    )


def _look_ups(index: ColumnIndex, foreign: _Foreign) -> Mapping[type, Look]:
    """Return the look-ups of a column by type of value."""
    look_up: dict[type, Look] = {}
    if (numbers := index.by_kind.get("number")) is not None:
        look_up[Decimal] = numbers
    if (strings := index.by_kind.get("string")) is not None:
        look_up[str] = strings
    for of in dict.fromkeys(_TYPES.values()):
        if any(kind in index.by_kind for kind, one in _TYPES.items() if one is of):
            look_up[of] = _by_kind(index, foreign)
    always = index.anything | index.maybe
    null, true, false = (always | foreign.constant_mask(value) for value in (None, True, False))
    look_up[type(None)] = lambda value: null
    look_up[bool] = lambda value: true if value else false
    return MappingProxyType(look_up)


def _by_kind(index: ColumnIndex, foreign: _Foreign) -> Look:
    by_kind = index.by_kind
    always = index.anything | index.maybe

    def look(value: FeelValue) -> int:
        found = by_kind.get(kind_of(value) or "")
        # A zoned time in a column of local ones, or the other way round.
        return found(key_of(value)) if found is not None else always | foreign.value_mask(value)

    return look


def _shapes(tests: Sequence[CompiledUnaryTests | None], aliases: Sequence[str]) -> tuple[CellShape, ...]:
    known: dict[int, CellShape] = {id(None): ANYTHING}
    for one in tests:
        if one is not None and id(one) not in known:
            known[id(one)] = OPAQUE if aliases or one.names - {"?"} else shape_of(one.tree)
    return tuple(known[id(one)] for one in tests)


def _keyed(shapes: Sequence[CellShape]) -> list[CellShape]:
    """Return the shapes with keys for ends; what was shared stays shared."""
    known = {id(shape): keyed(shape) for shape in {id(shape): shape for shape in shapes}.values()}
    return [known[id(shape)] for shape in shapes]


def _mask(rules: Iterable[int]) -> int:
    mask = 0
    for rule in rules:
        mask |= 1 << rule
    return mask


class _Foreign:
    """What the cells of a column make of values that their constants are not made of: asked once for each kind.

    Cells that differ in their constants alone take to such a value alike: one is asked for all of them.
    """

    def __init__(self, tests: Sequence[CompiledUnaryTests | None], shapes: Sequence[CellShape]) -> None:
        cells: dict[int, tuple[CompiledUnaryTests, CellShape, list[int]]] = {}
        for rule, (one, shape) in enumerate(zip(tests, shapes, strict=True)):
            if one is not None and not shape.opaque:
                cells.setdefault(id(one), (one, shape, []))[2].append(rule)
        self._cells = tuple(cells.values())
        alike: dict[Hashable, tuple[CompiledUnaryTests, CellShape, list[int]]] = {}
        for one, shape, rules in self._cells:
            alike.setdefault((shape.kind, outline(one.tree)), (one, shape, []))[2].extend(rules)
        self._alike = tuple(alike.values())

    def mask(self, kind: Kind) -> int:
        """Return the rules among those about other kinds that accept a value of this kind."""
        sample = self._sample(kind)
        return self._accepting(sample, [cell for cell in self._alike if cell[1].kind != kind])

    def constant_mask(self, value: bool | None) -> int:
        """Return the rules whose cell asks something and accepts null, true or false."""
        return self._accepting(value, self._alike)

    def value_mask(self, value: FeelValue) -> int:
        """Return the rules whose cell asks something and accepts this very value."""
        return self._accepting(value, self._cells)

    def _accepting(self, value: FeelValue, cells: Sequence[tuple[CompiledUnaryTests, CellShape, list[int]]]) -> int:
        return _mask(rule for tests, _, rules in cells if tests.test(value, {}) is True for rule in rules)

    def _sample(self, kind: Kind) -> FeelValue:
        for _, shape, _ in self._cells:
            if shape.kind == kind and shape.spans:
                span = shape.spans[0]
                return span.low if span.low is not None else span.high
        return None


def _output(table: DecisionTable, position: int, clause: OutputClause, env: Environment, place: Place) -> Output:
    where = place.at(clause.line, element_id=clause.id, inside=f'output "{clause.title}"')
    nodes: list[Node | None] = []
    cells: dict[tuple[str, str | None], Node] = {}
    for rule in table.rules:
        cell = rule.outputs[position]
        key = (cell.text.strip(), cell.language)
        if not key[0]:
            nodes.append(None)
            continue
        if key not in cells:
            at = place.at(cell.line, element_id=cell.id, inside=f'rule {rule.index}, output "{clause.title}"')
            cells[key] = literal_node(cell, env, at)
        nodes.append(cells[key])
    ranks = _ranks(clause, env, where) if table.hit_policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) else ()
    return Output(
        key=clause.name or clause.id or clause.label or f"output{position + 1}",
        nodes=tuple(nodes),
        convert=conversion(env.dialect, clause.type_ref, env.type(clause.type_ref, where)),
        ranks=ranks,
        default=_default(clause, env, where),
    )


def _default(clause: OutputClause, env: Environment, place: Place) -> Node | None:
    # Camunda 7 has no default outputs; dmn/dialect-logic says so.
    if clause.default is None or not clause.default.text.strip() or env.dialect is Dialect.CAMUNDA7:
        return None
    return literal_node(clause.default, env, place)


def _ranks(clause: OutputClause, env: Environment, place: Place) -> tuple[FeelValue, ...]:
    """Return an output's values, highest priority first."""
    if clause.values is None:
        return ()
    compiled = env.unary_tests(clause.values.text, clause.values.language, place.at(clause.values.line, element_id=clause.values.id))
    if compiled is None:
        return ()
    values: list[FeelValue] = []
    for test in compiled.tree.tests:
        known, value = constant(getattr(test, "expression", test))
        if known and (env.dialect is Dialect.SPEC or isinstance(value, str | Decimal)):
            values.append(value)
        else:
            env.findings.report(
                "dmn/hit-policy",
                "the priorities of this output are not all plain values",
                place,
                property="Predefined values",
                expected='values such as "high", "low"' + ("" if env.dialect is Dialect.SPEC else ": Camunda ranks texts and numbers only"),
                found=clause.values.text,
            )
    return tuple(values)


def _constants(table: DecisionTable, outputs: Sequence[Output]) -> tuple[tuple[FeelValue, ...] | None, ...]:
    """Return each rule's outputs where they read nothing and fit their columns."""
    rows: list[tuple[FeelValue, ...] | None] = []
    for number in range(len(table.rules)):
        row: list[FeelValue] = []
        for output in outputs:
            node = output.nodes[number]
            if node is None:
                row.append(None)
                continue
            if node.constant is None:
                break
            value = node.constant[0]
            if output.convert is not None and value is not None:
                fits, value = output.convert(value)
                if not fits:
                    break
            row.append(value)
        rows.append(tuple(row) if len(row) == len(outputs) else None)
    return tuple(rows)
