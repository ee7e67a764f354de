from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import MetaData, String, create_engine, event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from loanflow import store
from loanflow.errors import Busy, Conflict
from loanflow.store.database import is_retryable
from loanflow.store.mapped import mapped_classes
from tests.store.builders import NOON, a_case, a_task


def exists(database: store.Store, case_id: str) -> bool:
    with database.reading() as transaction:
        return store.cases.get(transaction, case_id) is not None


def test_an_error_takes_everything_back(database: store.Store) -> None:
    case = a_case()

    def fail(transaction: store.Transaction) -> None:
        store.cases.insert(transaction, case, b"")
        raise Conflict("no")

    with pytest.raises(Conflict):
        database.run(fail)
    assert not exists(database, case.id)


def test_a_savepoint_takes_back_only_its_own(database: store.Store) -> None:
    kept, dropped = a_case(), a_case()

    def refused(transaction: store.Transaction) -> None:
        with transaction.savepoint():
            store.cases.insert(transaction, dropped, b"")
            raise Conflict("no")

    def work(transaction: store.Transaction) -> None:
        store.cases.insert(transaction, kept, b"")
        with pytest.raises(Conflict):
            refused(transaction)

    database.run(work)
    assert (exists(database, kept.id), exists(database, dropped.id)) == (True, False)


def test_reading_never_commits(database: store.Store) -> None:
    case = a_case()
    with database.reading() as transaction:
        store.cases.insert(transaction, case, b"")
    assert not exists(database, case.id)


def test_a_transaction_inside_another_of_the_same_thread_is_a_slip(database: store.Store) -> None:
    with pytest.raises(RuntimeError, match="already in a transaction"):
        database.run(lambda _: database.run(lambda _: None))


@pytest.mark.parametrize("commit", [True, False])
def test_the_callers_commit_or_rollback_takes_ours_along(database: store.Store, commit: bool) -> None:
    case = a_case()
    with Session(database.engine) as session:
        transaction = database.borrow(session)
        with transaction.savepoint():
            store.cases.insert(transaction, case, b"")
        # A second command in the same session, after a savepoint was released.
        with database.borrow(session).savepoint():
            store.cases.update(transaction, case, replace(case, version=1))
        if commit:
            session.commit()
        else:
            session.rollback()
    assert exists(database, case.id) is commit


def test_an_engine_of_the_callers_own_works_too(tmp_path: Any) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'bank.db'}")
    kept = store.connect(engine, table_prefix="lf_")
    store.upgrade(kept)
    case = a_case()
    with Session(engine) as session:
        with kept.borrow(session).savepoint():
            store.cases.insert(kept.borrow(session), case, b"")
        session.rollback()
    assert not exists(kept, case.id)
    kept.run(lambda t: store.cases.insert(t, case, b""))
    kept.close()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM lf_cases")).scalar_one() == 1


def test_a_session_on_another_kind_of_database_is_refused() -> None:
    kept, other = store.connect("sqlite://"), create_engine("sqlite://")
    other.dialect.name = "mysql"
    with other.connect() as connection, pytest.raises(ValueError, match="the session speaks mysql, the store sqlite"):
        kept.borrow(connection)
    kept.close()


def locked() -> OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError("UPDATE", {}, error)


def test_what_the_database_asks_to_repeat_is_repeated(database: store.Store) -> None:
    case = a_case()
    calls: list[int] = []

    def work(transaction: store.Transaction) -> str:
        calls.append(1)
        store.cases.insert(transaction, case, b"")
        if len(calls) < 3:
            raise locked()
        return "done"

    assert database.run(work) == "done"
    assert len(calls) == 3
    assert exists(database, case.id)


def test_repeating_has_an_end(database: store.Store) -> None:
    calls: list[int] = []

    def work(_: store.Transaction) -> None:
        calls.append(1)
        raise locked()

    with pytest.raises(Busy, match="3 attempts failed"):
        database.run(work, attempts=3)
    assert len(calls) == 3


