"""Reading a chain back: what was changed, removed, added or put elsewhere shows."""

from __future__ import annotations

from collections.abc import Iterable

from loanflow import store
from loanflow.audit.chain import NO_HASH, canonical_json, entry_hash
from loanflow.errors import AuditChainBroken, NotFound
from loanflow.records import AuditEntry, Case


def verify(transaction: store.Transaction, case_id: str) -> int:
    """Check the case's whole history against itself and against the head in the case row; return how many entries hold.

    Whoever can rewrite every entry *and* the case row can still forge a chain that holds; a head kept elsewhere (export
    one, or compare ``Case.audit_hash`` with an older copy) finds that too.

    Raises:
        AuditChainBroken: names the first entry where the chain no longer holds.
        NotFound: there is no such case, or no more; the message then says since when, and what its head was.
    """
    case = case_row(transaction, case_id)
    if case is None:
        raise missing(transaction, case_id)
    return verify_entries(entries_of(transaction, case_id), case_id=case_id, head_seq=case.audit_seq, head_hash=case.audit_hash)


def case_row(transaction: store.Transaction, case_id: str) -> Case | None:
    """Return the case, or None.

    Raises:
        AuditChainBroken: its row cannot be read.
    """
    try:
        return store.cases.get(transaction, case_id)
    except (ValueError, TypeError, LookupError) as error:
        raise AuditChainBroken(case_id, 0, f"the case row cannot be read: {error}") from error


def entries_of(transaction: store.Transaction, case_id: str) -> tuple[AuditEntry, ...]:
    """Return the case's entries as they are, not yet verified.

    Raises:
        AuditChainBroken: names the first entry that cannot be read.
    """
    try:
        return store.audit_entries.of_case(transaction, case_id)
    except (ValueError, TypeError, LookupError) as error:
        raise AuditChainBroken(case_id, _readable(transaction, case_id) + 1, f"the entry cannot be read: {error}") from error


def missing(transaction: store.Transaction, case: str) -> NotFound:
    """Return what to raise where no case has that id (or business key): removed when, by whom and why, or never heard of."""
    removed = store.removed_cases.get(transaction, case)
    if removed is None:
        return NotFound(f"there is no case with the id or business key {case!r}")
    when, end = f"{removed.removed_at:%Y-%m-%d %H:%M} UTC", f"{removed.ended_at:%Y-%m-%d}"
    name, days, count, head = (
        f"{removed.process_key} v{removed.process_version}",
        removed.days_to_live,
        removed.audit_seq,
        removed.audit_hash,
    )
    return NotFound(
        f"case {case} ({name}, ended on {end}) was removed on {when} by {removed.removed_by}: its time to live of {days} days was over; "
        f"its history had {count} entries, head {head}",
        code="case-removed",
        zh=f"案件 {case}（{name}，{end} 结束）已于 {when} 由 {removed.removed_by} 清除：{days} 天的保留时间已过；"
        f"其历史共 {count} 条，链头 {head}",
    )


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
