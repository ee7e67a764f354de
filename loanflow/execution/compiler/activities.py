"""Activities: tasks, sub-processes, call activities, and how often they run (BPMN 2.0.2, 10.3 "Activities")."""

from __future__ import annotations

import re
from dataclasses import replace

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, Expression, Language
from loanflow.execution.compiler.events import Events
from loanflow.execution.expressions import Formula
from loanflow.execution.findings import words
from loanflow.execution.flow_nodes.activities import (
    ActivitySpec,
    DecisionTaskSpec,
    ExpressionTaskSpec,
    JobTaskSpec,
    ReceiveTaskSpec,
    SendTaskSpec,
    UserTaskSpec,
)
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import (
    AdHocSubProcessSpec,
    CallActivitySpec,
    EventSubProcessSpec,
    SubProcessSpec,
)
from loanflow.execution.flow_nodes.events import (
    EventSubProcessStartSpec,
)
from loanflow.execution.flow_nodes.multi_instance import CAMUNDA7_COUNTERS, CAMUNDA8_COUNTERS, Instances
from loanflow.execution.flow_nodes.repetition import Loop
from loanflow.execution.program import Body

_CALLED_STEPS = 20
_PARTS = re.compile(r"""(?:[$#]\{(?:'[^']*'|"[^"]*"|[^}'"])*\}|[^,])+""")
"""The parts of a list with commas between them; those inside an expression are the expression's."""