class _PsycopgLike(Exception):
    sqlstate = "40001"


class _Deadlock(Exception):
    sqlstate = "40P01"


@pytest.mark.parametrize(
    ("origin", "retryable"),
    [
        (_PsycopgLike(), True),
        (_Deadlock(), True),
        (Exception(1213, "Deadlock found"), True),
        (Exception(1205, "Lock wait timeout"), True),
        (Exception(1062, "Duplicate entry"), False),
        (sqlite3.OperationalError("no such table"), False),
        (Exception(), False),
    ],
)
def test_only_what_may_go_through_is_repeated(origin: Exception, retryable: bool) -> None:
    assert is_retryable(OperationalError("x", {}, origin)) is retryable


def test_writers_of_many_threads_queue(database: store.Store) -> None:
    cases = [a_case() for _ in range(8)]
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for case in cases[number::4]:
                database.run(lambda t, case=case: store.cases.insert(t, case, b""))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(exists(database, case.id) for case in cases)


def test_sqlite_files_are_safe_against_power_cuts(tmp_path: Any) -> None:
    kept = store.connect(f"sqlite:///{tmp_path / 'loans.db'}")
    with kept.reading() as transaction:
        run = transaction.connection.exec_driver_sql
        assert run("PRAGMA journal_mode").scalar_one() == "wal"
        assert run("PRAGMA synchronous").scalar_one() == 2
        assert run("PRAGMA foreign_keys").scalar_one() == 1
        assert run("PRAGMA busy_timeout").scalar_one() == 5000
    kept.close()


def test_sqlite_reads_one_state_while_others_write(tmp_path: Any) -> None:
    kept = store.connect(f"sqlite:///{tmp_path / 'loans.db'}")
    store.upgrade(kept)
    case = a_case()
    with kept.reading() as transaction:
        assert store.cases.get(transaction, case.id) is None
        writer = threading.Thread(target=lambda: kept.run(lambda t: store.cases.insert(t, case, b"")))
        writer.start()
        writer.join()
        assert store.cases.get(transaction, case.id) is None
    assert exists(kept, case.id)
    kept.close()


def test_sqlite_has_no_schemas() -> None:
    with pytest.raises(ValueError, match="table_prefix"):
        store.connect("sqlite://", schema="bank")


def test_the_databases_clock_is_aware(database: store.Store) -> None:
    with database.reading() as transaction:
        assert store.database_now(transaction).utcoffset() is not None


def test_tasks_join_the_banks_own_tables(database: store.Store) -> None:
    class Base(DeclarativeBase):
        metadata = MetaData(schema=database.tables.schema)

    class Loan(Base):
        __tablename__ = "bank_loan"
        number: Mapped[str] = mapped_column(String(40), primary_key=True)
        officer: Mapped[str] = mapped_column(String(40))

    Base.metadata.create_all(database.engine)
    classes = mapped_classes(schema=database.tables.schema, table_prefix=database.tables.prefix)
    task = a_task(business_key="LN-1", candidate_groups=("reviewer",), due_at=NOON)
    database.run(lambda t: store.tasks.insert(t, [task]))
    found = select(classes.Task.id, Loan.officer).join(Loan, Loan.number == classes.Task.business_key)
    with Session(database.engine) as session:
        session.add(Loan(number="LN-1", officer="wang"))
        session.flush()
        for user, groups, seen in (("li", ["reviewer"], True), ("li", [], False), ("li", ["officer"], False)):
            rows = session.execute(found.where(classes.Task.visible_to(user, groups))).all()
            assert [tuple(row) for row in rows] == ([(task.id, "wang")] if seen else [])
        mapped = session.scalars(select(classes.Task).where(classes.Task.due_at <= NOON)).one()
        assert (mapped.due_at, mapped.candidate_groups, mapped.status) == (NOON, ("reviewer",), "open")
        session.rollback()
    Base.metadata.drop_all(database.engine)


