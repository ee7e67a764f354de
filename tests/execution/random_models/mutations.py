"""Do the random models notice an engine that is wrong? Each mutation breaks one rule; some course must go otherwise than expected.

python -m tests.execution.random_models.mutations [NAME ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, seed, settings

from loanflow.execution import CaseExecution, Program, compensation, conditions, steering
from loanflow.execution.flow_nodes.activities import ActivitySpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import AdHocSubProcessSpec, CallActivitySpec
from loanflow.execution.flow_nodes.events import (
    BoundaryEventSpec,
    CancelEndSpec,
    CatchSpec,
    EventSubProcessStartSpec,
    LinkThrowSpec,
    MessageThrow,
    TerminateEndSpec,
)
from loanflow.execution.flow_nodes.gateways import ExclusiveGatewaySpec, InclusiveGatewaySpec, ParallelGatewaySpec
from loanflow.execution.flow_nodes.multi_instance import Instances
from loanflow.execution.flow_nodes.repetition import Loop
from loanflow.execution.machine import Machine
from loanflow.execution.tokens import Token
from loanflow.execution.triggers import ConditionTrigger, NameTrigger
from tests.execution.random_models.blocks import RandomProcess
from tests.execution.random_models.generator import processes
from tests.execution.random_models.playing import load, play_all

Change = tuple[Any, str, Any]


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


def _lose_at_inclusive_join(spec: InclusiveGatewaySpec, machine: Machine, scope: Any) -> None:
    machine.drop(spec.merge(machine, scope, None))
    if not scope.tokens:
        machine.scope_emptied(scope)


def _keep_armed(spec: ActivitySpec, machine: Machine, token: Token) -> None:
    watchers, token.watchers = token.watchers, None
    _FINISH(spec, machine, token)
    token.watchers = watchers


_FINISH = ActivitySpec.finish


def _last_open(spec: ExclusiveGatewaySpec, machine: Machine, token: Token) -> Any:
    seen = token.scope.visible()
    for flow in reversed(spec.outgoing):
        if flow is not spec.default and (flow.condition is None or flow.condition.holds(seen, machine)):
            return (flow,)
    return (spec.default,)


_TAKE = compensation.take


def _oldest_first(scope: Any, activity: str | None) -> list[Any]:
    return _TAKE(scope, activity)[::-1]


_ESCALATE = steering.throw_escalation


def _escalate_past_the_scope(machine: Machine, token: Token, code: str | None, variables: Any) -> bool:
    owner = token.scope.owner
    outer = owner.scope.owner if owner is not None else token
    return outer is not None and _ESCALATE(machine, outer, code, variables)


_BEGIN = EventSubProcessStartSpec.begin


def _interrupt_always(spec: EventSubProcessStartSpec, machine: Machine, scope: Any, values: Any) -> Token:
    machine.interrupt_inside(scope, "mutated")
    return _BEGIN(spec, machine, scope, values)


def _interrupt_never(spec: EventSubProcessStartSpec, machine: Machine, scope: Any, values: Any) -> Token:
    with patch.object(machine, "interrupt_inside", _always(None)):
        return _BEGIN(spec, machine, scope, values)


_LOAD = CaseExecution.load.__func__  # type: ignore[attr-defined]


def _loading(spoil: Callable[[Machine], None]) -> classmethod[Any, Any, Any]:
    def spoiled(kind: type[CaseExecution], data: bytes, **more: Any) -> CaseExecution:
        case = _LOAD(kind, data, **more)
        spoil(case._machine)
        return case

    return classmethod(spoiled)


def _lose_a_subscription(machine: Machine) -> None:
    for token in list(machine.tasks.values()):
        if token.host is not None and token.wait == "message":
            assert token.host.watchers is not None
            token.host.watchers.remove(token)
            machine.drop(token)
            return


def _lose_what_could_be_undone(machine: Machine) -> None:
    machine.root.done = None


def _lose_a_number(machine: Machine) -> None:
    machine.next_id += 1


def _end_only_the_path(spec: TerminateEndSpec, machine: Machine, token: Token) -> None:
    FlowNodeSpec.leave(spec, machine, token)


def _end_the_scope_around(spec: TerminateEndSpec, machine: Machine, token: Token) -> None:
    scope = token.scope
    if scope.owner is not None:
        scope = scope.owner.scope
    machine.record("element.completed", token)
    machine.interrupt_inside(scope, "mutated")
    machine.scope_emptied(scope)


def _any_code(events: Any, kind: str, code: str | None, seen: Any, around: Any) -> Any:
    return next((event for event in events if event.catch is not None and event.catch.kind == kind), None)


def _catch_all_first(events: Any, kind: str, code: str | None, seen: Any, around: Any) -> Any:
    return _NEAREST(events, kind, None, seen, around) or _NEAREST(events, kind, code, seen, around)


_NEAREST = steering._nearest


def _lose_on_a_link(spec: LinkThrowSpec, machine: Machine, token: Token) -> None:
    scope = token.scope
    machine.record("element.completed", token)
    machine.drop(token)
    if not scope.tokens:
        machine.scope_emptied(scope)


def _forget_the_error(machine: Machine, token: Token, *_: Any) -> None:
    scope = token.scope
    machine.drop(token)
    if not scope.tokens:
        machine.scope_emptied(scope)


_THROW_MESSAGE = MessageThrow.throw


def _send_twice(throw: MessageThrow, machine: Machine, token: Token) -> None:
    _THROW_MESSAGE(throw, machine, token)
    _THROW_MESSAGE(throw, machine, token)


def _first_of_all(spec: CatchSpec, machine: Machine, token: Token, values: Any) -> None:
    was, spec.__dict__["parallel"] = spec.parallel, False
    try:
        _HAPPENED(spec, machine, token, values)
    finally:
        spec.__dict__["parallel"] = was


_HAPPENED = CatchSpec.happened


def _all_at_once(spec: AdHocSubProcessSpec, machine: Machine, token: Token) -> Any:
    chosen = list(spec.body.starts) if spec.elements is None else spec._chosen(machine, token, spec.elements)
    if spec.sequential:
        token.memo = [[]]
    return chosen


def _keep_the_race(machine: Machine, token: Token) -> None:
    host = token.host
    assert host is not None
    assert host.watchers is not None
    host.watchers.remove(token)
    token.host = None


def _once_more(loop: Loop, machine: Machine, token: Token, scope: Any, done: int) -> bool:
    return _AGAIN(loop, machine, token, scope, done - 1 if done > 1 else done)


_AGAIN = Loop._again


def _strike_beside(spec: BoundaryEventSpec, machine: Machine, token: Token, values: Any) -> None:
    was, spec.__dict__["interrupting"] = spec.interrupting, False
    try:
        _STRUCK(spec, machine, token, values)
    finally:
        spec.__dict__["interrupting"] = was


_STRUCK = BoundaryEventSpec.happened


def _cancel_without_undoing(spec: CancelEndSpec, machine: Machine, token: Token) -> bool:
    machine.interrupt_inside(token.scope, "mutated", sparing=token)
    spec._cancel(machine, token)
    return False


MUTATIONS: dict[str, Change] = {
    "an inclusive join loses its token": (InclusiveGatewaySpec, "release", _lose_at_inclusive_join),
    "an inclusive join waits for nobody": (InclusiveGatewaySpec, "may_release", _always(True)),
    "a parallel join lets every token through": (ParallelGatewaySpec, "work", _always(True)),
    "a boundary event is not disarmed": (ActivitySpec, "finish", _keep_armed),
    "an interrupting boundary event does not interrupt": (BoundaryEventSpec, "happened", _strike_beside),
    "exclusive flows are tried from the last": (ExclusiveGatewaySpec, "choose", _last_open),
    "the oldest is undone first": (compensation, "take", _oldest_first),
    "a cancelled transaction undoes nothing": (CancelEndSpec, "work", _cancel_without_undoing),
    "a completion condition is ignored": (Instances, "_enough", _always(False)),
    "a loop runs once more than it may": (Loop, "_again", _once_more),
    "an escalation passes the scope it is thrown in": (steering, "throw_escalation", _escalate_past_the_scope),
    "an interrupted scope still catches": (steering, "_is_interrupted", _always(False)),
    "a code catches every other too": (steering, "_nearest", _any_code),
    "what catches all goes first": (steering, "_nearest", _catch_all_first),
    "an uncaught error ends its path": (steering, "throw_error", _forget_the_error),
    "every event sub-process interrupts": (EventSubProcessStartSpec, "begin", _interrupt_always),
    "no event sub-process interrupts": (EventSubProcessStartSpec, "begin", _interrupt_never),
    "a snapshot loses a subscription": (CaseExecution, "load", _loading(_lose_a_subscription)),
    "a snapshot loses what could be undone": (CaseExecution, "load", _loading(_lose_what_could_be_undone)),
    "a snapshot loses count of the tokens": (CaseExecution, "load", _loading(_lose_a_number)),
    "terminate ends only its own path": (TerminateEndSpec, "leave", _end_only_the_path),
    "terminate ends the scope around too": (TerminateEndSpec, "leave", _end_the_scope_around),
    "a link leads nowhere": (LinkThrowSpec, "leave", _lose_on_a_link),
    "a message is sent twice": (MessageThrow, "throw", _send_twice),
    "a message is waited for only once": (NameTrigger, "again", _always(None)),
    "the first of several triggers is enough": (CatchSpec, "happened", _first_of_all),
    "a change wakes no condition": (conditions, "changed", _always(None)),
    "a condition that holds already is not seen": (ConditionTrigger, "plan", lambda *_: ConditionTrigger.again(_[0], None)),
    "enough is never enough in an ad-hoc sub-process": (AdHocSubProcessSpec, "enough", _always("")),
    "an ad-hoc sequence runs at once": (AdHocSubProcessSpec, "starts", _all_at_once),
    "a call brings nothing back": (CallActivitySpec, "_mapped_out", _always(({}, {}))),
}
"""What is broken: whose attribute, and by what it is replaced. Each breaks every case that comes by it."""


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Break the rule for as long as the context lasts."""
    owner, attribute, broken = MUTATIONS[name]
    with patch.object(owner, attribute, broken):
        yield


def drawn(models: int, number: int = 1) -> list[tuple[RandomProcess, tuple[Program, ...]]]:
    """Return so many random processes, always the same for a number."""
    found: list[tuple[RandomProcess, tuple[Program, ...]]] = []

    @seed(number)
    @settings(max_examples=models, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(process=processes())
    def draw(process: RandomProcess) -> None:
        found.append((process, load(process)))

    draw()
    return found


def noticed_after(name: str, models: list[tuple[RandomProcess, tuple[Program, ...]]], runs: int) -> int | None:
    """Return how many of the processes it takes to notice the mutation, None where they all go on as expected."""
    with mutated(name):
        for number, (process, programs) in enumerate(models, 1):
            try:
                play_all(process, programs, runs)
            except Exception:
                return number
    return None


def main(names: list[str]) -> int:
    models = drawn(100)
    missed = 0
    for name in names or MUTATIONS:
        after = noticed_after(name, models, 20)
        missed += after is None
        print(f"{name}: {'NOT NOTICED' if after is None else f'noticed after {after} processes'}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
