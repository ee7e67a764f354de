"""Activities: boundary events, local scopes, multi-instance bodies (BPMN 2.0.2, clause 13.3 "Activities")."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from loanflow.bpmn.model import ResultMapper
from loanflow.execution import compensation
from loanflow.execution import requests as asked
from loanflow.execution.expressions import Formula, Stuck, Variables
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import BoundaryEventSpec, MessageThrow, chosen_by_gateway
from loanflow.execution.flow_nodes.work import Job
from loanflow.execution.tokens import Beside, Stage, Token, Wait
from loanflow.execution.triggers import Plan, Trigger

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine


class ActivitySpec(FlowNodeSpec):
    """What does work. `perform` is the work of one instance; without multi-instance there is just one.

    The token of a multi-instance activity holds the boundary events; the tokens of its instances hold input and output
    mappings, and a scope each.
    """

    boundaries: tuple[BoundaryEventSpec, ...] = ()
    compensable = False
    """Whether its completion must be remembered: it has a compensation handler, or something inside it has."""

    def enter(self, machine: Machine, token: Token) -> None:
        """Evaluate mappings and boundary events first, then change anything: a failure leaves nothing half done."""
        if not self.boundaries and self.inputs_map is None and token.index is None:
            machine.record("element.entered", token)
            return
        is_body = self.instances is not None and token.index is None
        values = self.inputs_map.read_in(token, machine) if self.inputs_map is not None and not is_body else {}
        plans: list[tuple[BoundaryEventSpec, int, Plan]] = []
        if token.index is None and self.boundaries:
            seen = {**token.visible(), **values} if values else token.visible()
            outside = token.scope.visible()
            plans = [
                (event, number, trigger.plan(seen, machine, machine.now, outside=outside))
                for event in self.boundaries
                for number, trigger in enumerate(event.triggers)
            ]
        machine.record("element.entered", token, _instance(token))
        if values:
            machine.assign_local(token, machine.own_scope(token), values)
        for event, number, plan in plans:
            machine.watch(token, event, plan, index=number)

    def work(self, machine: Machine, token: Token) -> bool:
        """Do the work, or make the instances that do it."""
        if self.instances is not None and token.index is None:
            return self.instances.begin(machine, token)
        return self.perform(machine, token)

    def perform(self, machine: Machine, token: Token) -> bool:
        """Do the work of one instance; False where the token now waits."""
        del machine, token
        return True

    def finish(self, machine: Machine, token: Token) -> None:
        """Map out, then give up the boundary events."""
        if self.instances is not None and token.index is None:
            self.instances.hand_over(machine, token)
        elif self.outputs_map is not None:
            self.outputs_map.write_out(token, machine)
        if token.watchers:
            machine.disarm(token)

    def leave(self, machine: Machine, token: Token) -> None:
        """Send tokens on, or report to the multi-instance body."""
        if self.compensable:
            self.remember(token)
        if token.index is not None:
            assert self.instances is not None
            self.instances.instance_ended(machine, token)
        else:
            super().leave(machine, token)

    def remember(self, token: Token) -> None:
        """Note what could be undone from now on: each instance for itself or all together, once every one of them is done."""
        if self.undone_each and token.index is None:
            compensation.hand_on(token)
        elif self.undone_each == (token.index is not None) and self.can_be_undone(token):
            compensation.remember(token)

    def can_be_undone(self, token: Token) -> bool:
        """Say whether the completed activity left anything to undo."""
        del token
        return True


_PRIORITY = 50


class UserTaskSpec(ActivitySpec):
    """Work for a person."""

    task_name: str = ""
    computed_name: Formula | None = None
    assignee: Formula | None = None
    candidate_users: tuple[Formula, ...] = ()
    candidate_groups: tuple[Formula, ...] = ()
    due: Formula | None = None
    follow_up: Formula | None = None
    task_priority: Formula | None = None
    form: Any = None
    different_from: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    """When its ``timeout`` listeners are due, which ``timeouts`` numbers."""
    timeouts: tuple[int, ...] = ()

    def perform(self, machine: Machine, token: Token) -> bool:
        """Open the task."""
        seen = token.visible()
        now = machine.now
        plans = [trigger.plan(seen, machine, now) for trigger in self.triggers]
        assignee = self.assignee.required_string(seen, machine) if self.assignee is not None else None
        machine.requests.append(
            asked.OpenTask(
                token=token.id,
                element_id=self.name,
                program=self.program_id,
                name=self.task_name if self.computed_name is None else self.computed_name.string(seen, machine) or self.name,
                assignee=assignee,
                candidate_users=_names(self.candidate_users, seen, machine) if self.candidate_users else (),
                candidate_groups=_names(self.candidate_groups, seen, machine) if self.candidate_groups else (),
                due_at=self.due.instant(seen, machine, now=now) if self.due is not None else None,
                follow_up_at=self.follow_up.instant(seen, machine, now=now) if self.follow_up is not None else None,
                priority=_PRIORITY if self.task_priority is None else _priority(self.task_priority, seen, machine),
                form=self.form,
                different_from=self.different_from,
                instance=token.index,
            )
        )
        token.wait = Wait.TASK
        for number, plan in enumerate(plans):
            machine.watch(token, self, plan, index=number)
        if assignee is not None:
            self.tell(machine, token, Beside.ASSIGNED)
        return False

    def tell(self, machine: Machine, token: Token, event: Beside) -> None:
        """Tell the listeners what happened to the open task."""
        if self.listeners is not None:
            self.listeners.tell(machine, token, event)

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """The task has not been done in time: a listener hears of it, and again where its timer repeats."""
        del values
        task, number, memo = token.host, token.index or 0, token.memo
        assert task is not None
        assert task.watchers is not None
        assert self.listeners is not None
        task.watchers.remove(token)
        machine.drop(token)
        plan = self.triggers[number].again(memo)
        if plan is not None:
            machine.watch(task, self, plan, index=number)
        self.listeners.tell_one(machine, task, self.timeouts[number])

    def complete_with(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Take the results, tell the listeners, and go on."""
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING if self.listeners is None else Stage.COMPLETING)


