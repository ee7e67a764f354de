"""Reading a chain back: what was changed, removed, added or put elsewhere shows."""

from __future__ import annotations

from collections.abc import Iterable

from loanflow import store
from loanflow.audit.chain import NO_HASH, canonical_json, entry_hash
from loanflow.errors import AuditChainBroken, NotFound
from loanflow.records import AuditEntry


def verify(transaction: store.Transaction, case_id: str) -> int:
    """Check the case's whole history against itself and against the head in the case row; return how many entries hold.

    Whoever can rewrite every entry *and* the case row can still forge a chain that holds; a head kept elsewhere (export
    one, or compare ``Case.audit_hash`` with an older copy) finds that too.

    Raises:
        AuditChainBroken: names the first entry where the chain no longer holds.
        NotFound: there is no such case.
    """
    try:
        case = store.cases.get(transaction, case_id)
    except (ValueError, TypeError, LookupError) as error:
        raise AuditChainBroken(case_id, 0, f"the case row cannot be read: {error}") from error
    if case is None:
        raise NotFound(f"no case {case_id}")
    try:
        entries = store.audit_entries.of_case(transaction, case_id)
    except (ValueError, TypeError, LookupError) as error:
        raise AuditChainBroken(case_id, _readable(transaction, case_id) + 1, f"the entry cannot be read: {error}") from error
    return verify_entries(entries, case_id=case_id, head_seq=case.audit_seq, head_hash=case.audit_hash)


def verify_entries(entries: Iterable[AuditEntry], *, case_id: str, head_seq: int, head_hash: str) -> int:
    """Check entries that are in order of ``seq`` against a head; return how many there are.

    Raises:
        AuditChainBroken: names the first entry where the chain no longer holds.
    """
    count, previous = 0, NO_HASH
    for entry in entries:
        count += 1
        if entry.case_id != case_id:
            raise AuditChainBroken(case_id, count, f"it belongs to case {entry.case_id}")
        if entry.seq != count:
            raise AuditChainBroken(case_id, count, f"missing; the next one there is number {entry.seq}")
        if entry.prev_hash != previous:
            raise AuditChainBroken(case_id, count, "it does not follow the entry before")
        try:
            recomputed = entry_hash(entry)
            canonical = canonical_json(entry.data)
        except (ValueError, TypeError) as error:
            raise AuditChainBroken(case_id, count, f"its content cannot be read: {error}") from error
        if recomputed != entry.hash or canonical != entry.data_json:
            raise AuditChainBroken(case_id, count, "its content is not what was written")
        previous = entry.hash
    if count < head_seq:
        raise AuditChainBroken(case_id, count + 1, f"missing; the case row says there are {head_seq} entries")
    if count > head_seq:
        raise AuditChainBroken(case_id, head_seq + 1, f"added; the case row says there are {head_seq} entries")
    if previous != head_hash:
        raise AuditChainBroken(case_id, count, "the head in the case row is another one")
    return count


def _readable(transaction: store.Transaction, case_id: str) -> int:
    # An entry whose columns no longer hold what they must (an instant that is none) stops the whole query: go one by one.
    seq = 0
    while True:
        try:
            if not store.audit_entries.of_case(transaction, case_id, after_seq=seq, limit=1):
                return seq
        except (ValueError, TypeError, LookupError):
            return seq
        seq += 1
