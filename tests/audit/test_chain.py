from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from loanflow import audit, store
from loanflow.errors import AuditChainBroken, Conflict, NotFound
from loanflow.records import AuditEntry, Case, Happening
from tests.store.builders import NOON, a_case

LENGTH = 6


def happening(number: int = 0, **fields: Any) -> Happening:
    plain: dict[str, Any] = {
        "kind": "variables.set",
        "actor": "wang.fang",
        "source": "web:10.0.0.7",
        "at": NOON + timedelta(seconds=number),
        "element_id": "Review",
        "token": 7,
        "definition_id": store.new_definition_id(),
        "data": {"before": {"amount": None}, "after": {"amount": number, "备注": "批准"}},
    }
    return Happening(**(plain | fields))


def told(database: store.Store) -> Case:
    """Keep a case with a history of LENGTH entries, written by three commands."""

    def work(transaction: store.Transaction) -> Case:
        case = audit.begin(transaction, a_case(), b"state", [happening(1)])
        case = audit.append(transaction, case, case, [happening(2), happening(3), happening(4)], state=b"later")
        return audit.append(transaction, case, case, [happening(5), happening(6, source=None, element_id=None, token=None)])

    return database.run(work)


def broken(database: store.Store, case_id: str) -> AuditChainBroken:
    with database.reading() as transaction, pytest.raises(AuditChainBroken) as caught:
        audit.verify(transaction, case_id)
    return caught.value


def tamper(database: store.Store, statement: str, **parameters: Any) -> None:
    table = database.tables.audit_entries.fullname
    cases = database.tables.cases.fullname
    with database.engine.begin() as connection:
        connection.execute(text(statement.format(entries=table, cases=cases)), parameters)


def test_an_untouched_chain_holds(database: store.Store) -> None:
    case = told(database)
    with database.reading() as transaction:
        assert audit.verify(transaction, case.id) == LENGTH
        entries = store.audit_entries.of_case(transaction, case.id)
        assert store.audit_entries.count_by_kind(transaction, case.id) == {"variables.set": LENGTH}
        found = store.cases.load(transaction, case.id)
    assert found == (case, b"later")
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.case_version for entry in entries] == [0, 1, 1, 1, 2, 2]
    assert (case.audit_seq, case.audit_hash, case.version) == (LENGTH, entries[-1].hash, 2)
    assert entries[0].data == {"before": {"amount": None}, "after": {"amount": 1, "备注": "批准"}}


