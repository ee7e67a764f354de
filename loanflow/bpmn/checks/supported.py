"""Which constructs execution runs: the one table to widen when it learns another.

``unsupported`` refuses by name what is not listed here. Everything here concerns executable processes only.
"""

from __future__ import annotations

from collections.abc import Mapping

from loanflow.bpmn.model import (
    BoundaryEvent,
    BusinessRuleTask,
    CallActivity,
    EndEvent,
    ErrorEvent,
    EventBasedGateway,
    EventDefinition,
    ExclusiveGateway,
    FlowNode,
    InclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    ManualTask,
    MessageEvent,
    NoneTask,
    ParallelGateway,
    ReceiveTask,
    ScriptTask,
    SendTask,
    ServiceTask,
    SignalEvent,
    StartEvent,
    SubProcess,
    TerminateEvent,
    TimerEvent,
    UserTask,
)

NODES: frozenset[type[FlowNode]] = frozenset(
    {
        BoundaryEvent,
        BusinessRuleTask,
        CallActivity,
        EndEvent,
        EventBasedGateway,
        ExclusiveGateway,
        InclusiveGateway,
        IntermediateCatchEvent,
        IntermediateThrowEvent,
        ManualTask,
        NoneTask,
        ParallelGateway,
        ReceiveTask,
        ScriptTask,
        SendTask,
        ServiceTask,
        StartEvent,
        SubProcess,
        UserTask,
    }
)
"""The kinds of flow node that run."""

EVENTS: Mapping[type[FlowNode], frozenset[type[EventDefinition] | None]] = {
    StartEvent: frozenset({None, MessageEvent, TimerEvent}),
    IntermediateCatchEvent: frozenset({MessageEvent, SignalEvent, TimerEvent}),
    IntermediateThrowEvent: frozenset({None, MessageEvent, SignalEvent}),
    BoundaryEvent: frozenset({ErrorEvent, MessageEvent, SignalEvent, TimerEvent}),
    EndEvent: frozenset({None, ErrorEvent, MessageEvent, SignalEvent, TerminateEvent}),
}
"""What each kind of event may be about; None stands for an event about nothing."""

SUB_PROCESS_KINDS: frozenset[str] = frozenset({"embedded"})
"""The kinds of sub-process that run: ``embedded``, ``event``, ``transaction``, ``adHoc``."""

STANDARD_LOOPS = False
COMPENSATION = False
LISTENERS = False
CRON_TIMERS = False
