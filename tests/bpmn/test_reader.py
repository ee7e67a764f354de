"""What BPMN itself says, whatever the vendor: containers, flows, events, gateways, pools, the drawing."""

from __future__ import annotations

import pytest

from loanflow.bpmn.model import (
    BoundaryEvent,
    CompensateEvent,
    ConditionalEvent,
    Dialect,
    EndEvent,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    ExclusiveGateway,
    Language,
    LinkEvent,
    MultipleEvent,
    SignalEvent,
    StartEvent,
    SubProcess,
    TerminateEvent,
    TimerEvent,
    TimerKind,
    UserTask,
)
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.reader import survey
from tests.bpmn.drawing import CAMUNDA7, CAMUNDA8, PLAIN, file_of, model_of, process_of

C7_USED = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
C8_USED = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'


@pytest.mark.parametrize(
    ("namespaces", "body", "dialect"),
    [
        (CAMUNDA7, "", Dialect.CAMUNDA7),
        (CAMUNDA8, "", Dialect.CAMUNDA8),
        (PLAIN, "", Dialect.SPEC),
        (C7_USED, "", Dialect.CAMUNDA7),
        (C8_USED, "", Dialect.CAMUNDA8),
        (f"{C7_USED} {C8_USED}", '<userTask id="T" camunda:assignee="a"/>', Dialect.CAMUNDA7),
        (f"{CAMUNDA8} {C7_USED}", '<userTask id="T" camunda:assignee="a"/>', Dialect.CAMUNDA8),
    ],
)
def test_the_dialect_is_what_the_modeler_says_else_what_is_used(namespaces: str, body: str, dialect: Dialect) -> None:
    assert model_of(body, dialect=namespaces).dialect is dialect


def test_flows_come_in_document_order_whatever_the_elements_list() -> None:
    body = (
        '<exclusiveGateway id="G" default="C"><outgoing>C</outgoing><outgoing>A</outgoing><outgoing>B</outgoing>'
        '</exclusiveGateway><task id="T"/>'
        '<sequenceFlow id="B" sourceRef="G" targetRef="T"/><sequenceFlow id="A" sourceRef="G" targetRef="T"/>'
        '<sequenceFlow id="C" sourceRef="G" targetRef="T"/>'
    )
    nodes = process_of(body).body.nodes
    assert nodes["G"].outgoing == ("B", "A", "C")
    assert nodes["T"].incoming == ("B", "A", "C")
    assert nodes["G"].default_flow == "C"


def test_one_flow_without_condition_is_the_default_of_camunda_7_only() -> None:
    body = (
        '<exclusiveGateway id="G"/><task id="T"/><sequenceFlow id="A" sourceRef="G" targetRef="T"/>'
        '<sequenceFlow id="B" sourceRef="G" targetRef="T"><conditionExpression>${a}</conditionExpression></sequenceFlow>'
    )
    assert process_of(body).body.nodes["G"].default_flow == "A"
    gateway = process_of(body.replace("${a}", "=a"), dialect=CAMUNDA8).body.nodes["G"]
    assert isinstance(gateway, ExclusiveGateway)
    assert gateway.default_flow is None


EVENTS = [
    ("<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>", TimerEvent),
    ('<errorEventDefinition errorRef="X"/>', ErrorEvent),
    ('<signalEventDefinition signalRef="X"/>', SignalEvent),
    ('<escalationEventDefinition escalationRef="X"/>', EscalationEvent),
    ("<conditionalEventDefinition><condition>${a}</condition></conditionalEventDefinition>", ConditionalEvent),
    ('<linkEventDefinition name="L"/>', LinkEvent),
    ('<compensateEventDefinition activityRef="T"/>', CompensateEvent),
    ("<terminateEventDefinition/>", TerminateEvent),
    ("<terminateEventDefinition/><linkEventDefinition/>", MultipleEvent),
]
GLOBALS = {
    ErrorEvent: '<error id="X" name="n" errorCode="E1"/>',
    SignalEvent: '<signal id="X" name="s"/>',
    EscalationEvent: '<escalation id="X" name="n" escalationCode="C1"/>',
}