CHANGES: dict[str, Any] = {
    "at": NOON + timedelta(microseconds=1),
    "actor": "li.na",
    "source": "web:10.0.0.8",
    "kind": "variables.sat",
    "element_id": "review",
    "token": 8,
    "definition_id": "01a20d4e-d5ae-7b54-a88e-b86531af4c66",
    "case_version": 9,
    "data_json": '{"after":{"amount":999}}',
    "prev_hash": "0" * 64,
    "hash": "0" * 64,
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("seq", [1, 3, LENGTH])
def test_a_changed_column_breaks_the_chain_there(database: store.Store, column: str, seq: int) -> None:
    case = told(database)
    table = database.tables.audit_entries
    with database.engine.begin() as connection:
        connection.execute(table.update().where(table.c.case_id == case.id, table.c.seq == seq).values({column: CHANGES[column]}))
    error = broken(database, case.id)
    assert (error.case_id, error.seq) == (case.id, seq)


def test_all_columns_are_tried(database: store.Store) -> None:
    assert set(CHANGES) | {"part", "case_id", "seq"} == set(database.tables.audit_entries.columns.keys())


@pytest.mark.parametrize("column", ["source", "element_id", "token", "definition_id"])
def test_emptying_a_column_breaks_the_chain(database: store.Store, column: str) -> None:
    case = told(database)
    tamper(database, f"UPDATE {{entries}} SET {column} = NULL WHERE case_id = :case AND seq = 2", case=case.id)
    assert broken(database, case.id).seq == 2


@pytest.mark.parametrize("seq", [1, 4, LENGTH])
def test_a_removed_entry_is_missed(database: store.Store, seq: int) -> None:
    case = told(database)
    tamper(database, "DELETE FROM {entries} WHERE case_id = :case AND seq = :seq", case=case.id, seq=seq)
    error = broken(database, case.id)
    assert (error.seq, "missing" in error.reason) == (seq, True)


def test_a_cut_tail_is_missed_even_if_all_of_it_goes(database: store.Store) -> None:
    case = told(database)
    for first in (4, 1):
        tamper(database, "DELETE FROM {entries} WHERE case_id = :case AND seq >= :seq", case=case.id, seq=first)
        assert broken(database, case.id).seq == first


def test_moving_an_entry_to_another_shard_is_missed(database: store.Store) -> None:
    case = told(database)
    tamper(database, "UPDATE {entries} SET part = 4095 - part WHERE case_id = :case AND seq = 3", case=case.id)
    assert broken(database, case.id).seq == 3


def test_swapped_entries_are_found(database: store.Store) -> None:
    case = told(database)
    for old, new in ((2, 100), (3, 2), (100, 3)):
        tamper(database, "UPDATE {entries} SET seq = :new WHERE case_id = :case AND seq = :old", case=case.id, old=old, new=new)
    assert broken(database, case.id).seq == 2


def test_an_entry_put_in_is_found(database: store.Store) -> None:
    case = told(database)
    with database.reading() as transaction:
        last = store.audit_entries.of_case(transaction, case.id)[-1]
    forged = audit.link([happening(7)], case_id=case.id, case_version=2, after_seq=last.seq, after_hash=last.hash)
    database.run(lambda t: store.audit_entries.insert(t, forged))
    error = broken(database, case.id)
    assert (error.seq, "added" in error.reason) == (LENGTH + 1, True)


def test_an_entry_of_another_case_is_found(database: store.Store) -> None:
    case, other = told(database), told(database)
    tamper(database, "DELETE FROM {entries} WHERE case_id = :case AND seq = 3", case=case.id)
    tamper(
        database,
        "UPDATE {entries} SET case_id = :case, part = :part WHERE case_id = :other AND seq = 3",
        case=case.id,
        part=store.part_of(case.id),
        other=other.id,
    )
    assert broken(database, case.id).seq == 3
    assert broken(database, other.id).seq == 3


@pytest.mark.parametrize(("column", "value"), [("audit_seq", 5), ("audit_seq", 7), ("audit_hash", "0" * 64)])
def test_a_changed_head_is_found(database: store.Store, column: str, value: Any) -> None:
    case = told(database)
    tamper(database, f"UPDATE {{cases}} SET {column} = :value WHERE id = :case", case=case.id, value=value)
    broken(database, case.id)


def test_a_rewritten_chain_needs_the_head_kept_elsewhere(database: store.Store) -> None:
    case = told(database)
    with database.reading() as transaction:
        entries = store.audit_entries.of_case(transaction, case.id)
    with pytest.raises(AuditChainBroken, match="head"):
        audit.verify_entries(entries, case_id=case.id, head_seq=LENGTH, head_hash="f" * 64)


def test_bytes_that_sqlite_lets_anyone_write_are_found() -> None:
    # SQLite keeps any text in any column: an instant that is none, or the same instant in another spelling.
    kept = store.connect("sqlite://")
    store.upgrade(kept)
    for forged in ("yesterday", "2026-03-02T12:00:02Z", "2026-03-02 12:00:02.000000Z"):
        case = told(kept)
        tamper(kept, "UPDATE {entries} SET at = :at WHERE case_id = :case AND seq = 2", case=case.id, at=forged)
        assert broken(kept, case.id).seq == 2
    kept.close()


def test_white_space_in_the_data_counts(database: store.Store) -> None:
    case = told(database)
    tamper(database, "UPDATE {entries} SET data_json = data_json || ' ' WHERE case_id = :case AND seq = 2", case=case.id)
    assert broken(database, case.id).seq == 2


def test_two_who_append_at_once_leave_one_chain(database: store.Store) -> None:
    case = told(database)
    together = Barrier(2)

    def append(actor: str) -> bool:
        together.wait()
        try:
            database.run(lambda t: audit.append(t, case, case, [happening(7, actor=actor)]))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(append, ("anna", "bo"))) == [False, True]
    with database.reading() as transaction:
        assert audit.verify(transaction, case.id) == LENGTH + 1


