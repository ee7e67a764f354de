"""Versions side by side: which version of a called process, a decision or a form a process means, in both dialects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loanflow import NotFound
from loanflow.records import Case, CaseStatus
from tests.engine.conftest import Stage, reviewer
from tests.support.diagram_text import CAMUNDA7, CAMUNDA8, drawn

DIALECTS = {"camunda7": CAMUNDA7, "camunda8": CAMUNDA8}


def bound(dialect: str, kind: str, binding: str, value: str = "") -> str:
    """A flow node ``use`` that calls, decides or shows the ``child``, bound so."""
    if dialect == "camunda8":
        tag = f' versionTag="{value}"' if value else ""
        where = f'bindingType="{binding}"{tag}'
        inner, tail = {
            "process": ("callActivity", f'<zeebe:calledElement processId="child" {where} propagateAllChildVariables="true"/>'),
            "decision": ("businessRuleTask", f'<zeebe:calledDecision decisionId="child" resultVariable="made" {where}/>'),
            "form": ("userTask", f'<zeebe:userTask/><zeebe:formDefinition formId="child" {where}/>'),
        }[kind]
        return f'<{inner} id="use"><extensionElements>{tail}</extensionElements></{inner}>'
    stem = {"process": "calledElement", "decision": "decisionRef", "form": "formRef"}[kind]
    named = {"version": f' camunda:{stem}Version="{value}"', "versionTag": f' camunda:{stem}VersionTag="{value}"'}.get(binding, "")
    where = f'camunda:{stem}Binding="{binding}"{named}'
    return {
        "process": f'<callActivity id="use" calledElement="child" {where}><extensionElements><camunda:out variables="all"/></extensionElements></callActivity>',  # noqa: E501
        "decision": f'<businessRuleTask id="use" camunda:decisionRef="child" camunda:resultVariable="made" camunda:mapDecisionResult="singleEntry" {where}/>',  # noqa: E501
        "form": f'<userTask id="use" camunda:formRef="child" {where}/>',
    }[kind]


def parent(dialect: str, node: str, note: str = "") -> bytes:
    return drawn(
        "parent", f'{node}<userTask id="after" name="{note or "after"}"/>', "start -> use -> after -> end", dialect=DIALECTS[dialect]
    )


def child(dialect: str, kind: str, number: int, tag: str | None = None) -> dict[str, bytes]:
    """The child, in which the number of its version can be seen."""
    if kind == "form":
        content: dict[str, Any] = {
            "components": [{"type": "textfield", "id": "f", "key": "made", "label": f"version {number}"}],
            "type": "default", "id": "child", "schemaVersion": 18,
        }  # fmt: skip
        return {"child.form": json.dumps(content | ({"versionTag": tag} if tag else {})).encode()}
    if kind == "decision":
        platform = DIALECTS[dialect]
        held = attribute = ""
        if tag:
            held = f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>' if dialect == "camunda8" else ""
            attribute = f' camunda:versionTag="{tag}"' if dialect == "camunda7" else ""
        platform = platform.replace("http://camunda.org/schema/1.0/bpmn", "http://camunda.org/schema/1.0/dmn")
        return {"child.dmn": (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
            f' {platform} id="D" name="d" namespace="http://camunda.org/schema/1.0/dmn"><decision id="child" name="child"{attribute}>{held}'
            '<variable id="v" name="made" typeRef="number"/>'
            '<decisionTable id="t"><output id="o" name="made" typeRef="number"/>'
            f'<rule id="r"><outputEntry id="e"><text>{number}</text></outputEntry></rule></decisionTable></decision></definitions>'
        ).encode()}  # fmt: skip
    held = ""
    if tag and dialect == "camunda8":
        held = f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>'
    attribute = f'camunda:versionTag="{tag}"' if tag and dialect == "camunda7" else ""
    script = (
        f'<scriptTask id="script"><extensionElements><zeebe:script expression="={number}" resultVariable="made"/>'
        "</extensionElements></scriptTask>"
        if dialect == "camunda8"
        else f'<scriptTask id="script" scriptFormat="feel" camunda:resultVariable="made"><script>{number}</script></scriptTask>'
    )
    return {"child.bpmn": drawn("child", held + script, "start -> script -> end", dialect=DIALECTS[dialect], attributes=attribute)}


def used(stage: Stage, case: Case, kind: str) -> str | None:
    """Which version of the child the case has used, or what stopped it."""
    incidents = stage.engine.incidents(case.id)
    if incidents:
        return incidents[0].code
    if kind == "form":
        form = stage.engine.task_form(stage.task(case).id)
        assert form is not None
        return str(form.components[0].label).removeprefix("version ")
    return str(stage.engine.variables(case.id).get("made"))


KINDS = ("process", "decision", "form")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", KINDS)
class TestBindings:
    def test_latest_is_the_newest_at_the_moment_of_use(self, stage: Stage, dialect: str, kind: str) -> None:
        stage.engine.deploy({"parent.bpmn": parent(dialect, bound(dialect, kind, "latest")), **child(dialect, kind, 1)}, by="analyst")
        first = stage.start("parent")
        assert used(stage, first, kind) == "1"
        stage.engine.deploy(child(dialect, kind, 2), by="analyst")
        assert used(stage, stage.start("parent"), kind) == "2"
        # A form is looked up whenever it is shown; what was decided or called is not repeated.
        assert used(stage, first, kind) == ("2" if kind == "form" else "1")

    def test_deployment_is_what_was_deployed_together(self, stage: Stage, dialect: str, kind: str) -> None:
        node = bound(dialect, kind, "deployment")
        stage.engine.deploy({"parent.bpmn": parent(dialect, node), **child(dialect, kind, 1)}, by="analyst")
        first = stage.start("parent")
        stage.engine.deploy(child(dialect, kind, 2), by="analyst")
        assert (used(stage, first, kind), used(stage, stage.start("parent"), kind)) == ("1", "1")
        # Another version of the caller, deployed with the child as it was at first: that one is meant, not the newest.
        stage.engine.deploy({"parent.bpmn": parent(dialect, node, "later"), **child(dialect, kind, 2)}, by="analyst")
        assert (used(stage, first, kind), used(stage, stage.start("parent"), kind)) == ("1", "2")
        stage.engine.deploy({"parent.bpmn": parent(dialect, node, "latest"), **child(dialect, kind, 1)}, by="analyst")
        assert used(stage, stage.start("parent"), kind) == "1"

    def test_a_changed_child_deployed_with_an_unchanged_caller_is_the_one_deployed_together(
        self, stage: Stage, dialect: str, kind: str
    ) -> None:
        caller = parent(dialect, bound(dialect, kind, "deployment"))
        stage.engine.deploy({"parent.bpmn": caller, **child(dialect, kind, 1)}, by="analyst")
        first = stage.start("parent")
        files = {"renamed.bpmn": caller}
        report = stage.engine.deploy({**files, **child(dialect, kind, 2)}, by="analyst")
        assert {(deployed.key, deployed.version) for deployed in report.new} == {("parent", 2), ("child", 2)}
        assert (used(stage, first, kind), used(stage, stage.start("parent"), kind)) == ("1", "2")
        assert stage.engine.deploy({**files, **child(dialect, kind, 2)}, by="analyst").new == ()

    def test_version_tag_is_the_newest_that_carries_it(self, stage: Stage, dialect: str, kind: str) -> None:
        node = bound(dialect, kind, "versionTag", "spring")
        stage.engine.deploy({"parent.bpmn": parent(dialect, node), **child(dialect, kind, 1, "spring")}, by="analyst")
        stage.engine.deploy(child(dialect, kind, 2, "autumn"), by="analyst")
        assert used(stage, stage.start("parent"), kind) == "1"
        stage.engine.deploy(child(dialect, kind, 3, "spring"), by="analyst")
        stage.engine.deploy(child(dialect, kind, 4), by="analyst")
        assert used(stage, stage.start("parent"), kind) == "3"

    def test_a_tag_nothing_carries_stops_the_case_visibly(self, stage: Stage, dialect: str, kind: str) -> None:
        node = bound(dialect, kind, "versionTag", "winter")
        stage.engine.deploy({"parent.bpmn": parent(dialect, node), **child(dialect, kind, 1, "spring")}, by="analyst")
        case = stage.start("parent")
        if kind == "form":
            with pytest.raises(NotFound, match="child"):
                used(stage, case, kind)
            return
        assert used(stage, case, kind) == {"process": "process-not-deployed", "decision": "decision-failed"}[kind]
        assert "winter" in stage.engine.incidents(case.id)[0].message
        stage.engine.deploy(child(dialect, kind, 2, "winter"), by="analyst")
        stage.engine.resolve_incident(stage.engine.incidents(case.id)[0].id, by="admin")
        assert used(stage, case, kind) == "2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_version_is_named_by_its_number(stage: Stage, kind: str) -> None:
    stage.engine.deploy(
        {"parent.bpmn": parent("camunda7", bound("camunda7", kind, "version", "2")), **child("camunda7", kind, 1)}, by="analyst"
    )
    for number in (2, 3):
        stage.engine.deploy(child("camunda7", kind, number), by="analyst")
    assert used(stage, stage.start("parent"), kind) == "2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_version_may_be_computed(stage: Stage, kind: str) -> None:
    files = {"parent.bpmn": parent("camunda7", bound("camunda7", kind, "version", "${wanted}")), **child("camunda7", kind, 1)}
    stage.engine.deploy(files, by="analyst")
    stage.engine.deploy(child("camunda7", kind, 2), by="analyst")
    assert [used(stage, stage.start("parent", wanted=number), kind) for number in (1, 2)] == ["1", "2"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_cases_of_two_versions_run_side_by_side(stage: Stage, dialect: str) -> None:
    def version(*steps: str) -> bytes:
        nodes = "".join(f'<userTask id="{step}" name="{step}"/>' for step in steps)
        return drawn("parent", nodes, f"start -> {' -> '.join(steps)} -> end", dialect=DIALECTS[dialect])

    stage.engine.deploy({"parent.bpmn": version("a", "b")}, by="analyst")
    old = stage.start("parent", "old")
    stage.engine.deploy({"parent.bpmn": version("a", "c", "d")}, by="analyst")
    new = stage.start("parent", "new")
    passed: dict[str, list[str]] = {"old": [], "new": []}
    for _ in range(3):
        for case in (old, new):
            for task in stage.engine.tasks_of(case.id):
                passed[case.business_key or ""].append(task.name)
                stage.engine.complete(task.id, by=reviewer("li"))
    assert passed == {"old": ["a", "b"], "new": ["a", "c", "d"]}
    assert {stage.engine.case(case.id).status for case in (old, new)} == {CaseStatus.ENDED}
    assert [stage.engine.case(case.id).process_version for case in (old, new)] == [1, 2]
