"""Activities with tokens of their own inside: sub-processes and call activities (BPMN 2.0.2, 10.3.5 and 10.3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loanflow.bpmn.model import BindingKind
from loanflow.execution.expressions import Formula, Stuck
from loanflow.execution.flow_nodes.activities import ActivitySpec
from loanflow.execution.mappings import MappingLine
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
        token.wait = Wait.SCOPE
        machine.start_scope(inner, self.body.starts)
        return not inner.tokens

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Go on."""
        machine.proceed(token, Stage.FINISHING)


class CallLine:
    """One ``camunda:in`` or ``camunda:out``: everything, the business key, or one mapped value."""

    __slots__ = ("all_variables", "business_key", "line", "local")

    def __init__(
        self, line: MappingLine | None, *, all_variables: bool = False, business_key: Formula | None = None, local: bool = False
    ) -> None:
        self.line = line
        self.all_variables = all_variables
        self.business_key = business_key
        self.local = local


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
            machine.assign_local(token, machine.own_scope(token), local) if local else None
            machine.accept(token, values)
        super().finish(machine, token)

    def _mapped_in(self, machine: Machine, token: Token, seen: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        business_key: str | None = None
        variables: dict[str, Any] = {}
        if self.propagate_all_parent:
            variables.update(seen)
        elif self.propagate_local and token.own is not None:
            variables.update(token.own.variables)
        for entry in self.call_in:
            source = (token.own.variables if token.own is not None else {}) if entry.local else seen
            if entry.business_key is not None:
                business_key = entry.business_key.string(seen, machine)
            elif entry.all_variables:
                variables.update(source)
            elif entry.line is not None:
                variables[entry.line.path[0]] = entry.line.value(source, machine)
        return variables, business_key

    def _mapped_out(self, machine: Machine, inside: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        values: dict[str, Any] = {}
        local: dict[str, Any] = {}
        if self.propagate_all_child or self.results_are_local:
            values.update(inside)
        for entry in self.call_out:
            into = local if entry.local else values
            if entry.all_variables:
                into.update(inside)
            elif entry.line is not None:
                into[entry.line.path[0]] = entry.line.value(inside, machine)
        return values, local
