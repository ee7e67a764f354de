"""Our own extension properties (``loanflow:...``): known names, in places where they mean something, with texts that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import FlowNode, Process, UserTask
from loanflow.bpmn.words import with_article
from loanflow.problems import Problem, Severity

CODE = "bpmn/extension-property"

LABELS = frozenset({"loanflow:label.en", "loanflow:label.zh"})
ON_USER_TASKS = LABELS | {"loanflow:different-from", "loanflow:facts"}
ON_PROCESSES = LABELS | {"loanflow:search-columns"}
VARIABLE = "loanflow:variable."
COLUMN_TYPES = ("text", "number", "date", "boolean")


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on ``loanflow:`` properties."""
    for process in scene.processes:
        yield from _names(scene, process, process.properties, ON_PROCESSES, "a process")
        yield from _columns(scene, process)
    for _, node in scene.nodes():
        known = ON_USER_TASKS if isinstance(node, UserTask) else LABELS
        yield from _names(scene, node, node.properties, known, with_article(node))


def _names(
    scene: Scene, element: FlowNode | Process, properties: Mapping[str, str], known: frozenset[str], where: str
) -> Iterator[Problem]:
    for name in properties:
        if isinstance(element, Process) and name.startswith(VARIABLE) and len(name) > len(VARIABLE):
            continue
        if name.startswith("loanflow:") and name not in known:
            yield scene.finding(
                element,
                CODE,
                f"{name} means nothing on {where}",
                severity=Severity.WARNING,
                property=f"Extension properties > {name}",
                expected=", ".join(sorted(known)),
                found=name,
                hint=nearest_hint(name, known, otherwise="delete the property, or move it to the element it is meant for"),
            )


def _columns(scene: Scene, process: Process) -> Iterator[Problem]:
    text = process.properties.get("loanflow:search-columns")
    for part in (text or "").split(",") if text else ():
        name, colon, kind = (word.strip() for word in part.partition(":"))
        if not name or not colon or kind not in COLUMN_TYPES:
            yield scene.finding(
                process,
                CODE,
                "a search column is not written as name:type",
                property="Extension properties > loanflow:search-columns",
                expected=f"name:type, where type is one of {', '.join(COLUMN_TYPES)}",
                found=part.strip() or "an empty column",
                hint="for example applicant:text, amount:number, due:date",
            )
