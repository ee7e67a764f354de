"""Files checked together: references, near misses, duplicates."""

from __future__ import annotations

import json

import pytest

from loanflow.deployment import Checked, bundle, check_files, to_json, to_lint, to_text
from loanflow.errors import DefinitionError
from loanflow.problems import Problem, Severity, errors_in
from tests.bpmn.corpus import ROOT, SHARED, needs_shared
from tests.bpmn.drawing import CAMUNDA8, file_of

TABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="D" name="Grades" namespace="http://camunda.org/schema/1.0/dmn">
  <decision id="risk-grade" name="Risk grade">
    <variable name="grade" />
    <literalExpression><text>"A"</text></literalExpression>
  </decision>
</definitions>
"""
FORM = json.dumps(
    {
        "id": "review",
        "type": "default",
        "schemaVersion": 16,
        "components": [{"id": "c", "type": "textfield", "key": "note", "label": "Note"}],
    }
).encode()


def _calling(inside: str) -> bytes:
    ends = (
        '<startEvent id="S"/><endEvent id="E"/><sequenceFlow id="F1" sourceRef="S" targetRef="T"/>'
        '<sequenceFlow id="F2" sourceRef="T" targetRef="E"/>'
    )
    return file_of(inside + ends, dialect=CAMUNDA8)


def _extended(tag: str, extension: str) -> bytes:
    return _calling(f'<{tag} id="T" name="Task"><extensionElements>{extension}</extensionElements></{tag}>')


def _decision(key: str, binding: str = "latest") -> bytes:
    return _extended("businessRuleTask", f'<zeebe:calledDecision decisionId="{key}" resultVariable="g" bindingType="{binding}"/>')


def _one(checked: Checked, code: str) -> Problem:
    (problem,) = [problem for problem in checked.problems if problem.code == code]
    return problem


def test_files_that_find_each_other_are_deployable() -> None:
    files = {
        "a.bpmn": _decision("risk-grade"),
        "b/grade.dmn": TABLE,
        "review.form": FORM,
    }
    checked = check_files(files)
    assert checked.deployable, to_text(errors_in(checked.problems))
    assert [process.id for process, _ in checked.processes] == ["P"]
    assert [decision.id for model in checked.decisions for decision in model.decisions] == ["risk-grade"]
    assert [form.id for form in checked.forms] == ["review"]


@pytest.mark.parametrize(
    ("file", "beside", "code", "close"),
    [
        (_decision("risk-grades"), {"g.dmn": TABLE}, "deployment/unknown-decision", "did you mean risk-grade?"),
        (
            _extended("userTask", '<zeebe:formDefinition formId="reveiw"/>'),
            {"r.form": FORM},
            "deployment/unknown-form",
            "did you mean review?",
        ),
        (_extended("callActivity", '<zeebe:calledElement processId="scoring"/>'), {}, "deployment/unknown-process", "add the .bpmn file"),
    ],
)
def test_a_near_miss_is_named(file: bytes, beside: dict[str, bytes], code: str, close: str) -> None:
    unsure = _one(check_files({"a.bpmn": file, **beside}), code)
    assert unsure.severity is Severity.WARNING
    sure = _one(check_files({"a.bpmn": file, **beside}, known_decisions=[], known_forms=[], known_processes=[]), code)
    assert sure.severity is Severity.ERROR
    assert (sure.element_id, sure.element_name, sure.location.line) == ("T", "Task", 1)
    assert close in (sure.hint or "")
    assert sure.property


def test_what_is_deployed_already_is_found() -> None:
    checked = check_files({"a.bpmn": _decision("old")}, known_decisions=["old"], known_forms=[], known_processes=[])
    assert checked.deployable
    assert not any(problem.code.startswith("deployment/") for problem in checked.problems)


def test_a_deployment_binding_finds_only_what_is_deployed_together() -> None:
    problem = _one(check_files({"a.bpmn": _decision("old", "deployment")}, known_decisions=["old"]), "deployment/unknown-decision")
    assert problem.severity is Severity.ERROR
    assert problem.message == "the decision old is not in this deployment"


def test_handlers_are_looked_for_where_they_are_known() -> None:
    file = _extended("serviceTask", '<zeebe:taskDefinition type="disbures"/>')
    assert check_files({"a.bpmn": file}).deployable
    problem = _one(check_files({"a.bpmn": file}, handlers=["disburse", "notify"]), "deployment/unknown-handler")
    assert problem.severity is Severity.ERROR
    assert problem.hint == "did you mean disburse?"


def test_computed_references_are_left_to_run_time() -> None:
    checked = check_files({"a.bpmn": _decision("=which")}, known_decisions=[])
    assert checked.deployable


def test_a_form_inside_the_diagram_is_found_and_checked() -> None:
    body = (
        '<extensionElements><zeebe:userTaskForm id="inner">{form}</zeebe:userTaskForm></extensionElements>'
        '<userTask id="T"><extensionElements>'
        '<zeebe:formDefinition formKey="camunda-forms:bpmn:inner"/></extensionElements></userTask>'
    )
    good = check_files({"a.bpmn": _calling(body.replace("{form}", FORM.decode().replace("<", "&lt;")))}, known_forms=[])
    assert good.deployable, to_text(errors_in(good.problems))
    assert set(good.embedded_forms) == {("P", "inner")}
    bad = check_files({"a.bpmn": _calling(body.replace("{form}", "no json"))}, known_forms=[])
    assert [problem.location.file for problem in errors_in(bad.problems)] == ["a.bpmn#inner"]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"a.bpmn": _decision("=x"), "b.bpmn": _decision("=x")}, "process"),
        ({"a.dmn": TABLE, "b.dmn": TABLE}, "decision"),
        ({"a.form": FORM, "b.form": FORM}, "form"),
    ],
)
def test_the_same_id_in_two_files_is_refused(files: dict[str, bytes], kind: str) -> None:
    problem = _one(check_files(files), "deployment/duplicate-definition")
    assert problem.location.file.startswith("b.")
    assert problem.element_type == kind
    assert "another one at a." in (problem.found or "")


def test_findings_are_one_sorted_list() -> None:
    files = {"b.bpmn": _decision("x"), "a.bpmn": b"", "c.txt": b"hello"}
    problems = check_files(files).problems
    assert [problem.location.file for problem in errors_in(problems)] == ["a.bpmn", "c.txt"]
    places = [(problem.location.file, problem.location.line or 0) for problem in problems]
    assert places == sorted(places)


def test_text_json_and_overlays_say_the_same() -> None:
    problems = check_files({"a.bpmn": _decision("x")}, known_decisions=[]).problems
    wrong = errors_in(problems)
    assert "deployment/unknown-decision" in to_text(wrong)
    (as_json,) = json.loads(to_json(wrong))
    assert set(as_json) >= {
        "code",
        "severity",
        "file",
        "line",
        "column",
        "element_id",
        "element_name",
        "message",
        "expected",
        "found",
        "hint",
    }
    assert as_json["element_id"] == "T"
    # The same objects are what bpmn-js linting draws.
    assert (as_json["rule"], as_json["id"], as_json["category"]) == (as_json["code"], "T", "error")
    (report,) = to_lint(wrong)["T"]
    assert (report["rule"], report["id"], report["category"]) == ("deployment/unknown-decision", "T", "error")


def test_a_bundle_holds_the_bytes_and_their_hash() -> None:
    made = bundle({"g.dmn": TABLE})
    (file,) = made.files
    assert (file.name, file.content, len(file.sha256)) == ("g.dmn", TABLE, 64)
    with pytest.raises(DefinitionError) as raised:
        bundle({"a.bpmn": b"", "b.dmn": b""})
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize("suffix", [".bpmn", ".dmn", ".form", ".txt", ""])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02\xff" * 50,
        b"\x89PNG\r\n\x1a\n",
        b"{",
        b"[]",
        b"[" * 100_000,
        b"<a>",
        b"<!DOCTYPE a SYSTEM 'http://example.com/x'><a/>",
        b"<definitions xmlns='urn:other'/>",
        TABLE[:150],
        FORM[:20],
        b"x" * (10 * 1024 * 1024 + 1),
    ],
    ids=["empty", "binary", "png", "brace", "list", "deep", "open", "doctype", "namespace", "half-dmn", "half-form", "10MB"],
)
def test_no_bytes_give_a_traceback(suffix: str, data: bytes) -> None:
    checked = check_files({f"file{suffix}": data})
    assert errors_in(checked.problems)
    assert all(problem.location.file == f"file{suffix}" for problem in checked.problems)


@pytest.mark.parametrize(
    ("name", "data"), [("table.bpmn", TABLE), ("process.dmn", _decision("=x")), ("table.form", TABLE), ("form.dmn", FORM)]
)
def test_a_file_with_the_wrong_ending_is_refused(name: str, data: bytes) -> None:
    assert errors_in(check_files({name: data}).problems)


@needs_shared
def test_the_files_of_others_find_each_other() -> None:
    folder = SHARED / "real-diagrams" / "unknown1fsh+camunda-credit-approval-system"
    checked = check_files({path.name: path.read_bytes() for path in sorted(folder.iterdir())}, known_decisions=[], known_forms=[])
    assert not errors_in(checked.problems), to_text(errors_in(checked.problems))


def test_what_is_wrong_with_a_table_is_told_at_once() -> None:
    """What its reader refuses, what its texts hold, what it needs: none waits for another to be mended."""
    table = """
    <decision id="risk-grade" name="Risk grade">
      <variable name="grade" />
      <decisionTable id="T" hitPolicy="FRIST">
        <input id="I"><inputExpression id="X"><text>score</text></inputExpression></input>
        <output id="O" name="grade" />
        <rule id="R1"><inputEntry id="R1i"><text>&gt; </text></inputEntry><outputEntry id="R1o"><text>"A"</text></outputEntry></rule>
        <rule id="R2"><outputEntry id="R2o"><text>"B"</text></outputEntry></rule>
        <rule id="R3"><inputEntry id="R3i"><text>-</text></inputEntry><outputEntry id="R3o"><text>"C"</text></outputEntry></rule>
      </decisionTable>
    </decision>
    <decision id="nothing" name="Nothing">
      <informationRequirement id="needs"><requiredDecision href="#risk-grade" /></informationRequirement>
    </decision>"""
    data = TABLE[: TABLE.index(b"<decision")] + b"<import name='x' namespace='urn:x' importType='y'/>" + table.encode() + b"</definitions>"
    checked = check_files({"grade.dmn": data.replace(b"name='x'", b"nam='x'"), "a.bpmn": _decision("risk-grade")})
    found = sorted(problem.code for problem in errors_in(checked.problems))
    assert found[:4] == ["dmn/bad-attribute", "dmn/missing-import", "dmn/missing-logic", "dmn/row-length"], found
    assert "dmn/unexpected-attribute" in found
    assert any(code.startswith("feel/") for code in found)
    assert not {"dmn/duplicate-rule", "dmn/gap", "dmn/overlapping-rules", "deployment/unknown-decision"} & {
        p.code for p in checked.problems
    }


def test_an_imported_model_must_be_there_when_files_are_checked_together() -> None:
    entry = b'<import name="other" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    using = TABLE.replace(b'  <decision id="risk', entry + b'<decision id="risk')
    other = TABLE.replace(b'namespace="http://camunda.org/schema/1.0/dmn"', b'namespace="urn:other"').replace(b"risk-grade", b"other-grade")
    assert _one(check_files({"a.dmn": using}), "dmn/missing-import").severity is Severity.ERROR
    assert check_files({"a.dmn": using, "b.dmn": other}).deployable
    # What is wrong with the other model is said once, where it is.
    broken = check_files({"a.dmn": using, "b.dmn": other.replace(b'<text>"A"', b'<text>"A" +')})
    (problem,) = errors_in(broken.problems)
    assert problem.location.file == "b.dmn"


def test_what_is_wrong_with_a_form_is_told_at_once() -> None:
    form = json.loads(FORM)
    form["components"] += [
        {"id": "w", "type": "whistle", "key": "w"},
        {"id": "n", "type": "number", "label": "Amount", "key": "amount", "conditional": {"hide": "=a +"}},
        {"id": "r", "type": "radio", "label": "Colour", "key": "colour", "values": ["red", {"label": "Blue", "value": "blue"}]},
    ]
    checked = check_files({"review.form": json.dumps(form).encode()})
    codes = {problem.code for problem in errors_in(checked.problems)}
    assert {"form/unsupported-component", "form/missing-options"} < codes
    form["components"][1]["type"] = "textfeld"
    assert _one(check_files({"review.form": json.dumps(form).encode()}), "form/unsupported-component").hint == "did you mean textfield?"
    assert any(code.startswith("feel/") for code in codes)


@needs_shared
def test_one_bad_file_does_not_hide_the_others() -> None:
    folder = SHARED / "real-diagrams" / "Schwartzalexander+camunda8-demo-real-estate-financing"
    checked = check_files({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert [(problem.location.file, problem.location.line) for problem in errors_in(checked.problems)] == [("credit-application.bpmn", 159)]
    assert {process.id for process, _ in checked.processes} == {"RealEstateAutoCredit", "RealEstateCreditComparison", "RealEstateDmnCredit"}


def test_the_shipped_products_find_everything() -> None:
    paths = [path for folder in ("diagrams", "decision_tables") for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths if path.suffix in (".bpmn", ".dmn", ".form")}
    checked = check_files(files, known_decisions=[], known_forms=[], known_processes=[])
    assert not errors_in(checked.problems), to_text(errors_in(checked.problems))


def _process(key: str, inside: str, *, messages: dict[str, str]) -> bytes:
    around = "".join(f'<message id="{one}" name="{name}"/>' for one, name in messages.items())
    return file_of(inside, around=around).replace(b'<process id="P"', f'<process id="{key}"'.encode())


def _sending(name: str) -> bytes:
    throw = '<endEvent id="E"><messageEventDefinition messageRef="M" camunda:type="external" camunda:topic="mail"/></endEvent>'
    return _process("sender", f'<startEvent id="S"/>{throw}<sequenceFlow id="F" sourceRef="S" targetRef="E"/>', messages={"M": name})


def _waiting(name: str) -> bytes:
    catch = '<startEvent id="S2"><messageEventDefinition messageRef="M2"/></startEvent><endEvent id="E2"/>'
    return _process("receiver", f'{catch}<sequenceFlow id="F2" sourceRef="S2" targetRef="E2"/>', messages={"M2": name})


def test_messages_that_pass_each_other_by_are_told_at_both_ends() -> None:
    problems = check_files({"a.bpmn": _sending("order-cancelled"), "b.bpmn": _waiting("order-canceled")}).problems
    told = {problem.code: (problem.element_id, problem.severity, problem.hint) for problem in problems if "message" in problem.code}
    assert told == {
        "deployment/message-without-receiver": ("E", Severity.WARNING, "did you mean order-canceled?"),
        "deployment/message-without-sender": ("S2", Severity.WARNING, "did you mean order-cancelled?"),
    }


@pytest.mark.parametrize(
    "files",
    [
        {"a.bpmn": _sending("order"), "b.bpmn": _waiting("order")},
        {"b.bpmn": _waiting("order")},
        {"a.bpmn": _sending("order").replace(b"</definitions>", b'<collaboration id="C"><participant id="A" processRef="sender"/>'
        b'<participant id="B"/><messageFlow id="X" sourceRef="E" targetRef="B"/></collaboration></definitions>')},
    ],
    ids=["met", "from outside", "to a black box"],
)  # fmt: skip
def test_messages_that_meet_or_lead_outside_are_no_problem(files: dict[str, bytes]) -> None:
    assert [problem.code for problem in check_files(files).problems if "message" in problem.code] == []


def test_what_a_form_writes_is_known_from_its_file() -> None:
    gateway = (
        '<userTask id="T"><extensionElements><zeebe:formDefinition formId="review"/></extensionElements></userTask>'
        '<exclusiveGateway id="G" default="F4"/><startEvent id="S"><extensionElements><zeebe:formDefinition formId="review"/>'
        '</extensionElements></startEvent><endEvent id="E"/><endEvent id="N"/><sequenceFlow id="F1" sourceRef="S" targetRef="T"/>'
        '<sequenceFlow id="F2" sourceRef="T" targetRef="G"/><sequenceFlow id="F3" sourceRef="G" targetRef="E"><conditionExpression>'
        '={name} = "x"</conditionExpression></sequenceFlow><sequenceFlow id="F4" sourceRef="G" targetRef="N"/>'
    )

    def told(name: str, files: dict[str, bytes]) -> list[str | None]:
        process = file_of(gateway.replace("{name}", name), dialect=CAMUNDA8)
        problems = check_files({"a.bpmn": process, **files}).problems
        return [problem.hint for problem in problems if problem.code == "bpmn/unwritten-variable"]

    assert told("note", {"r.form": FORM}) == []
    assert told("ntoe", {"r.form": FORM}) == ["did you mean note?"]
    # Without its file a form may write anything.
    assert told("ntoe", {}) == []


def test_a_process_that_starts_only_by_a_trigger_cannot_be_called() -> None:
    caller = _process(
        "caller",
        '<startEvent id="S"/><callActivity id="C" calledElement="receiver"/><endEvent id="E"/>'
        '<sequenceFlow id="F1" sourceRef="S" targetRef="C"/><sequenceFlow id="F2" sourceRef="C" targetRef="E"/>',
        messages={},
    )
    problem = _one(check_files({"a.bpmn": caller, "b.bpmn": _waiting("order")}), "deployment/called-process-start")
    assert (problem.severity, problem.element_id, problem.found) == (Severity.ERROR, "C", "message start event S2")
    plain = _waiting("order").replace(b'<messageEventDefinition messageRef="M2"/>', b"")
    assert check_files({"a.bpmn": caller, "b.bpmn": plain}).deployable
