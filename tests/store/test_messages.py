from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from loanflow import store
from loanflow.records import IdempotentAnswer, Message, MessageStatus, SubscriptionKind
from tests.store.builders import NOON, a_case, a_subscription


def a_message(**fields: Any) -> Message:
    plain: dict[str, Any] = {
        "message_id": store.new_definition_id(),
        "name": "documents-received",
        "received_at": NOON,
        "received_from": "scanner",
        "variables": {"pages": 3},
    }
    return Message(**(plain | fields))


def test_a_message_finds_its_case_by_either_key(database: store.Store) -> None:
    by_key = a_subscription(correlation_key="A-1", business_key="LN-1")
    by_case = a_subscription(business_key="LN-2")
    other = a_subscription(name="something-else", correlation_key="A-1")
    database.run(lambda t: store.subscriptions.insert(t, [by_key, by_case, other]))
    with database.reading() as transaction:
        find = store.subscriptions.of_message
        assert find(transaction, "documents-received", correlation_key="A-1") == (by_key,)
        assert find(transaction, "documents-received", business_key="LN-2") == (by_case,)
        assert find(transaction, "documents-received", correlation_key="A-2") == ()
        assert len(find(transaction, "documents-received")) == 2


def test_a_signal_reaches_all_in_batches(database: store.Store) -> None:
    waiting = [a_subscription(kind=SubscriptionKind.SIGNAL, name="rate-changed") for _ in range(5)]
    database.run(lambda t: store.subscriptions.insert(t, waiting))
    seen: list[str] = []
    with database.reading() as transaction:
        while batch := store.subscriptions.of_signal(transaction, "rate-changed", limit=2, after_id=seen[-1] if seen else ""):
            seen += [subscription.id for subscription in batch]
        assert store.subscriptions.of_message(transaction, "rate-changed") == ()
    assert seen == sorted(subscription.id for subscription in waiting)


def test_of_two_deliveries_at_once_one_takes_the_subscription(database: store.Store) -> None:
    waiting = a_subscription()
    database.run(lambda t: store.subscriptions.insert(t, [waiting]))
    together = Barrier(2)

    def take(_: int) -> bool:
        together.wait()
        return database.run(lambda t: store.subscriptions.take(t, waiting))

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(take, range(2))) == [False, True]


def test_a_subscription_comes_with_its_case_and_goes_with_its_token(database: store.Store) -> None:
    case = a_case()
    waiting = a_subscription(case_id=case.id, token=4)
    database.run(lambda t: (store.cases.insert(t, case, b"s"), store.subscriptions.insert(t, [waiting])))
    with database.reading() as transaction:
        assert store.subscriptions.load(transaction, waiting.id) == (waiting, case, b"s")
        assert store.subscriptions.of_case(transaction, case.id) == (waiting,)
    database.run(lambda t: store.subscriptions.delete(t, case.id, [4, 5]))
    with database.reading() as transaction:
        assert store.subscriptions.load(transaction, waiting.id) is None
    database.run(lambda t: store.subscriptions.insert(t, [waiting]))
    assert [database.run(lambda t: store.subscriptions.take_at(t, case.id, 4)) for _ in range(2)] == [True, False]


def test_the_same_message_arrives_once(database: store.Store) -> None:
    message = a_message(message_id="webhook-17")
    assert database.run(lambda t: store.messages.arrive(t, message)) is None
    assert database.run(lambda t: store.messages.arrive(t, replace(message, variables={}))) == message


def test_an_early_message_waits_for_its_case(database: store.Store) -> None:
    early = a_message(correlation_key="A-1")
    later = a_message(correlation_key="A-1", received_at=NOON + timedelta(seconds=1))
    by_case = a_message(business_key="LN-1")
    stale = a_message(correlation_key="A-2", expires_at=NOON)
    database.run(lambda t: [store.messages.arrive(t, message) for message in (later, early, by_case, stale)])
    with database.reading() as transaction:
        name = "documents-received"
        assert store.messages.buffered(transaction, name, now=NOON, correlation_key="A-1") == early
        assert store.messages.buffered(transaction, name, now=NOON, business_key="LN-1") == by_case
        assert store.messages.buffered(transaction, name, now=NOON, correlation_key="A-2") is None
        assert store.messages.buffered(transaction, name, now=NOON) is None
    case_id = store.new_case_id()
    assert database.run(lambda t: store.messages.delivered(t, early.message_id, case_id))
    assert not database.run(lambda t: store.messages.delivered(t, early.message_id, case_id))
    assert database.run(lambda t: store.messages.expire(t, now=NOON)) == 1
    with database.reading() as transaction:
        found = store.messages.get(transaction, early.message_id)
    assert found == replace(early, status=MessageStatus.DELIVERED, case_id=case_id)


def test_an_idempotency_key_keeps_its_first_answer(database: store.Store) -> None:
    first = IdempotentAnswer(key="k", request_sha256="a" * 64, answer={"case": "1"}, created_at=NOON, expires_at=NOON + timedelta(days=1))
    assert database.run(lambda t: store.idempotent_answers.put(t, first))
    assert not database.run(lambda t: store.idempotent_answers.put(t, replace(first, answer={"case": "2"})))
    with database.reading() as transaction:
        assert store.idempotent_answers.get(transaction, "k") == first
        assert store.idempotent_answers.get(transaction, "other") is None
    assert database.run(lambda t: store.idempotent_answers.expire(t, now=NOON)) == 0
    assert database.run(lambda t: store.idempotent_answers.expire(t, now=NOON + timedelta(days=1))) == 1


@pytest.mark.parametrize(
    "variables",
    [
        {"数": 2**53, "big": 2**80, "money": {"$n": "12.50"}, "nothing": None, "yes": True, "list": [1, [2, {}]]},
        {"z": 1, "a": 2},
        {"text": "\u0000 \ud7ff 😀 \" \\ ' %s :x"},
        {},
    ],
)
def test_json_comes_back_as_it_was_in_the_same_order(database: store.Store, variables: dict[str, Any]) -> None:
    message = a_message(variables=variables)
    database.run(lambda t: store.messages.arrive(t, message))
    with database.reading() as transaction:
        found = store.messages.get(transaction, message.message_id)
    assert found is not None
    assert found.variables == variables
    assert list(found.variables) == list(variables)


@pytest.mark.parametrize("value", [Decimal(1), NOON, float("nan"), {1, 2}, b"x"])
def test_what_is_not_json_is_refused(database: store.Store, value: object) -> None:
    with pytest.raises((TypeError, ValueError), match="JSON"):
        database.run(lambda t: store.messages.arrive(t, a_message(variables={"x": value})))
