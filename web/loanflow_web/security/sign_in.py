"""Checking a name and a password, slowly enough for guessers (ASVS 5.0, 6.3).

Failures are counted in the database per account and per source, so the limit holds over several server processes and
a restart. An unknown name costs the same time and gets the same answer as a wrong password.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, delete, func, insert, select

from loanflow_web.accounts import Accounts, User
from loanflow_web.database import sign_ins

KEEP_FOR = timedelta(days=90)


class TooManyTries(Exception):
    """Too many wrong passwords; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"too many tries, again in {retry_after} s")


class SignIn:
    """The log-in desk."""

    def __init__(
        self, database: Engine, accounts: Accounts, *, now: Callable[[], datetime], window: timedelta, per_account: int, per_source: int
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._now = now
        self._window = int(window.total_seconds())
        self._per_account = per_account
        self._per_source = per_source
        self._hasher = PasswordHasher()
        # What an unknown name is checked against, so that it takes as long as a known one.
        self._nobody = self._hasher.hash("no password opens this")

    def check(self, account: str, password: str, *, source: str) -> User | None:
        """Return the person if name and password fit and the account is enabled, else None; both are put on record.

        Raises:
            TooManyTries: the account or the source has failed too often within the window.
        """
        account = account.strip()[:64]
        self._refuse_guessers(account, source)
        user = self._accounts.find(account)
        is_right = self._verify(self._accounts.password_hash(account) or self._nobody, password)
        if user is None or user.disabled or not is_right:
            self._record(account, source, "refused")
            return None
        self._record(account, source, "accepted")
        return user

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[:1000])
        except (VerificationError, InvalidHashError):
            return False

    def _refuse_guessers(self, account: str, source: str) -> None:
        now = int(self._now().timestamp())
        recent = (sign_ins.c.at > now - self._window) & (sign_ins.c.outcome == "refused")
        with self._database.connect() as connection:
            # A success clears the account's own count, never the source's: a guesser may own one account.
            last_success = (
                select(func.coalesce(func.max(sign_ins.c.id), 0))
                .where((sign_ins.c.account == account) & (sign_ins.c.outcome == "accepted"))
                .scalar_subquery()
            )
            of_account = connection.execute(
                select(func.count(), func.min(sign_ins.c.at)).where(
                    recent & (sign_ins.c.account == account) & (sign_ins.c.id > last_success)
                )
            ).one()
            of_source = connection.execute(
                select(func.count(), func.min(sign_ins.c.at)).where(recent & (sign_ins.c.source == source))
            ).one()
        for (count, first), limit in ((of_account, self._per_account), (of_source, self._per_source)):
            if count >= limit:
                raise TooManyTries(max(1, first + self._window - now))

    def _record(self, account: str, source: str, outcome: str) -> None:
        now = int(self._now().timestamp())
        with self._database.begin() as connection:
            connection.execute(delete(sign_ins).where(sign_ins.c.at < now - int(KEEP_FOR.total_seconds())))
            connection.execute(insert(sign_ins).values(at=now, account=account, source=source[:64], outcome=outcome))
