"""A case's history as one JSON-ready bundle that a third party can check with SHA-256 alone."""

from __future__ import annotations

from typing import Any

from loanflow import store
from loanflow.audit.verification import verify_entries
from loanflow.errors import NotFound
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
        NotFound: there is no such case.
    """
    case = store.cases.get(transaction, case_id)
    if case is None:
        raise NotFound(f"no case {case_id}")
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
