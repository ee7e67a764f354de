"""Nothing is dropped silently: every element and attribute of every file is read, ignored on purpose or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from loanflow import bpmn
from loanflow.bpmn.reader import Survey, survey
from loanflow.bpmn.source import Fate
from loanflow.errors import DefinitionError
from loanflow.problems import Severity, errors_in
from loanflow.xmltree import Element
from tests.bpmn.corpus import ROOT, diagrams, named, needs_shared
from tests.bpmn.drawing import CAMUNDA7, CAMUNDA8, file_of

CORPUS = [path for path in diagrams("real-diagrams", "miwg") if path.name != "credit-application.bpmn"]
OWN = [*sorted((ROOT / "diagrams").rglob("*.bpmn")), *sorted((ROOT / "tests" / "bpmn" / "checks").rglob("*.bpmn"))]
pytestmark = needs_shared


@pytest.mark.parametrize("path", [*CORPUS, *diagrams("betsy"), *OWN], ids=named)
def test_every_node_and_attribute_is_accounted_for(path: Path) -> None:
    found = _surveyed(path)
    if found is None:
        # Not BPMN at all: refused as a whole.
        assert errors_in(bpmn.inspect(path.read_bytes(), file=path.name).problems)
        return
    for element in found.root.walk():
        assert element in found.elements, f"<{element.tag}> in line {element.line}"
        for name in element.attributes:
            assert (element, name) in found.attributes, f"{name} of <{element.tag}> in line {element.line}"
    refused = [fate for fate in (*found.elements.values(), *found.attributes.values()) if fate is Fate.REFUSED]
    if refused:
        assert any(problem.severity is Severity.ERROR for problem in found.problems)
    ignored = [fate for fate in (*found.elements.values(), *found.attributes.values()) if fate is Fate.IGNORED]
    assert not ignored or found.model.ignored


def _surveyed(path: Path) -> Survey | None:
    try:
        return survey(path.read_bytes(), file=path.name)
    except DefinitionError:
        return None


def test_what_counts_as_read_matters() -> None:
    """Change each kind of attribute once: the model or the findings must change with it."""
    smallest_first = sorted((*CORPUS, *(ROOT / "diagrams").glob("*.bpmn")), key=lambda path: path.stat().st_size)
    silent = [place for path in smallest_first for place in _silent(path)]
    assert silent == []


_TRIED: set[tuple[str, str, str]] = set()

# Ids that identify a part without being kept: they are read to find duplicates.
_ONLY_IDENTITY = "id"
# Any URI that names FEEL names FEEL.
_EQUALLY_GOOD = {("conditionExpression", "language")}


def _silent(path: Path) -> Iterator[str]:
    try:
        tree = etree.fromstring(path.read_bytes())
        before = survey(etree.tostring(tree), file=path.name)
    except (DefinitionError, etree.XMLSyntaxError):
        return
    nodes = list(tree.iter(etree.Element))
    elements = list(before.root.walk())
    assert len(nodes) == len(elements)
    matters = _where_it_matters(before)
    for node, element in zip(nodes, elements, strict=True):
        for name, value in element.attributes.items():
            kind = (before.model.dialect, element.tag.rpartition(":")[2], str(name))
            if kind in _TRIED or before.attributes[element, name] is not Fate.READ or name.local == _ONLY_IDENTITY or not value.strip():
                continue
            if kind[1:] in _EQUALLY_GOOD or element not in matters:
                continue
            _TRIED.add(kind)
            key = str(name)
            node.set(key, _changed(value))
            after = survey(etree.tostring(tree), file=path.name)
            node.set(key, value)
            if after.model == before.model and after.problems == before.problems:
                yield f"{path.name}:{element.line}: {name} of <{element.tag}>"


def _where_it_matters(found: Survey) -> set[Element]:
    # Changes where nothing runs do not need to be noticed.
    running = [child for child in found.root.children if child.name.local != "process" or child.get("isExecutable") == "true"]
    return {element for child in running for element in child.walk()}


def _changed(value: str) -> str:
    return {"true": "false", "false": "true"}.get(value, f"{value}1")


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ('<userTask id="T" camunda:asignee="anna"/>', "bpmn/unsupported-extension"),
        ('<userTask id="T" owner="anna"/>', "bpmn/unknown-attribute"),
        ('<userTask id="T"><owner/></userTask>', "bpmn/unknown-element"),
        ('<userTask id="T"><extensionElements><camunda:deadline/></extensionElements></userTask>', "bpmn/unsupported-extension"),
        ('<userTask id="T"><extensionElements><camunda:connector/></extensionElements></userTask>', "bpmn/unsupported-extension"),
        ('<userTask id="T" completionQuantity="2"/>', "bpmn/unsupported"),
        ('<callActivity id="T" camunda:calledElementTenantId="bank" calledElement="x"/>', "bpmn/unsupported-extension"),
    ],
)
def test_what_is_not_known_is_refused_with_its_element(element: str, code: str) -> None:
    found = survey(file_of(element), file="test.bpmn")
    problem = next(problem for problem in found.problems if problem.code == code)
    assert problem.severity is Severity.ERROR
    assert (problem.element_id, problem.location.line) == ("T", 1)
    assert problem.found
    assert problem.hint


@pytest.mark.parametrize(
    ("element", "what"),
    [
        ('<userTask id="T" zeebe:modelerTemplate="x"/>', "zeebe:modelerTemplate"),
        ('<userTask id="T" tool:colour="red" xmlns:tool="urn:tool"/>', "tool:colour"),
        ('<userTask id="T"><extensionElements><t:x xmlns:t="urn:t"><t:y/></t:x></extensionElements></userTask>', "<t:x>"),
        ('<userTask id="T"/><dataObject id="O"/>', None),
        ('<userTask id="T" implementation="##unspecified"/>', "implementation"),
        ('<userTask id="T"><ioSpecification><inputSet/><outputSet/></ioSpecification></userTask>', "<ioSpecification>"),
    ],
)
def test_what_is_ignored_is_listed_once_with_its_reason(element: str, what: str | None) -> None:
    found = survey(file_of(element, dialect=CAMUNDA7 + ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'), file="test.bpmn")
    assert not found.problems
    listed = [problem for problem in found.model.ignored if what is None or problem.found == what]
    assert all(problem.severity is Severity.INFO and problem.code == "bpmn/ignored" for problem in listed)
    if what is not None:
        assert len(listed) == 1


def test_the_other_dialects_attributes_are_ignored_with_the_reason() -> None:
    body = '<sendTask id="S" camunda:topic="x"><extensionElements><zeebe:taskDefinition type="mail"/></extensionElements></sendTask>'
    found = survey(file_of(body, dialect=CAMUNDA8 + ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'), file="test.bpmn")
    assert not found.problems
    assert any("camunda:topic is ignored: it is for Camunda 7" in problem.message for problem in found.model.ignored)


@pytest.mark.parametrize(
    ("body", "dialect", "found"),
    [
        ('<serviceTask id="S" camunda:type="external" camunda:topic="x"/>', CAMUNDA8, ("bpmn/wrong-dialect", "camunda:type")),
        ('<businessRuleTask id="S" camunda:decisionRef="d"/>', CAMUNDA8, ("bpmn/wrong-dialect", "camunda:decisionRef")),
        (
            '<sendTask id="S"><extensionElements><zeebe:taskDefinition type="mail"/></extensionElements></sendTask>',
            CAMUNDA7,
            ("bpmn/wrong-dialect", "zeebe:taskDefinition"),
        ),
    ],
)
def test_work_that_is_named_for_the_other_dialect_alone_is_refused(body: str, dialect: str, found: tuple[str, str]) -> None:
    zeebe, camunda = ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"', ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    both = dialect + (zeebe if dialect is CAMUNDA7 else camunda)
    problems = errors_in(bpmn.inspect(file_of(body, dialect=both), file="test.bpmn").problems)
    assert [(problem.code, problem.found) for problem in problems] == [found]


def test_problems_inside_a_process_that_never_runs_are_left_out() -> None:
    body = '<complexGateway id="G" camunda:nonsense="1"/><userTask id="U" startQuantity="3" owner="x"><owner/></userTask>'
    found = survey(file_of(body, attributes='isExecutable="false"'), file="test.bpmn")
    assert not found.problems
    assert any("not executable" in problem.message for problem in found.model.ignored)
