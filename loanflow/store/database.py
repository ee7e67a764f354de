"""Connections and transactions: one store over one database, on SQLite, PostgreSQL or MySQL.

A function of this room takes a ``Transaction``: a connection with the store's tables. It comes from ``Store.run``
(commits, retries), ``Store.reading`` (a consistent look, never commits) or ``Store.borrow`` (the caller's own session:
never commits, rolls back or retries).
"""

from __future__ import annotations

import logging
import math
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast
from uuid import uuid4
from weakref import WeakSet

from sqlalchemy import Connection, CursorResult, Engine, create_engine, event, func, literal, make_url, select
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from loanflow.clock import SystemClock
from loanflow.errors import Busy, Conflict
from loanflow.store.prepared import MUST_CHANGE_ONE, Changed, Prepared, commit, is_heard, refused, run_text
from loanflow.store.tables import DEFAULT_PREFIX, Tables, tables_for

Result = TypeVar("Result")

BUSY_TIMEOUT_SECONDS = 5.0
PING_AFTER_SECONDS = 1.0
_SAFE_SQLITE = (3, 51, 3)
_RETRYABLE_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
_RETRYABLE_MYSQL = frozenset({1205, 1213})
_POOL_OPTIONS = frozenset({"pool", "poolclass", "pool_size", "max_overflow"})
_ONE_BY_ONE = nullcontext()
_log = logging.getLogger("loanflow.store")
_STORES: WeakSet[Store] = WeakSet()


class Pipeline:
    """What has been sent to PostgreSQL and not been answered yet, through psycopg's pipeline; closed most of the time."""

    __slots__ = ("begin", "demanded", "is_filling", "refused_as", "stays_open", "way")

    def __init__(self, *, stays_open: bool, begin: str | None = None) -> None:
        self.stays_open = stays_open
        """Whether the answers may come together with the commit's."""
        self.begin = begin
        """What begins the transaction, as long as that has not been sent: it goes with the first statement."""
        self.is_filling = False
        self.way: ExitStack | None = None
        self.demanded: list[tuple[Changed, Callable[[], Exception]]] = []
        self.refused_as: type[Conflict] = Conflict

    def open(self, driver: Any) -> None:
        """Send what follows without waiting for its answers."""
        self.way = ExitStack()
        self.way.enter_context(driver.pipeline())
        self.send_begin(driver)

    def send_begin(self, driver: Any) -> None:
        """Begin the transaction unless it has begun."""
        begin, self.begin = self.begin, None
        if begin is not None:
            driver.execute(begin)

    def close(self, connection: Connection, *, commit: bool = False) -> None:
        """Wait for the answers; with ``commit`` also for that of the commit, which is sent behind the rest.

        Raises:
            Exception: the refusal of the first statement that did not change the row it had to.
        """
        way, self.way = self.way, None
        if way is None:
            return
        dialect: Any = connection.dialect
        try:
            with way:
                if commit:
                    cast(Any, connection.connection.driver_connection).execute("COMMIT")
        except dialect.loaded_dbapi.Error as error:
            raise self.due(error) or refused(connection, error) from error
        finally:
            self.demanded.clear()

    def drop(self) -> None:
        """Wait for the answers and do not mind them: an error is under way already."""
        way, self.way = self.way, None
        self.is_filling = False
        self.demanded.clear()
        if way is not None:
            with suppress(Exception):
                way.close()

    def due(self, error: BaseException | None) -> Exception | None:
        """Return the refusal that the database's error stands for, or None."""
        if getattr(error, "sqlstate", None) != MUST_CHANGE_ONE:
            return None
        # Those before it have their answers.
        first = next((refusal for result, refusal in self.demanded if _answer(result) < 0), None)
        refusal = None if first is None else first()
        return self.refused_as(str(refusal)) if isinstance(refusal, Conflict) else refusal


