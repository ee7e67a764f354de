"""What every flow node does: arrive, enter, work, finish, leave (BPMN 2.0.2, clause 13.3 "Activities")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loanflow.bpmn.model import FlowNode, is_retry_time_cycle
from loanflow.execution import conditions
from loanflow.execution import requests as asked
from loanflow.execution.expressions import Formula, Stuck, Surroundings, Variables
from loanflow.execution.mappings import Mappings
from loanflow.execution.spiff import TaskSpec
from loanflow.execution.tokens import Scope, Stage, Token

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.events import BoundaryEventSpec
    from loanflow.execution.flow_nodes.listeners import Listeners
    from loanflow.execution.flow_nodes.repetition import Repetition
    from loanflow.execution.machine import Machine
    from loanflow.execution.program import Body, ProgramSpec
    from loanflow.execution.triggers import Trigger


class Flow:
    """A sequence flow, ready to be followed; ``condition`` is None where it is always open.

    ``is_listened_to`` says whether listeners run before its token arrives.
    """

    __slots__ = ("condition", "id", "is_listened_to", "program_id", "target")

    def __init__(
        self, flow_id: str, program_id: str, target: FlowNodeSpec, condition: Formula | None, *, is_listened_to: bool = False
    ) -> None:
        self.id = flow_id
        self.program_id = program_id
        self.target = target
        self.condition = condition
        self.is_listened_to = is_listened_to


class FlowNodeSpec(TaskSpec):
    """A flow node; subclasses say what `work` is and how the token leaves (`choose`).

    The token's `run` calls `_run`, and `leave` once that says True.
    """

    name: str

    def __init__(self, program: ProgramSpec, node: FlowNode, words: str) -> None:
        super().__init__(program, node.id)
        self.node = node
        self.words = words
        self.program_id = program.name
        self.async_before = node.async_before
        self.async_after = node.async_after
        self.outgoing: tuple[Flow, ...] = ()
        self.default: Flow | None = None
        self.incoming: tuple[str, ...] = ()
        self.unconditional = True
        self.inputs_map: Mappings | None = None
        self.outputs_map: Mappings | None = None
        self.results_are_local = False
        self.priority: Formula | None = None
        self.catchers: tuple[BoundaryEventSpec, ...] = ()
        self.compensation_handler: FlowNodeSpec | None = None
        self.listeners: Listeners | None = None
        self.only_passes = False
        self.sealed = False

    undone_each = False
    """Whether it has several instances that are undone one by one, not all together."""
    is_event_sub_process = False
    interrupts_scope = False
    inner_body: Body | None = None
    instances: Repetition | None = None
    each_async_before = False
    each_async_after = False
    retry: Formula | None = None
    each_retry: Formula | None = None
    """The save points and retries of each instance of a multi-instance activity."""
    triggers: tuple[Trigger, ...] = ()

    def seal(self) -> None:
        """Note that it is compiled, and whether all it does is to choose where tokens go on."""
        kind = type(self)
        works = kind.enter is not FlowNodeSpec.enter or kind.work is not FlowNodeSpec.work or kind.finish is not FlowNodeSpec.finish
        waits = self.async_before or self.async_after or self.listeners is not None
        self.only_passes = not works and not waits and self.inputs_map is None and self.outputs_map is None
        self.sealed = True

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse changes once compiled: a spec is shared by threads."""
        if self.__dict__.get("sealed"):
            raise AttributeError(f"{self.name} is compiled and cannot change")
        super().__setattr__(name, value)

    # What SpiffWorkflow calls

    def _run(self, my_task: Token) -> bool | None:
        machine = my_task.workflow
        if self.only_passes and my_task.stage == 0:
            machine.records.append(asked.record(("element.entered", my_task.id, self.name, self.program_id, asked.NOTHING)))
            my_task.stage = 4
            return True
        if self.listeners is not None:
            return self.listeners.run(machine, my_task)
        stage = my_task.stage
        if stage == 0:
            if self.async_before if my_task.index is None else self.each_async_before:
                machine.save_point(my_task, Stage.ENTERING)
                return None
            stage = 1
        if stage == 1:
            self.enter(machine, my_task)
            my_task.stage = stage = 2
        if stage == 2:
            if my_task.watchers and conditions.interrupt(machine, my_task):
                return None
            if not self.work(machine, my_task) or (my_task.watchers and conditions.interrupt(machine, my_task)):
                return None
            my_task.stage = stage = 3
        if stage == 3:
            self.finish(machine, my_task)
            if my_task.id not in machine.tasks:
                return None
            my_task.stage = 4
            if self.async_after if my_task.index is None else self.each_async_after:
                machine.save_point(my_task, Stage.LEAVING)
                return None
        return True

    # The life of a token

    def enter(self, machine: Machine, token: Token) -> None:
        """Compute what the element maps in, and record the arrival."""
        if self.inputs_map is not None:
            values = self.inputs_map.read_in(token, machine)
            machine.record("element.entered", token)
            machine.assign_local(token, machine.own_scope(token), values)
        else:
            machine.record("element.entered", token)

    def work(self, machine: Machine, token: Token) -> bool:
        """Do what the element is for; False where the token now waits, or is gone."""
        del machine, token
        return True

    def finish(self, machine: Machine, token: Token) -> None:
        """Map out what the element gives."""
        if self.outputs_map is not None:
            self.outputs_map.write_out(token, machine)

    def leave(self, machine: Machine, token: Token) -> None:
        """Send tokens on; the last token of a scope ends it."""
        flows = self.outgoing if self.unconditional else self.choose(machine, token)
        scope = token.scope
        enough = "" if flows or scope.owner is None else scope.owner.task_spec.enough(machine, scope.owner, token)
        machine.records.append(asked.record(("element.completed", token.id, self.name, self.program_id, asked.NOTHING)))
        for flow in flows:
            machine.follow(flow, scope)
        machine.drop(token)
        if enough:
            machine.interrupt_inside(scope, enough)
        if not scope.tokens:
            machine.scope_emptied(scope)

    def choose(self, machine: Machine, token: Token) -> Sequence[Flow]:
        """Say which flows are taken, in document order: those without a condition, the open ones, else the default too."""
        seen = token.scope.visible()
        default = self.default
        always = [flow for flow in self.outgoing if flow.condition is None and flow is not default]
        opened = [
            flow for flow in self.outgoing if flow.condition is not None and flow is not default and flow.condition.holds(seen, machine)
        ]
        if not opened and default is not None:
            opened = [default]
        if not always and not opened:
            raise self.no_flow()
        return [flow for flow in self.outgoing if flow in always or flow in opened] if always and opened else always or opened

    def no_flow(self) -> Stuck:
        """Return the incident of a node none of whose flows is open."""
        tried = ", ".join(f"{flow.id} ({flow.condition.text})" for flow in self.outgoing if flow.condition is not None)
        return Stuck(
            "no-flow-taken", f"{self.words}: no outgoing sequence flow is open; tried {tried}; expected one to be true, or a default flow"
        )

    # What others ask of it

    def complete_with(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Take the results of the work the token waited for, and go on."""
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """What the token waited for is there, with the message's variables."""
        raise NotImplementedError(self.words)

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Everything inside the activity is done."""
        raise NotImplementedError(self.words)

    def enough(self, machine: Machine, token: Token, last: Token) -> str:
        """Say, as a path inside ends with ``last``, why whatever else runs inside is to be cancelled; empty where it is not."""
        del machine, token, last
        return ""

    def pass_out(self, machine: Machine, token: Token) -> None:
        """Take out what a thrown error or escalation brings along as it leaves what runs inside."""

    def reopened(self, machine: Machine, token: Token) -> Scope:
        """Return a fresh inner scope for a completed sub-process that is to be undone."""
        raise NotImplementedError(self.words)

    def may_release(self, scope: Scope) -> bool:
        """Say whether the tokens waiting at this inclusive join need wait no longer."""
        raise NotImplementedError(self.words)

    def release(self, machine: Machine, scope: Scope) -> None:
        """Let the tokens waiting at this inclusive join go on as one."""
        raise NotImplementedError(self.words)

    def job_priority(self, seen: Variables, around: Surroundings) -> int:
        """Return the priority of jobs of this element; 50 where the model says nothing."""
        return 50 if self.priority is None else self.priority.integer(seen, around)

    def retry_cycle(self, token: Token, seen: Variables, around: Surroundings) -> str | None:
        """Return the model's retry text for jobs of the token; None where it says nothing, or an expression gives nothing."""
        formula = self.retry if token.index is None or self.each_retry is None else self.each_retry
        text = None if formula is None else formula.string(seen, around)
        if formula is not None and text is not None and not is_retry_time_cycle(text):
            raise formula.failed(f"gave {text!r} where a retry time cycle such as R3/PT10M is needed")
        return text

    def where(self, token: Token) -> dict[str, Any]:
        """Return what every request says about its place."""
        return {"token": token.id, "element_id": self.name, "program": self.program_id}

    def ask(self, machine: Machine, request: asked.Request, wait: str, token: Token) -> None:
        """Hand the host a request and let the token wait for its answer."""
        machine.requests.append(request)
        token.wait = wait
