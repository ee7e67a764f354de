"""Whatever the bytes are, there is a finding and never a traceback."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanflow import bpmn
from loanflow.problems import errors_in
from tests.bpmn.corpus import ROOT
from tests.bpmn.drawing import file_of

WHOLE = file_of('<startEvent id="S"/><userTask id="T"/><sequenceFlow id="F" sourceRef="S" targetRef="T"/>')


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml/empty"),
        (b"   \n", "xml/empty"),
        (WHOLE[: len(WHOLE) // 2], "xml/not-well-formed"),
        (bytes(range(256)) * 4, "xml/not-well-formed"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "xml/not-well-formed"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + WHOLE, "xml/doctype"),
        (b"<definitions/>", "bpmn/not-bpmn"),
        (WHOLE.replace(b"http://www.omg.org/spec/BPMN/20100524/MODEL", b"http://schema.omg.org/spec/BPMN/1.0"), "bpmn/not-bpmn"),
        (b'{"components": []}', "xml/not-well-formed"),
        (b"<html><body>404</body></html>", "bpmn/not-bpmn"),
        (b" " * (11 * 1024 * 1024), "xml/too-large"),
        (file_of("<subProcess id='s'>" * 100 + "</subProcess>" * 100), "xml/too-deep"),
        (file_of("<task/>" * 100_001), "xml/too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_file_that_is_no_diagram_gets_a_finding(data: bytes, code: str) -> None:
    found = bpmn.inspect(data, file="f.bpmn")
    assert [problem.code for problem in found.problems] == [code]
    assert errors_in(found.problems)


PRODUCT = (ROOT / "diagrams" / "personal-credit.bpmn").read_bytes()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_gives_findings_never_a_traceback(data: st.DataObject) -> None:
    damaged = bytearray(PRODUCT)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.sampled_from(["drop", "double", "change", "id"])):
            case "drop":
                del damaged[at : at + data.draw(st.integers(1, 400))]
            case "double":
                damaged[at:at] = damaged[at : at + data.draw(st.integers(1, 400))]
            case "change":
                damaged[at] = data.draw(st.integers(0, 255))
            case _:
                damaged = bytearray(bytes(damaged).replace(b'Ref="', b'Ref="x', 1 + at % 5))
    assert isinstance(bpmn.inspect(bytes(damaged), file="f.bpmn").problems, tuple)


@settings(max_examples=80)
@given(st.sampled_from(sorted({*PRODUCT.decode().split()})), st.text(max_size=20))
def test_any_text_in_any_place_gives_findings_never_a_traceback(word: str, text: str) -> None:
    from xml.sax.saxutils import quoteattr

    if '="' not in word:
        return
    name, _, rest = word.partition('="')
    changed = PRODUCT.decode().replace(word, f"{name}={quoteattr(text)}{rest.partition(chr(34))[2]}", 1)
    assert isinstance(bpmn.inspect(changed.encode("utf-8", "replace"), file="f.bpmn").problems, tuple)


def _tangle() -> dict[str, str]:
    flow = '<sequenceFlow id="{0}" sourceRef="{1}" targetRef="{2}"/>'.format
    ring = "".join(f'<exclusiveGateway id="G{n}"/>' + flow(f"R{n}", f"G{n}", f"G{(n + 1) % 50}") for n in range(50))
    wide = "".join(f'<task id="T{n}"/>' + flow(f"A{n}", "Split", f"T{n}") + flow(f"B{n}", f"T{n}", "Join") for n in range(200))
    chain = "".join(f'<task id="C{n}"/>' + flow(f"C{n}-", f"C{n}", f"C{n + 1}") for n in range(3_000))
    dense = "".join(f'<inclusiveGateway id="I{n}"/>' for n in range(40))
    dense += "".join(flow(f"D{a}-{b}", f"I{a}", f"I{b}") for a in range(40) for b in range(40))
    return {
        "a ring without an entry": ring,
        "two hundred parallel paths": f'<parallelGateway id="Split"/><exclusiveGateway id="Join"/>{wide}',
        "two hundred choices at once": f'<inclusiveGateway id="Split"/><inclusiveGateway id="Join"/>{wide}',
        "three thousand tasks": chain,
        "every gateway leads to every gateway": dense,
        "a flow from itself to itself": f'<task id="T" default="F"/>{flow("F", "T", "T")}',
        "a boundary event on itself": '<boundaryEvent id="B" attachedToRef="B"><timerEventDefinition/></boundaryEvent>',
        "boundary events on each other": '<boundaryEvent id="A" attachedToRef="B"/><boundaryEvent id="B" attachedToRef="A"/>',
        "an association with itself": '<boundaryEvent id="B" attachedToRef="T"><compensateEventDefinition/></boundaryEvent>'
        '<task id="T"/><association id="X" sourceRef="B" targetRef="B"/>',
        "a process that calls itself": '<callActivity id="C" calledElement="P"/>',
        "a link to itself": '<intermediateThrowEvent id="A"><linkEventDefinition name="x"/></intermediateThrowEvent>'
        f'<intermediateCatchEvent id="B"><linkEventDefinition name="x"/></intermediateCatchEvent>{flow("F", "B", "A")}',
        "a definition that refers to itself": '<startEvent id="S"><eventDefinitionRef>S</eventDefinitionRef></startEvent>',
        "the same id everywhere": '<task id="P"/><task id="P"/><subProcess id="P"><task id="P"/></subProcess>',
        "sub-processes in each other": "".join(f'<subProcess id="S{n}"><startEvent id="E{n}"/>' for n in range(28)) + "</subProcess>" * 28,
    }


@pytest.mark.parametrize("body", _tangle().values(), ids=_tangle().keys())
def test_tangled_references_are_judged_without_end_or_crash(body: str) -> None:
    found = bpmn.inspect(file_of(body), file="f.bpmn")
    assert found.model is not None
    assert isinstance(found.problems, tuple)
