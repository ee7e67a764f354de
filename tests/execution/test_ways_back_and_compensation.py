"""However often a case was sent back: in the end each act that stands is undone once, and no other."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import FlowNode
from loanflow.execution import OpenTask, Program
from tests.execution import models as m
from tests.execution.blocks import Block, blocks, named_and_drawn
from tests.execution.host import Story
from tests.execution.test_causality import causality, go_back, token_at, undoable


def regretted(block: Block) -> Program:
    """The block, every task of which can be undone; then, behind ``last``, all of it is, and ``report`` follows."""
    nodes, flows = named_and_drawn(block)
    return m.program(
        m.start(), m.user("first"), *_undoable(nodes), m.user("last"), m.throw("undo", bpmn.CompensateEvent()), m.user("report"), m.end(),
        flows="\n".join(["start -> first", *flows, "last -> undo -> report -> end"]),
    )  # fmt: skip


def _undoable(nodes: list[FlowNode]) -> list[FlowNode]:
    found: list[FlowNode] = []
    for node in nodes:
        if isinstance(node, bpmn.SubProcess):
            inner = {each.id: each for each in _undoable(list(node.body.nodes.values()))}
            found.append(replace(node, body=replace(node.body, nodes=inner)))
        elif isinstance(node, bpmn.UserTask):
            # The task keeps its flows.
            mine, *others = undoable(node.id)
            kept = {field.name: getattr(node, field.name) for field in fields(node) if field.name in ("incoming", "outgoing")}
            found += [replace(mine, **kept), *others]
        else:
            found.append(node)
    return found


def rounds_of(block: Block, undone: dict[str, Any]) -> int:
    """Return how often everything in the block was undone: in each part as often, but in one branch of a choice only."""
    if block.kind == "task":
        return int(undone[f"undone_{block.name}"])
    parts = [rounds_of(part, undone) for part in block.parts]
    if block.kind == "exclusive":
        assert min(parts) == 0, f"{block.name}: its branches were undone {parts} times"
    else:
        assert len(set(parts)) == 1, f"{block.name}: its parts were undone {parts} times"
    return max(parts)


def play(story: Story, data: st.DataObject, until: str) -> None:
    """Complete tasks and send back, at random, until only one task is left."""
    for number in range(400):
        tokens = [token for token, request in story.open.items() if isinstance(request, OpenTask)]
        assert not story.incidents
        token = data.draw(st.sampled_from(tokens), label="at")
        act = data.draw(st.sampled_from(["complete", "complete", "back"]), label="act") if number < 25 else "complete"
        ways = [way for way in causality(story).returns(token) if way.refusal is None] if act == "back" else []
        if ways:
            go_back(story, data.draw(st.sampled_from(ways), label="to"))
        elif story.tasks == [until]:
            return
        else:
            story.do(story.case.complete, token, {})


@given(block=blocks(), data=st.data())
@settings(
    max_examples=int(os.environ.get("LOANFLOW_FUZZ", "25")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
def test_each_act_that_stands_is_undone_once(block: Block, data: st.DataObject):
    kinds = [each.kind for each in block.walk()]
    assume("loop" not in kinds and "many" not in kinds)
    program = regretted(block)
    tasks = [each.name for each in block.walk() if each.kind == "task"]
    choices = {each.name: data.draw(st.booleans(), label=each.name) for each in block.walk() if each.kind == "exclusive"}
    story = Story(program, {**choices, **{f"undone_{name}": 0 for name in tasks}})
    play(story, data, "last")
    story.complete("last")
    assert rounds_of(block, story.variables) == 1
    ways = [way for way in causality(story).returns(token_at(story, "report")) if way.refusal is None]
    assert [way.element_id for way in ways][-1] == "first"
    go_back(story, data.draw(st.sampled_from(ways), label="back over what was undone"))
    play(story, data, "last")
    story.complete("last")
    assert rounds_of(block, story.variables) == 2
    story.complete("report")
    assert story.ended
