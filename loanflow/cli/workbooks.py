"""Rows in files that people edit in a spreadsheet: .csv and .xlsx; the only file to import openpyxl.

What is written is text and stays text: no cell is ever a formula. What is read as a number, a date or a truth value is given back
as such; a formula is refused, since what it shows is not in the file. A .csv file is read as spreadsheets save it: separated by
commas, semicolons or tabs, in UTF-8, UTF-16 or, where it is neither, GB18030 (Excel's "CSV" in China).
"""

from __future__ import annotations

import codecs
import csv
import importlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

Cell = str | Decimal | bool | date | datetime | time | None
# What one cell of a workbook may hold; longer texts would be cut silently.
LONGEST = 32_767


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of cells with its title; ``first_row`` rows are headings and stay in view."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    first_row: int = 1


def read_rows(path: Path) -> list[list[Cell]]:
    """Return the rows of a .csv file, or of the first sheet of a workbook.

    Raises:
        click.ClickException: the file cannot be read, or holds a formula or merged cells.
    """
    if path.suffix.lower() == ".xlsx":
        sheets = list(read_sheets(path).values())
        return sheets[0] if sheets else []
    try:
        text = _decoded(path.read_bytes())
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{path}: cannot be read: {error}") from None


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _separator(text: str) -> str:
    """Return what separates the headings: a comma, unless another sign makes more of them."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max((",", ";", "\t"), key=lambda sign: sum(len(row) for row in csv.reader([first], delimiter=sign)))


def read_sheets(path: Path) -> dict[str, list[list[Cell]]]:
    """Return the rows of each sheet of a workbook by title.

    Raises:
        click.ClickException: the file is no workbook, or holds a formula or merged cells.
    """
    try:
        book = _openpyxl().load_workbook(path)
    except Exception as error:  # openpyxl lets whatever zip files and XML can fail with through.
        raise click.ClickException(f"{path}: is no workbook that can be read: {error}") from None
    for sheet in book.worksheets:
        # Only the first of merged cells holds a value: the others would be read as empty, which means something else.
        if merged := ", ".join(sorted(str(one) for one in sheet.merged_cells.ranges)):
            raise click.ClickException(f"{path}: {sheet.title}: {merged} merged; unmerge them and write the value into each cell")
    return {sheet.title: [[_value(cell, path, sheet.title) for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def write_sheets(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write a workbook of texts.

    Raises:
        click.ClickException: a text is longer than a cell can hold, or the file cannot be written.
    """
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = page.cell(row=sheet.first_row + 1, column=2)
        for number, row in enumerate(sheet.rows, start=1):
            for column, text in enumerate(row, start=1):
                if len(text) > LONGEST:
                    raise click.ClickException(f"{sheet.title}, row {number}: a text of {len(text)} characters does not fit a cell")
                cell = page.cell(row=number, column=column)
                # Text by type and by format, also when it is edited: "=" at its front must not become a formula.
                cell.value = text or None
                if text:
                    cell.data_type = "s"
                    cell.quotePrefix = True
                cell.number_format = "@"
                if number <= sheet.first_row:
                    cell.font = openpyxl.styles.Font(bold=True)
        for column, width in enumerate(_widths(sheet.rows), start=1):
            page.column_dimensions[openpyxl.utils.get_column_letter(column)].width = width
    try:
        book.save(path)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written: {error.strerror}") from None


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    widths: dict[int, int] = {}
    for row in rows:
        for column, text in enumerate(row):
            widths[column] = max(widths.get(column, 10), min(40, len(text) + 2))
    return [widths[column] for column in sorted(widths)]


def _value(cell: Any, path: Path, sheet: str) -> Cell:
    value: Any = cell.value
    if cell.data_type == "f":
        raise click.ClickException(f"{path}: {sheet}, cell {cell.coordinate} is a formula; write its value")
    if cell.data_type == "e":
        raise click.ClickException(f"{path}: {sheet}, cell {cell.coordinate} shows an error: {value}")
    match value:
        case None | bool() | str() | datetime() | date() | time():
            return value
        case int() | float():
            # A number typed into a sheet is what it shows: 0.1, not the double next to it.
            return Decimal(repr(value))
        case _:
            raise click.ClickException(f"{path}: {sheet}, cell {cell.coordinate} holds a {type(value).__name__}")


def _openpyxl() -> Any:
    try:
        return importlib.import_module("openpyxl")
    except ImportError:
        raise click.ClickException("workbooks need openpyxl: pip install 'loanflow[excel]', or use .csv") from None


def columns_of(header: Sequence[Cell]) -> Mapping[int, str]:
    """Return the columns that have a heading, by number."""
    found: dict[int, str] = {}
    for number, cell in enumerate(header):
        text = "" if cell is None else " ".join(str(cell).split())
        if text:
            found[number] = text
    return found
