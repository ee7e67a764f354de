"""A chain taken away whole, with all that the store holds of its case; its head stays."""

from __future__ import annotations

from datetime import datetime

from loanflow import store
from loanflow.audit.verification import entries_of, verify_entries
from loanflow.records import Case, RemovedCase


def remove(transaction: store.Transaction, case: Case, *, days_to_live: int, at: datetime, by: str) -> RemovedCase:
    """Remove a case that has ended, as it was read, if its chain holds; return what stays of it.

    The case row goes first and only if the version read still holds: of two who remove the same case one does, and what is
    read behind it nobody else is changing.

    Raises:
        AuditChainBroken: the chain does not hold; nothing must be committed, for what is left is evidence.
        Conflict: someone else changed or removed the case since it was read; nothing was removed.
    """
    if case.ended_at is None:
        raise ValueError(f"case {case.id} has not ended")
    store.removed_cases.take(transaction, case)
    entries = entries_of(transaction, case.id)
    verify_entries(entries, case_id=case.id, head_seq=case.audit_seq, head_hash=case.audit_hash)
    record = RemovedCase(
        case_id=case.id,
        process_key=case.process_key,
        process_definition_id=case.process_definition_id,
        process_version=case.process_version,
        status=case.status,
        outcome=case.outcome,
        started_at=case.started_at,
        ended_at=case.ended_at,
        audit_seq=case.audit_seq,
        audit_hash=case.audit_hash,
        days_to_live=days_to_live,
        removed_at=at,
        removed_by=by,
    )
    # Messages stand under their own keys; the entries say which ones the case received.
    messages = {entry.data["message_id"] for entry in entries if entry.kind == "message.correlated" and "message_id" in entry.data}
    store.removed_cases.remove_rest(transaction, case, record, message_ids=sorted(messages))
    return record