@dataclass(frozen=True, slots=True)
class Transaction:
    """What every function of this room works in: an open transaction and the tables of the store."""

    _connection: Connection
    tables: Tables
    skip_locked: bool = False
    _pipeline: Pipeline = field(default_factory=lambda: Pipeline(stays_open=False))

    @property
    def connection(self) -> Connection:
        """The connection; whatever was sent ``together`` before has been answered."""
        pipeline = self._pipeline
        if pipeline.way is not None and not pipeline.is_filling:
            pipeline.close(self._connection)
        elif pipeline.begin is not None:
            pipeline.send_begin(self._connection.connection.driver_connection)
        return self._connection

    @property
    def dialect(self) -> str:
        """The database's name: ``sqlite``, ``postgresql``, ``mysql`` or ``mariadb``."""
        return self._connection.dialect.name

    def together(self, refused_as: type[Conflict] = Conflict) -> AbstractContextManager[None]:
        """Send the block's INSERTs, UPDATEs and DELETEs in one round trip where the driver can: psycopg in its pipeline.

        Nothing may be read in the block. A refusal in it, see ``demand``, is raised there and then, or else, as ``refused_as``,
        when the transaction reads again or by its commit, which goes in the same round trip if it comes next.
        """
        return self._in_pipeline(refused_as) if _has_pipeline(self._connection) else _ONE_BY_ONE

    @contextmanager
    def _in_pipeline(self, refused_as: type[Conflict]) -> Generator[None]:
        pipeline = self._pipeline
        if pipeline.way is not None:
            pipeline.close(self._connection)
        pipeline.open(self._connection.connection.driver_connection)
        pipeline.refused_as, pipeline.is_filling = refused_as, True
        try:
            yield
        except DBAPIError as error:
            refusal = pipeline.due(error.orig)
            pipeline.drop()
            if refusal is not None:
                raise refusal from error
            raise
        except BaseException:
            pipeline.drop()
            raise
        pipeline.is_filling = False
        if not pipeline.stays_open:
            pipeline.close(self._connection)

    def demand(self, statement: Prepared, values: Mapping[str, Any], refusal: Callable[[], Exception]) -> None:
        """Run a statement that must change exactly one row; raise the ``refusal`` where it does not, see ``together``."""
        if self._pipeline.is_filling:
            self._pipeline.demanded.append((statement.change(self._connection, values, must_change_one=True), refusal))
            return
        rows = statement.change(self.connection, values).rowcount
        if rows < 0:
            raise RuntimeError("the database driver does not say how many rows a statement changed")
        if rows != 1:
            raise refusal()

    def look(self, statement: Prepared, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Run a SELECT that finds one row or none; as a transaction's first statement it takes no round trip more than itself."""
        pipeline = self._pipeline
        if pipeline.begin is None or is_heard(self._connection):
            return statement.row(self.connection, values)
        pipeline.open(self._connection.connection.driver_connection)
        return statement.row(self._connection, values, sent=lambda: pipeline.close(self._connection))

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Undo what the block did if it raises, and nothing else."""
        with self.connection.begin_nested():
            yield


def _answer(result: Changed) -> int:
    # In a pipeline SQLAlchemy asks for the number before the driver has it: then the cursor itself knows by now.
    if result.rowcount < 0 and isinstance(result, CursorResult):
        return result.context.cursor.rowcount
    return result.rowcount


class Store:
    """One database with our tables in it; shared by threads, and by processes forked from this one.

    Made by ``connect``. An engine of the caller's is theirs to dispose of in a forked process, as SQLAlchemy asks.
    """

    def __init__(
        self, engine: Engine, tables: Tables, *, owned: bool, skip_locked: bool | None, anchor: Any = None, keeps_writer: bool = False
    ) -> None:
        self.engine = engine
        self.tables = tables
        self._owned = owned
        self._skip_locked = engine.dialect.name in ("postgresql", "mysql", "mariadb") if skip_locked is None else skip_locked
        self._anchor = anchor
        self._writer = threading.Lock()
        self._keeps_writer = keeps_writer
        self._kept: Transaction | None = None
        self._here = threading.local()
        self._forks = False
        _STORES.add(self)

    @property
    def dialect(self) -> str:
        """The database's name: ``sqlite``, ``postgresql``, ``mysql`` or ``mariadb``."""
        return self.engine.dialect.name

    def run(self, work: Callable[[Transaction], Result], *, attempts: int = 8) -> Result:
        """Run ``work`` in a transaction of its own, commit, and return what it returned.

        Where the database asks for it (deadlock, serialization failure, busy) the whole is rolled back and ``work``
        is called again, after a short random wait, at most ``attempts`` times: so it must do nothing outside the
        database, and must read what it decides on inside.

        Raises:
            Busy: the database would not take it within that many attempts; nothing has changed.
        """
        for attempt in range(1, attempts + 1):
            try:
                return self._on_kept(work) if self._keeps_writer else self._in_pool(work)
            except PoolTimeout as error:
                raise Busy("no free database connection; try again") from error
            except DBAPIError as error:
                if not is_retryable(error):
                    raise
                if attempt == attempts:
                    raise Busy(f"the database is busy; {attempts} attempts failed: {error.orig}") from error
            time.sleep(random.uniform(0.0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311 - spreads the load, keeps no secret
        raise AssertionError("unreachable")

    def reading(self) -> AbstractContextManager[Transaction]:
        """Look at the database in one transaction, which on SQLite sees one state; never commits."""
        return self._transaction(write=False)

    def borrow(self, session: Session | Connection) -> Transaction:
        """Work inside the caller's transaction: their commit keeps our rows, their rollback takes them along.

        On SQLite the transaction is begun here if the caller's has not yet, because Python's driver would otherwise
        let the release of a savepoint commit everything.
        """
        connection = session.connection() if isinstance(session, Session) else session
        if connection.dialect.name != self.dialect:
            raise ValueError(f"the session speaks {connection.dialect.name}, the store {self.dialect}")
        if not connection.in_transaction():
            connection.begin()
        _begin_sqlite(connection, "BEGIN IMMEDIATE")
        return Transaction(connection, self.tables, self._skip_locked)

    def close(self) -> None:
        """Give back the connections, if the store opened them; an in-memory database is gone then."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.connection.close()
        if self._owned:
            self.engine.dispose()
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    def before_fork(self) -> None:
        """Close the connections to SQLite that are at rest, and let no thread write until this process has been forked.

        SQLite keeps its locks by process and cannot be carried over; a forked process would believe that it holds them.
        """
        self._forks = self._owned and self._anchor is None and not getattr(self._here, "inside", False)
        if self._forks and self.dialect == "sqlite":
            self._writer.acquire()
            kept, self._kept = self._kept, None
            if kept is not None:
                kept.connection.close()
            self.engine.dispose()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on, in the forked process with connections of its own; those to a server are the parent's, and not closed."""
        if self._forks and self.dialect == "sqlite":
            self._writer.release()
        if in_child:
            self._writer, self._here = threading.Lock(), threading.local()
            if self._owned and self.dialect != "sqlite":
                self.engine.dispose(close=False)

    def _in_pool(self, work: Callable[[Transaction], Result]) -> Result:
        with self._transaction(write=True) as transaction:
            return work(transaction)

    def _on_kept(self, work: Callable[[Transaction], Result]) -> Result:
        """Work on the one connection that writes to SQLite, past the pool; only one that did well is used again."""
        takes_turns = self._enter(write=True)
        try:
            kept, self._kept = self._kept, None
            transaction = kept or Transaction(self.engine.connect(), self.tables, self._skip_locked)
            connection = transaction.connection
            try:
                run_text(connection, "BEGIN IMMEDIATE")
                result = work(transaction)
                commit(connection)
            except BaseException:
                under_way = connection.get_transaction()
                if under_way is not None:
                    under_way.rollback()
                # The pool rolls back what is given back to it.
                connection.close()
                raise
            self._kept = transaction
            return result
        finally:
            self._leave(takes_turns)

    @contextmanager
    def _transaction(self, *, write: bool) -> Generator[Transaction]:
        takes_turns = self._enter(write=write)
        try:
            with self.engine.connect() as connection:
                yield from self._inside(connection, write)
        finally:
            self._leave(takes_turns)

    def _enter(self, *, write: bool) -> bool:
        if getattr(self._here, "inside", False):
            raise RuntimeError("this thread is already in a transaction of this store: pass that one on")
        # SQLite has one writer: our threads queue here in order, where its own busy loop would let luck decide.
        # The commit, and with it SQLite's checkpoint, happens before the next one's turn.
        takes_turns = write and self.dialect == "sqlite"
        if takes_turns and not self._writer.acquire(timeout=2 * BUSY_TIMEOUT_SECONDS):
            raise Busy("another thread holds SQLite's one writer; try again")
        self._here.inside = True
        return takes_turns

    def _leave(self, took_turns: bool) -> None:
        self._here.inside = False
        if took_turns:
            self._writer.release()

    def _inside(self, connection: Connection, write: bool) -> Generator[Transaction]:
        pipeline = Pipeline(stays_open=write)
        with _begun_late(connection, pipeline), connection.begin() as transaction:
            _begin_sqlite(connection, "BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield Transaction(connection, self.tables, self._skip_locked, pipeline)
            except BaseException:
                pipeline.drop()
                raise
            if write:
                pipeline.close(connection, commit=True)
            else:
                transaction.rollback()


def connect(
    database: str | Engine,
    *,
    schema: str | None = None,
    table_prefix: str = DEFAULT_PREFIX,
    skip_locked: bool | None = None,
    **engine_options: Any,
) -> Store:
    """Open a store; the tables must be there or be made by ``migrations.upgrade``.

    Args:
        database: an SQLAlchemy URL, or the caller's own engine, which is used as it is (on SQLite the caller then
            chooses WAL and synchronous).
        schema: the PostgreSQL schema (MySQL database) the tables live in; None means the connection's default.
        table_prefix: what the names of our tables begin with.
        skip_locked: None uses SKIP LOCKED where the database has it. It saves waiting; nothing rests on it.
        engine_options: handed to SQLAlchemy's ``create_engine`` with a URL, as ``isolation_level`` or ``pool_size``.
    """
    anchor: Any = None
    keeps_writer = False
    if isinstance(database, Engine):
        if engine_options:
            raise ValueError("engine options go with a URL, not with an engine")
        engine, owned = database, False
    elif make_url(database).get_backend_name() == "sqlite":
        (engine, anchor), owned = _sqlite_engine(database, engine_options), True
        # A pool of the caller's choice may have no connection to spare.
        keeps_writer = engine_options.keys().isdisjoint(_POOL_OPTIONS)
    else:
        engine, owned = create_engine(database, **engine_options), True
        _ping_the_idle(engine)
        if engine.dialect.name == "postgresql":
            event.listen(engine, "connect", _without_jit)
    if schema is not None and engine.dialect.name == "sqlite":
        raise ValueError("SQLite has no schemas; use table_prefix")
    tables = tables_for(schema=schema, table_prefix=table_prefix)
    return Store(engine, tables, owned=owned, skip_locked=skip_locked, anchor=anchor, keeps_writer=keeps_writer)


def _before_fork() -> None:
    for store in tuple(_STORES):
        store.before_fork()


def _after_fork(*, in_child: bool) -> None:
    for store in tuple(_STORES):
        store.after_fork(in_child=in_child)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(
        before=_before_fork, after_in_parent=partial(_after_fork, in_child=False), after_in_child=partial(_after_fork, in_child=True)
    )


def database_now(transaction: Transaction) -> datetime:
    """Ask the database what time it is: leases and timers of many machines need one clock."""
    if transaction.dialect == "sqlite":
        return SystemClock().now()
    moment = func.clock_timestamp() if transaction.dialect == "postgresql" else func.utc_timestamp(literal(6))
    now: datetime = transaction.connection.execute(select(moment)).scalar_one()
    return now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)


def is_retryable(error: DBAPIError) -> bool:
    """Say whether the same transaction, run again, may go through."""
    origin: Any = error.orig
    if isinstance(origin, sqlite3.OperationalError):
        return getattr(origin, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if getattr(origin, "sqlstate", None) in _RETRYABLE_SQLSTATES:
        return True
    arguments = getattr(origin, "args", ())
    return bool(arguments) and arguments[0] in _RETRYABLE_MYSQL


def _has_pipeline(connection: Connection) -> bool:
    dialect: Any = connection.dialect
    return dialect.driver == "psycopg" and dialect.loaded_dbapi.capabilities.has_pipeline()


@contextmanager
def _begun_late(connection: Connection, pipeline: Pipeline) -> Generator[None]:
    # Psycopg waits for the answer to the BEGIN that it sends of itself, in a pipeline too. Within the block it sends none.
    driver: Any = connection.connection.driver_connection if _has_pipeline(connection) else None
    if driver is None or driver.autocommit:
        yield
        return
    pipeline.begin = _begin_words(driver)
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


def _begin_words(driver: Any) -> str:
    words = ["BEGIN"]
    if driver.isolation_level is not None:
        words.append(f"ISOLATION LEVEL {driver.isolation_level.name.replace('_', ' ')}")
    if driver.read_only is not None:
        words.append("READ ONLY" if driver.read_only else "READ WRITE")
    if driver.deferrable is not None:
        words.append("DEFERRABLE" if driver.deferrable else "NOT DEFERRABLE")
    return " ".join(words)


def _begin_sqlite(connection: Connection, statement: str) -> None:
    # Python's sqlite3 begins a transaction of its own only before the first INSERT, UPDATE or DELETE, which is too late:
    # what was read before must belong to it.
    if connection.dialect.name != "sqlite":
        return
    driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
    if not driver.in_transaction:
        run_text(connection, statement)


def _ping_the_idle(engine: Engine) -> None:
    # A connection that has been idle may have been lost, and asking costs a round trip; one that was just used is used again.
    def note(_driver: object, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    def ping(driver: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get("idle_since", math.inf) > PING_AFTER_SECONDS:
            dialect: Any = engine.dialect
            try:
                dialect.do_ping(driver)
            except dialect.loaded_dbapi.Error as error:
                # The pool opens another one instead.
                raise DisconnectionError("the connection was lost while it was idle") from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)


def _without_jit(driver: Any, _record: object) -> None:
    # Our statements take a few milliseconds; compiling one to machine code takes a hundred.
    with driver.cursor() as cursor:
        cursor.execute("SET jit = off")
    driver.commit()


def _sqlite_engine(url: str, options: dict[str, Any]) -> tuple[Engine, Any]:
    if sqlite3.sqlite_version_info < _SAFE_SQLITE:
        _log.info("SQLite %s: several processes writing at once need 3.51.3 or later", sqlite3.sqlite_version)
    parsed = make_url(url)
    in_memory = parsed.database in (None, "", ":memory:")
    settings: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 5, "max_overflow": 15, "pool_timeout": 2 * BUSY_TIMEOUT_SECONDS}
    anchor: sqlite3.Connection | None = None
    if in_memory:
        # One database for all threads, gone with the store: SQLite's memdb file system shares it within the process.
        name = f"file:/loanflow-{uuid4().hex}?vfs=memdb"

        def open_memory() -> sqlite3.Connection:
            return sqlite3.connect(name, uri=True, timeout=BUSY_TIMEOUT_SECONDS, check_same_thread=False)

        settings["creator"] = open_memory
        anchor = open_memory()
    else:
        settings["connect_args"] = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    engine = create_engine(url, **(settings | options))

    def prepare(driver: sqlite3.Connection, _record: object) -> None:
        cursor = driver.cursor()
        if not in_memory:
            cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit that was acknowledged survives a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}")
        cursor.close()

    event.listen(engine, "connect", prepare)
    return engine, anchor
