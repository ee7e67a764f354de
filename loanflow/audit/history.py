"""The one way a case row is written: with the entries that say what happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from loanflow import store
from loanflow.audit.chain import NO_HASH, link
from loanflow.records import Case, Happening
from loanflow.records.revision import revised


def begin(transaction: store.Transaction, case: Case, state: bytes, happenings: Iterable[Happening]) -> Case:
    """Keep a new case with its execution snapshot and first entries; return it as written."""
    entries = link(happenings, case_id=case.id, case_version=case.version, after_seq=0, after_hash=NO_HASH)
    last = entries[-1] if entries else None
    written = revised(case, audit_seq=last.seq if last else 0, audit_hash=last.hash if last else NO_HASH)
    store.cases.insert(transaction, written, state)
    store.audit_entries.insert(transaction, entries)
    return written


def append(
    transaction: store.Transaction,
    before: Case,
    after: Case,
    happenings: Iterable[Happening],
    *,
    state: bytes | None = None,
    at: datetime | None = None,
) -> Case:
    """Write the case as it is now, its snapshot unless None, and what happened, linked to its chain; return it as written.

    ``before`` is the case as it was read; version and head of ``after`` are set here, and with ``at`` when it was updated. The case
    row is written first and only if that version still holds: so nobody else can be appending to the same chain.

    Raises:
        Conflict: someone else changed the case since it was read; nothing was written.
    """
    version = before.version + 1
    entries = link(happenings, case_id=before.id, case_version=version, after_seq=before.audit_seq, after_hash=before.audit_hash)
    seq, head = (entries[-1].seq, entries[-1].hash) if entries else (before.audit_seq, before.audit_hash)
    written = revised(after, version=version, audit_seq=seq, audit_hash=head, updated_at=at or after.updated_at)
    store.cases.update(transaction, before, written, state)
    store.audit_entries.insert(transaction, entries)
    return written
