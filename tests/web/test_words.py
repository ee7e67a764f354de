"""How money, time and identifiers are written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from loanflow_web.views.vocabulary import masked, masked_within
from loanflow_web.words import TimeLeft, length, moment, money, number, plain, short_moment, time_left

NOW = datetime(2026, 11, 23, 6, 2, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("remaining", "zh", "en", "tone"),
    [
        (timedelta(hours=3, minutes=4), "剩 3 时 4 分", "3 h 4 min left", "warn"),
        (timedelta(hours=4), "剩 4 小时", "4 h left", ""),
        (timedelta(hours=19, minutes=59), "剩 19 小时", "19 h left", ""),
        (timedelta(days=2, hours=5), "剩 2 天", "2 d left", ""),
        (timedelta(minutes=-45), "已超时 45 分钟", "45 min overdue", "bad"),
        (timedelta(seconds=-1), "已超时 1 分钟", "1 min overdue", "bad"),
        (timedelta(hours=-30), "已超时 1 天", "1 d overdue", "bad"),
    ],
)
def test_time_left(remaining, zh, en, tone):
    assert time_left(NOW + remaining, NOW, "zh") == TimeLeft(zh, tone)
    assert time_left(NOW + remaining, NOW, "en") == TimeLeft(en, tone)


def test_nothing_due_is_nothing_left():
    assert time_left(None, NOW, "zh") is None


@pytest.mark.parametrize(
    ("span", "zh"),
    [
        (timedelta(milliseconds=12), "12 毫秒"),
        (timedelta(seconds=1.4), "1.4 秒"),
        (timedelta(seconds=59), "59 秒"),
        (timedelta(minutes=21, seconds=50), "21 分"),
        (timedelta(hours=2, minutes=56), "2 时 56 分"),
        (timedelta(hours=2), "2 时"),
        (timedelta(days=1, hours=3), "1 天 3 时"),
        (timedelta(days=5, hours=3), "5 天"),
    ],
)
def test_lengths_have_at_most_two_units(span, zh):
    assert length(span, "zh") == zh


def test_money_is_exact():
    assert money(Decimal("1200000")) == "¥1,200,000"
    assert money("0.1") == "¥0.10"
    assert money(-5) == "-¥5"
    assert money(None) == ""


def test_numbers_keep_every_digit():
    assert number(Decimal("12345678901234567890.0100")) == "12,345,678,901,234,567,890.01"
    assert number(Decimal("1E+3")) == "1,000"


def test_instants_are_written_on_the_wall_clock():
    assert moment(NOW, SHANGHAI) == "2026-11-23 14:02"
    assert short_moment(NOW, NOW + timedelta(hours=9), SHANGHAI) == "14:02"
    assert short_moment(NOW, NOW + timedelta(hours=10), SHANGHAI) == "11-23 14:02"


def test_values_of_every_kind_have_words():
    assert plain(True, "zh") == "是"
    assert plain([], "zh") == "—"
    assert plain({"a": 1, "b": [Decimal("2.50"), None]}, "en") == "a: 1; b: 2.5, —"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("420106199003072338", "4201••••2338"),
        ("42010619900307233X", "4201••••233X"),
        ("13812346672", "138••••6672"),
        ("6222021234567890123", "6222••••0123"),
        ("91420100MA4KXXXX12", None),
        ("张晓岚", None),
        ("12812346672", None),
    ],
)
def test_personal_identifiers_are_masked(text, shown):
    assert masked(text) == shown


def test_masking_reaches_into_every_value():
    given = {"a": ["13812346672", {"b": "420106199003072338"}], "c": 1}
    assert masked_within(given) == {"a": ["138••••6672", {"b": "4201••••2338"}], "c": 1}
