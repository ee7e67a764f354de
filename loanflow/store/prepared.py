"""Statements compiled once per database and run on the driver's own cursor: every command of the engine runs the same few.

SQLAlchemy composes them, writes them in the database's dialect and converts the values, there and back. Only its work per
execution (cache keys, contexts, results), which costs several times what SQLite's own does, is not done again each time. Where
somebody listens to the engine's events, or it logs its statements, they go by way of SQLAlchemy as always.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Connection, CursorResult, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

from loanflow.store.types import Converter

_GUARD = "WITH changed AS (? RETURNING 1) SELECT 1 / count(*) FROM changed"
_NAMED = re.compile(r"%\((\w+)\)s")
_ROWS_AT_ONCE = 16
"""How many rows one INSERT may take at once on a driver that would else send a statement a row."""


class Cursor(Protocol):
    """A driver's cursor: what a statement that changed rows leaves behind."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed; -1 as long as that is not known."""
        ...


MUST_CHANGE_ONE = "22012"
"""The SQLSTATE of a division by zero, which is what a guarded statement that changes no row ends in."""

Changed = CursorResult[Any] | Cursor
"""Says how many rows a statement changed: to the driver, or to SQLAlchemy."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The statement in one dialect: its text, and how parameters and results are converted.

    ``template`` is the row of parameters before the values are known, the fixed ones in it, and ``places`` says where the values
    go that ``taken`` takes, in order; ``converted`` names the parameters that the database's type converts, ``read`` the columns
    of the result; NULL is None both ways. ``values`` is an INSERT's one row as text where more of them may follow. ``text`` is None
    where it is another each time, since the statement looks among lists; ``guarded`` raises where no row is changed.
    """

    dialect: Dialect
    text: str | None
    guarded: str = ""
    values: str | None = None
    template: tuple[Any, ...] = ()
    places: tuple[int, ...] = ()
    taken: Callable[[Mapping[str, Any]], Sequence[Any]] = tuple
    converted: tuple[tuple[int, Converter], ...] = ()
    read: tuple[tuple[int, Converter], ...] = ()


