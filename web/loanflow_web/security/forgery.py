"""Proof that a form was sent from our own page (OWASP: cross-site request forgery).

The token is derived from the visitor's session cookie, which other sites can neither read nor choose; so it needs no
store and dies with the session. In addition a request that says it comes from another site is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Request

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"


def token_for(session_token: str) -> str:
    """Return the token that this visitor's forms carry."""
    return hmac.new(session_token.encode(), b"loanflow form", hashlib.sha256).hexdigest()


def is_forged(request: Request, session_token: str) -> bool:
    """Whether a writing request lacks the proof that our own page sent it."""
    if not _is_same_origin(request):
        return True
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return not hmac.compare_digest(given.encode(), token_for(session_token).encode())


def _is_same_origin(request: Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        # Old browsers send no Origin with a form; the token alone decides then.
        return True
    ours = urlsplit(request.host_url)
    theirs = urlsplit(origin)
    return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
