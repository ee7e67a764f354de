"""A simulated core banking ledger: books a payment order once, however often it is handed over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from threading import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A booked payment order; ``tries`` counts how often it was handed over."""

    number: str
    idempotency_key: str
    account_no: str
    amount: Decimal
    tries: int


class DifferentOrder(ValueError):
    """The idempotency key was used before for another account or amount: somebody's slip, and nothing is booked."""


class DisbursementLedger:
    """Payments by idempotency key, in a SQLite file of its own as a bank's core system would be; in memory by default.

    >>> ledger = DisbursementLedger()
    >>> first = ledger.pay("job-1", account_no="6222020000000001", amount=Decimal("50000"))
    >>> again = ledger.pay("job-1", account_no="6222020000000001", amount=Decimal("50000"))
    >>> first.number == again.number, again.tries, ledger.total()
    (True, 2, Decimal('50000'))
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS payment (idempotency_key TEXT PRIMARY KEY, number TEXT NOT NULL,"
            " account_no TEXT NOT NULL, amount TEXT NOT NULL, tries INTEGER NOT NULL)"
        )

    def pay(self, idempotency_key: str, *, account_no: str, amount: Decimal) -> Payment:
        """Book a payment, or return the one this key booked before.

        Raises:
            DifferentOrder: the key booked another order.
        """
        number = "PAY-" + sha256(idempotency_key.encode()).hexdigest()[:12].upper()
        with self._lock, closing(self._database.cursor()) as cursor:
            cursor.execute(
                "INSERT INTO payment VALUES (?, ?, ?, ?, 1) ON CONFLICT (idempotency_key) DO UPDATE SET tries = tries + 1",
                (idempotency_key, number, account_no, str(amount)),
            )
            booked = self._one(cursor, idempotency_key)
        if booked.account_no != account_no or booked.amount != amount:
            raise DifferentOrder(f"{idempotency_key} booked {booked.amount} before, now {amount} is asked for")
        return booked

    def payments(self) -> tuple[Payment, ...]:
        """Return every payment in the order they were booked."""
        with self._lock, closing(self._database.cursor()) as cursor:
            rows = cursor.execute("SELECT idempotency_key, number, account_no, amount, tries FROM payment ORDER BY rowid").fetchall()
        return tuple(_payment(row) for row in rows)

    def total(self) -> Decimal:
        """Return the sum of all that was paid."""
        return sum((payment.amount for payment in self.payments()), Decimal(0))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _one(self, cursor: sqlite3.Cursor, key: str) -> Payment:
        row = cursor.execute(
            "SELECT idempotency_key, number, account_no, amount, tries FROM payment WHERE idempotency_key = ?", (key,)
        ).fetchone()
        return _payment(row)


def _payment(row: tuple[str, str, str, str, int]) -> Payment:
    key, number, account_no, amount, tries = row
    return Payment(idempotency_key=key, number=number, account_no=account_no, amount=Decimal(amount), tries=tries)
