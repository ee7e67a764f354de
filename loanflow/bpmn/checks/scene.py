"""What every check looks at: the executable processes of a model, scope by scope, and how a finding is worded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from loanflow.bpmn.model import Container, EventDefinition, FlowNode, MessageFlow, Model, MultipleEvent, Process, SequenceFlow, SubProcess
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import of_element
from loanflow.problems import Excerpt, Location, Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One container of an executable process: its body, or that of a sub-process in it (``owner``), inside the scope ``around``."""

    process: Process
    container: Container
    owner: SubProcess | None = None
    around: Scope | None = None


class Scene:
    """A model as the checks see it; processes that are not executable are left out."""

    def __init__(self, model: Model, handlers: frozenset[str] | None, form_fields: Mapping[str, frozenset[str]] | None = None) -> None:
        self.model = model
        self.handlers = handlers
        self.form_fields: Mapping[str, frozenset[str]] = form_fields or {}
        """The variables that each known form writes, by the form's id."""

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        """The executable processes in document order."""
        return tuple(process for process in self.model.processes if process.executable)

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Every scope of the executable processes, outer ones first."""
        found: list[Scope] = []

        def visit(scope: Scope) -> None:
            found.append(scope)
            for node in scope.container.nodes.values():
                if isinstance(node, SubProcess):
                    visit(Scope(process=scope.process, container=node.body, owner=node, around=scope))

        for process in self.processes:
            visit(Scope(process=process, container=process.body))
        return tuple(found)

    def nodes(self) -> Iterator[tuple[Scope, FlowNode]]:
        """Yield every flow node with the scope it is in."""
        for scope in self.scopes:
            for node in scope.container.nodes.values():
                yield scope, node

    def flows(self) -> Iterator[tuple[Scope, SequenceFlow]]:
        """Yield every sequence flow with the scope it is in."""
        for scope in self.scopes:
            for flow in scope.container.flows.values():
                yield scope, flow

    def finding(
        self,
        element: FlowNode | SequenceFlow | MessageFlow | Process,
        code: str,
        message: str,
        *,
        severity: Severity = Severity.ERROR,
        line: int | None = None,
        property: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        excerpt: Excerpt | None = None,
    ) -> Problem:
        """Return a finding at an element; ``line`` narrows it to a part of the element."""
        return Problem(
            code=code,
            message=message,
            severity=severity,
            location=Location(file=self.model.file, line=line if line is not None else element.line),
            element_id=element.id,
            element_name=element.name,
            element_type=of_element(element),
            property=property,
            expected=expected,
            found=found,
            hint=hint,
            excerpt=excerpt,
        )


def definitions_of(node: FlowNode) -> tuple[EventDefinition, ...]:
    """Return what an event is about: nothing, one thing, or several; nothing for what is no event."""
    if not isinstance(node, Event) or node.event is None:
        return ()
    return node.event.definitions if isinstance(node.event, MultipleEvent) else (node.event,)
