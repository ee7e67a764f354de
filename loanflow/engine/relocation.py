"""Rows that go along when a case migration puts a waiting token on an element of another version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loanflow import store
from loanflow.engine.forms import form_reference
from loanflow.execution import Relocate
from loanflow.store import Transaction

# Which rows a token that waits has; a job that is given up has an incident beside it.
_ROWS: Mapping[str, tuple[str, ...]] = {
    "task": ("tasks",),
    "job": ("jobs", "incidents"),
    "continuation": ("jobs", "incidents"),
    "timer": ("jobs", "incidents"),
    "message": ("subscriptions",),
    "signal": ("subscriptions",),
    "incident": ("incidents",),
}


def relocate(transaction: Transaction, case_id: str, requests: Sequence[Relocate]) -> None:
    """Write the new places of the tokens' rows."""
    for noun in store.places.TABLES if requests else ():
        store.places.move(transaction, case_id, noun, [_moved(request) for request in requests if noun in _ROWS.get(request.wait, ())])


def _moved(request: Relocate) -> store.places.Place:
    return store.places.Place(
        token=request.token,
        element_id=request.element_id,
        process_definition_id=request.program,
        form=form_reference(request.form),
        different_from=request.different_from,
    )
