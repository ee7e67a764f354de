"""Loops of automatic elements that nothing stops: no way leads out, or nothing in them changes what their conditions read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loanflow.bpmn.checks.expression_syntax import names_in
from loanflow.bpmn.checks.paths import successors
from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.model import (
    BusinessRuleTask,
    DecisionCall,
    ExclusiveGateway,
    ExpressionCall,
    FlowNode,
    InclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    Language,
    LinkEvent,
    ManualTask,
    NoneTask,
    ScriptTask,
    ServiceTask,
)
from loanflow.bpmn.words import quoted
from loanflow.problems import Problem, Severity

CODE = "bpmn/endless-loop"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning for each loop that goes round for ever once a token is in it."""
    for scope in scene.scopes:
        if scope.owner is not None and scope.owner.kind == "adHoc":
            continue
        after = successors(scope.container)
        for loop in _loops(after):
            members = [scope.container.nodes[one] for one in scope.container.nodes if one in loop]
            if all(_is_automatic(node) for node in members):
                yield from _judge(scene, scope, members, after)


def _judge(scene: Scene, scope: Scope, loop: list[FlowNode], after: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    inside = {node.id for node in loop}
    deciding = [node for node in loop if any(one not in inside for one in after[node.id])]
    path = " -> ".join(quoted(node.name, node.id) for node in loop)
    if not deciding:
        yield scene.finding(
            loop[0],
            CODE,
            "a token that enters this loop never leaves it",
            severity=Severity.WARNING,
            expected="a way out",
            found=path,
            hint="put an exclusive gateway into the loop, with one flow that leads out of it",
        )
        return
    read: set[str] = set()
    for node in deciding:
        if not isinstance(node, ExclusiveGateway | InclusiveGateway):
            return
        for flow_id in node.outgoing:
            condition = scope.container.flows[flow_id].condition
            names = names_in(condition, scene.model.dialect) if condition is not None else None
            if names is None and flow_id != node.default_flow:
                return  # Other checks say what is wrong with that condition.
            read |= names or frozenset()
    if read & {name for node in loop for name in _written(node)} or read & _CHANGING:
        return
    yield scene.finding(
        deciding[0],
        CODE,
        "nothing in this loop changes what its way out depends on: once round, always round",
        severity=Severity.WARNING,
        property="Condition",
        expected=f"an element in the loop that writes {' or '.join(sorted(read)) or 'what the condition reads'}",
        found=path,
        hint="let an element of the loop change the variable, or wait in the loop for a person, a message or a timer",
    )


_CHANGING = frozenset({"now", "today", "dateTime", "random", "random number", "execution"})
"""Names whose value may change by itself."""


def _loops(after: Mapping[str, tuple[str, ...]]) -> Iterator[frozenset[str]]:
    """Yield each set of nodes that can all reach one another (Tarjan's strongly connected components, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in after:
        work = [(root, iter(after[root]))] if root not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            step = next((one for one in rest if one not in index or one in on_stack), None)
            if step is not None and step not in index:
                work.append((step, iter(after[step])))
                continue
            if step is not None:
                low[node] = min(low[node], index[step])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                at = stack.index(node)
                found = frozenset(stack[at:])
                del stack[at:]
                on_stack -= found
                if len(found) > 1 or node in after[node]:
                    yield found


def _is_automatic(node: FlowNode) -> bool:
    """Say whether a node passes tokens on at once and writes only what can be told from the diagram."""
    if node.listeners:
        return False
    if isinstance(node, NoneTask | ManualTask | ExclusiveGateway | InclusiveGateway):
        return True
    if isinstance(node, IntermediateThrowEvent):
        return node.event is None or isinstance(node.event, LinkEvent)
    if isinstance(node, IntermediateCatchEvent):
        return isinstance(node.event, LinkEvent)
    if isinstance(node, ScriptTask | ServiceTask | BusinessRuleTask):
        made = node.implementation
        if isinstance(made, ExpressionCall):
            # A call in JUEL may reach a registered function, which may change anything.
            return made.expression.language is not Language.JUEL or "(" not in made.expression.text
        return isinstance(made, DecisionCall)
    return False


def _written(node: FlowNode) -> Iterator[str]:
    for mapping in node.outputs:
        yield mapping.target.split(".")[0]
    made = node.implementation if isinstance(node, ScriptTask | ServiceTask | BusinessRuleTask) else None
    if isinstance(made, ExpressionCall | DecisionCall) and made.result_variable:
        yield made.result_variable