@pytest.mark.parametrize(("definition", "kind"), EVENTS)
def test_event_definitions(definition: str, kind: type[EventDefinition]) -> None:
    node = process_of(f'<endEvent id="E">{definition}</endEvent>', around=GLOBALS.get(kind, "")).body.nodes["E"]
    assert isinstance(node, EndEvent)
    assert isinstance(node.event, kind)
    match node.event:
        case TimerEvent():
            assert (node.event.kind, node.event.value.text) == (TimerKind.CYCLE, "R3/PT1H")
        case ErrorEvent():
            assert node.event.code is not None
            assert (node.event.code.text, node.event.error_name) == ("E1", "n")
        case SignalEvent():
            assert node.event.name.text == "s"
        case EscalationEvent():
            assert node.event.code is not None
            assert node.event.code.text == "C1"
        case ConditionalEvent():
            assert node.event.condition.language is Language.JUEL
        case LinkEvent():
            assert node.event.name == "L"
        case CompensateEvent():
            assert node.event.activity == "T"
        case _:
            pass


def test_an_event_may_refer_to_a_definition_beside_the_process() -> None:
    node = process_of(
        '<intermediateCatchEvent id="E"><eventDefinitionRef>T</eventDefinitionRef></intermediateCatchEvent>',
        around='<timerEventDefinition id="T"><timeDuration>PT1H</timeDuration></timerEventDefinition>',
    ).body.nodes["E"]
    assert isinstance(node, Event)
    assert isinstance(node.event, TimerEvent)


def test_references_may_carry_a_prefix() -> None:
    body = (
        '<boundaryEvent id="B" attachedToRef="t:T" cancelActivity="false"><errorEventDefinition errorRef="t:X"/>'
        '</boundaryEvent><task id="T"/>'
    )
    node = process_of(body, dialect=CAMUNDA7 + ' xmlns:t="t"', around='<error id="X" errorCode="E1"/>').body.nodes["B"]
    assert isinstance(node, BoundaryEvent)
    assert (node.attached_to, node.cancel_activity) == ("T", False)


@pytest.mark.parametrize(
    ("tag", "attributes", "kind"),
    [
        ("subProcess", "", "embedded"),
        ("subProcess", 'triggeredByEvent="true"', "event"),
        ("transaction", "", "transaction"),
        ("adHocSubProcess", "", "adHoc"),
    ],
)
def test_sub_processes(tag: str, attributes: str, kind: str) -> None:
    node = process_of(f'<{tag} id="S" {attributes}><startEvent id="I" isInterrupting="false"/></{tag}>').body.nodes["S"]
    assert isinstance(node, SubProcess)
    assert node.kind == kind
    inner = node.body.nodes["I"]
    assert isinstance(inner, StartEvent)
    assert not inner.interrupting


def test_pools_lanes_and_artifacts() -> None:
    body = (
        '<laneSet><lane id="L1" name="Bank"><flowNodeRef>T</flowNodeRef><childLaneSet><lane id="L2"/></childLaneSet></lane></laneSet>'
        '<task id="T"><dataInputAssociation id="A1"><sourceRef>DR</sourceRef></dataInputAssociation></task>'
        '<dataObjectReference id="DR" name="File"/>'
        '<textAnnotation id="N"><text>note</text></textAnnotation><association id="A" sourceRef="T" targetRef="N"/>'
    )
    around = (
        '<collaboration id="C"><participant id="P1" name="Bank" processRef="P"/><participant id="P2" name="Customer"/>'
        '<messageFlow id="MF" sourceRef="P2" targetRef="T"/></collaboration>'
    )
    model = model_of(body, around=around)
    assert [(p.id, p.process) for p in model.participants] == [("P1", "P"), ("P2", None)]
    assert [(f.source, f.target) for f in model.message_flows] == [("P2", "T")]
    process = model.processes[0]
    assert [(lane.id, lane.flow_nodes) for lane in process.lanes] == [("L1", ("T",)), ("L2", ())]
    assert {(a.kind, a.name, a.source, a.target) for a in process.body.artifacts} == {
        ("dataAssociation", None, "DR", "T"),
        ("dataObjectReference", "File", None, None),
        ("textAnnotation", "note", None, None),
        ("association", None, "T", "N"),
    }


