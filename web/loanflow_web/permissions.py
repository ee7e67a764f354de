"""Who may open which page: one table of routes, one table of roles. A route that is not in the table is shut.

What a person may see *within* a page (which task, which case) is decided per object in ``access.py`` and, for
commands, by the engine itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """What a route asks for."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    WORK = "work on tasks"
    START = "start applications"
    READ_CASES = "read the cases one has to do with"
    READ_ALL_CASES = "read every case"
    READ_AUDIT = "read and check the audit chain"


_STAFF = frozenset({Permission.SIGNED_IN, Permission.WORK, Permission.READ_CASES})

OF_ROLE: dict[str, frozenset[Permission]] = {
    "officer": _STAFF | {Permission.START},
    "reviewer": _STAFF,
    "committee": _STAFF,
    "approver": _STAFF,
    "auditor": frozenset({Permission.SIGNED_IN, Permission.READ_CASES, Permission.READ_ALL_CASES, Permission.READ_AUDIT}),
    # Administrators look after the system; they decide nothing about loans (segregation of duties).
    "admin": frozenset({Permission.SIGNED_IN, Permission.READ_CASES, Permission.READ_ALL_CASES, Permission.READ_AUDIT}),
}

OF_ROUTE: dict[str, Permission] = {
    "static": Permission.PUBLIC,
    "drawing.sheet": Permission.PUBLIC,
    "login.show": Permission.PUBLIC,
    "login.submit": Permission.PUBLIC,
    "login.leave": Permission.SIGNED_IN,
    "preferences.language": Permission.PUBLIC,
    "preferences.theme": Permission.PUBLIC,
    "preferences.me": Permission.SIGNED_IN,
    "preferences.keyboard": Permission.PUBLIC,
    "home.show": Permission.SIGNED_IN,
    "inbox.show": Permission.WORK,
    "task.show": Permission.WORK,
    "task.claim": Permission.WORK,
    "task.release": Permission.WORK,
    "task.complete": Permission.WORK,
    "task.draft": Permission.WORK,
    "task.refresh": Permission.WORK,
    "application.choose": Permission.START,
    "application.show": Permission.START,
    "application.submit": Permission.START,
    "application.refresh": Permission.START,
    "case.index": Permission.READ_CASES,
    "case.progress": Permission.READ_CASES,
    "case.data": Permission.READ_CASES,
    "case.audit": Permission.READ_CASES,
    "decision.index": Permission.READ_CASES,
    "decision.show": Permission.READ_CASES,
    "audit.index": Permission.READ_AUDIT,
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return everything that these roles allow together; an unknown role allows nothing."""
    granted: frozenset[Permission] = frozenset({Permission.PUBLIC})
    for role in roles:
        granted |= OF_ROLE.get(role, frozenset())
    return granted