def test_each_statement_on_a_cases_rows_names_its_part(database: store.Store) -> None:
    """Task lists, claims and correlation look across cases; whatever is done to one case names its shard."""
    seen: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    case = a_case()
    task = a_task(case_id=case.id, candidate_groups=("reviewer",))
    event.listen(database.engine, "before_cursor_execute", listen)
    try:

        def work(transaction: store.Transaction) -> None:
            store.cases.insert(transaction, case, b"")
            store.tasks.insert(transaction, [task])
            store.tasks.load(transaction, task.id)
            written = replace(case, version=1)
            store.cases.update(transaction, case, written, b"x")
            store.tasks.close(transaction, case.id, [1], at=NOON)
            store.jobs.cancel(transaction, case.id, [1])
            store.jobs.of_case(transaction, case.id)
            store.subscriptions.delete(transaction, case.id, [1])
            store.incidents.resolve_tokens(transaction, case.id, [1], by="x", at=NOON)
            store.decisions.of_case(transaction, case.id)
            store.audit_entries.of_case(transaction, case.id)
            store.search_values.of_case(transaction, case.id)
            store.drafts.get(transaction, task.id, "x")
            assert written.version == 1

        database.run(work)
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)
    named = [statement for statement in seen if not statement.startswith("BEGIN")]
    assert len(named) >= 13
    assert [statement for statement in named if "part" not in statement.split("WHERE")[-1]] == []


class Moved(Conflict):
    """What a refusal is to be called."""


def test_what_is_sent_together_is_there_for_whoever_reads_next(database: store.Store) -> None:
    case, other = a_case(), a_case()

    def work(transaction: store.Transaction) -> tuple[bool, bool]:
        with transaction.together():
            store.cases.insert(transaction, case, b"")
        seen = store.cases.get(transaction, case.id) is not None
        with transaction.together():
            store.cases.update(transaction, case, replace(case, version=1), b"later")
            store.cases.insert(transaction, other, b"")
        return seen, store.cases.load(transaction, case.id) == (replace(case, version=1), b"later")

    assert database.run(work) == (True, True)
    assert exists(database, other.id)


@pytest.mark.parametrize("reads", [False, True])
def test_a_refusal_among_what_is_sent_together_undoes_it_all(database: store.Store, reads: bool) -> None:
    case, before, after = a_case(), a_case(), a_case()
    database.run(lambda t: store.cases.insert(t, case, b""))
    database.run(lambda t: store.cases.update(t, case, replace(case, version=1), b"won"))

    def work(transaction: store.Transaction) -> None:
        store.cases.insert(transaction, before, b"")
        with transaction.together(Moved):
            store.cases.update(transaction, case, replace(case, version=1), b"lost")
            store.cases.insert(transaction, after, b"")
        if reads:
            store.cases.get(transaction, case.id)

    # Known at once, or with the answer to what is read or committed next.
    with pytest.raises(Conflict, match="changed since it was read") as refused:
        database.run(work)
    assert isinstance(refused.value, Moved) is (database.dialect == "postgresql")
    assert (exists(database, before.id), exists(database, after.id)) == (False, False)
    with database.reading() as transaction:
        assert store.cases.load(transaction, case.id) == (replace(case, version=1), b"won")


def test_an_error_of_the_database_among_what_is_sent_together_is_raised(database: store.Store) -> None:
    case = a_case()
    database.run(lambda t: store.cases.insert(t, case, b""))

    def work(transaction: store.Transaction) -> None:
        with transaction.together():
            store.cases.insert(transaction, case, b"")
            store.cases.insert(transaction, a_case(), b"")

    with pytest.raises(IntegrityError):
        database.run(work)
    assert exists(database, case.id)


