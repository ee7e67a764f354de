"""The one way a case row is written: with the entries that say what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loanflow import store
from loanflow.audit.chain import NO_HASH, link
from loanflow.records import Case, Happening


def begin(transaction: store.Transaction, case: Case, state: bytes, happenings: Iterable[Happening]) -> Case:
    """Keep a new case with its execution snapshot and first entries; return it as written."""
    entries = link(happenings, case_id=case.id, case_version=case.version, after_seq=0, after_hash=NO_HASH)
    last = entries[-1] if entries else None
    written = replace(case, audit_seq=last.seq if last else 0, audit_hash=last.hash if last else NO_HASH)
    store.cases.insert(transaction, written, state)
    store.audit_entries.insert(transaction, entries)
    return written


def append(transaction: store.Transaction, case: Case, happenings: Iterable[Happening], *, state: bytes | None = None) -> Case:
    """Write the case as it is now, its snapshot unless None, and what happened, linked to its chain; return it as written.

    ``case`` carries the ``version`` and head it was read with, and the new values of everything else. The case row is
    written first and only if that version still holds: so nobody else can be appending to the same chain.

    Raises:
        Conflict: someone else changed the case since it was read; nothing was written.
    """
    entries = link(happenings, case_id=case.id, case_version=case.version + 1, after_seq=case.audit_seq, after_hash=case.audit_hash)
    if entries:
        case = replace(case, audit_seq=entries[-1].seq, audit_hash=entries[-1].hash)
    written = store.cases.update(transaction, case, state)
    store.audit_entries.insert(transaction, entries)
    return written
