"""``loanflow test``: decision tables against rows of given and expected values."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from loanflow.cli.files import collect
from loanflow.cli.values import at_option
from loanflow.cli.workbooks import Cell, columns_of, read_rows
from loanflow.clock import SystemClock

if TYPE_CHECKING:
    from loanflow.dmn import DecisionModel, DecisionResult

_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
# 007 is a text.
_NUMBER = re.compile(r"-?(?:(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)")
_ISO_DATE = re.compile(r"-?\d{4,}-\d\d-\d\d")
_SEVERAL = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
_TITLES = frozenset({"case", "name", "description", "案例", "名称", "说明"})


@dataclass(frozen=True, slots=True)
class Given:
    """A column of inputs: the variable, or the entry inside one, that it sets."""

    path: tuple[str, ...]
    type_ref: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A column of expected values: an output's name, or None for the whole value of the decision."""

    title: str
    output: str | None
    type_ref: str | None


@click.command()
@click.argument("tables", nargs=-1, required=True, metavar="TABLES...")
@click.argument("cases", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decision", "name", metavar="NAME", help="id or name; needed when several decisions could be meant")
@at_option
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="language of the explanations")
def test(tables: tuple[str, ...], cases: Path, name: str | None, at: datetime | None, lang: str) -> None:
    """Evaluate a decision for every row of CASES (.csv or .xlsx) and compare.

    TABLES are DMN files or folders. The first row names the columns: an input by its label, its variable or its path
    (credit_report.overdue_24m), an output by its label or name, or the decision itself for its whole value; "case" is a
    title. "given: " and "expected: " before a heading say which is meant where it could be either, and the latter also
    names an entry of the context that a decision gives. An empty input is not given; an empty expectation is not
    compared; null is written as null. Texts need no quotes unless they look like a number; lists and contexts are written in
    FEEL. A failed row is explained cell by cell. Exit status 1 if one failed.

    \b
      loanflow test decision_tables/pricing.dmn cases.csv --decision base_rate
    """
    from loanflow.dmn import load

    model = load(*[path for path in collect(tables) if path.endswith(".dmn")])
    decision = _chosen(model, name)
    rows = read_rows(cases)
    if not rows:
        raise click.ClickException(f"{cases}: is empty")
    columns = _columns(model, decision, rows[0], cases)
    if not any(isinstance(column, Expected) for column in columns.values()):
        raise click.ClickException(f"{cases}: no column says what is expected of {decision}")
    moment = at or SystemClock().now()
    passed = failed = 0
    for line, row in enumerate(rows[1:], start=2):
        if all(cell is None or not str(cell).strip() for cell in row):
            continue
        if any(cell is not None and str(cell).strip() for number, cell in enumerate(row) if number not in columns):
            raise click.ClickException(f"{cases}: line {line} has a value in a column without heading")
        if _row(model, decision, columns, row, line, moment, lang):
            passed += 1
        else:
            failed += 1
    click.echo(f"{cases}: {passed + failed} cases: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def _row(
    model: DecisionModel,
    decision: str,
    columns: Mapping[int, Given | Expected | None],
    row: Sequence[Cell],
    line: int,
    moment: datetime,
    lang: str,
) -> bool:
    """Evaluate one row; print what differs and why, and say whether it passed."""
    from loanflow.cli.explain import print_trace
    from loanflow.feel import literal, to_feel

    inputs: dict[str, Any] = {}
    expectations: list[tuple[Expected, Any]] = []
    titles: list[str] = []
    for number, column in columns.items():
        cell = row[number] if number < len(row) else None
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            continue
        match column:
            case None:
                titles.append(str(cell))
            case Given(path=path, type_ref=type_ref):
                _set(inputs, path, _value(cell, type_ref, line))
            case Expected():
                expectations.append((column, _value(cell, column.type_ref, line)))
    result = model.evaluate(decision, inputs, clock=lambda: moment, trace=True)
    differences = [
        f"{column.title}: expected {literal(to_feel(wanted))}, found {literal(to_feel(actual))}"
        for column, wanted in expectations
        for actual in [_output(result, column.output)]
        if not _same(actual, wanted)
    ]
    if not differences:
        return True
    click.echo(f"line {line}{': ' + ', '.join(titles) if titles else ''}: failed")
    for difference in differences:
        click.echo(f"  {difference}")
    for problem in result.problems:
        click.echo(f"  {problem}")
    if result.trace is not None:
        print_trace(result.trace, lang=lang)
    click.echo()
    return False


def _chosen(model: DecisionModel, name: str | None) -> str:
    names = {one.id: one.name for one in model.decisions}
    if name is not None:
        if name in names:
            return name
        found = [key for key, value in names.items() if value == name]
        if not found:
            raise click.UsageError(f"there is no decision {name!r}; there are: {', '.join(sorted(names))}")
        return found[0]
    required = {reference.id for file in model.models for decision in file.decisions for reference in decision.decisions}
    final = [key for key in names if key not in required]
    if len(final) != 1:
        raise click.UsageError("choose one with --decision: " + ", ".join(sorted(final or names)))
    return final[0]


