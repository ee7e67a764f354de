"""Who is logged in: sessions kept on the server, so that they end when we say so (ASVS 5.0, 7.4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from loanflow_web.database import sessions

_TOUCH_EVERY = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A live session: whose it is and when it ends if nothing more happens."""

    user_id: str
    ends_at: int


class Sessions:
    """Opens, finds and ends sessions; a session's token is known to the browser alone."""

    def __init__(self, database: Engine, *, now: Callable[[], datetime], idle: timedelta, absolute: timedelta) -> None:
        self._database = database
        self._now = now
        self._idle = int(idle.total_seconds())
        self._absolute = int(absolute.total_seconds())

    def open(self, user_id: str, *, source: str) -> str:
        """Begin a session and return its new token; old ones that have run out are cleared away."""
        token = new_token()
        now = self._seconds()
        with self._database.begin() as connection:
            connection.execute(
                delete(sessions).where((sessions.c.seen_at < now - self._idle) | (sessions.c.created_at < now - self._absolute))
            )
            connection.execute(
                insert(sessions).values(
                    token_hash=_hash(token), user_id=user_id, created_at=now, seen_at=now, source=source[:64], notices=[]
                )
            )
        return token

    def find(self, token: str) -> Session | None:
        """Return the session of a token, or None if it never was or is over; being asked keeps it alive."""
        now = self._seconds()
        with self._database.connect() as connection:
            row = connection.execute(select(sessions).where(sessions.c.token_hash == _hash(token))).one_or_none()
        if row is None:
            return None
        ends_at = min(row.seen_at + self._idle, row.created_at + self._absolute)
        if now >= ends_at:
            self.end(token)
            return None
        if now - row.seen_at >= _TOUCH_EVERY:
            with self._database.begin() as connection:
                connection.execute(update(sessions).where(sessions.c.token_hash == _hash(token)).values(seen_at=now))
            ends_at = min(now + self._idle, row.created_at + self._absolute)
        return Session(user_id=row.user_id, ends_at=ends_at)

    def end(self, token: str) -> None:
        """End one session."""
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))

    def end_all(self, user_id: str) -> None:
        """End every session of a person: after a change of roles or password, or when the account is disabled."""
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))

    def leave_notice(self, token: str, notice: dict[str, Any]) -> None:
        """Keep a short message for the next page that this session opens."""
        with self._database.begin() as connection:
            row = connection.execute(select(sessions.c.notices).where(sessions.c.token_hash == _hash(token))).one_or_none()
            if row is not None:
                connection.execute(
                    update(sessions).where(sessions.c.token_hash == _hash(token)).values(notices=[*row.notices, notice][-3:])
                )

    def take_notices(self, token: str) -> list[dict[str, Any]]:
        """Return the messages that wait for this session, once."""
        with self._database.connect() as connection:
            row = connection.execute(select(sessions.c.notices).where(sessions.c.token_hash == _hash(token))).one_or_none()
        if row is None or not row.notices:
            return []
        with self._database.begin() as connection:
            connection.execute(update(sessions).where(sessions.c.token_hash == _hash(token)).values(notices=[]))
        return list(row.notices)

    def _seconds(self) -> int:
        return int(self._now().timestamp())


def new_token() -> str:
    """Return a token that nobody can guess: 256 random bits."""
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
