"""``loanflow export``: decision tables as a workbook, and the edited workbook back into the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loanflow.cli.workbooks import Cell, Sheet, read_sheets, write_sheets

if TYPE_CHECKING:
    from loanflow.dmn import Decision, DecisionTable, Model, Rule, RuleRow

# The heading rows of a sheet: decision, hit policy, then for each column its part, label, expression or name, type and values.
_HEAD = 7


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--into",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the DMN file that takes the rules of an edited workbook back",
)
def export(source: Path, target: Path | None, into: Path | None) -> None:
    """Write the decision tables of a DMN file into a workbook, or an edited workbook back.

    \b
      loanflow export pricing.dmn pricing.xlsx
      loanflow export pricing.xlsx --into pricing.dmn

    A sheet holds one table. Rules may be edited, added, deleted and moved; hit policy and columns are changed in Camunda Modeler.
    Whatever was not edited stays in the DMN file byte by byte: drawing, comments, ids.
    """
    if into is not None:
        if target is not None:
            raise click.UsageError("with --into there is no further file")
        _back(source, into)
        return
    if target is None:
        raise click.UsageError("name the workbook to write, or with --into the DMN file to change")
    if source.suffix != ".dmn" or target.suffix != ".xlsx":
        raise click.UsageError("a .dmn file goes into an .xlsx workbook; --into goes the other way")
    model = _read(source, source.read_bytes())
    tables = list(_tables(model))
    if not tables:
        raise click.ClickException(f"{source}: has no decision that is a table")
    titles: set[str] = set()
    write_sheets(target, [Sheet(_title(decision, titles), _rows(decision, table), _HEAD) for decision, table in tables])
    left = [
        decision.name for decision in model.decisions if decision.logic is not None and decision.id not in {one.id for one, _ in tables}
    ]
    click.echo(f"{target}: {len(tables)} tables, {sum(len(table.rules) for _, table in tables)} rules")
    if left:
        click.echo(f"left out, as they are no tables: {', '.join(left)}")


def _back(source: Path, into: Path) -> None:
    from loanflow.dmn import with_rules

    data = into.read_bytes()
    tables = {decision.id: (decision, table) for decision, table in _tables(_read(into, data))}
    wanted: dict[str, list[RuleRow]] = {}
    for sheet, rows in read_sheets(source).items():
        texts = [[_text(cell, source, sheet) for cell in row] for row in rows]
        key = texts[0][1] if texts and len(texts[0]) > 1 else ""
        if not texts or texts[0][:1] != ["decision"] or key not in tables:
            raise click.ClickException(f"{source}: sheet {sheet} is no table of {into}; its cell B1 names no decision there")
        if key in wanted:
            raise click.ClickException(f"{source}: two sheets hold the decision {key}")
        wanted[key] = _rules(texts, *tables[key], source, sheet)
    changed = with_rules(data, file=str(into), tables=wanted)
    after = {decision.id: table for decision, table in _tables(_read(into, changed))}
    for key, rows in wanted.items():
        if [_cells(rule) for rule in after[key].rules] != [(row.inputs, row.outputs, row.description) for row in rows]:
            raise click.ClickException(f"{into}: the rules of {key} could not be written as they are in {source}; nothing was changed")
    if changed == data:
        click.echo(f"{into}: nothing has changed")
        return
    into.write_bytes(changed)
    click.echo(f"{into}: {', '.join(f'{key}: {len(rows)} rules' for key, rows in wanted.items())}; check it with: loanflow check {into}")


def _cells(rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    return tuple(tests.text for tests in rule.inputs), tuple(cell.text for cell in rule.outputs), rule.description or None


def _read(path: Path, data: bytes) -> Model:
    from loanflow.dmn import read

    return read(data, file=str(path))


def _tables(model: Model) -> Iterator[tuple[Decision, DecisionTable]]:
    from loanflow.dmn import DecisionTable

    for decision in model.decisions:
        if isinstance(decision.logic, DecisionTable):
            yield decision, decision.logic


def _title(decision: Decision, titles: set[str]) -> str:
    """Return a sheet's title: the decision's name as far as a workbook allows it, unlike the others."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", decision.name or decision.id).strip()[:28] or "table"
    title, number = plain, 1
    while title.lower() in titles:
        number += 1
        title = f"{plain} {number}"
    titles.add(title.lower())
    return title


