from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from loanflow import store
from loanflow.errors import CommandError, Conflict
from loanflow.records import CaseStatus, SearchKind, SearchValue
from tests.store.builders import NOON, a_case


def test_a_case_comes_back_as_it_was_kept(database: store.Store) -> None:
    case = a_case(business_key="LN-1042", started_at=NOON + timedelta(microseconds=1))
    for state in (b"", b"{}", json.dumps({"text": "贷款" * 5000}).encode()):
        kept = replace(case, id=store.new_case_id())
        database.run(lambda t, kept=kept, state=state: store.cases.insert(t, kept, state))
        with database.reading() as transaction:
            assert store.cases.load(transaction, kept.id) == (kept, state)
            assert store.cases.get(transaction, kept.id) == kept


def test_instants_of_other_zones_come_back_in_utc(database: store.Store) -> None:
    shanghai = datetime.fromisoformat("2026-03-02T20:00:00+08:00")
    case = a_case(started_at=shanghai)
    database.run(lambda t: store.cases.insert(t, case, b""))
    with database.reading() as transaction:
        found = store.cases.get(transaction, case.id)
    assert found is not None
    assert (found.started_at, found.started_at.tzinfo) == (NOON, UTC)


def test_a_naive_instant_is_refused(database: store.Store) -> None:
    case = a_case(started_at=datetime(2026, 3, 2))  # noqa: DTZ001 - the very mistake
    with pytest.raises(ValueError, match="must be aware"):
        database.run(lambda t: store.cases.insert(t, case, b""))


def test_an_update_raises_the_version_and_may_leave_the_state(database: store.Store) -> None:
    case = a_case()
    database.run(lambda t: store.cases.insert(t, case, b"first"))
    ended = replace(case, status=CaseStatus.ENDED, outcome="completed", ended_at=NOON, version=1)
    database.run(lambda t: store.cases.update(t, case, ended))
    with database.reading() as transaction:
        assert store.cases.load(transaction, case.id) == (ended, b"first")


def test_who_read_an_old_version_is_refused(database: store.Store) -> None:
    case = a_case()
    database.run(lambda t: store.cases.insert(t, case, b""))
    database.run(lambda t: store.cases.update(t, case, replace(case, version=1), b"won"))
    with pytest.raises(Conflict):
        database.run(lambda t: store.cases.update(t, case, replace(case, version=1), b"lost"))
    with database.reading() as transaction:
        found = store.cases.load(transaction, case.id)
    assert found is not None
    assert found[1] == b"won"


def test_of_two_at_once_one_wins(database: store.Store) -> None:
    case = a_case()
    database.run(lambda t: store.cases.insert(t, case, b""))
    together = Barrier(2)

    def change(name: str) -> str:
        together.wait()
        try:
            database.run(lambda t: store.cases.update(t, case, replace(case, version=1), name.encode()))
        except Conflict:
            return "refused"
        return name

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(change, ("anna", "bo")))
    with database.reading() as transaction:
        found = store.cases.load(transaction, case.id)
    assert found is not None
    assert outcomes == sorted(["refused", found[1].decode()])


def test_a_business_key_is_one_case_for_ever(database: store.Store) -> None:
    first, second = store.new_case_id(), store.new_case_id()
    assert database.run(lambda t: store.cases.reserve_key(t, "LN-1", first)) == first
    assert database.run(lambda t: store.cases.reserve_key(t, "LN-1", second)) == first
    with database.reading() as transaction:
        assert store.cases.id_by_key(transaction, "LN-1") == first
        assert store.cases.id_by_key(transaction, "LN-2") is None


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\nb", "\ud800"])
def test_a_business_key_no_database_could_hold_is_refused_in_words(database: store.Store, key: str) -> None:
    with pytest.raises(CommandError, match="a business key must be 1 to 255 characters"):
        database.run(lambda t: store.cases.reserve_key(t, key, store.new_case_id()))
    with database.reading() as transaction:
        assert store.cases.by_key(transaction, key) is None


def test_of_four_that_want_a_key_at_once_one_gets_it(database: store.Store) -> None:
    together = Barrier(4)

    def take(_: int) -> str:
        together.wait()
        return database.run(lambda t: store.cases.reserve_key(t, "LN-7", store.new_case_id()))

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(take, range(4)))) == 1


@pytest.mark.parametrize("garbage", ["", "x", "LN-1042", "' OR 1=1 --", "01a20d4e-d5ae-4b54-a88e-b86531af4c66", "\x00" * 36])
def test_what_is_no_id_is_not_found(database: store.Store, garbage: str) -> None:
    with database.reading() as transaction:
        assert store.cases.load(transaction, garbage) is None
        assert store.cases.get(transaction, garbage) is None


