"""Dates, durations, cycles, zones: when a timer is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loanflow.bpmn.timers import Interval, TimerCycle, due_instant, next_due_at, parse_instant, temporal_text
from loanflow.feel import from_json
from tests.execution.host import MORNING, Story
from tests.execution.models import boundary, catch, end, program, start, timer, user


@pytest.mark.parametrize(
    ("text", "months", "days", "exact"),
    [
        ("P1Y2M3DT4H5M6S", 14, 3, timedelta(hours=4, minutes=5, seconds=6)),
        ("P2W", 0, 14, timedelta(0)),
        ("PT0.5S", 0, 0, timedelta(milliseconds=500)),
        ("PT1,25S", 0, 0, timedelta(milliseconds=1250)),
        ("PT36H", 0, 0, timedelta(hours=36)),
        ("P0D", 0, 0, timedelta(0)),
    ],
)
def test_durations(text: str, months: int, days: int, exact: timedelta) -> None:
    assert Interval.parse(text) == Interval(months=months, days=days, exact=exact)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1H", "PT1", "-PT1H", "PT1.5H", "P1H", "PT1D", "soon", "P1D "[:-1] + "x"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        Interval.parse(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T09:00:00+08:00", "2026-03-01T01:00:00+00:00"),
        ("2026-03-01T09:00:00@Asia/Shanghai", "2026-03-01T01:00:00+00:00"),
        ("2026-03-01T09:00:00[Europe/Berlin]", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01T09:00:00+01:00[Europe/Berlin]", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01T09:00:00.123456789Z", "2026-03-01T09:00:00.123456+00:00"),
        ("2026-03-01T09:00", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
    ],
)
def test_instants(text: str, instant: str) -> None:
    assert parse_instant(text).astimezone(UTC).isoformat() == instant


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-13-01", "2026-03-01T25:00:00Z", "2026-03-01T09:00:00@Mars/Olympus", "2026-03-01T09:00:00@../etc"]
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


def dues(cycle: str, count: int, created_at: datetime = MORNING) -> list[str]:
    parsed = TimerCycle.parse(cycle)
    found = [next_due_at(parsed, created_at=created_at, fired=fired) for fired in range(count)]
    return [due.isoformat() if due else "-" for due in found]


def test_a_cycle_counts_from_its_creation() -> None:
    assert dues("R2/PT10H", 3) == ["2026-03-02T19:00:00+00:00", "2026-03-03T05:00:00+00:00", "-"]
    assert dues("R/PT1H", 3)[2] == "2026-03-02T12:00:00+00:00"
    assert dues("R0/PT1H", 1) == ["-"]


def test_a_cycle_with_a_start_fires_first_at_that_start() -> None:
    assert dues("R2/2026-04-01T08:00:00Z/P1D", 3) == ["2026-04-01T08:00:00+00:00", "2026-04-02T08:00:00+00:00", "-"]


def test_what_lay_before_the_creation_is_past_and_not_made_up_for() -> None:
    assert dues("R/2020-01-01T08:00:00Z/P1D", 2) == ["2026-03-03T08:00:00+00:00", "2026-03-04T08:00:00+00:00"]
    assert dues("R3/2026-03-01T08:00:00Z/P1D", 2) == ["2026-03-03T08:00:00+00:00", "-"]
    assert dues("R3/2020-01-01T08:00:00Z/P1D", 1) == ["-"]
    assert dues("R/1990-01-31T00:00:00Z/P1M", 2) == ["2026-03-31T00:00:00+00:00", "2026-04-30T00:00:00+00:00"]
    assert dues("R/2026-03-02T09:00:00Z/PT1S", 1) == ["2026-03-02T09:00:00+00:00"]


def test_a_cycle_without_a_due_time_left_is_an_incident() -> None:
    story = Story(program(start(), catch("wait", timer("R2/2020-01-01T08:00:00Z/P1D")), flows="start -> wait"))
    assert story.incidents == {"wait": "expression-failed"}


def test_a_cycle_with_an_end_stops_there() -> None:
    assert dues("R/PT1H/2026-03-02T10:30:00Z", 2) == ["2026-03-02T10:00:00+00:00", "-"]


def test_days_follow_the_calendar_of_the_zone_across_a_change_to_summer_time() -> None:
    # Berlin turns its clocks on 29 March 2026 at 01:00 UTC: nine in the morning comes an hour earlier.
    nine = ["2026-03-28T08:00:00+00:00", "2026-03-29T07:00:00+00:00", "2026-03-30T07:00:00+00:00"]
    assert dues("R3/2026-03-28T09:00:00[Europe/Berlin]/P1D", 3) == nine
    assert dues("R3/2026-03-28T09:00:00@Europe/Berlin/P1D", 3) == nine


def test_hours_do_not_follow_the_calendar() -> None:
    exact = ["2026-03-28T08:00:00+00:00", "2026-03-29T08:00:00+00:00"]
    assert dues("R2/2026-03-28T09:00:00[Europe/Berlin]/PT24H", 2) == exact


def test_days_across_the_change_back_to_winter_time() -> None:
    assert dues("R2/2026-10-24T02:30:00[Europe/Berlin]/P1D", 2) == ["2026-10-24T00:30:00+00:00", "2026-10-25T00:30:00+00:00"]


def test_an_hour_that_does_not_exist_is_passed_over() -> None:
    assert dues("R2/2026-03-28T02:30:00[Europe/Berlin]/P1D", 2)[1] == "2026-03-29T01:30:00+00:00"


def test_months_end_where_the_month_ends() -> None:
    assert dues("R3/2026-01-31T00:00:00Z/P1M", 3, datetime(2026, 1, 1, tzinfo=UTC)) == [
        "2026-01-31T00:00:00+00:00",
        "2026-02-28T00:00:00+00:00",
        "2026-03-31T00:00:00+00:00",
    ]


@pytest.mark.parametrize("text", ["R3", "R3/", "3/PT1H", "R-1/PT1H", "R3/PT0S", "R3/PT1H/PT2H", "R3/a/b/c", "0 0 * * *", "R3/-PT1H"])
def test_what_is_no_cycle(text: str) -> None:
    with pytest.raises(ValueError):
        TimerCycle.parse(text)


def test_a_naive_creation_is_our_own_slip() -> None:
    with pytest.raises(ValueError, match="aware"):
        next_due_at(TimerCycle.parse("R/PT1H"), created_at=MORNING.replace(tzinfo=None), fired=0)


def test_beyond_the_last_year_there_is_nothing() -> None:
    with pytest.raises(ValueError, match="9999"):
        Interval.parse("P9000Y").after(MORNING)


def test_feel_values_say_their_text() -> None:
    for encoded in ({"$date": "2026-01-02"}, {"$datetime": "2026-01-02T03:04:05Z"}, {"$duration": "P1DT2H"}, {"$period": "P1Y2M"}):
        assert temporal_text(from_json(encoded)) == next(iter(encoded.values()))
    assert temporal_text(None) is None
    assert temporal_text(["PT1H"]) is None
    assert temporal_text({"a": "PT1H"}) is None


def test_due_instants_are_dates_or_durations() -> None:
    assert due_instant("P1D", now=MORNING) == MORNING + timedelta(days=1)
    assert due_instant(from_json({"$date": "2026-05-01"}), now=MORNING) == datetime(2026, 5, 1, tzinfo=UTC)
    with pytest.raises(ValueError):
        due_instant("next week", now=MORNING)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT90M", MORNING + timedelta(minutes=90)),
        ("2026-03-05T00:00:00+08:00", datetime(2026, 3, 4, 16, tzinfo=UTC)),
        ("R3/PT1H", MORNING + timedelta(hours=1)),
        ("date:=when", datetime(2026, 6, 1, tzinfo=UTC)),
        ("cycle:PT15M", MORNING + timedelta(minutes=15)),
    ],
)
def test_a_catch_event_waits_until_then(text: str, due: datetime) -> None:
    story = Story(
        program(start(), catch("wait", timer(text)), user("a"), end(), flows="start -> wait -> a -> end"), {"when": "2026-06-01T00:00:00Z"}
    )
    assert story.timers == {"wait": due}
    story.fire("wait")
    assert story.tasks == ["a"]
    assert not story.timers


@pytest.mark.parametrize("value", ["soon", 5, None])
def test_a_computed_timer_that_is_none_is_an_incident(value: object) -> None:
    story = Story(program(start(), catch("wait", timer("duration:=when")), flows="start -> wait"), {"when": value})
    assert story.incidents == {"wait": "expression-failed"}


@pytest.mark.parametrize("text", ["duration:=deadline - now()", 'duration:="-PT1H"'])
def test_a_duration_that_has_passed_already_is_due_at_once(text: str) -> None:
    deadline = from_json({"$datetime": "2026-03-01T09:00:00Z"})
    story = Story(program(start(), catch("wait", timer(text)), user("a"), flows="start -> wait -> a"), {"deadline": deadline})
    assert story.timers == {"wait": MORNING}


def test_a_cycle_may_be_computed_from_a_duration() -> None:
    drawn = program(
        start(), user("a"), boundary("again", "a", timer('cycle:=cycle(2, duration("PT1H"))'), interrupting=False), end(),
        flows="start -> a -> end\nagain -> end",
    )  # fmt: skip
    assert Story(drawn).turn(hours=5) == ["again", "again"]
