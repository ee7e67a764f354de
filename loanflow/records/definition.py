"""Definitions: what a deployment made available, one row per deployed version of a process, decision or form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDefinition:
    """One ``<process>`` of one deployed file.

    ``key`` is the id in the file; ``version`` counts from 1 per key. ``resource_name`` names the file within its
    deployment, ``sha256`` its content. ``properties`` holds what the engine wants to know without reading the file
    (search columns, messages that start it, ...), JSON-ready. While ``suspended_at`` is set it starts no cases.
    """

    id: str
    key: str
    version: int
    deployment_id: str
    resource_name: str
    sha256: str
    deployed_at: datetime
    name: str | None = None
    version_tag: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    suspended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDefinition:
    """One ``<decision>`` of one deployed file; fields as in ``ProcessDefinition``."""

    id: str
    key: str
    version: int
    deployment_id: str
    resource_name: str
    sha256: str
    deployed_at: datetime
    name: str | None = None
    version_tag: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDefinition:
    """One deployed ``.form`` file; ``key`` is the form's id; fields as in ``ProcessDefinition``."""

    id: str
    key: str
    version: int
    deployment_id: str
    resource_name: str
    sha256: str
    deployed_at: datetime
    name: str | None = None
    version_tag: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
