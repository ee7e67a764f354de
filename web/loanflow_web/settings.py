"""What an installation decides about its web pages: one frozen object, handed to ``create_app``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Choices of one installation; the defaults suit a demonstration on the own computer.

    ``demo`` creates the demonstration people and shows their passwords on the log-in page; ``serve`` refuses to offer
    that to other computers. ``secure_cookies`` belongs to HTTPS: cookies get the ``__Host-`` prefix and HSTS is sent.
    ``trusted_hosts`` are the host names that requests may ask for; any other is answered with 400.
    ``proxy_hops`` counts the reverse proxies in front, whose ``X-Forwarded-*`` headers are believed; no header is at 0.
    ``database_url`` says where people and sessions are kept; None keeps them in the engine's own database.
    """

    demo: bool = True
    organisation: str = "零售信贷部"
    organisation_en: str = "Retail credit"
    language: str = "zh"
    time_zone: str = "Asia/Shanghai"
    currency: str = "¥"
    secure_cookies: bool = False
    trusted_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    proxy_hops: int = 0
    database_url: str | None = None
    idle_timeout: timedelta = timedelta(minutes=15)
    absolute_timeout: timedelta = timedelta(hours=8)
    sign_in_window: timedelta = timedelta(minutes=15)
    sign_in_tries_per_account: int = 8
    sign_in_tries_per_source: int = 40
    page_size: int = 50
    largest_request: int = 1_000_000

    def __post_init__(self) -> None:
        if not self.trusted_hosts:
            raise ValueError("trusted_hosts is empty: every request would be refused")
        if self.secure_cookies and self.demo:
            raise ValueError("demo people have known passwords; an installation behind HTTPS must set demo=False")
