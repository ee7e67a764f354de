"""A deployment: a set of files installed together, all or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Who installed which set of files when; ``sha256`` is over the names and contents of the whole set."""

    id: str
    name: str
    sha256: str
    deployed_at: datetime
    deployed_by: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One deployed file, byte for byte as it was given; ``sha256`` of ``content`` in hexadecimal."""

    deployment_id: str
    name: str
    sha256: str
    content: bytes = field(repr=False)