@pytest.mark.parametrize("commit", [True, False])
def test_what_is_sent_together_in_the_callers_transaction_is_theirs_to_commit(database: store.Store, commit: bool) -> None:
    case = a_case()
    with Session(database.engine) as session:
        transaction = database.borrow(session)
        with transaction.savepoint(), transaction.together():
            store.cases.insert(transaction, case, b"")
        with pytest.raises(Conflict), transaction.savepoint(), transaction.together():
            store.cases.update(transaction, replace(case, version=7), replace(case, version=8))
        if commit:
            session.commit()
        else:
            session.rollback()
    assert exists(database, case.id) is commit


def test_commands_on_sqlite_share_one_connection_unless_one_fails() -> None:
    used: list[sqlite3.Connection] = []

    def note(transaction: store.Transaction) -> None:
        used.append(transaction.connection.connection.driver_connection)

    def fail(transaction: store.Transaction) -> None:
        note(transaction)
        raise Conflict("no")

    kept = store.connect("sqlite://")
    for _ in range(2):
        kept.run(note)
    with kept.reading() as transaction:
        reader = transaction.connection.connection.driver_connection
    with pytest.raises(Conflict):
        kept.run(fail)
    kept.run(note)
    assert used[0] is used[1] is used[2]
    assert reader is not used[0]
    assert not any(driver.in_transaction for driver in used)
    kept.close()
    with pytest.raises(sqlite3.ProgrammingError):
        used[0].execute("SELECT 1")


def test_a_pool_of_one_connection_is_enough() -> None:
    kept = store.connect("sqlite://", pool_size=1, max_overflow=0)
    kept.run(lambda transaction: None)
    with kept.reading() as transaction:
        assert transaction.connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    kept.close()


def test_sqlalchemy_commits_what_it_took_part_in() -> None:
    kept = store.connect("sqlite://")
    heard: list[str] = []
    kept.run(lambda transaction: transaction.connection.exec_driver_sql("CREATE TABLE apart (number INTEGER)"))
    event.listen(kept.engine, "commit", lambda _connection: heard.append("commit"))
    event.listen(kept.engine, "rollback", lambda _connection: heard.append("rollback"))

    def fail(transaction: store.Transaction) -> None:
        transaction.connection.exec_driver_sql("INSERT INTO apart VALUES (1)")
        raise Conflict("no")

    kept.run(lambda transaction: transaction.connection.exec_driver_sql("INSERT INTO apart VALUES (2)"))
    with pytest.raises(Conflict):
        kept.run(fail)
    assert heard == ["commit", "rollback"]
    with kept.reading() as transaction:
        assert transaction.connection.exec_driver_sql("SELECT number FROM apart").scalars().all() == [2]
    kept.close()


def forked(work: Callable[[], bool]) -> int:
    """Do work in a forked process, and return its number; it ends with 0 where the work says that it went well."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        status = 0 if work() else 2
    finally:
        os._exit(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_connections_of_its_own(database: store.Store) -> None:
    """As under a server or a worker that loads first and forks then; the connections of the parent go on."""
    if database.engine.url.database in (None, "", ":memory:"):
        pytest.skip("a database in memory is copied with the process")
    before, of_child, under_way, after = (a_case() for _ in range(4))
    database.run(lambda transaction: store.cases.insert(transaction, before, b""))
    begun, go_on = threading.Event(), threading.Event()

    def slowly(transaction: store.Transaction) -> None:
        begun.set()
        store.cases.insert(transaction, under_way, b"")
        assert go_on.wait(30)

    def in_child() -> bool:
        made: list[object] = []
        event.listen(database.engine, "connect", lambda connection, record: made.append(connection))
        database.run(lambda transaction: store.cases.insert(transaction, of_child, b""))
        return bool(made) and exists(database, before.id)

    writer = threading.Thread(target=database.run, args=(slowly,))
    writer.start()
    assert begun.wait(30)
    threading.Timer(0.2, go_on.set).start()
    child = forked(in_child)
    writer.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    database.run(lambda transaction: store.cases.insert(transaction, after, b""))
    assert all(exists(database, case.id) for case in (before, of_child, under_way, after))
