"""How values are written for people: money, dates, lengths of time, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

_SOON = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What remains until a due time; ``tone`` is "", "warn" or "bad" and never stands without the words."""

    text: str
    tone: str


def money(value: Any, *, currency: str = "¥", cents: bool = False) -> str:
    """Return an amount with its sign and thousands separators; empty for no amount.

    >>> money(Decimal("80000")), money(Decimal("80000.5")), money(Decimal("80000"), cents=True)
    ('¥80,000', '¥80,000.50', '¥80,000.00')
    """
    if value is None or value == "":
        return ""
    amount = Decimal(str(value))
    if not cents and amount == amount.to_integral_value():
        return f"{'-' if amount < 0 else ''}{currency}{abs(amount):,.0f}"
    return f"{'-' if amount < 0 else ''}{currency}{abs(amount):,.2f}"


def number(value: Any) -> str:
    """Return a number as people read it: thousands separators, no trailing zeros.

    >>> number(Decimal("1284")), number(Decimal("0.410"))
    ('1,284', '0.41')
    """
    amount = Decimal(str(value))
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: Any, lang: str) -> str:
    """Return any value of a case as a short text."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[lang][value]
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return length(value, lang)
    if isinstance(value, list | tuple):
        return ("、" if lang == "zh" else ", ").join(plain(item, lang) for item in value) if value else "—"
    if isinstance(value, dict):
        separator = "；" if lang == "zh" else "; "
        colon = "：" if lang == "zh" else ": "
        return separator.join(f"{key}{colon}{plain(item, lang)}" for key, item in value.items()) if value else "—"
    return str(value)


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the same instant on the wall clock of the installation."""
    return instant.astimezone(zone)


def moment(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant as ``2026-11-23 14:02``."""
    return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def short_moment(instant: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return ``14:02`` for today, ``11-23 14:02`` within the year, else the whole date."""
    there, here = instant.astimezone(zone), now.astimezone(zone)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if there.year == here.year:
        return f"{there:%m-%d %H:%M}"
    return f"{there:%Y-%m-%d}"


def length(span: timedelta, lang: str) -> str:
    """Return a length of time in at most two units.

    >>> length(timedelta(hours=3, minutes=4), "zh"), length(timedelta(seconds=1.4), "en")
    ('3 时 4 分', '1.4 s')
    """
    seconds = max(0.0, span.total_seconds())
    units = {"zh": ("天", "时", "分", "秒", "毫秒"), "en": ("d", "h", "min", "s", "ms")}[lang]
    if seconds < 1:
        return f"{round(seconds * 1000)} {units[4]}"
    if seconds < 10:
        return f"{seconds:.1f}".rstrip("0").rstrip(".") + f" {units[3]}"
    if seconds < 60:
        return f"{int(seconds)} {units[3]}"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} {units[2]}"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} {units[1]} {minutes} {units[2]}" if minutes else f"{hours} {units[1]}"
    days, hours = divmod(hours, 24)
    return f"{days} {units[0]} {hours} {units[1]}" if hours and days < 3 else f"{days} {units[0]}"


def time_left(due: datetime | None, now: datetime, lang: str) -> TimeLeft | None:
    """Return what remains until a due time, coarser the further it is; None where nothing is due."""
    if due is None:
        return None
    remaining = due - now
    if remaining < timedelta(0):
        late = -remaining
        if late < timedelta(hours=1):
            minutes = max(1, int(late.total_seconds() // 60))
            return TimeLeft(f"已超时 {minutes} 分钟" if lang == "zh" else f"{minutes} min overdue", "bad")
        return TimeLeft(f"已超时 {_coarse(late, lang)}" if lang == "zh" else f"{_coarse(late, lang)} overdue", "bad")
    tone = "warn" if remaining < _SOON else ""
    text = length(remaining, lang) if remaining < _SOON else _coarse(remaining, lang)
    return TimeLeft(f"剩 {text}" if lang == "zh" else f"{text} left", tone)


def _coarse(span: timedelta, lang: str) -> str:
    hours = int(span.total_seconds() // 3600)
    if hours < 24:
        return f"{hours} 小时" if lang == "zh" else f"{hours} h"
    days = hours // 24
    return f"{days} 天" if lang == "zh" else f"{days} d"


def mask(text: str, *, head: int, tail: int) -> str:
    """Return an identifier with its middle hidden, as ``3101••••2217``.

    >>> mask("310104199001012217", head=4, tail=4)
    '3101••••2217'
    """
    if len(text) <= head + tail:
        return "•" * len(text)
    return f"{text[:head]}••••{text[-tail:]}"