class JobTaskSpec(ActivitySpec):
    """Work for a registered handler."""

    job: Job

    def perform(self, machine: Machine, token: Token) -> bool:
        """Enqueue the job."""
        self.job.enqueue(machine, token)
        return False

    def complete_with(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Take the handler's outputs, unless they stand for an error."""
        values = self.job.results(values)
        if self.job.errors:
            machine.accept(token, values)
            if self.job.throws(machine, token):
                return
            values = {}
        super().complete_with(machine, token, values)


class ExpressionTaskSpec(ActivitySpec):
    """A value computed in place; ``result_variable`` None throws it away."""

    expression: Formula
    result_variable: str | None = None

    def perform(self, machine: Machine, token: Token) -> bool:
        """Evaluate, and keep the value."""
        value = self.expression.value(token.visible(), machine)
        if self.result_variable:
            machine.accept(token, {self.result_variable: value})
        return True


class DecisionTaskSpec(ActivitySpec):
    """Asks a decision, within the step: decisions are pure."""

    decision: Formula
    binding: Any = None
    binding_value: Formula | None = None
    mapper: Any = None
    result_variable: str | None = None

    def perform(self, machine: Machine, token: Token) -> bool:
        """Evaluate the decision; without a result the case stops here."""
        seen = token.visible()
        name = self.decision.string(seen, machine)
        if name is None:
            raise self.decision.failed("gave no decision id")
        value = self.binding_value.string(seen, machine) if self.binding_value is not None else None
        request = asked.DecisionRequest(
            token=token.id,
            element_id=self.name,
            program=self.program_id,
            decision=name,
            binding=self.binding,
            binding_value=value,
            mapper=self.mapper if self.result_variable or self.mapper is None else ResultMapper.RESULT_LIST,
            variables=dict(seen),
        )
        try:
            result = machine.host.decide(request)
        except asked.DecisionFailed as failure:
            raise Stuck("decision-failed", f"{self.words}: decision {name!r} has no result: {failure}") from failure
        if self.result_variable:
            machine.accept(token, {self.result_variable: result})
        if self.mapper is ResultMapper.RESULT_LIST or not self.result_variable:
            self._keep_rows(machine, token, result)
        return True

    def _keep_rows(self, machine: Machine, token: Token, rows: Any) -> None:
        # Camunda 7's name for the rows, for output mappings and end listeners.
        if self.outputs_map is not None or self.listeners is not None:
            machine.assign_local(token, machine.own_scope(token), {"decisionResult": rows})


class SendTaskSpec(ActivitySpec):
    """Sends a message that no handler sends."""

    message: MessageThrow

    def perform(self, machine: Machine, token: Token) -> bool:
        """Ask the host to deliver it."""
        self.message.throw(machine, token)
        return True


class ReceiveTaskSpec(ActivitySpec):
    """Waits for a message."""

    triggers: tuple[Trigger, ...]

    def perform(self, machine: Machine, token: Token) -> bool:
        """Subscribe."""
        machine.arm(token, self.triggers[0].plan(token.visible(), machine, machine.now))
        return False

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """The message is there."""
        if token.host is not None:
            chosen_by_gateway(machine, token)
        token.memo = None
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)


def _names(formulas: tuple[Formula, ...], seen: Variables, machine: Machine) -> tuple[str, ...]:
    if len(formulas) == 1:
        return formulas[0].strings(seen, machine)
    return tuple(name for formula in formulas for name in formula.strings(seen, machine))


def _priority(formula: Formula, seen: Variables, machine: Machine) -> int:
    if formula.is_juel:
        # Camunda 7 leaves it as it is where there is none, and cuts off what is not whole.
        value = formula.value(seen, machine)
        if value is None:
            return _PRIORITY
        if isinstance(value, Decimal):
            return int(value)
    priority = formula.integer(seen, machine)
    if formula.is_strict and not 0 <= priority <= 100:
        raise formula.failed(f"gave {priority} where a priority of 0 to 100 is needed")
    return priority


def _instance(token: Token) -> dict[str, Any]:
    # Which of the instances, and of which run of the activity.
    if token.index is None or token.scope.owner is None:
        return {}
    return {"instance": token.index, "within": token.scope.owner.id}
