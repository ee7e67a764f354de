"""Audit entries: what we keep of the past, linked into one chain per case."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Happening(NamedTuple):
    """Something to be remembered, not yet linked: the engine writes these, ``audit`` makes entries of them.

    A tuple, as the entry is, since a step makes many. ``kind`` is ``noun.verb`` (``task.claimed``, ``variables.set``).
    ``element_id``, ``token`` and ``definition_id`` (the deployed model version that was in force) say where in the diagram.
    ``data`` is JSON-ready.
    """

    kind: str
    actor: str
    at: datetime
    source: str | None = None
    element_id: str | None = None
    token: int | None = None
    definition_id: str | None = None
    data: Mapping[str, Any] = _NOTHING


happening: Callable[[tuple[Any, ...]], Happening] = partial(tuple.__new__, Happening)  # pyright: ignore[reportUnknownMemberType]
"""Make a `Happening` of all its parts, past the constructor's handling of arguments: there are several to a command."""


class AuditEntry(NamedTuple):
    """One link of a case's history.

    ``seq`` counts from 1 without gaps. ``actor`` is the person or service that commanded it, ``source`` where the
    command came from (``web:10.0.0.7``). ``case_version`` is the version of the case row written with it.
    ``data_json`` is the text that was hashed, ``data`` its value. ``prev_hash`` is the hash of the entry before ("" for
    the first); ``hash`` is SHA-256, hexadecimal, over ``prev_hash`` and all other fields.
    """

    case_id: str
    seq: int
    at: datetime
    actor: str
    source: str | None
    kind: str
    element_id: str | None
    token: int | None
    definition_id: str | None
    case_version: int
    data_json: str
    prev_hash: str
    hash: str

    @property
    def data(self) -> dict[str, Any]:
        """What happened in detail, parsed from ``data_json``."""
        return json.loads(self.data_json)
