"""Sub-processes of every kind (clauses 10.3.5 "Sub-Processes" and 10.3.6 "Call Activity")."""

from __future__ import annotations

from collections.abc import Callable

from loanflow.bpmn.model import Container, SubProcess
from loanflow.bpmn.reader.activities import activity_fields
from loanflow.bpmn.reader.common import node_fields
from loanflow.bpmn.reader.reading import Reading
from loanflow.xmltree import Element

SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})


def read_sub_process(reading: Reading, element: Element, read_container: Callable[[Reading, Element], Container]) -> SubProcess:
    """Return a sub-process with its body."""
    source = reading.source
    by_event = source.flag(element, "triggeredByEvent", default=False)
    kind = {"transaction": "transaction", "adHocSubProcess": "adHoc"}.get(element.name.local, "event" if by_event else "embedded")
    completion = source.child(element, "completionCondition") if kind == "adHoc" else None
    return SubProcess(
        **node_fields(reading, element),
        **activity_fields(reading, element),
        body=read_container(reading, element),
        kind=kind,
        active_elements=reading.extension.active_elements(source, element) if kind == "adHoc" else None,
        completion_condition=source.formula(source.text(completion), completion) if completion is not None else None,
        cancel_remaining=source.flag(element, "cancelRemainingInstances", default=True) if kind == "adHoc" else True,
    )
