"""Sub-processes of every kind (clauses 10.3.5 "Sub-Processes" and 10.3.6 "Call Activity")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
    node = SubProcess(
        **node_fields(reading, element), **activity_fields(reading, element), body=read_container(reading, element), kind=kind
    )
    return _ad_hoc(reading, element, node) if kind == "adHoc" else node


def _ad_hoc(reading: Reading, element: Element, node: SubProcess) -> SubProcess:
    source = reading.source
    completion = source.child(element, "completionCondition")
    ordering = source.attribute(element, "ordering")
    if ordering not in (None, "Parallel", "Sequential"):
        source.refuse(
            element,
            "bpmn/invalid-value",
            "the ordering of an ad-hoc sub-process is neither Parallel nor Sequential",
            property="ordering",
            expected="Parallel or Sequential",
            found=ordering,
        )
    return replace(
        node,
        sequential=ordering == "Sequential",
        completion_condition=source.formula(source.text(completion), completion) if completion is not None else None,
        cancel_remaining=source.flag(element, "cancelRemainingInstances", default=True),
        **reading.extension.ad_hoc(source, element),
    )
