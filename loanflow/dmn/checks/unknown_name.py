"""A name that nothing in the file explains, where the drawing says what there is or another name is nearly the same.

Tables drawn in Camunda Modeler often declare no inputs and read process variables, which a file cannot know: there only a
near miss is reported, and a bare word in a column of texts, which mostly lacks its quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.compiler import DecisionProgram, Linked
from loanflow.dmn.model import Dialect, LiteralExpression, Model, walk
from loanflow.feel.builtins.misspelt import misspelt_calls
from loanflow.problems import Problem, Severity, nearest

# How alike two names must be: one letter wrong in five, and no more than two, else one that begins like another would do.
_ALIKE = 0.8
_SLIPS = 2
_SHORT, _ALIKE_SHORT = 4, 0.75
"""Of four letters one may be wrong; of three, as of two, two may only have changed places."""
_DIGITS = re.compile(r"\d+")
_BARE = re.compile(r"[^\W\d]\w*(\s*,\s*[^\W\d]\w*)*")
_FILTER = re.compile(r"[\w)\]]\s*\[")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text, the names it reads, and where it stands."""

    text: str
    names: frozenset[str]
    line: int = 1
    id: str | None = None
    inside: str | None = None
    of_columns: bool = True  # whether what the columns look at counts as known: not where a column says what it looks at
    string: bool = False


def find(linked: Linked) -> Iterator[Problem]:
    """Yield a warning for each name that a cell or an expression reads and nobody gives, with the nearest known one."""
    columns = frozenset[str]().union(*(column.node.names for table in linked.tables for column in table.columns))
    for program in linked.decisions:
        declared = _declared(program)
        declares = program.model.dialect is Dialect.SPEC and bool(program.inputs or program.required)
        ids, labels = _ids(program) - columns, _labels(program.model)
        seen: set[str] = set()
        for text in _texts(program):
            if _FILTER.search(text.text):
                continue  # Behind a list, names are entries of its items.
            known = declared | columns if text.of_columns else declared
            for call in misspelt_calls(text.text, dialect=program.model.dialect.value, known=known):
                if call.written not in seen:
                    yield _unknown(program, text, call.written, f"did you mean {call.meant!r}?", called=True)
                seen |= {call.written, *call.written.split()}
            bare = text.string and _BARE.fullmatch(text.text.strip()) is not None
            for name in sorted(text.names - known - seen):
                if _folded(name) in labels:
                    continue
                called = re.search(rf"(?<!\w){re.escape(name)}\s*\(", text.text) is not None
                near = _nearest(name, known - ids)
                if near is None and not declares and not bare:
                    continue
                if near is None and declares and not bare:
                    near = nearest(name, known - ids)  # It is told anyway.
                seen.add(name)
                yield _unknown(program, text, name, _hint(name, near, bare=bare), called=called, declares=declares)


def _unknown(program: DecisionProgram, text: _Text, name: str, hint: str, *, called: bool, declares: bool = False) -> Problem:
    return finding(
        program.model,
        program.decision,
        "dmn/unknown-name",
        f"nothing here is called {name!r}" + ("" if called or not declares else ": no requirement of the decision gives it"),
        severity=Severity.WARNING,
        at=text,
        inside=text.inside,
        expected="a built-in function or a required one" if called else "an input, a required decision, or a column's variable",
        found=text.text.strip(),
        hint=hint,
    )


def _hint(name: str, near: str | None, *, bare: bool) -> str:
    if near:
        return f"did you mean {near!r}?"
    return f'a text stands in quotes: "{name}"' if bare else "draw the requirement that gives it"


def _declared(program: DecisionProgram) -> frozenset[str]:
    """Return every name that the file gives, required by this decision or not."""
    model = program.model
    names = {needed.prefix or needed.name for needed in program.inputs} | set(program.functions)
    for required in program.required:
        names |= {required.prefix or name for name in required.names}
    for element in model.elements():
        names |= {element.id, element.name}
        variable = getattr(element, "variable", None)
        names |= {variable.name} if variable is not None else set()
    return frozenset(names) | frozenset(entry.name for entry in model.imports) | _outputs(program)


def _ids(program: DecisionProgram) -> frozenset[str]:
    """Return what nobody can write: ids of elements, unless a required decision goes by its id."""
    elements = program.model.elements()
    variables = (getattr(element, "variable", None) for element in elements)
    names = {element.name for element in elements} | {variable.name for variable in variables if variable is not None}
    handed_over = {name for required in program.required for name in required.names}
    return frozenset(element.id for element in elements) - names - handed_over - _outputs(program)


def _labels(model: Model) -> frozenset[str]:
    """Return what the input data of a file of Camunda are called, which are words on the drawing there: "Season" for season."""
    return frozenset(_folded(data.name) for data in model.input_data) if model.dialect is not Dialect.SPEC else frozenset()


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _outputs(program: DecisionProgram) -> frozenset[str]:
    """Return the output names of required decisions: Camunda 7 hands results over by them."""
    tables = (required.program.table for required in program.required)
    return frozenset(output.key for table in tables if table is not None for output in table.outputs)


def _texts(program: DecisionProgram) -> Iterator[_Text]:
    table = program.table
    if table is None:
        names = program.node.names
        logic = program.decision.logic
        for one in walk(logic) if logic is not None else ():
            if isinstance(one, LiteralExpression):
                read = frozenset(name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", one.text))
                yield _Text(text=one.text, names=read, line=one.line, id=one.id)
        return
    for clause, column in zip(table.model.inputs, table.columns, strict=True):
        one = clause.expression
        yield _Text(text=one.text, names=column.node.names, line=one.line, id=one.id, inside=f'input "{clause.title}"', of_columns=False)
    for rule_number, rule in enumerate(table.model.rules):
        for clause, column, cell in zip(table.model.inputs, table.columns, rule.inputs, strict=True):
            tests = column.tests[rule_number]
            if tests is not None:
                names = tests.names - {"?", *column.aliases}
                place = f'rule {rule.index}, input "{clause.title}"'
                string = clause.expression.type_ref == "string"
                yield _Text(text=cell.text, names=names, line=cell.line, id=cell.id, inside=place, string=string)
        for clause, output, cell in zip(table.model.outputs, table.outputs, rule.outputs, strict=True):
            node = output.nodes[rule_number]
            if node is not None:
                place = f'rule {rule.index}, output "{clause.title}"'
                yield _Text(text=cell.text, names=node.names, line=cell.line, id=cell.id, inside=place, string=clause.type_ref == "string")


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the most similar name; names that differ in a number alone (amount1, amount2) are different on purpose."""
    plain = _DIGITS.sub("", name)
    others = (one for one in known if _DIGITS.sub("", one) != plain)
    return nearest(name, others, alike=_ALIKE if len(name) > _SHORT else _ALIKE_SHORT, slips=_SLIPS)