def test_the_drawing() -> None:
    drawing = (
        '<b:BPMNDiagram xmlns:b="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
        ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI"><b:BPMNPlane bpmnElement="P">'
        '<b:BPMNShape bpmnElement="S" isExpanded="true"><dc:Bounds x="1" y="2.5" width="3" height="4"/><b:BPMNLabel>'
        '<dc:Bounds x="5" y="6" width="7" height="8"/>'
        '</b:BPMNLabel></b:BPMNShape><b:BPMNEdge bpmnElement="F"><di:waypoint x="1" y="2"/><di:waypoint x="3" y="4"/>'
        "</b:BPMNEdge></b:BPMNPlane></b:BPMNDiagram>"
    )
    (diagram,) = model_of("", around=drawing).diagrams
    shape, edge = diagram.shapes["S"], diagram.edges["F"]
    assert (shape.bounds.y, shape.expanded, shape.marker_visible) == (2.5, True, None)
    assert shape.label is not None
    assert shape.label.x == 5
    assert [(point.x, point.y) for point in edge.waypoints] == [(1, 2), (3, 4)]


def test_documentation_and_lines_are_kept() -> None:
    node = process_of('\n\n<userTask id="T"><documentation>a</documentation><documentation>b</documentation></userTask>').body.nodes["T"]
    assert isinstance(node, UserTask)
    assert (node.line, node.documentation) == (3, "a\n\nb")


def test_a_reference_to_nothing_is_a_finding_with_the_field_of_the_panel() -> None:
    found = survey(file_of('<receiveTask id="T" messageRef="M"/>'), file="f")
    (problem,) = found.problems
    assert (problem.code, problem.element_id, problem.property) == ("bpmn/unresolved-reference", "T", "Message")


@pytest.mark.parametrize("ends", [("B", "U"), ("U", "B")])
def test_an_association_leads_from_a_compensation_event_to_what_undoes(ends: tuple[str, str]) -> None:
    body = (
        '<task id="T"/><task id="U" isForCompensation="true"/><boundaryEvent id="B" attachedToRef="T"><compensateEventDefinition/>'
        f'</boundaryEvent><textAnnotation id="N"/><association id="X" sourceRef="B" targetRef="N"/>'
        f'<association id="A" sourceRef="{ends[0]}" targetRef="{ends[1]}"/>'
    )
    node = process_of(body).body.nodes["B"]
    assert isinstance(node, BoundaryEvent)
    assert node.undone_by == "U"


def test_a_thrown_compensation_waits_unless_told_not_to() -> None:
    body = '<endEvent id="E"><compensateEventDefinition waitForCompletion="false"/></endEvent>'
    node = process_of(body).body.nodes["E"]
    assert isinstance(node, EndEvent)
    assert isinstance(node.event, CompensateEvent)
    assert not node.event.wait_for_completion


@pytest.mark.parametrize(("method", "refused"), [("##Compensate", False), ("##Store", True)])
def test_a_transaction_is_undone_by_compensation_only(method: str, refused: bool) -> None:
    found = survey(file_of(f'<transaction id="T" method="{method}"/>'), file="f")
    assert [problem.code for problem in found.problems] == ["bpmn/unsupported"] * refused


def test_a_reference_that_is_nearly_right_is_told_which_it_meant() -> None:
    body = '<startEvent id="S"><messageEventDefinition messageRef="Mesage_1"/></startEvent>'
    (problem,) = survey(file_of(body, around='<message id="Message_1" name="m"/>'), file="f").problems
    assert (problem.code, problem.hint) == ("bpmn/unresolved-reference", "did you mean Message_1?")


def test_a_call_of_a_global_task_is_refused_by_name() -> None:
    found = survey(file_of('<callActivity id="C" calledElement="G"/>', around='<globalUserTask id="G"/>'), file="f")
    (problem,) = found.problems
    assert (problem.code, problem.element_id, problem.message) == ("bpmn/unsupported", "C", "a call of a global task is not supported")