def _columns(model: DecisionModel, decision: str, header: Sequence[Cell], cases: Path) -> Mapping[int, Given | Expected | None]:
    """Return what each column is; the headings that could be used are listed where one is not known.

    Raises:
        click.ClickException: a heading is unknown, stands twice, or could be an input as well as an output.
    """
    inputs = dict(_inputs(model, decision))
    outputs = dict(_outputs(model, decision))
    # Only a table's outputs are known beforehand; an expression may give a context of any entries.
    outputs_named = any(key is not None for key, _ in outputs.values())
    found: dict[int, Given | Expected | None] = {}
    for number, title in columns_of(header).items():
        kind, colon, rest = title.partition(":")
        prefix = kind.strip().lower() if colon and kind.strip().lower() in ("given", "expected") else None
        key = rest.strip() if prefix else title
        given = inputs.get(key) if prefix != "expected" else None
        expected = outputs.get(key) if prefix != "given" else None
        if given is not None and expected is not None:
            raise click.ClickException(f'{cases}: {title!r} is an input and an output: write "given: {key}" or "expected: {key}"')
        if given is None and _PATH.fullmatch(key) and prefix != "expected" and key.split(".")[0] in model.reads(decision):
            given = Given(tuple(key.split(".")), None)
        if expected is None and prefix == "expected" and not outputs_named:
            expected = (key, None)
        if given is None and expected is None and title.lower() not in _TITLES:
            near = difflib.get_close_matches(key, [*inputs, *outputs], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; inputs: {', '.join(inputs)}; outputs: {', '.join(outputs)}"
            raise click.ClickException(f"{cases}: column {title!r} is no input or output of {decision}{hint}")
        column = given or (Expected(title, *expected) if expected is not None else None)
        if isinstance(column, Given) and any(isinstance(one, Given) and one.path == column.path for one in found.values()):
            raise click.ClickException(f"{cases}: two columns give {'.'.join(column.path)}")
        found[number] = column
    return found


def _inputs(model: DecisionModel, decision: str) -> Iterator[tuple[str, Given]]:
    """Yield the inputs that can be given, by label and by path: of this decision and those that it requires."""
    from loanflow.dmn import DecisionTable

    reads = model.reads(decision)
    for file in model.models:
        for data in file.input_data:
            if data.name in reads:
                yield data.name, Given((data.name,), data.variable.type_ref)
        for one in file.decisions:
            if not isinstance(one.logic, DecisionTable):
                continue
            for clause in one.logic.inputs:
                text = " ".join(clause.expression.text.split())
                if (text in reads) or (_PATH.fullmatch(text) and text.split(".")[0] in reads):
                    path = (text,) if text in reads else tuple(text.split("."))
                    yield text, Given(path, clause.expression.type_ref)
                    if clause.label:
                        yield " ".join(clause.label.split()), Given(path, clause.expression.type_ref)


def _outputs(model: DecisionModel, decision: str) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    """Yield the outputs that can be expected, with the key in the value (None: the value itself) and their types."""
    from loanflow.dmn import DecisionTable

    for file in model.models:
        for one in file.decisions:
            if one.id != decision:
                continue
            kind = one.variable.type_ref if one.variable is not None else None
            for title in (one.name, one.id, "result"):
                yield title, (None, kind)
            if isinstance(one.logic, DecisionTable):
                for clause in one.logic.outputs:
                    for title in (clause.label, clause.name, "result" if len(one.logic.outputs) == 1 else None):
                        if title:
                            yield " ".join(title.split()), (clause.name or clause.id or clause.label, clause.type_ref)


def _output(result: DecisionResult, key: str | None) -> Any:
    """Return one output of a result; of several rows, that output of each row."""
    value: Any = result.value
    if isinstance(value, list):
        rows = cast("list[Any]", value)
        values = [_entry(row, key) for row in rows]
        decided = result.trace.decisions[-1] if result.trace is not None else None
        several = decided is not None and decided.hit_policy in _SEVERAL and decided.aggregation is None
        return values if several or len(values) > 1 else (values[0] if values else None)
    return _entry(value, key)


def _entry(value: Any, key: str | None) -> Any:
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if key is not None and key in entries:
        return entries[key]
    inner: Any = next(iter(entries.values())) if len(entries) == 1 else None
    if key is None and len(entries) == 1:
        return inner
    # An entry of the context that an expression gives.
    return cast("dict[str | None, Any]", inner)[key] if isinstance(inner, dict) and key in inner else entries


def _same(actual: Any, wanted: Any) -> bool:
    from loanflow.feel import equal, to_feel

    return equal(to_feel(actual), to_feel(wanted)) is True


def _set(inputs: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        inner = inputs.setdefault(name, {})
        if not isinstance(inner, dict):
            raise click.ClickException(f"{name} has a value of its own and entries as well")
        inputs = cast("dict[str, Any]", inner)
    inputs[path[-1]] = value


def _value(cell: Cell, type_ref: str | None, line: int) -> Any:
    """Return the value that a cell of the case file means, in the type of its column."""
    from loanflow.feel import text_of, to_feel

    if not isinstance(cell, str):
        if isinstance(cell, datetime) and type_ref == "date" and cell.time() == time(0):
            return cell.date()
        return text_of(to_feel(cell)) if type_ref == "string" and isinstance(cell, Decimal | date) else cell
    text = cell.strip()
    if text == "null":
        return None
    quoted = text.startswith('"') and text.endswith('"') and len(text) > 1
    if type_ref == "string" and not quoted:
        return text
    if type_ref != "string" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if type_ref == "date" and _ISO_DATE.fullmatch(text):
        return _feel(f'date("{text}")', line)
    if quoted or text[0] in '[{@"' or text.startswith(("date(", "time(", "date and time(", "duration(")):
        return _feel(text, line)
    return text


def _feel(text: str, line: int) -> Any:
    from loanflow.feel import FeelSyntaxError, explain

    try:
        found = explain(text)
    except FeelSyntaxError as error:
        raise click.ClickException(f"line {line}: {text}: {error}") from None
    if found.value is None:
        raise click.ClickException(f"line {line}: {text} has no value: {'; '.join(str(reason.message) for reason in found.reasons)}")
    return found.value
