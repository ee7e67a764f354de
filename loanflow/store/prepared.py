"""Statements compiled once per database: every command of the engine runs the same few.

SQLAlchemy composes them, writes them in the database's dialect and converts the values; only its work per execution of an
INSERT, UPDATE or DELETE (cache keys, parameter sets), which costs more than SQLite's own, is done once here and not each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Delete, Dialect, Insert, Select, Update

Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """The statement in one dialect: its text, and how a row of parameters is made.

    ``names`` are the driver's names of the parameters, in order, where it wants names. ``template`` is the row before the
    values are known, the fixed ones in it; ``taken`` says which value goes where, ``converted`` which of them the database's
    type converts.
    """

    text: str
    names: tuple[str, ...] | None
    template: tuple[Any, ...]
    taken: tuple[tuple[int, str], ...]
    converted: tuple[tuple[int, Converter], ...]


class Prepared:
    """One statement; its parameters are the names of its ``bindparam``s, or of an INSERT's columns."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update | Delete, *, columns: Iterable[str] | None = None) -> None:
        self._statement = statement
        self._columns = list(columns) if columns is not None else None
        self._forms: WeakKeyDictionary[Dialect, _Form] = WeakKeyDictionary()

    def change(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run an INSERT, UPDATE or DELETE; ``rows.changed`` of the result says how many rows it changed."""
        form = self._form(connection.dialect)
        return connection.exec_driver_sql(form.text, _bound(form, values), execution_options={"preserve_rowcount": True})

    def change_all(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it once for all rows; none is no statement."""
        form = self._form(connection.dialect)
        if bound := [_bound(form, row) for row in rows]:
            connection.exec_driver_sql(form.text, bound[0] if len(bound) == 1 else bound)

    def row(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Run a SELECT that finds one row or none; here SQLAlchemy's own cache serves as well."""
        return connection.execute(self._statement, values).one_or_none()

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run a SELECT; a list as value is what an ``in_`` looks among."""
        return connection.execute(self._statement, values).all()

    def change_among(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run an UPDATE or DELETE one of whose values is a list, whose length the statement's text depends on."""
        result: Any = connection.execute(self._statement, values)
        return result

    def _form(self, dialect: Dialect) -> _Form:
        form = self._forms.get(dialect)
        if form is None:
            # Two threads may both make it: they make the same.
            form = self._forms[dialect] = self._compiled(dialect)
        return form

    def _compiled(self, dialect: Dialect) -> _Form:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        names: list[str] = list(compiled.positiontup) if compiled.positional else list(compiled.binds)
        template: list[Any] = []
        taken: list[tuple[int, str]] = []
        converted: list[tuple[int, Converter]] = []
        for position, name in enumerate(names):
            bind = compiled.binds[name]
            convert: Converter | None = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required:
                template.append(None)
                taken.append((position, bind.key))
                if convert is not None:
                    converted.append((position, convert))
            else:
                template.append(convert(bind.value) if convert else bind.value)
        return _Form(str(compiled), None if compiled.positional else tuple(names), tuple(template), tuple(taken), tuple(converted))


def _bound(form: _Form, values: Mapping[str, Any]) -> Any:
    row = list(form.template)
    for position, key in form.taken:
        row[position] = values[key]
    for position, convert in form.converted:
        row[position] = convert(row[position])
    return tuple(row) if form.names is None else dict(zip(form.names, row, strict=True))
