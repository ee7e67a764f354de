"""Cron texts of cycle timers, Quartz's and Spring's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanflow.bpmn.cron import Cron
from loanflow.bpmn.model import Dialect
from tests.execution.host import Story
from tests.execution.models import boundary, program, start, timer, user

FROM = datetime(2026, 3, 27, 8, 30, tzinfo=UTC)  # a Friday


def following(text: str, count: int = 1, *, quartz: bool = False, start: datetime = FROM) -> list[str]:
    cron, at, found = Cron.parse(text, quartz=quartz), start, []
    for _ in range(count):
        after = cron.after(at)
        assert after is not None
        at = after
        found.append(f"{at:%Y-%m-%d %H:%M:%S}")
    return found


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0 9 * * *", ["2026-03-27 09:00:00", "2026-03-28 09:00:00"]),
        ("0 0/15 * * * ?", ["2026-03-27 08:45:00", "2026-03-27 09:00:00"]),
        ("*/20 * * * * *", ["2026-03-27 08:30:20", "2026-03-27 08:30:40"]),
        ("0 0 9 * * MON-FRI", ["2026-03-27 09:00:00", "2026-03-30 09:00:00"]),
        ("0 0 8 * * FRI-MON", ["2026-03-28 08:00:00", "2026-03-29 08:00:00", "2026-03-30 08:00:00", "2026-04-03 08:00:00"]),
        ("0 0 9 1 * ?", ["2026-04-01 09:00:00", "2026-05-01 09:00:00"]),
        ("0 0 9 31 * ?", ["2026-03-31 09:00:00", "2026-05-31 09:00:00"]),
        ("0 0 9 L * ?", ["2026-03-31 09:00:00", "2026-04-30 09:00:00"]),
        ("0 0 9 L-2 * ?", ["2026-03-29 09:00:00", "2026-04-28 09:00:00"]),
        ("0 0 9 15W 8,11 ?", ["2026-08-14 09:00:00", "2026-11-16 09:00:00"]),
        ("0 0 9 1W 8 ?", ["2026-08-03 09:00:00"]),
        ("0 0 9 LW 5,10 ?", ["2026-05-29 09:00:00", "2026-10-30 09:00:00"]),
        ("0 0 9 29 FEB ?", ["2028-02-29 09:00:00", "2032-02-29 09:00:00"]),
        ("@daily", ["2026-03-28 00:00:00"]),
        ("@weekly", ["2026-03-29 00:00:00"]),
        ("@monthly", ["2026-04-01 00:00:00"]),
        ("0 0 9 ? * 5#2", ["2026-04-10 09:00:00", "2026-05-08 09:00:00"]),
        ("0 0 9 ? * 5L", ["2026-03-27 09:00:00", "2026-04-24 09:00:00"]),
        ("0 0 9 * * 0", ["2026-03-29 09:00:00"]),
        ("0 0 9 * * 7", ["2026-03-29 09:00:00"]),
    ],
)
def test_springs_texts(text: str, due: list[str]) -> None:
    assert following(text, len(due)) == due


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0 9 ? * 1", ["2026-03-29 09:00:00"]),
        ("0 0 9 ? * 6", ["2026-03-27 09:00:00"]),
        ("0 0 9 ? * MON-FRI", ["2026-03-27 09:00:00", "2026-03-30 09:00:00"]),
        ("0 0 9 ? * 6#1", ["2026-04-03 09:00:00"]),
        ("0 0 9 ? * L", ["2026-03-28 09:00:00"]),
        ("0 0 9 1 1 ? 2028", ["2028-01-01 09:00:00"]),
    ],
)
def test_quartz_counts_days_from_sunday_and_may_have_a_year(text: str, due: list[str]) -> None:
    assert following(text, len(due), quartz=True) == due


@pytest.mark.parametrize(
    "text",
    ["", "9", "0 9 * * *", "0 0 24 * * *", "60 0 0 * * *", "0 0 9 0 * *", "0 0 9 * 13 *", "0 0 9 * * 8", "0 0 9 * * XYZ", "0 0/0 * * * *",
     "a b c d e f", "0 0 9 1 1 ? 2028", "0 0 9 * * * [Mars/Olympus]", "@often"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Cron.parse(text, quartz=False)


def test_a_year_that_is_over_never_comes() -> None:
    assert Cron.parse("0 0 9 1 1 ? 2020", quartz=True).after(FROM) is None
    assert Cron.parse("0 0 9 30 2 ?", quartz=False).after(FROM) is None


@pytest.mark.parametrize("zone", ["[Europe/Berlin]", "@Europe/Berlin"])
def test_the_time_is_that_of_the_zone_over_a_change_to_summer_time(zone: str) -> None:
    assert following(f"0 0 9 * * * {zone}".replace(" @", "@"), 3, start=datetime(2026, 3, 28, 0, tzinfo=UTC)) == [
        "2026-03-28 08:00:00",
        "2026-03-29 07:00:00",
        "2026-03-30 07:00:00",
    ]


def test_a_time_left_out_in_spring_comes_an_hour_on_and_one_that_comes_twice_comes_once() -> None:
    assert following("0 30 2 * * * [Europe/Berlin]", 2, start=datetime(2026, 3, 28, 12, tzinfo=UTC)) == [
        "2026-03-29 01:30:00",
        "2026-03-30 00:30:00",
    ]
    assert following("0 30 2 * * * [Europe/Berlin]", 2, start=datetime(2026, 10, 24, 12, tzinfo=UTC)) == [
        "2026-10-25 00:30:00",
        "2026-10-26 01:30:00",
    ]


@given(
    second=st.integers(0, 59),
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_a_daily_text_is_due_within_a_day_at_its_time(second: int, minute: int, hour: int, at: datetime) -> None:
    instant = at.replace(tzinfo=UTC)
    due = Cron.parse(f"{second} {minute} {hour} * * *", quartz=False).after(instant)
    assert due is not None
    assert timedelta(0) < due - instant <= timedelta(days=1)
    assert (due.hour, due.minute, due.second) == (hour, minute, second)


def test_a_boundary_timer_by_cron_fires_again_and_again() -> None:
    process = program(
        start(), user("work"), boundary("nag", "work", timer("cycle:0 0 9 ? * 2"), interrupting=False), user("n"),
        flows="start -> work\nnag -> n", dialect=Dialect.CAMUNDA7,
    )  # fmt: skip
    story = Story(process)
    story.turn(days=15)
    assert story.tasks.count("n") == 2
    assert story.timers["nag"].weekday() == 0
