"""What is thrown inside an activity goes to the nearest event that catches it (BPMN 2.0.2, 10.5.7 "Handling Events").

From the throwing token outwards: the boundary events of each activity, then the event sub-processes of the scope around it,
then the activity that scope belongs to, also across call activities, which map out what they would at the end. At each place
a catcher of the specific code goes before one of all codes. A scope whose interrupting event sub-process runs already catches
nothing more by its others, and no event sub-process catches what is thrown inside itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from loanflow.execution.expressions import Formula, Surroundings, Variables
from loanflow.execution.tokens import Scope, Stage, Token

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.events import BoundaryEventSpec, EventSubProcessStartSpec
    from loanflow.execution.machine import Machine

_Event = TypeVar("_Event", bound="BoundaryEventSpec | EventSubProcessStartSpec")

ERROR, ESCALATION, CANCEL = "error", "escalation", "cancel"


class Catch:
    """What an event catches: ``kind`` is error, escalation or cancel; ``code`` None means every code. Immutable."""

    __slots__ = ("code", "code_variable", "kind", "message_variable")

    def __init__(
        self, kind: str, *, code: Formula | None = None, code_variable: str | None = None, message_variable: str | None = None
    ) -> None:
        self.kind = kind
        self.code = code
        self.code_variable = code_variable
        self.message_variable = message_variable

    def variables(self, code: str | None, message: str) -> dict[str, Any]:
        """Return code and message under the names the model gives them."""
        values: dict[str, Any] = {}
        if self.code_variable:
            values[self.code_variable] = code
        if self.message_variable:
            values[self.message_variable] = message or None
        return values


def throw_error(machine: Machine, token: Token, code: str | None, message: str, variables: Mapping[str, Any]) -> None:
    """Steer a BPMN error to whoever catches it; the token stops with an incident where nobody does."""
    if not _steer(machine, token, ERROR, code, message, variables):
        detail = f" ({message})" if message else ""
        machine.raise_incident(
            token,
            "uncaught-error",
            f"{token.task_spec.words}: error {code or 'without a code'}{detail} is caught by no boundary event; "
            "expected one on this or an enclosing activity, or an event sub-process",
        )


def throw_escalation(machine: Machine, token: Token, code: str | None, variables: Mapping[str, Any]) -> bool:
    """Steer an escalation to whoever catches it; say whether anyone did.

    What is not interrupted by it goes on.
    """
    return _steer(machine, token, ESCALATION, code, "", variables)


def cancel_transaction(machine: Machine, transaction: Token) -> None:
    """Leave a transaction by the cancel event on its border, with all its instances where it has several."""
    if transaction.index is not None:
        assert transaction.scope.owner is not None
        transaction = transaction.scope.owner
    event = _nearest(transaction.task_spec.catchers, CANCEL, None, {}, machine)
    assert event is not None, "a transaction with a cancel end event has a cancel boundary event"
    event.caught(machine, transaction, {}, {})


def pass_out(machine: Machine, token: Token, to: Scope | None = None) -> None:
    """Map out the variables of each called process that what the token throws leaves on its way ``to`` a scope, or out of the case."""
    scope = token.scope
    while scope is not to and scope.owner is not None:
        scope.owner.task_spec.pass_out(machine, scope.owner)
        scope = scope.owner.scope


def _steer(machine: Machine, token: Token, kind: str, code: str | None, message: str, variables: Mapping[str, Any]) -> bool:
    told: dict[str, Any] = {"code": code, "message": message} if kind == ERROR else {"code": code}
    # In a case that is cancelled there is nothing but listeners of what was, and nobody to catch anything.
    source: Token | None = None if machine.cancelled else token
    while source is not None:
        if source.index is None and source.stage not in (Stage.BESIDE, Stage.TAKING):
            event = _nearest(source.task_spec.catchers, kind, code, source.scope.visible(), machine)
            if event is not None:
                pass_out(machine, token, source.scope)
                machine.record(f"{kind}.thrown", token, told)
                event.caught(machine, source, _values(event, code, message, variables), told)
                return True
        scope = source.scope
        if scope.owner is not None and scope.owner.stage == Stage.BESIDE:
            # Nothing is left of the called process but a listener of what was taken away with it.
            break
        if scope.body is not None and scope.body.catchers and not _is_interrupted(scope):
            # What an event sub-process throws on goes further out: it does not start itself again.
            others = [start for start in scope.body.catchers if start.activity is not source.task_spec]
            start = _nearest(others, kind, code, scope.visible(), machine)
            if start is not None:
                pass_out(machine, token, scope)
                machine.record(f"{kind}.thrown", token, told)
                start.caught(machine, scope, _values(start, code, message, variables), told)
                return True
        source = scope.owner
    if kind == ESCALATION:
        machine.record(f"{kind}.thrown", token, told)
    return False


def _nearest(events: Iterable[_Event], kind: str, code: str | None, seen: Variables, around: Surroundings) -> _Event | None:
    every: _Event | None = None
    for event in events:
        catch = event.catch
        if catch is None or catch.kind != kind:
            continue
        if catch.code is None:
            every = every or event
        elif code is not None and catch.code.string(seen, around) == code:
            return event
    return every


def _is_interrupted(scope: Scope) -> bool:
    return any(token.task_spec.interrupts_scope for token in scope.tokens.values())


def _values(
    event: BoundaryEventSpec | EventSubProcessStartSpec, code: str | None, message: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    assert event.catch is not None
    return {**variables, **event.catch.variables(code, message)}
