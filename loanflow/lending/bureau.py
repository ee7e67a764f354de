"""Simulated credit bureaus for the demonstration: no network, no real person; every answer follows from the id asked about."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from threading import Lock
from typing import Any

from loanflow.lending.draws import Draws


class Standing(StrEnum):
    """How the simulated bureau knows a person."""

    UNKNOWN = "unknown"
    PRIME = "prime"
    FAIR = "fair"
    WEAK = "weak"
    BAD = "bad"


class NoCreditFile(LookupError):
    """The bureau has never heard of this person: an answer, not a failure."""


class BureauBusy(ConnectionError):
    """The bureau answers, but not this question now: ask again in a moment. No failure is counted."""


class BureauDown(ConnectionError):
    """The bureau does not answer: a failed try, counted as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditReport:
    """What a bureau says about a person."""

    report_no: str
    overdue_24m: int
    overdue_90d: int
    queries_3m: int
    card_utilisation: Decimal
    open_loans: int

    def as_variables(self) -> dict[str, Any]:
        """Return the report as the context the decision tables read."""
        return {
            "report_no": self.report_no,
            "overdue_24m": self.overdue_24m,
            "overdue_90d": self.overdue_90d,
            "queries_3m": self.queries_3m,
            "card_utilisation": self.card_utilisation,
            "open_loans": self.open_loans,
        }


_STANDINGS = (Standing.UNKNOWN, Standing.PRIME, Standing.FAIR, Standing.WEAK, Standing.BAD)
_WEIGHTS = (0.06, 0.44, 0.30, 0.15, 0.05)
_BUSY_SHARE = 0.08


class SimulatedBureau:
    """A bureau of persons, keyed by national id; safe to share between threads.

    One id in twelve finds it busy at the first call of a job, so that waiting and asking again is seen at work.
    """

    def __init__(self) -> None:
        self._outages: dict[str, int] = {}
        self._reports: dict[str, CreditReport | None] = {}
        self._calls: dict[str, int] = {}
        self._lock = Lock()

    def remember(self, national_id: str, report: CreditReport | None) -> None:
        """Answer this id with a report from now on, or None for a person without a file; for tests and rehearsals."""
        self._reports[national_id] = report

    def fail(self, national_id: str, calls: int) -> None:
        """Be down for the first ``calls`` calls of each job about this id; for tests and rehearsals."""
        self._outages[national_id] = calls

    def query(self, national_id: str, *, idempotency_key: str) -> CreditReport:
        """Return the report on a person; the same question has the same answer for ever.

        Raises:
            NoCreditFile: the bureau does not know this person.
            BureauBusy: ask again in a moment.
            BureauDown: it does not answer.
        """
        with self._lock:
            calls = self._calls[idempotency_key] = self._calls.get(idempotency_key, 0) + 1
        if calls <= self._outages.get(national_id, 0):
            raise BureauDown(f"the simulated bureau is down (call {calls})")
        if national_id in self._reports:
            report = self._reports[national_id]
        elif calls == 1 and national_id not in self._outages and Draws("busy", national_id).chance(_BUSY_SHARE):
            raise BureauBusy("the simulated bureau is busy")
        else:
            report = made_up_report(national_id)
        if report is None:
            raise NoCreditFile("征信机构查无此人")
        return report


def standing_of(national_id: str) -> Standing:
    """Return how the simulated bureau knows an id."""
    return Draws("standing", national_id).pick(_STANDINGS, _WEIGHTS)


def made_up_report(national_id: str) -> CreditReport | None:
    """Return the simulated report on an id, None for a person without a file."""
    standing = standing_of(national_id)
    draws = Draws("report", national_id)
    if standing is Standing.UNKNOWN:
        return None
    overdue, queries, utilisation = {
        Standing.PRIME: ((0, 0), (0, 2), (5, 29)),
        Standing.FAIR: ((0, 1), (1, 4), (20, 60)),
        Standing.WEAK: ((1, 3), (3, 7), (50, 90)),
        Standing.BAD: ((4, 8), (5, 9), (70, 98)),
    }[standing]
    return CreditReport(
        report_no=f"SIM-{draws.whole(10_000_000, 99_999_999)}",
        overdue_24m=draws.whole(*overdue),
        overdue_90d=1 if standing is Standing.BAD and draws.chance(0.5) else 0,
        queries_3m=draws.whole(*queries),
        card_utilisation=Decimal(draws.whole(*utilisation)) / 100,
        open_loans=draws.whole(0, 4),
    )


class SimulatedCreditAgency:
    """A third-party agency of enterprises, keyed by unified social credit code."""

    def report(self, uscc: str) -> dict[str, Any]:
        """Return the report on an enterprise as the context the decision tables read."""
        draws = Draws("agency", uscc)
        level = draws.pick(("AAA", "AA", "A", "BBB", "BB", "B", "none"), (4, 14, 30, 28, 12, 6, 6))
        return {
            "report_no": f"SIM-E-{draws.whole(1_000_000, 9_999_999)}",
            "credit_level": level,
            "litigations": draws.whole(0, 3) if level in ("BB", "B") else 0,
            "open_guarantees": draws.whole(0, 2),
        }
