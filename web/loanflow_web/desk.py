"""Everything a request needs at hand: the engine, the people, the sessions, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from flask import current_app, request

from loanflow import Actor
from loanflow_web.accounts import Accounts
from loanflow_web.library import Library
from loanflow_web.security import Sessions, SignIn
from loanflow_web.security.guard import signed_in
from loanflow_web.settings import Settings

if TYPE_CHECKING:
    from loanflow import Engine

KEY = "loanflow_web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What ``create_app`` laid out for the pages of one application."""

    engine: Engine
    library: Library
    accounts: Accounts
    sessions: Sessions
    sign_in: SignIn
    settings: Settings
    zone: ZoneInfo

    def now(self) -> datetime:
        """Return the instant by the engine's clock."""
        return self.engine.now()


def desk() -> Desk:
    """Return the desk of this request's application."""
    return cast(Desk, current_app.extensions[KEY])


def actor() -> Actor:
    """Return the person who is logged in, as the engine and the history know them."""
    user = signed_in()
    return Actor(user.id, groups=user.groups, source=f"web:{request.remote_addr}")
