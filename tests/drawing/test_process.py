"""A drawing shows what the file draws, says it aloud, and trusts no text."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn import read
from loanflow.drawing import Mark, MarkState, draw_process, outline

DIAGRAMS = Path(__file__).parents[2] / "diagrams"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def model() -> bpmn.Model:
    path = DIAGRAMS / "personal-credit.bpmn"
    return read(path.read_bytes(), file=path.name)


def drawn(model: bpmn.Model, **more):
    return ET.fromstring(draw_process(model, **more))


def by_id(svg, ident):
    return next(element for element in svg.iter() if element.get("id") == ident)


def test_every_drawn_flow_node_and_flow_is_there_once(model):
    svg = drawn(model)
    ids = [element.get("id") for element in svg.iter() if element.get("id")]
    body = model.processes[0].body
    assert sorted(i for i in ids if i.startswith("node-")) == sorted(f"node-{n}" for n in body.nodes)
    assert sorted(i for i in ids if i.startswith("flow-")) == sorted(f"flow-{f}" for f in body.flows)


def test_a_mark_is_seen_and_heard(model):
    node = next(n for n in model.processes[0].body.nodes.values() if isinstance(n, bpmn.UserTask))
    svg = drawn(model, marks={node.id: Mark(state=MarkState.CURRENT, pill="王芳 · 3 时 4 分")}, lang="zh")
    element = by_id(svg, f"node-{node.id}")
    assert "lf-current" in element.get("class")
    assert element.get("aria-label") == f"用户任务 {node.name}，进行中，王芳 · 3 时 4 分"
    assert "王芳 · 3 时 4 分" in [t.text for t in svg.iter(f"{SVG}text")]


def test_nodes_can_be_reached_by_keyboard_in_flow_order(model):
    svg = drawn(model)
    order = [e.get("id").removeprefix("node-") for e in svg.iter() if e.get("tabindex") == "0"]
    start = next(n.id for n in model.processes[0].body.nodes.values() if isinstance(n, bpmn.StartEvent))
    assert order[0] == start
    assert order.index(start) < order.index(model.processes[0].body.flows[model.processes[0].body.nodes[start].outgoing[0]].target)


def test_taken_flows_are_marked(model):
    flow = next(iter(model.processes[0].body.flows))
    assert "lf-taken" in by_id(drawn(model, taken={flow}), f"flow-{flow}").get("class")


def test_names_are_text_never_markup(model):
    process = model.processes[0]
    nodes = {i: replace(n, name='<script>alert(1)</script>"&') for i, n in process.body.nodes.items()}
    hostile = replace(model, processes=(replace(process, name="</svg><script>", body=replace(process.body, nodes=nodes)),))
    text = draw_process(hostile)
    assert "<script" not in text
    ET.fromstring(text)


def test_no_inline_style_and_no_script_unless_it_stands_alone(model):
    text = draw_process(model)
    assert "style" not in text
    assert "<style>" in draw_process(model, standalone=True)


def test_a_file_without_a_drawing_gives_an_empty_frame(model):
    svg = drawn(replace(model, diagrams=()))
    assert [e for e in svg.iter() if (e.get("id") or "").startswith("node-")] == []


def test_the_outline_tells_the_same_in_words(model):
    steps = outline(model.processes[0], {}, lang="zh")
    assert steps[0].kind == "开始事件"
    assert {s.state for s in steps} == {MarkState.AHEAD}
    named = [n for n in model.processes[0].body.nodes.values() if n.name or not isinstance(n, bpmn.Gateway)]
    assert len(steps) == len(named)
