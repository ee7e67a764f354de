"""Which constructs execution runs: the one table to widen when it learns another.

``unsupported`` refuses by name what is not listed here. Everything here concerns executable processes only.
"""

from __future__ import annotations

from collections.abc import Mapping

from loanflow.bpmn.model import (
    BoundaryEvent,
    BusinessRuleTask,
    CallActivity,
    CancelEvent,
    CompensateEvent,
    ConditionalEvent,
    EndEvent,
    ErrorEvent,
    EscalationEvent,
    EventBasedGateway,
    EventDefinition,
    ExclusiveGateway,
    FlowNode,
    InclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    LinkEvent,
    ListenerKind,
    ManualTask,
    MessageEvent,
    MultipleEvent,
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
    StartEvent: frozenset({None, ConditionalEvent, MessageEvent, MultipleEvent, SignalEvent, TimerEvent}),
    IntermediateCatchEvent: frozenset({ConditionalEvent, LinkEvent, MessageEvent, MultipleEvent, SignalEvent, TimerEvent}),
    IntermediateThrowEvent: frozenset({None, CompensateEvent, EscalationEvent, LinkEvent, MessageEvent, MultipleEvent, SignalEvent}),
    BoundaryEvent: frozenset(
        {
            CancelEvent,
            CompensateEvent,
            ConditionalEvent,
            ErrorEvent,
            EscalationEvent,
            MessageEvent,
            MultipleEvent,
            SignalEvent,
            TimerEvent,
        }
    ),
    EndEvent: frozenset(
        {
            None,
            CancelEvent,
            CompensateEvent,
            ErrorEvent,
            EscalationEvent,
            MessageEvent,
            MultipleEvent,
            SignalEvent,
            TerminateEvent,
        }
    ),
}
"""What each kind of event may be about; None stands for an event about nothing.

Where ``MultipleEvent`` is listed, each of its definitions must be listed too, and be one of those that go together.
"""

CAUGHT_TOGETHER: frozenset[type[EventDefinition]] = frozenset({ConditionalEvent, MessageEvent, SignalEvent, TimerEvent})
THROWN_TOGETHER: frozenset[type[EventDefinition]] = frozenset({EscalationEvent, MessageEvent, SignalEvent})
"""What may be one of several triggers, or of several things thrown: what is waited for, and what goes out and lets its token go on."""

EVENT_SUB_PROCESS_STARTS: frozenset[type[EventDefinition]] = frozenset(
    {CompensateEvent, ConditionalEvent, ErrorEvent, EscalationEvent, MessageEvent, MultipleEvent, SignalEvent, TimerEvent}
)
"""What may start an event sub-process."""

SUB_PROCESS_KINDS: frozenset[str] = frozenset({"embedded", "event", "transaction", "adHoc"})
"""The kinds of sub-process that run: ``embedded``, ``event``, ``transaction``, ``adHoc``."""

LISTENERS: Mapping[ListenerKind, frozenset[str]] = {
    ListenerKind.EXECUTION: frozenset({"start", "end", "take"}),
    ListenerKind.TASK: frozenset(
        {
            "create",
            "creating",
            "assignment",
            "assigning",
            "update",
            "updating",
            "complete",
            "completing",
            "delete",
            "canceling",
            "timeout",
        }
    ),
}
"""The events that listeners may listen to, in the words of the files (``start``, ``complete``, ``completing``, ...)."""

AD_HOC_IN_SEQUENCE = True
COMPENSATION = True
PARALLEL_MULTIPLE = True
"""Events that need all of their several triggers, rather than any of them."""
SIGNAL_VARIABLES = True
"""Variables that a thrown signal carries."""
STANDARD_LOOPS = True
