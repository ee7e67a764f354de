"""A sequence flow that starts or ends nowhere, or crosses the border of a sub-process (clause 8.4.13 "Sequence Flow")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.model import SequenceFlow
from loanflow.bpmn.words import quoted
from loanflow.problems import Problem

CODE = "bpmn/dangling-flow"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each end of a flow that meets no flow node of its own scope."""
    elsewhere = {node.id: node for process in scene.model.processes for node in process.body.walk()}
    for scope, flow in scene.flows():
        for property, verb, end in (("sourceRef", "starts", flow.source), ("targetRef", "ends", flow.target)):
            if end in scope.container.nodes:
                continue
            if end in elsewhere:
                yield _crossing(scene, scope, flow, property, verb, quoted(elsewhere[end].name, end))
            else:
                yield scene.finding(
                    flow,
                    CODE,
                    f"the sequence flow {verb} nowhere",
                    property=property,
                    expected="the id of a flow node in the same process",
                    found=end or "nothing",
                    hint=nearest_hint(end, scope.container.nodes, otherwise="draw the arrow again on the canvas"),
                )


def _crossing(scene: Scene, scope: Scope, flow: SequenceFlow, property: str, verb: str, end: str) -> Problem:
    border = "the border of a sub-process" if scope.owner is not None else "the border of a pool or sub-process"
    return scene.finding(
        flow,
        "bpmn/flow-crosses-border",
        f"the sequence flow {verb} at {end}, across {border}",
        property=property,
        expected="both ends in the same process or sub-process",
        found=end,
        hint="connect the sub-process itself; between pools draw a message flow",
    )