def test_pages_follow_one_another_without_gap_or_repetition(database: store.Store) -> None:
    # Several cases in the same instant: the id decides between them.
    cases = [a_case(started_at=NOON + timedelta(seconds=number // 3)) for number in range(20)]
    database.run(lambda t: [store.cases.insert(t, case, b"") for case in cases])
    seen: list[str] = []
    after: str | None = None
    with database.reading() as transaction:
        while True:
            page = store.cases.page(transaction, store.CaseQuery(limit=7, after=after))
            seen += [case.id for case in page.items]
            if page.next is None:
                break
            after = page.next
    assert seen == [case.id for case in sorted(cases, key=lambda case: (case.started_at, case.id), reverse=True)]


@pytest.mark.parametrize("marker", ["x", "", "WzFd", "bm90IGpzb24", "W251bGwsbnVsbF0"])
def test_a_foreign_page_marker_is_refused_in_words(database: store.Store, marker: str) -> None:
    with database.reading() as transaction, pytest.raises(CommandError, match="page marker"):
        store.cases.page(transaction, store.CaseQuery(after=marker))


def test_lists_filter_by_process_status_and_key(database: store.Store) -> None:
    open_loan = a_case(business_key="LN-10%")
    ended_loan = a_case(business_key="LN-101", status=CaseStatus.ENDED)
    other = a_case(process_key="card", business_key="CD-1")
    database.run(lambda t: [store.cases.insert(t, case, b"") for case in (open_loan, ended_loan, other)])

    def ids(**query: Any) -> set[str]:
        with database.reading() as transaction:
            return {case.id for case in store.cases.page(transaction, store.CaseQuery(**query)).items}

    assert ids() == {open_loan.id, ended_loan.id, other.id}
    assert ids(process_key="loan") == {open_loan.id, ended_loan.id}
    assert ids(process_key="loan", status=CaseStatus.OPEN) == {open_loan.id}
    assert ids(status=CaseStatus.ENDED) == {ended_loan.id}
    assert ids(business_key_prefix="LN-1") == {open_loan.id, ended_loan.id}
    assert ids(business_key_prefix="LN-10%") == {open_loan.id}
    assert ids(started_from=NOON + timedelta(seconds=1)) == set()
    assert ids(started_before=NOON) == set()


VALUES: dict[str, tuple[SearchKind, Any]] = {
    "amount": (SearchKind.NUMBER, Decimal("90000.10")),
    "applicant": (SearchKind.TEXT, "王芳"),
    "birthday": (SearchKind.DATE, date(1990, 2, 28)),
    "submitted": (SearchKind.INSTANT, NOON),
    "urgent": (SearchKind.BOOLEAN, True),
    "missing": (SearchKind.NUMBER, None),
}


@pytest.mark.parametrize(
    ("name", "comparison", "value", "found"),
    [
        ("amount", "=", Decimal("90000.1"), True),
        ("amount", ">", 90_000, True),
        ("amount", ">", Decimal("90000.10"), False),
        ("amount", ">=", Decimal("-5"), True),
        ("amount", "<", 100_000, True),
        ("amount", "<", Decimal("9e3"), False),
        ("amount", "!=", 1, True),
        ("applicant", "=", "王芳", True),
        ("applicant", "starts-with", "王", True),
        ("applicant", "starts-with", "%", False),
        ("applicant", "=", "' OR '1'='1", False),
        ("birthday", "<", date(1990, 3, 1), True),
        ("birthday", "=", date(1990, 2, 28), True),
        ("submitted", "<=", NOON, True),
        ("submitted", "<", NOON, False),
        ("urgent", "=", True, True),
        ("urgent", "=", False, False),
        ("missing", "!=", 0, False),
        ("nowhere", "=", 0, False),
    ],
)
def test_search_columns_compare_by_their_type(database: store.Store, name: str, comparison: Any, value: Any, found: bool) -> None:
    case, other = a_case(), a_case()

    def keep(transaction: store.Transaction) -> None:
        store.cases.insert(transaction, case, b"")
        store.cases.insert(transaction, other, b"")
        values = [
            SearchValue(case_id=case.id, process_key="loan", name=name, kind=kind, value=value) for name, (kind, value) in VALUES.items()
        ]
        store.search_values.put(transaction, values)

    database.run(keep)
    criterion = store.Criterion(name=name, comparison=comparison, value=value)
    with database.reading() as transaction:
        page = store.cases.page(transaction, store.CaseQuery(process_key="loan", criteria=(criterion,)))
        kept = store.search_values.of_case(transaction, case.id)
    assert [case.id for case in page.items] == ([case.id] if found else [])
    assert {name: value.value for name, value in kept.items()} == {name: value for name, (_, value) in VALUES.items()}


def test_a_search_value_of_the_wrong_type_is_refused(database: store.Store) -> None:
    wrong = SearchValue(case_id=store.new_case_id(), process_key="loan", name="amount", kind=SearchKind.NUMBER, value="12")
    with pytest.raises(TypeError, match="'amount' is number, not str"):
        database.run(lambda t: store.search_values.put(t, [wrong]))


def test_a_text_is_searched_by_what_can_be_kept_of_it(database: store.Store) -> None:
    case = a_case()
    long = "\x00\ud800" + "长" * 300
    value = SearchValue(case_id=case.id, process_key="loan", name="note", kind=SearchKind.TEXT, value=long)
    database.run(lambda t: (store.cases.insert(t, case, b""), store.search_values.put(t, [value])))
    criteria = (store.Criterion(name="note", comparison="=", value=long),)
    with database.reading() as transaction:
        page = store.cases.page(transaction, store.CaseQuery(process_key="loan", criteria=criteria))
        assert store.search_values.of_case(transaction, case.id)["note"].value == "\u2400?" + "长" * 198
    assert page.items == (case,)


def test_a_search_value_replaces_the_one_before(database: store.Store) -> None:
    case_id = store.new_case_id()
    for number in (Decimal(1), Decimal(2)):
        value = SearchValue(case_id=case_id, process_key="loan", name="amount", kind=SearchKind.NUMBER, value=number)
        database.run(lambda t, value=value: store.search_values.put(t, [value]))
    with database.reading() as transaction:
        assert store.search_values.of_cases(transaction, [case_id])[case_id]["amount"].value == 2