def _rows(decision: Decision, table: DecisionTable) -> tuple[tuple[str, ...], ...]:
    rows = list(_head(decision, table))
    for number, rule in enumerate(table.rules):
        annotations = [*rule.annotations, *[""] * len(table.annotations)][: len(table.annotations)]
        rows.append(
            (
                str(rule.index),
                *(tests.text for tests in rule.inputs),
                *(cell.text for cell in rule.outputs),
                *annotations,
                rule.description or "",
                f"rule {number + 1}",
            )
        )
    return tuple(rows)


def _head(decision: Decision, table: DecisionTable) -> Iterator[tuple[str, ...]]:
    inputs, outputs, notes = table.inputs, table.outputs, table.annotations
    policy = table.hit_policy.value + (f" {table.aggregator.value}" if table.aggregator is not None else "")
    yield ("decision", decision.id, decision.name)
    yield ("hit policy", policy)
    yield ("part", *["input"] * len(inputs), *["output"] * len(outputs), *["annotation"] * len(notes), "description", "origin")
    yield ("label", *(one.label or "" for one in inputs), *(one.label or "" for one in outputs), *notes, "", "leave as it is; empty: new")
    yield ("expression", *(one.expression.text for one in inputs), *(one.name or "" for one in outputs), *[""] * len(notes), "", "")
    yield (
        "type",
        *(one.expression.type_ref or "" for one in inputs),
        *(one.type_ref or "" for one in outputs),
        *[""] * len(notes),
        "",
        "",
    )
    yield (
        "values",
        *(one.values.text if one.values else "" for one in inputs),
        *(one.values.text if one.values else "" for one in outputs),
        *[""] * len(notes),
        "",
        "",
    )


def _rules(texts: Sequence[Sequence[str]], decision: Decision, table: DecisionTable, source: Path, sheet: str) -> list[RuleRow]:
    """Return the rules of a sheet.

    Raises:
        click.ClickException: the headings are not those of the file, or a row names a rule that the file does not have.
    """
    from loanflow.dmn import RuleRow

    width = len(table.inputs) + len(table.outputs) + len(table.annotations) + 3
    for number, expected in enumerate(_head(decision, table)):
        found = _padded(texts[number] if number < len(texts) else (), width)
        if found != _padded(expected, width):
            raise click.ClickException(
                f"{source}: sheet {sheet}, row {number + 1} is not as in the DMN file; "
                f"hit policy and columns are changed in Camunda Modeler, then export again"
            )
    rows: list[RuleRow] = []
    for number, row in enumerate(texts[_HEAD:], start=_HEAD + 1):
        if not any(row):
            continue
        cells = _padded(row, width)
        if len(row) > width and any(row[width:]):
            raise click.ClickException(f"{source}: sheet {sheet}, row {number} has more cells than the table has columns")
        origin = re.fullmatch(r"(?:rule )?([1-9]\d*)", cells[-1])
        if cells[-1] and (origin is None or int(origin[1]) > len(table.rules)):
            raise click.ClickException(f"{source}: sheet {sheet}, row {number}: the file has no {cells[-1]}; leave the last cell empty")
        body = cells[1:-2]
        first, second = len(table.inputs), len(table.inputs) + len(table.outputs)
        rows.append(
            RuleRow(
                origin=int(origin[1]) - 1 if origin is not None else None,
                inputs=tuple(body[:first]),
                outputs=tuple(body[first:second]),
                annotations=tuple(body[second:]),
                description=cells[-2] or None,
            )
        )
    return rows


def _padded(row: Sequence[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]


def _text(cell: Cell, source: Path, sheet: str) -> str:
    """Return a cell as FEEL text: what the workbook turned into a number or a truth value is written as FEEL writes it."""
    from datetime import date, datetime, time

    from loanflow.feel import text_of, to_feel

    match cell:
        case None:
            return ""
        case str():
            return cell
        case datetime() | date() | time():
            raise click.ClickException(f'{source}: sheet {sheet} holds the date {cell}; write it as text: date("2026-01-31")')
        case _:
            return text_of(to_feel(cell))
