"""How entries are linked: each hash is over the hash before and the entry's own fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

import orjson

from loanflow.records import AuditEntry, Happening
from loanflow.store import in_utc, instant_text

NO_HASH = ""
"""What stands for the hash before the first entry."""


def link(happenings: Iterable[Happening], *, case_id: str, case_version: int, after_seq: int, after_hash: str) -> tuple[AuditEntry, ...]:
    """Make entries of what happened, chained to the entry of that number and hash (0 and "" before the first)."""
    entries: list[AuditEntry] = []
    seq, previous = after_seq, after_hash
    for kind, actor, at, source, element_id, token, definition_id, data in happenings:
        seq += 1
        utc = in_utc(at)
        data_json = canonical_json(data) if data else "{}"
        content = (case_id, seq, utc, actor, source, kind, element_id, token, definition_id, case_version, data_json, previous)
        previous = _hash_of(*content)
        entries.append(_entry((*content, previous)))
    return tuple(entries)


def entry_hash(entry: AuditEntry) -> str:
    """Compute the hash the entry must have: SHA-256, hexadecimal.

    It is taken over the UTF-8 bytes of ``prev_hash``, a line feed, and the entry's other fields as one JSON object: keys
    sorted, no blanks, no escapes but JSON's own; the instant as ``2026-01-02T03:04:05.000006Z``; the data as the very
    text that is kept, in a string.
    """
    return _hash_of(*entry[:-1])


def _hash_of(
    case_id: str,
    seq: int,
    at: datetime,
    actor: str,
    source: str | None,
    kind: str,
    element_id: str | None,
    token: int | None,
    definition_id: str | None,
    case_version: int,
    data_json: str,
    prev_hash: str,
) -> str:
    # In the order of their names, which is that of the text.
    content = orjson.dumps(
        {
            "actor": actor,
            "at": instant_text(at),
            "case_id": case_id,
            "case_version": case_version,
            "data_json": data_json,
            "definition_id": definition_id,
            "element_id": element_id,
            "kind": kind,
            "seq": seq,
            "source": source,
            "token": token,
        }
    )
    return hashlib.sha256(prev_hash.encode() + b"\n" + content).hexdigest()


def canonical_json(value: object) -> str:
    """Write JSON-ready values in one spelling: sorted keys, no blanks, no NaN.

    >>> canonical_json({"b": [1, None], "a": "é"})
    '{"a":"é","b":[1,null]}'
    """
    return _ENCODER.encode(value)


def _as_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(cast(Mapping[Any, Any], value))
    raise TypeError(f"not JSON-ready: {type(value).__name__}")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_as_dict)

_entry: Callable[[tuple[Any, ...]], AuditEntry] = partial(tuple.__new__, AuditEntry)  # pyright: ignore[reportUnknownMemberType]
"""Make an entry of all its parts, past the constructor's handling of arguments: there are several to a command."""
