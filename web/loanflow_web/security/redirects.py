"""Where a redirect may lead: only to a path of our own."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_PLAIN_PATH = re.compile(r"/(?![/\\])[\w\-./~%?&=:,+@]*", re.ASCII)


def safe_path(target: str | None, *, default: str = "/") -> str:
    r"""Return ``target`` if it is a plain path on this site, else ``default``.

    A path is refused when, as written or after decoding, a browser could read another site out of it: ``//evil``,
    ``/\\evil``, control characters, schemes.

    >>> safe_path("/tasks?queue=mine"), safe_path("//evil.example"), safe_path("https:evil.example")
    ('/tasks?queue=mine', '/', '/')
    """
    if not target or len(target) > 2000 or not _PLAIN_PATH.fullmatch(target):
        return default
    decoded = target
    for _ in range(3):
        decoded = unquote(decoded)
    if decoded.startswith(("//", "/\\")) or "\\" in decoded or any(ord(c) < 32 or ord(c) == 127 for c in decoded):
        return default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return default
    if any(piece == ".." for piece in unquote(parts.path).split("/")) or "//" in unquote(parts.path):
        return default
    return target
