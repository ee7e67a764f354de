"""A search value: a variable the model declares as a search column, typed and indexed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class SearchKind(StrEnum):
    """The declared type of a search column."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchValue:
    """The present value of the search column ``name`` of one case.

    ``value`` is of the Python type of its ``kind``: str, Decimal (exact), date, aware datetime, bool; None where the
    variable is null.
    """

    case_id: str
    process_key: str
    name: str
    kind: SearchKind
    value: str | Decimal | date | datetime | bool | None
