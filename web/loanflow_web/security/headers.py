"""Headers that tell the browser what our pages never do, so that injected code cannot do it either."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


_FILES = frozenset({"static", "drawing.sheet"})


def install(app: Flask, *, secure: bool) -> None:
    """Send the headers with every answer, errors included."""

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        if request.endpoint in _FILES and response.status_code == 200:
            headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if "v" in request.args or request.path.startswith("/static/fonts/") else "no-cache"
            )
        else:
            # Pages show personal data: no cache may keep them, nor the browser after log-out.
            headers["Cache-Control"] = "no-store"
        if secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response
