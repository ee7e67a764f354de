"""A process definition, compiled: what `compile_process` gives and threads share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loanflow.bpmn.model import Dialect
from loanflow.execution.expressions import Stuck
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import StartEventSpec
from loanflow.execution.spiff import WorkflowSpec
from loanflow.execution.tokens import Wait
from loanflow.execution.triggers import TimerTrigger

NEVER = datetime.min.replace(tzinfo=UTC)


class ProgramSpec(WorkflowSpec):
    """SpiffWorkflow's view of the process: every flow node by id, those of sub-processes too; ``name`` is the program id."""

    name: str
    task_specs: dict[str, FlowNodeSpec]

    def __init__(self, program_id: str, file: str) -> None:
        super().__init__(name=program_id, filename=file, addstart=False)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A container: where tokens start when nothing in particular happened."""

    element_id: str
    starts: tuple[FlowNodeSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTrigger:
    """What starts cases of a process: ``kind`` is ``none``, ``message``, ``signal`` or ``timer``; ``name`` the message or signal."""

    element_id: str
    kind: str
    name: str | None = None
    initiator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """A compiled process definition; immutable, one per deployed version."""

    id: str
    process_id: str
    name: str | None
    dialect: Dialect
    spec: ProgramSpec
    body: Body
    nodes: Mapping[str, FlowNodeSpec]

    @property
    def start_events(self) -> tuple[StartTrigger, ...]:
        """The process's start events in document order; names of messages are computed without variables."""
        return tuple(self._start_trigger(spec) for spec in self.top_start_specs())

    def first_due(self, element_id: str, *, now: datetime, fired_memo: Any = None) -> tuple[datetime, Any] | None:
        """Say when a timer start event is due, and the memo to pass for the round after it; None where it is used up.

        ``now`` is the deployment's instant; a date or duration has one round, a cycle as many as it says.
        """
        spec = self.nodes[element_id]
        trigger = spec.trigger if isinstance(spec, StartEventSpec) else None
        if not isinstance(trigger, TimerTrigger):
            raise ValueError(f"{element_id} is no timer start event")
        around = Alone(now)
        try:
            plan = trigger.plan({}, around, now) if fired_memo is None else trigger.again(fired_memo)
        except Stuck:
            return None
        return None if plan is None or plan.due_at is None else (plan.due_at, plan.memo)

    def top_start_specs(self) -> tuple[StartEventSpec, ...]:
        """The start events of the process itself, in document order."""
        return tuple(spec for spec in self.nodes.values() if isinstance(spec, StartEventSpec) and spec.top_level)

    def _start_trigger(self, spec: StartEventSpec) -> StartTrigger:
        trigger = spec.trigger
        if trigger is None:
            return StartTrigger(element_id=spec.name, kind="none", initiator=spec.initiator)
        if isinstance(trigger, TimerTrigger):
            return StartTrigger(element_id=spec.name, kind=Wait.TIMER, initiator=spec.initiator)
        plan = trigger.plan({}, Alone(NEVER), NEVER)
        return StartTrigger(element_id=spec.name, kind=plan.wait, name=plan.name, initiator=spec.initiator)


class Alone:
    """The surroundings of a start event: before there is a case there are no functions, and only the deployment's instant."""

    def __init__(self, now: datetime) -> None:
        self.clock: Callable[[], datetime] = lambda: now
        self.functions: Callable[[str], Callable[..., Any] | None] = lambda name: None
        self.execution: dict[str, Any] = {}
