"""Ids made by the client: UUIDv7 whose twelve random bits after the version digit are the case's part.

``part`` (0 to 4095) is a hash of the case's id; it leads every key of what belongs to a case and is named in every WHERE, so
that a case with all its rows lives on one shard of a distributed database. Because the id of a task or job carries it, the id
alone is enough to find the row.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

import uuid_utils

from loanflow.errors import CommandError

PARTS = 4096
KEY_LENGTH = 255
_UNKEEPABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_PART_SHIFT = 64
_PART_MASK = 0xFFF << _PART_SHIFT
_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)


def new_case_id() -> str:
    """Make the id of a new case; it sorts by the time of its making and carries a part of its own."""
    value = uuid_utils.uuid7().int & ~_PART_MASK
    return _text(value | (zlib.crc32(value.to_bytes(16, "big")) % PARTS) << _PART_SHIFT)


def new_id(part: int) -> str:
    """Make an id that carries ``part``: for a task, job, incident, ... of a case whose ``part_of`` this is."""
    if not 0 <= part < PARTS:
        raise ValueError(f"a part is 0 to {PARTS - 1}, not {part}")
    return _text(uuid_utils.uuid7().int & ~_PART_MASK | part << _PART_SHIFT)


def new_id_for(case_id: str) -> str:
    """Make an id for something that belongs to the case."""
    return new_id(part_of(case_id))


def new_definition_id() -> str:
    """Make the id of a deployment or definition, which belongs to no case."""
    return str(uuid_utils.uuid7())


@lru_cache(maxsize=1024)
def part_of(identifier: str) -> int:
    """Read the part out of the id of a case or of anything that belongs to one.

    Raises:
        ValueError: the text is not such an id.
    """
    if len(identifier) != 36 or identifier[14] != "7":
        raise ValueError(f"not an id of ours: {identifier!r}")
    return int(identifier[15:18], 16)


def is_id(text: str) -> bool:
    """Say whether the text has the form of an id of ours; what has not cannot be in the store."""
    return _FORM.fullmatch(text) is not None


def part_of_key(key: str) -> int:
    """Compute the part of a row that is found by a key from outside: a business key, message id or idempotency key."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % PARTS


def check_key(key: str, what: str) -> str:
    """Return a key from outside if every database can hold it, in words otherwise.

    Raises:
        CommandError: it is empty, longer than 255 characters, or has control characters in it.
    """
    if not key or len(key) > KEY_LENGTH or _UNKEEPABLE.search(key):
        raise CommandError(f"{what} must be 1 to {KEY_LENGTH} characters without control characters, not {key[:40]!r}")
    return key


def is_keepable(text: str) -> bool:
    """Say whether every database can hold the text; what it cannot hold is not in it."""
    return _UNKEEPABLE.search(text) is None


def _text(value: int) -> str:
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
