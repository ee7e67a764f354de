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
    ListenerKind,
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
    StartEvent: frozenset({None, MessageEvent, SignalEvent, TimerEvent}),
    IntermediateCatchEvent: frozenset({MessageEvent, SignalEvent, TimerEvent}),
    IntermediateThrowEvent: frozenset({None, MessageEvent, SignalEvent}),
    BoundaryEvent: frozenset({ErrorEvent, MessageEvent, SignalEvent, TimerEvent}),
    EndEvent: frozenset({None, ErrorEvent, MessageEvent, SignalEvent, TerminateEvent}),
}
"""What each kind of event may be about; None stands for an event about nothing.

Where ``MultipleEvent`` is listed, each of its definitions must be listed too.
"""

EVENT_SUB_PROCESS_STARTS: frozenset[type[EventDefinition]] = frozenset()
"""What may start an event sub-process."""

SUB_PROCESS_KINDS: frozenset[str] = frozenset({"embedded"})
"""The kinds of sub-process that run: ``embedded``, ``event``, ``transaction``, ``adHoc``."""

LISTENERS: Mapping[ListenerKind, frozenset[str]] = {ListenerKind.EXECUTION: frozenset(), ListenerKind.TASK: frozenset()}
"""The events that listeners may listen to, in the words of the files (``start``, ``complete``, ``completing``, ...)."""

AD_HOC_IN_SEQUENCE = False
AD_HOC_OUTPUT = False
COMPENSATION = False
CRON_TIMERS = False
INSTANCE_SAVE_POINTS = False
"""Save points and retries of each instance of a multi-instance."""
PARALLEL_MULTIPLE = False
"""Events that need all of their several triggers, rather than any of them."""
SIGNAL_VARIABLES = False
"""Variables that a thrown signal carries."""
STANDARD_LOOPS = False