class Activities(Events):
    """Builds the specs of activities."""

    def activity(self, node: bpmn.Activity, spec: ActivitySpec) -> None:
        """Add what every activity may have."""
        if node.loop is not None:
            spec.instances = self.standard_loop(node, spec, node.loop)
        if node.multi_instance is None:
            return
        drawn = node.multi_instance
        spec.each_async_before, spec.each_async_after = drawn.async_before, drawn.async_after
        spec.each_retry = self.retry(node, drawn.retry)
        instances = Instances(spec.words)
        instances.sequential = drawn.sequential
        if drawn.collection is not None:
            instances.collection = self.findings.formula(node, "collection", drawn.collection)
        elif drawn.cardinality is not None:
            instances.cardinality = self.findings.formula(node, "loop cardinality", drawn.cardinality)
        else:
            self.findings.refuse(node, "a multi-instance marker without collection and cardinality", "fill in the collection")
        instances.element_variable = drawn.element_variable
        instances.output_collection = drawn.output_collection
        if drawn.output_element is not None:
            instances.output_element = self.findings.formula(node, "output element", drawn.output_element)
            instances.output_local = _output_variable(drawn.output_element, drawn.element_variable, "loopCounter")
        if drawn.completion_condition is not None:
            instances.completion_condition = self.findings.formula(node, "completion condition", drawn.completion_condition)
        if self.dialect is Dialect.CAMUNDA7:
            instances.counters, instances.first = (CAMUNDA7_COUNTERS,), 0
        elif self.dialect is Dialect.CAMUNDA8:
            instances.counters, instances.first = (CAMUNDA8_COUNTERS,), 1
            instances.counts_are_variables, instances.results_are_variable = False, True
        else:
            instances.counters, instances.first = (CAMUNDA8_COUNTERS, CAMUNDA7_COUNTERS), 1
        instances.body_nodes = _body_nodes(node)
        spec.instances = instances

    def standard_loop(self, node: bpmn.Activity, spec: ActivitySpec, drawn: bpmn.StandardLoop) -> Loop:
        """A standard loop marker."""
        loop = Loop(spec.words)
        loop.first = 0 if self.dialect is Dialect.CAMUNDA7 else 1
        loop.maximum = drawn.maximum
        loop.test_before = drawn.test_before
        loop.body_nodes = 0
        if drawn.condition is not None:
            loop.condition = self.findings.formula(node, "loop condition", drawn.condition)
        elif drawn.maximum is None:
            self.findings.refuse(node, "a loop that never ends", "fill in the loop condition or the loop maximum")
        if drawn.maximum is not None and drawn.maximum < 1:
            self.findings.refuse(node, f"a loop maximum of {drawn.maximum}", "write a whole number from 1, or leave it out")
        return loop

    def plain_activity(self, node: bpmn.Activity) -> FlowNodeSpec:
        """A task of no kind, or work outside the system: passed through."""
        return ActivitySpec(self.spec, node, words(node))

    def user_task(self, node: bpmn.UserTask) -> FlowNodeSpec:
        """A user task."""
        spec = UserTaskSpec(self.spec, node, words(node))
        spec.task_name = node.name or node.id
        if self.dialect is Dialect.CAMUNDA7 and ("${" in spec.task_name or "#{" in spec.task_name):
            spec.computed_name = self.findings.formula(node, "name", Expression(text=spec.task_name, language=Language.JUEL))
        spec.assignee = self.optional(node, "assignee", node.assignee)
        spec.candidate_users = self._names(node, "candidate users", node.candidate_users)
        spec.candidate_groups = self._names(node, "candidate groups", node.candidate_groups)
        spec.due = self.optional(node, "due date", node.due_date)
        spec.follow_up = self.optional(node, "follow up date", node.follow_up_date)
        spec.task_priority = self.optional(node, "priority", node.priority)
        spec.form = node.form
        spec.different_from = node.different_from
        return spec

    def _names(self, node: bpmn.UserTask, what: str, drawn: Expression | None) -> tuple[Formula, ...]:
        # In a list of Camunda 7 each part may be an expression of its own, and give several names.
        if drawn is None or drawn.language is not Language.JUEL:
            found = self.optional(node, what, drawn)
            return () if found is None else (found,)
        texts = [part.strip() for part in _PARTS.findall(drawn.text)]
        languages = [Language.JUEL if "${" in text or "#{" in text else Language.LITERAL for text in texts]
        return tuple(
            self.findings.formula(node, what, replace(drawn, text=text, language=language))
            for text, language in zip(texts, languages, strict=True)
            if text
        )

    def service_task(self, node: bpmn.ServiceTask | bpmn.SendTask | bpmn.ScriptTask) -> FlowNodeSpec:
        """Work for a program: an expression in place, else a job; without an implementation for a handler of the element's id."""
        match node.implementation:
            case bpmn.ExpressionCall() as call:
                return self.expression_task(node, call)
            case bpmn.HandlerCall() as call:
                return self.job_task(node, call)
            case None if isinstance(node, bpmn.SendTask) and node.message is not None:
                spec = SendTaskSpec(self.spec, node, words(node))
                spec.message = self.message_throw(node, node.message)
                return spec
            case None:
                named = bpmn.HandlerCall(name=Expression(text=node.id, language=Language.LITERAL), kind="id")
                return self.job_task(node, named)

    def business_rule_task(self, node: bpmn.BusinessRuleTask) -> FlowNodeSpec | None:
        """A decision, or a handler that stands for a rule engine."""
        match node.implementation:
            case bpmn.DecisionCall() as call:
                spec = DecisionTaskSpec(self.spec, node, words(node))
                spec.decision = self.findings.formula(node, "decision", call.decision)
                spec.binding = call.binding.kind
                spec.binding_value = self.optional(node, "decision version", call.binding.value)
                spec.mapper = call.mapper
                spec.result_variable = call.result_variable
                return spec
            case bpmn.ExpressionCall() as call:
                return self.expression_task(node, call)
            case bpmn.HandlerCall() as call:
                return self.job_task(node, call)
            case None:
                self.findings.refuse(node, "a business rule task without a decision", "fill in the decision reference")
                return None

    def receive_task(self, node: bpmn.ReceiveTask) -> FlowNodeSpec | None:
        """A receive task."""
        if node.message is None:
            self.findings.refuse(node, "a receive task without a message", "choose or create a global message in the properties panel")
            return None
        spec = ReceiveTaskSpec(self.spec, node, words(node))
        spec.triggers = (self.message_trigger(node, node.message),)
        return spec

    def sub_process(self, node: bpmn.SubProcess) -> FlowNodeSpec | None:
        """A sub-process of any kind."""
        match node.kind:
            case "event":
                return self.event_sub_process(node)
            case "adHoc":
                return self.ad_hoc_sub_process(node)
            case _:
                spec = SubProcessSpec(self.spec, node, words(node))
                spec.body = self.container(node.body, node.id, node)
        if node.body.nodes and not spec.body.starts:
            self.findings.refuse(node, "a sub-process without a none start event", "draw one, or leave all start events out")
        return spec

    def event_sub_process(self, node: bpmn.SubProcess) -> FlowNodeSpec | None:
        """A sub-process that an event starts."""
        spec = EventSubProcessSpec(self.spec, node, words(node))
        spec.body = self.container(node.body, node.id, node)
        drawn = [start for start in node.body.nodes.values() if isinstance(start, bpmn.StartEvent)]
        if len(drawn) != 1:
            self.findings.refuse(node, f"an event sub-process with {len(drawn)} start events", "draw exactly one start event in it")
            return None
        start = self.spec.task_specs.get(drawn[0].id)
        if not isinstance(start, EventSubProcessStartSpec):
            return None
        spec.start = start
        start.activity = spec
        return spec

    def ad_hoc_sub_process(self, node: bpmn.SubProcess) -> FlowNodeSpec | None:
        """An ad-hoc sub-process, as Camunda 8 has it."""
        if self.dialect is Dialect.CAMUNDA7:
            self.findings.refuse(node, "the ad-hoc sub-process in Camunda 7", "draw a sub-process with an inclusive gateway instead")
            return None
        if self.dialect is Dialect.CAMUNDA8 and node.active_elements is None:
            self.findings.refuse(
                node, "an ad-hoc sub-process without active elements", "fill in Active elements > Active elements collection"
            )
            return None
        spec = AdHocSubProcessSpec(self.spec, node, words(node))
        spec.body = self.container(node.body, node.id, node)
        spec.inside = tuple(inner.id for inner in node.body.nodes.values() if not starts_otherwise(inner))
        spec.elements = self.optional(node, "active elements collection", node.active_elements)
        spec.condition = self.optional(node, "completion condition", node.completion_condition)
        spec.cancels = node.cancel_remaining
        spec.sequential = node.sequential
        spec.output_collection = node.output_collection
        if node.output_element is not None:
            spec.output_element = self.findings.formula(node, "output element", node.output_element)
            spec.output_local = _output_variable(node.output_element)
        return spec

    def call_activity(self, node: bpmn.CallActivity) -> FlowNodeSpec | None:
        """A call activity."""
        if node.called_element is None:
            self.findings.refuse(node, "a call activity without a called element", "fill in the called process id")
            return None
        spec = CallActivitySpec(self.spec, node, words(node))
        spec.called = self.findings.formula(node, "called element", node.called_element)
        spec.binding_kind = node.binding.kind
        spec.binding_value = self.optional(node, "called element version", node.binding.value)
        spec.call_in = tuple(self.call_line(node, line, "in mapping") for line in node.call_inputs)
        spec.call_out = tuple(self.call_line(node, line, "out mapping") for line in node.call_outputs)
        spec.propagate_all_parent = node.propagate_all_parent
        # Output mappings replace the propagation of everything.
        spec.propagate_all_child = node.propagate_all_child
        spec.propagate_local = self.dialect is Dialect.CAMUNDA8
        return spec

    def job_task(self, node: bpmn.Activity, call: bpmn.HandlerCall) -> FlowNodeSpec:
        """A task that is a job."""
        spec = JobTaskSpec(self.spec, node, words(node))
        spec.job = self.job(node, call)
        return spec

    def expression_task(self, node: bpmn.Activity, call: bpmn.ExpressionCall) -> FlowNodeSpec:
        """A task that is computed in place."""
        spec = ExpressionTaskSpec(self.spec, node, words(node))
        spec.expression = self.findings.formula(node, "expression", call.expression)
        spec.result_variable = call.result_variable
        return spec

    def container(self, container: bpmn.Container, element_id: str, around: bpmn.SubProcess | None) -> Body:
        """Build what is drawn inside a process or sub-process."""
        raise NotImplementedError


def starts_otherwise(node: bpmn.FlowNode) -> bool:
    """Say whether a node without incoming sequence flows is reached in another way than by the start of its container."""
    return (
        isinstance(node, bpmn.BoundaryEvent)
        or (isinstance(node, bpmn.SubProcess) and node.kind == "event")
        or (isinstance(node, bpmn.Activity) and node.for_compensation)
        or (isinstance(node, bpmn.IntermediateCatchEvent) and isinstance(node.event, bpmn.LinkEvent))
    )


def _output_variable(element: Expression, *known: str | None) -> str | None:
    """Return the variable that an output element hands on; it is local, as in Camunda 8, so that nobody writes over another's result."""
    name = re.match(r"\s*([A-Za-z_]\w*)\s*(\.|$)", element.text)
    return name[1] if name is not None and name[1] not in (*known, "null", "true", "false") else None


def _body_nodes(node: bpmn.Activity) -> int:
    match node:
        case bpmn.SubProcess():
            return 2 + sum(1 for _ in node.body.walk())
        case bpmn.CallActivity():
            return _CALLED_STEPS
        case _:
            return 1