def test_a_command_that_says_nothing_still_writes_the_case(database: store.Store) -> None:
    case = told(database)
    written = database.run(lambda t: audit.append(t, case, replace(case, outcome="x"), []))
    assert (written.version, written.audit_seq) == (case.version + 1, case.audit_seq)
    with database.reading() as transaction:
        assert audit.verify(transaction, case.id) == LENGTH


def test_an_unknown_case_is_not_found(database: store.Store) -> None:
    with database.reading() as transaction:
        for identifier in (store.new_case_id(), "nonsense"):
            with pytest.raises(NotFound):
                audit.verify(transaction, identifier)
            with pytest.raises(NotFound):
                audit.export(transaction, identifier)


def test_an_export_is_checked_with_sha256_alone(database: store.Store) -> None:
    case = told(database)
    with database.reading() as transaction:
        bundle = json.loads(json.dumps(audit.export(transaction, case.id)))
    previous = ""
    for entry in bundle["entries"]:
        body = {name: value for name, value in entry.items() if name not in ("prev_hash", "hash")}
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()
        assert entry["hash"] == previous
    assert bundle["head"] == {"seq": LENGTH, "hash": previous}


def test_a_broken_history_is_not_exported(database: store.Store) -> None:
    case = told(database)
    tamper(database, "UPDATE {entries} SET actor = 'x' WHERE case_id = :case AND seq = 2", case=case.id)
    with database.reading() as transaction, pytest.raises(AuditChainBroken):
        audit.export(transaction, case.id)


@pytest.mark.parametrize("data", [{"x": float("nan")}, {"x": {1}}, {"x": NOON}])
def test_what_is_not_json_is_no_history(data: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match="JSON"):
        audit.link([happening(data=data)], case_id="c", case_version=0, after_seq=0, after_hash="")


def test_a_naive_instant_is_no_history() -> None:
    with pytest.raises(ValueError, match="aware"):
        audit.link([happening(at=datetime(2026, 3, 2))], case_id="c", case_version=0, after_seq=0, after_hash="")  # noqa: DTZ001


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
happenings = st.builds(
    Happening,
    kind=texts,
    actor=texts,
    at=st.datetimes(timezones=st.just(UTC)),
    source=st.none() | texts,
    element_id=st.none() | texts,
    token=st.none() | st.integers(0, 2**62),
    definition_id=st.none() | texts,
    data=st.dictionaries(texts, jsons, max_size=3),
)


def mutated(value: Any, data: st.DataObject) -> Any:
    """Give something else of the same type."""
    match value:
        case int():
            return value + data.draw(st.sampled_from([-1, 1, 1000]))
        case datetime():
            away = data.draw(st.integers(1, 10**9))
            return value - timedelta(microseconds=away) if value.year > 5000 else value + timedelta(microseconds=away)
        case None:
            return data.draw(st.sampled_from(["", "x"]))
        case _:
            at = data.draw(st.integers(0, len(value)))
            return value[:at] + data.draw(st.sampled_from(["x", " ", "\0", '"', "é"])) + value[at:]


@given(st.lists(happenings, min_size=1, max_size=4), st.data())
def test_any_one_change_anywhere_breaks_the_chain(story: list[Happening], data: st.DataObject) -> None:
    entries = list(audit.link(story, case_id="case", case_version=3, after_seq=0, after_hash=""))
    head: dict[str, Any] = {"case_id": "case", "head_seq": len(entries), "head_hash": entries[-1].hash}
    assert audit.verify_entries(entries, **head) == len(entries)
    at = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(AuditEntry._fields))
    changed = entries[at]._replace(**{name: mutated(getattr(entries[at], name), data)})
    with pytest.raises(AuditChainBroken) as caught:
        audit.verify_entries([*entries[:at], changed, *entries[at + 1 :]], **head)
    assert caught.value.seq == at + 1


@given(st.lists(happenings, min_size=2, max_size=5), st.data())
def test_any_order_but_the_written_one_breaks_the_chain(story: list[Happening], data: st.DataObject) -> None:
    entries = audit.link(story, case_id="case", case_version=3, after_seq=0, after_hash="")
    other = data.draw(st.permutations(entries) | st.lists(st.sampled_from(entries), max_size=6))
    if tuple(other) == entries:
        return
    with pytest.raises(AuditChainBroken):
        audit.verify_entries(other, case_id="case", head_seq=len(entries), head_hash=entries[-1].hash)
