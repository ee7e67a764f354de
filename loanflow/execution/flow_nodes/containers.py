"""Activities with tokens of their own inside: sub-processes and call activities (BPMN 2.0.2, 10.3.5 and 10.3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loanflow.bpmn.model import BindingKind
from loanflow.execution import compensation, conditions
from loanflow.execution.expressions import Formula, Stuck
from loanflow.execution.flow_nodes.activities import ActivitySpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import EventSubProcessStartSpec
from loanflow.execution.mappings import CallLine
from loanflow.execution.tokens import Scope, Stage, Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine
    from loanflow.execution.program import Body


class SubProcessSpec(ActivitySpec):
    """A process drawn inside an activity; its variables live in the activity's own scope."""

    body: Body

    def perform(self, machine: Machine, token: Token) -> bool:
        """Start the body."""
        inner = machine.inner_scope(token, self.body)
        if not self.body.armed_by_start:
            machine.arm_scope(inner)
        token.wait = Wait.SCOPE
        machine.start_scope(inner, self.starts(machine, token))
        if inner.tokens:
            return False
        machine.disarm_scope(inner)
        return True

    @property
    def inner_body(self) -> Body:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What is drawn inside."""
        return self.body

    def starts(self, machine: Machine, token: Token) -> Sequence[FlowNodeSpec]:
        """Say where tokens start inside."""
        del machine, token
        return self.body.starts

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Go on, or go on undoing."""
        if token.stage == Stage.UNDOING:
            compensation.undone(machine, token)
        else:
            machine.proceed(token, Stage.FINISHING)

    def can_be_undone(self, token: Token) -> bool:
        """Say whether it has a handler, or left something to undo inside."""
        inside = token.own
        return bool(self.compensation_handler or self.body.compensation or (inside is not None and inside.done))

    def reopened(self, machine: Machine, token: Token) -> Scope:
        """Return a fresh inner scope."""
        return machine.inner_scope(token, self.body)


