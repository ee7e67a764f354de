"""A story that can go on in another version of its process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from loanflow.bpmn.compare import compare
from loanflow.bpmn.model import Expression, FlowNode, Model
from loanflow.execution import (
    Migrated,
    Record,
    Relocate,
    Verdict,
    VersionChange,
    compile_process,
    examine,
    migrate,
)
from tests.execution.host import Story
from tests.execution.models import (
    end,
    model,
    start,
    user,
)

NEXT = "story:2"


class Moving(Story):
    """A story that can go on in another version of its process."""

    def to(self, drawn: Model, *, given: Mapping[str, str | None] | None = None) -> Migrated:
        change = self.change(drawn, given)
        migrated = migrate(self.case.dump(), change, host=self.host, limits=self.limits)
        self.case = migrated.execution
        self.records.append(
            Record("case.migrated", 0, "", NEXT, {"from_definition": "story:1", "elements": change.elements, "flows": change.flows})
        )
        for token, (_, element) in migrated.moved.items():
            if token in self.open:
                self.open[token] = replace(self.open[token], element_id=element, program=NEXT)
        self._take(replace(migrated.step, requests=tuple(r for r in migrated.step.requests if not isinstance(r, Relocate))))
        return migrated

    def would(self, drawn: Model, *, given: Mapping[str, str | None] | None = None) -> tuple[Verdict, list[str]]:
        before = self.case.dump()
        examination = examine(before, self.change(drawn, given), host=self.host, limits=self.limits)
        assert self.case.dump() == before
        return examination.verdict, [finding.message for finding in examination.findings]

    def change(self, drawn: Model, given: Mapping[str, str | None] | None = None) -> VersionChange:
        process = drawn.processes[0]
        new = compile_process(drawn, process.id, program_id=NEXT)
        self.host.deploy(new)
        found = compare(self.drawn.processes[0], process, given=given)
        elements = {old: pair.new.id for old, pair in found.pairs.items()}
        dropped = [old for old, target in (given or {}).items() if target is None]
        return VersionChange(self.host.programs["story:1"], new, elements=elements, flows=found.flows, dropped=dropped)

    def __init__(self, drawn: Model, variables: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.drawn = drawn
        super().__init__(compile_process(drawn, drawn.processes[0].id, program_id="story:1"), variables, **more)


LINE = model(start(), user("a"), user("b"), end(), flows="start -> a -> b -> end")


def told(migrated: Migrated) -> list[str]:
    return [finding.message for finding in migrated.findings]


def renamed(value: Any, suffix: str) -> Any:
    """Give every flow node and sequence flow of a model another id."""
    if isinstance(value, Expression | str | int | None):
        return value
    if isinstance(value, tuple):
        return tuple(renamed(part, suffix) for part in value)
    if isinstance(value, Mapping):
        return {f"{name}{suffix}" if hasattr(part, "id") else name: renamed(part, suffix) for name, part in value.items()}
    if not is_dataclass(value):
        return value
    changed = {field.name: renamed(getattr(value, field.name), suffix) for field in fields(value)}
    for name in ("id", "source", "target", "attached_to", "default_flow"):
        if (isinstance(value, FlowNode) or hasattr(value, "target")) and isinstance(changed.get(name), str):
            changed[name] += suffix
    for name in ("incoming", "outgoing", "different_from"):
        if isinstance(value, FlowNode) and name in changed:
            changed[name] = tuple(f"{one}{suffix}" for one in changed[name])
    return type(value)(**changed)


def all_ids(drawn: Model) -> dict[str, str]:
    found: dict[str, str] = {}

    def collect(container: Any) -> None:
        found.update({name: f"{name}*" for name in (*container.nodes, *container.flows)})
        for node in container.nodes.values():
            if hasattr(node, "body"):
                collect(node.body)

    collect(drawn.processes[0].body)
    return found
