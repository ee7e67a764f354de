"""Pages by keyset: a page starts after the last row of the one before, so it costs the same however deep it lies."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, and_, or_

from loanflow.errors import CommandError
from loanflow.store.types import instant_from_text, instant_text

MAX_PAGE = 200
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order, and the cursor for the page after them, None on the last page."""

    items: tuple[Item, ...]
    next: str | None = None


def cursor(at: datetime, identifier: str) -> str:
    """Write the place after the row of that instant and id, as text for a URL."""
    return base64.urlsafe_b64encode(json.dumps([instant_text(at), identifier]).encode()).decode().rstrip("=")


def place(after: str) -> tuple[datetime, str]:
    """Read what ``cursor`` wrote.

    Raises:
        CommandError: it is not a cursor.
    """
    try:
        instant, identifier = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return instant_from_text(instant), str(identifier)
    except (ValueError, TypeError, binascii.Error) as error:
        raise CommandError("this page marker is not one of ours; start again from the first page") from error


def page_size(limit: int) -> int:
    """Bound the number of rows asked for."""
    return max(1, min(limit, MAX_PAGE))


def beyond(at: ColumnElement[datetime], identifier: ColumnElement[str], after: str, *, descending: bool = False) -> ColumnElement[bool]:
    """Say in SQL that a row comes after the cursor; the first half alone already bounds the index scan."""
    instant, last = place(after)
    if descending:
        return and_(at <= instant, or_(at < instant, identifier < last))
    return and_(at >= instant, or_(at > instant, identifier > last))