class Prepared:
    """One statement; its parameters are the names of its ``bindparam``s, or of an INSERT's columns."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update | Delete, *, columns: Iterable[str] | None = None) -> None:
        self._statement = statement
        self._columns = list(columns) if columns is not None else None
        self._made: _Form | None = None

    def change(self, connection: Connection, values: Mapping[str, Any], *, must_change_one: bool = False) -> Changed:
        """Run an INSERT, UPDATE or DELETE; ``rows.changed`` of the result says how many rows it changed.

        A list as value is what an ``in_`` looks among. With ``must_change_one`` PostgreSQL itself raises, with the SQLSTATE
        ``MUST_CHANGE_ONE``, where no row was changed: nothing sent behind it, not even a commit, is then done.
        """
        form = self._form(connection.dialect)
        if form.text is None:
            among: Any = connection.execute(self._statement, values)
            return among
        return run_text(connection, form.guarded if must_change_one else form.text, _bound(form, values))

    def change_all(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it once for all rows; none is no statement."""
        form = self._form(connection.dialect)
        if form.text is None:
            raise ValueError("a statement that looks among lists runs for one row at a time")
        _run_all(connection, form, [_bound(form, row) for row in rows])

    def insert_rows(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Run an INSERT of every column for rows whose values stand in the order of the columns; none is no statement."""
        form = self._form(connection.dialect)
        bound = [list(row) for row in rows]
        for position, convert in form.converted:
            for row in bound:
                if row[position] is not None:
                    row[position] = convert(row[position])
        _run_all(connection, form, list(map(tuple, bound)))

    def row(self, connection: Connection, values: Mapping[str, Any], *, sent: Callable[[], None] | None = None) -> Sequence[Any] | None:
        """Run a SELECT that finds one row or none."""
        found = self.rows(connection, values, sent=sent)
        if len(found) > 1:
            raise RuntimeError(f"{len(found)} rows where there is one at most")
        return found[0] if found else None

    def rows(self, connection: Connection, values: Mapping[str, Any], *, sent: Callable[[], None] | None = None) -> Sequence[Sequence[Any]]:
        """Run a SELECT; a list as value is what an ``in_`` looks among.

        ``sent`` is called before the answer is taken where the statement goes to the driver itself: to wait for a pipeline.
        """
        form = self._form(connection.dialect)
        if form.text is None or is_heard(connection):
            return connection.execute(self._statement, values).all()
        cursor: Any = run_text(connection, form.text, _bound(form, values))
        if sent is not None:
            sent()
        found = cursor.fetchall()
        cursor.close()
        if form.read:
            found = [list(row) for row in found]
            for row in found:
                for position, convert in form.read:
                    if row[position] is not None:
                        row[position] = convert(row[position])
        return found

    def _form(self, dialect: Dialect) -> _Form:
        form = self._made
        if form is None or form.dialect is not dialect:
            # Two threads may both make it: they make the same.
            form = self._made = self._compiled(dialect)
        return form

    def _compiled(self, dialect: Dialect) -> _Form:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        if any(bind.expanding for bind in compiled.binds.values()):
            return _Form(dialect=dialect, text=None)
        text = str(compiled)
        names: list[str] = list(compiled.positiontup or ())
        if not compiled.positional:
            names = _NAMED.findall(text)
            text = _NAMED.sub("%s", text)
        template: list[Any] = []
        taken: list[tuple[int, str]] = []
        converted: list[tuple[int, Converter]] = []
        for position, name in enumerate(names):
            bind = compiled.binds[name]
            convert = _writer(bind.type.dialect_impl(dialect), dialect)
            if bind.required:
                template.append(None)
                taken.append((position, bind.key))
                if convert is not None:
                    converted.append((position, convert))
            else:
                template.append(convert(bind.value) if convert else bind.value)
        return _Form(
            dialect=dialect,
            text=text,
            guarded=_GUARD.replace("?", text),
            values=_one_row(text) if isinstance(self._statement, Insert) and dialect.driver == "psycopg" else None,
            template=tuple(template),
            places=tuple(position for position, _ in taken),
            taken=_taker([key for _, key in taken]),
            converted=tuple(converted),
            read=_readers(self._statement, dialect),
        )


def _one_row(text: str) -> str | None:
    # Behind the row nothing may stand, as ON CONFLICT would.
    head, _, values = text.rpartition(" VALUES ")
    return values if head and values.endswith(")") and "ON CONFLICT" not in values else None


def _taker(keys: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    match keys:
        case []:
            return lambda _: ()
        case [key]:
            return lambda values: (values[key],)
        case _:
            return itemgetter(*keys)


def _writer(kind: Any, dialect: Dialect) -> Converter | None:
    # A type of ours says it more shortly: SQLAlchemy would ask on the way whether there is a value at all.
    return kind.writer(dialect) if hasattr(kind, "writer") else kind.bind_processor(dialect)


def _reader(kind: Any, dialect: Dialect) -> Converter | None:
    return kind.reader(dialect) if hasattr(kind, "reader") else kind.result_processor(dialect, None)


def _readers(statement: object, dialect: Dialect) -> tuple[tuple[int, Converter], ...]:
    if not isinstance(statement, Select):
        return ()
    columns: Any = statement.selected_columns
    found = [_reader(column.type.dialect_impl(dialect), dialect) for column in columns]
    return tuple((position, convert) for position, convert in enumerate(found) if convert is not None)


def _bound(form: _Form, values: Mapping[str, Any]) -> tuple[Any, ...]:
    taken = form.taken(values)
    if len(taken) == len(form.template):
        row = list(taken)
    else:
        row = list(form.template)
        for position, value in zip(form.places, taken, strict=True):
            row[position] = value
    for position, convert in form.converted:
        if row[position] is not None:
            row[position] = convert(row[position])
    return tuple(row)


def _run_all(connection: Connection, form: _Form, bound: list[tuple[Any, ...]]) -> None:
    if form.text is None or not bound:
        return
    if len(bound) == 1:
        run_text(connection, form.text, bound[0])
    elif form.values is not None and len(bound) <= _ROWS_AT_ONCE:
        together = form.text + f", {form.values}" * (len(bound) - 1)
        run_text(connection, together, tuple(value for row in bound for value in row))
    else:
        run_text(connection, form.text, bound)


def is_heard(connection: Any) -> bool:
    """Say whether anybody listens to statements: what SQLAlchemy itself asks before it tells them."""
    return connection._has_events or connection.engine._has_events or connection._echo


def run_text(connection: Connection, text: str, parameters: tuple[Any, ...] | list[tuple[Any, ...]] = ()) -> Changed:
    """Run a statement of the driver's own spelling, for each of several rows where they are a list."""
    if is_heard(connection):
        return connection.exec_driver_sql(text, parameters, execution_options={"preserve_rowcount": True})
    dialect: Any = connection.dialect
    cursor: Any
    if dialect.driver == "psycopg":
        # It takes numbered parameters as they are; it would read the others one by one where there are many.
        cursor, text = dialect.loaded_dbapi.RawCursor(connection.connection.dbapi_connection), _numbered(text)
    else:
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
    try:
        if isinstance(parameters, tuple):
            cursor.execute(text, parameters)
        else:
            cursor.executemany(text, parameters)
    except dialect.loaded_dbapi.Error as error:
        raise refused(connection, error, text, parameters) from error
    return cursor


def commit(connection: Connection) -> None:
    """Commit what was begun with `run_text`; by way of SQLAlchemy where that took part in it, or anybody listens."""
    if connection.in_transaction():
        connection.commit()
        return
    dialect: Any = connection.dialect
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.commit()
    except dialect.loaded_dbapi.Error as error:
        raise refused(connection, error) from error


@lru_cache(maxsize=1024)
def _numbered(text: str) -> str:
    parts = [part.replace("%%", "%") for part in text.split("%s")]
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]


def refused(connection: Connection, error: Exception, text: str | None = None, parameters: Any = None) -> DBAPIError:
    """Make SQLAlchemy's error of the driver's; a connection that is lost is given up."""
    dialect: Any = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    made: Any = DBAPIError.instance(
        text,
        parameters,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(error)
    return made
