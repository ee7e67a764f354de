"""How long a failed job waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanflow.engine.backoff import Backoff, RetryCycle


@pytest.mark.parametrize(
    ("text", "first", "longest"),
    [("10s..10m", 10, 600), ("30s", 30, 30), ("500ms..1h", 0.5, 3600), ("1d..2d", 86400, 172800)],
)
def test_a_range_of_waits_is_read(text: str, first: float, longest: float) -> None:
    assert Backoff.parse(text) == Backoff(first=timedelta(seconds=first), longest=timedelta(seconds=longest))


@pytest.mark.parametrize("text", ["", "10", "10s..", "10m..10s", "ten seconds", "-1s"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="backoff"):
        Backoff.parse(text)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 10), (2, 20), (3, 40), (7, 600), (500, 600)])
def test_waits_double_up_to_the_longest(attempt: int, seconds: float) -> None:
    assert Backoff.parse("10s..10m").wait(attempt, lambda: 1.0) == timedelta(seconds=seconds)


def test_jitter_takes_any_share_of_the_wait() -> None:
    assert Backoff.parse("10s..10m").wait(3, lambda: 0.0) == timedelta(0)
    assert Backoff.parse("10s..10m").wait(3, lambda: 0.25) == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("text", "tries", "waits"),
    [
        ("R3/PT10M", 3, (600,)),
        ("R5/PT1H30M", 5, (5400,)),
        ("PT1M,PT10M,PT1H", 4, (60, 600, 3600)),
        ("PT30S", 2, (30,)),
        ("R0/PT1S", 1, (1,)),
        ("R2/P1DT12H", 2, (129600,)),
    ],
)
def test_the_models_retry_text_is_read(text: str, tries: int, waits: tuple[int, ...]) -> None:
    assert RetryCycle.parse(text) == RetryCycle(tries=tries, waits=tuple(timedelta(seconds=wait) for wait in waits))


def test_the_last_wait_of_a_list_goes_on() -> None:
    cycle = RetryCycle.parse("PT1M,PT10M")
    assert [cycle.wait(attempt) for attempt in (1, 2, 3)] == [timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=10)]


@pytest.mark.parametrize("text", ["", "R3", "3", "P", "PT", "R3/10M", "0 0 * * *"])
def test_other_retry_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="retry cycle"):
        RetryCycle.parse(text)
