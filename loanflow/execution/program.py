"""A process definition, compiled: what `compile_process` gives and threads share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loanflow.bpmn.model import Dialect
from loanflow.execution.expressions import Stuck, Variables
from loanflow.execution.flow_nodes.activities import JobTaskSpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import EventSubProcessStartSpec, StartEventSpec
from loanflow.execution.spiff import WorkflowSpec
from loanflow.execution.tokens import Beside, Wait
from loanflow.execution.triggers import ConditionTrigger, TimerTrigger

NEVER = datetime.min.replace(tzinfo=UTC)


class ProgramSpec(WorkflowSpec):
    """SpiffWorkflow's view of the process: every flow node by id, those of sub-processes too; ``name`` is the program id."""

    name: str
    task_specs: dict[str, FlowNodeSpec]

    def __init__(self, program_id: str, file: str) -> None:
        super().__init__(name=program_id, filename=file, addstart=False)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A container: where tokens start when nothing in particular happened, and the event sub-processes in it.

    ``armed`` are the start events that wait for something, ``catchers`` those that catch what is thrown inside,
    ``compensation`` the one that undoes the container once it is completed. ``compensable`` says whether anything inside could be,
    ``armed_by_start`` that the start event arms what is to be armed.
    """

    element_id: str
    starts: tuple[FlowNodeSpec, ...]
    armed: tuple[EventSubProcessStartSpec, ...] = ()
    catchers: tuple[EventSubProcessStartSpec, ...] = ()
    compensation: EventSubProcessStartSpec | None = None
    compensable: bool = False
    armed_by_start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTrigger:
    """What starts cases of a process: ``kind`` is ``none``, ``message``, ``signal``, ``timer`` or ``condition``.

    ``name`` is that of the message or signal. A start event with several triggers stands here once for each.
    """

    element_id: str
    kind: str
    name: str | None = None
    initiator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """A compiled process definition; immutable, one per deployed version. ``ending`` is where its own end listeners run."""

    id: str
    process_id: str
    name: str | None
    dialect: Dialect
    spec: ProgramSpec
    body: Body
    ending: FlowNodeSpec | None
    nodes: Mapping[str, FlowNodeSpec]

    @property
    def start_events(self) -> tuple[StartTrigger, ...]:
        """The process's start events in document order; names of messages are computed without variables."""
        return tuple(trigger for spec in self.top_start_specs() for trigger in self._start_triggers(spec))

    def first_due(self, element_id: str, *, now: datetime, fired_memo: Any = None) -> tuple[datetime, Any] | None:
        """Say when a timer start event is due, and the memo to pass for the round after it; None where it is used up.

        ``now`` is the deployment's instant; a date or duration has one round, a cycle as many as it says.
        """
        spec = self.nodes[element_id]
        triggers = spec.triggers if isinstance(spec, StartEventSpec) else ()
        trigger = next((trigger for trigger in triggers if isinstance(trigger, TimerTrigger)), None)
        if trigger is None:
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

    def hears_of_changes(self, element_id: str, *, assigned: bool) -> bool:
        """Say whether listeners want to know that an open user task changes, or who it is ``assigned`` to now."""
        listeners = self.nodes[element_id].listeners
        return listeners is not None and (Beside.CHANGED in listeners.beside or (assigned and Beside.ASSIGNED in listeners.beside))

    def judges_failures(self, element_id: str) -> bool:
        """Say whether the failure of the element's job may stand for a BPMN error."""
        spec = self.nodes.get(element_id)
        return isinstance(spec, JobTaskSpec) and bool(spec.job.errors)

    def condition_holds(self, element_id: str, variables: Variables, *, now: datetime) -> bool:
        """Say whether the condition of a conditional start event holds for these variables.

        Raises:
            Stuck: it gave neither true nor false.
        """
        around = Alone(now)
        spec = self.nodes[element_id]
        triggers = spec.triggers if isinstance(spec, StartEventSpec) else ()
        return any(isinstance(trigger, ConditionTrigger) and trigger.formula.is_true(variables, around) for trigger in triggers)

    def _start_triggers(self, spec: StartEventSpec) -> list[StartTrigger]:
        if not spec.triggers:
            return [StartTrigger(element_id=spec.name, kind="none", initiator=spec.initiator)]
        found: list[StartTrigger] = []
        for trigger in spec.triggers:
            kind, name = Wait.TIMER, None
            if not isinstance(trigger, TimerTrigger):
                plan = trigger.plan({}, Alone(NEVER), NEVER)
                kind, name = plan.wait, plan.name or None
            found.append(StartTrigger(element_id=spec.name, kind=kind, name=name, initiator=spec.initiator))
        return found


class Alone:
    """The surroundings of a start event: before there is a case there are no functions, and only the deployment's instant."""

    def __init__(self, now: datetime) -> None:
        self.clock: Callable[[], datetime] = lambda: now
        self.functions: Callable[[str], Callable[..., Any] | None] = lambda name: None
        self.within = self.functions
        self.execution: dict[str, Any] = {}
