"""A case's history as one JSON-ready bundle that a third party can check with SHA-256 alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanflow import store
from loanflow.audit.verification import case_row, missing, verify, verify_entries
from loanflow.errors import AuditChainBroken, InvalidValues
from loanflow.records import AuditEntry

FORMAT = 1
RULE = (
    'hash = SHA-256 (hexadecimal) of the UTF-8 bytes of: prev_hash, a line feed, and the entry without "prev_hash" and "hash" '
    "as JSON with sorted keys and without blanks; prev_hash of the first entry is empty"
)


def export(transaction: store.Transaction, case_id: str) -> dict[str, Any]:
    """Give the case's entries, its head and the rule by which anyone can recompute the hashes.

    Raises:
        AuditChainBroken: the chain does not hold; a broken history is not exported as a proof.
        NotFound: there is no such case, or no more.
    """
    case = store.cases.get(transaction, case_id)
    if case is None:
        raise missing(transaction, case_id)
    entries = store.audit_entries.of_case(transaction, case_id)
    verify_entries(entries, case_id=case_id, head_seq=case.audit_seq, head_hash=case.audit_hash)
    return {
        "format": FORMAT,
        "rule": RULE,
        "case": {
            "id": case.id,
            "business_key": case.business_key,
            "process_key": case.process_key,
            "process_version": case.process_version,
            "process_definition_id": case.process_definition_id,
            "status": case.status.value,
            "outcome": case.outcome,
            "started_at": case.started_at.isoformat(),
            "ended_at": case.ended_at.isoformat() if case.ended_at else None,
        },
        "head": {"seq": case.audit_seq, "hash": case.audit_hash},
        "entries": [_entry(entry) for entry in entries],
    }


def verify_export(transaction: store.Transaction, bundle: Mapping[str, Any]) -> int:
    """Check an exported history by itself and against the store; return how many entries hold.

    Of a case that is there, the chain must be whole and hold the bundle's head at its place: it may have gone on since. Of a
    removed case, the head that was kept must be the bundle's: then this is its whole history, to the last entry.

    Raises:
        AuditChainBroken: names the first entry that does not hold, or says that the head is another one.
        InvalidValues: this is no exported history.
        NotFound: the store never heard of the case.
    """
    try:
        case_id, head_seq, head_hash = str(bundle["case"]["id"]), int(bundle["head"]["seq"]), str(bundle["head"]["hash"])
        entries = [_read(entry) for entry in bundle["entries"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidValues({"bundle": [f"this is no exported history of a case: {error}"]}) from error
    count = verify_entries(entries, case_id=case_id, head_seq=head_seq, head_hash=head_hash)
    removed = store.removed_cases.get(transaction, case_id)
    if removed is not None:
        if (head_seq, head_hash) != (removed.audit_seq, removed.audit_hash):
            kept = f"{removed.audit_hash} after {removed.audit_seq} entries"
            raise AuditChainBroken(case_id, head_seq, f"the head that was kept when the case was removed is {kept}")
        return count
    if case_row(transaction, case_id) is None:
        raise missing(transaction, case_id)
    verify(transaction, case_id)
    there = store.audit_entries.of_case(transaction, case_id, after_seq=head_seq - 1, limit=1) if head_seq else ()
    if head_seq and (not there or there[0].hash != head_hash):
        raise AuditChainBroken(case_id, head_seq, "the store has another entry there")
    return count


def _read(entry: Mapping[str, Any]) -> AuditEntry:
    values: dict[str, Any] = {**entry, "at": datetime.fromisoformat(entry["at"])}
    return AuditEntry(**values)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "case_id": entry.case_id,
        "seq": entry.seq,
        "at": entry.at.isoformat(timespec="microseconds")[:26] + "Z",
        "actor": entry.actor,
        "source": entry.source,
        "kind": entry.kind,
        "element_id": entry.element_id,
        "token": entry.token,
        "definition_id": entry.definition_id,
        "case_version": entry.case_version,
        "data_json": entry.data_json,
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
    }