class EventSubProcessSpec(SubProcessSpec):
    """A sub-process that starts when its start event happens, beside the other tokens of the scope or instead of them."""

    is_event_sub_process = True
    start: EventSubProcessStartSpec

    @property
    def interrupts_scope(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether nothing else in the scope runs beside it."""
        return self.start.interrupting

    def starts(self, machine: Machine, token: Token) -> Sequence[FlowNodeSpec]:
        """Start behind the event that has happened."""
        del machine, token
        return (self.start,)


class AdHocSubProcessSpec(SubProcessSpec):
    """Activities without an order of their own: those of ``elements`` run at once, or one after the other where ``sequential``.

    ``elements`` gives ids of flow nodes inside; None means all that nothing leads to. Whenever a path inside ends,
    ``condition`` says whether that was enough; then what still runs is cancelled, or awaited unless ``cancels``. Whenever
    a path ends, ``output_element`` is added to ``output_collection``. The token's memo is the ids still to be started.
    """

    elements: Formula | None = None
    condition: Formula | None = None
    sequential = False
    cancels = True
    output_collection: str | None = None
    output_element: Formula | None = None
    output_local: str | None = None

    def starts(self, machine: Machine, token: Token) -> Sequence[FlowNodeSpec]:
        """Start what the collection names."""
        if self.output_collection is not None and token.body is not None:
            inside = {} if self.output_local is None else {self.output_local: None}
            machine.assign_local(token, token.body, {**inside, self.output_collection: []})
        chosen = list(self.body.starts) if self.elements is None else self._chosen(machine, token, self.elements)
        if self.sequential:
            token.memo = [[spec.name for spec in chosen[1:]]]
            return chosen[:1]
        return chosen

    def enough(self, machine: Machine, token: Token, last: Token) -> str:
        """Gather what the path gave, then look at the completion condition; once it holds nothing more is started."""
        assert token.body is not None
        if token.stage == Stage.UNDOING:
            return ""
        name = self.output_collection
        if name is not None:
            value = self.output_element.value(last.visible(), machine) if self.output_element is not None else None
            machine.assign_local(token, token.body, {name: [*token.body.variables.get(name, ()), value]})
        if self.condition is None or not self.condition.holds(token.body.visible(), machine):
            return ""
        if self.sequential:
            token.memo = [[]]
        return f"{self.words}: the completion condition holds" if self.cancels else ""

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Start the next in sequence, or go on."""
        if token.stage != Stage.UNDOING and token.memo and token.memo[0]:
            assert token.body is not None
            machine.start_scope(token.body, (token.body.program.nodes[token.memo[0].pop(0)],))
        else:
            super().body_ended(machine, token)

    def finish(self, machine: Machine, token: Token) -> None:
        """Forget the sequence, and write outside what was gathered, unless an output mapping does."""
        if self.sequential:
            token.memo = None
        name = self.output_collection
        if name is not None and self.outputs_map is None and token.body is not None:
            outside = token.scope if token.index is None else token.variables
            machine.assign(token, outside, {name: token.body.variables[name]})
        super().finish(machine, token)

    def _chosen(self, machine: Machine, token: Token, elements: Formula) -> list[FlowNodeSpec]:
        ids = elements.strings(token.visible(), machine)
        unknown = [name for name in ids if name not in self.inside]
        if unknown:
            raise elements.failed(f"names {', '.join(unknown)}, which is no element inside; there are {', '.join(self.inside)}")
        return [token.scope.program.nodes[name] for name in ids]

    inside: tuple[str, ...] = ()
    """The ids of the flow nodes that may be started."""


class CallActivitySpec(ActivitySpec):
    """Runs another process inside the same case: a scope of its own that sees nothing of the caller's."""

    called: Formula
    binding_kind: BindingKind = BindingKind.LATEST
    binding_value: Formula | None = None
    call_in: tuple[CallLine, ...] = ()
    call_out: tuple[CallLine, ...] = ()
    propagate_all_parent: bool = False
    propagate_all_child: bool = False
    propagate_local: bool = False

    def perform(self, machine: Machine, token: Token) -> bool:
        """Start the called process with what is mapped in."""
        seen = token.visible()
        key = self.called.string(seen, machine)
        if key is None:
            raise self.called.failed("gave no process id")
        value = self.binding_value.string(seen, machine) if self.binding_value is not None else None
        depth = token.scope.depth + 1
        if depth > machine.limits.depth:
            raise Stuck(
                "call-depth",
                f"{self.words}: process {key!r} would be call number {depth} within each other; the limit is {machine.limits.depth}",
            )
        program = machine.host.called_program(key, self.binding_kind, value, caller=self.program_id)
        if program is None:
            detail = f" {value!r}" if value else ""
            raise Stuck("process-not-deployed", f"{self.words}: no process {key!r} ({self.binding_kind.value}{detail}) is deployed")
        starts = program.body.starts
        if not starts:
            raise Stuck("process-without-start", f"{self.words}: process {key!r} has no start event without a trigger")
        variables, business_key = self._mapped_in(machine, token, seen)
        inner = Scope(
            program=program,
            parent=token.variables,
            owner=token,
            body=program.body,
            isolated=True,
            variables=variables,
            depth=depth,
        )
        inner.business_key = business_key
        if not program.body.armed_by_start:
            machine.arm_scope(inner)
        token.body = inner
        token.wait = Wait.SCOPE
        machine.record("scope.started", token, {"process": program.process_id, "program": program.id, "variables": dict(variables)})
        machine.start_scope(inner, starts)
        return False

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Take back what is mapped out; a failing expression stops the token here and can be tried again."""
        machine.proceed(token, Stage.FINISHING)

    def finish(self, machine: Machine, token: Token) -> None:
        """Map the called process's variables out, then the activity's own outputs."""
        if token.body is not None and token.body.isolated:
            values, local = self._mapped_out(machine, token.body.variables)
            machine.record("scope.ended", token, {"program": token.body.program.id})
            token.body = None
            self._keep(machine, token, values, local)
            # What stays local is there for the outputs to map, and no change that a condition waits for.
            if not self.results_are_local and token.watchers and conditions.interrupt(machine, token):
                return
        super().finish(machine, token)

    def pass_out(self, machine: Machine, token: Token) -> None:
        """Map out what Camunda 7 does; Camunda 8's propagation is for a process that ends."""
        if self.call_out and token.body is not None and token.body.isolated:
            self._keep(machine, token, *self._mapped_out(machine, token.body.variables))

    def _keep(self, machine: Machine, token: Token, values: dict[str, Any], local: dict[str, Any]) -> None:
        if local:
            machine.assign_local(token, machine.own_scope(token), local)
        machine.accept(token, values)

    def _mapped_in(self, machine: Machine, token: Token, seen: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        business_key: str | None = None
        variables: dict[str, Any] = {}
        if self.propagate_all_parent:
            variables.update(seen)
        elif self.propagate_local and self.inputs_map is not None and token.own is not None:
            variables.update(token.own.variables)
        for entry in self.call_in:
            source = (token.own.variables if token.own is not None else {}) if entry.local else seen
            if entry.business_key is not None:
                business_key = entry.business_key.string(seen, machine)
            else:
                variables.update(entry.values(source, machine))
        return variables, business_key

    def _mapped_out(self, machine: Machine, inside: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        values: dict[str, Any] = {}
        local: dict[str, Any] = {}
        if self.propagate_all_child or self.results_are_local:
            values.update(inside)
        for entry in self.call_out:
            into = local if entry.local else values
            into.update(entry.values(inside, machine))
        return values, local
