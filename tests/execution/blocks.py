"""Random block-structured processes of user tasks, and what must hold of the tokens in them at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st

from loanflow.bpmn.model import FlowNode
from loanflow.execution import Program
from loanflow.execution.case import CaseExecution
from loanflow.execution.tokens import Scope, Wait
from tests.execution import models as m
from tests.support.drawn import drawn as diagram


@dataclass
class Block:
    """``kind`` is task, many, sequence, parallel, exclusive, loop or sub; ``name`` is given when it is drawn."""

    kind: str
    parts: list[Block] = field(default_factory=list["Block"])
    name: str = ""

    def walk(self) -> Iterator[Block]:
        yield self
        for part in self.parts:
            yield from part.walk()


def _of(kind: str, inner: st.SearchStrategy[Block], least: int, most: int) -> st.SearchStrategy[Block]:
    return st.lists(inner, min_size=least, max_size=most).map(lambda parts: Block(kind, parts))


def blocks(depth: int = 3) -> st.SearchStrategy[Block]:
    leaf = st.sampled_from(["task", "task", "task", "many"]).map(Block)
    if depth == 0:
        return leaf
    inner = blocks(depth - 1)
    return st.one_of(
        leaf,
        _of("sequence", inner, 2, 3),
        _of("sequence", inner, 2, 3),
        _of("parallel", inner, 2, 3),
        _of("exclusive", inner, 2, 2),
        _of("loop", inner, 1, 1),
        _of("sub", inner, 1, 1),
    )


def drawn(block: Block) -> Program:
    """Compile a process whose only content is the block, between two user tasks."""
    nodes, flows = named_and_drawn(block)
    return m.program(
        m.start(), m.user("first"), *nodes, m.user("last"), m.end(), flows="\n".join(["start -> first", *flows, "last -> end"])
    )


def named_and_drawn(block: Block) -> tuple[list[FlowNode], list[str]]:
    """Name everything in the block; return its nodes, and its flows from ``first`` to ``last``."""
    numbers = count(1)
    for each in block.walk():
        each.name = f"{each.kind}{next(numbers)}"
    return _draw(block, "first", "last")


def _draw(block: Block, before: str, after: str) -> tuple[list[FlowNode], list[str]]:
    name = block.name
    match block.kind:
        case "task":
            return [m.user(name)], [f"{before} -> {name} -> {after}"]
        case "many":
            return [m.user(name, multi_instance=m.many("=[1, 2]", element_variable="item"))], [f"{before} -> {name} -> {after}"]
        case "sequence":
            nodes: list[FlowNode] = []
            flows: list[str] = []
            stops = [f"{name}_{number}" for number in range(1, len(block.parts))]
            for part, (source, target) in zip(block.parts, zip([before, *stops], [*stops, after], strict=True), strict=True):
                inner, ways = _draw(part, source, target)
                nodes += inner
                flows += ways
            # A part ends and the next begins at a task without work.
            return nodes + [m.none(stop) for stop in stops], flows
        case "parallel" | "exclusive":
            gate = m.parallel if block.kind == "parallel" else m.exclusive
            nodes, flows = [gate(f"{name}_s"), gate(f"{name}_j")], [f"{before} -> {name}_s", f"{name}_j -> {after}"]
            for number, part in enumerate(block.parts):
                nodes += [m.none(f"{name}_b{number}"), m.none(f"{name}_e{number}")]
                inner, ways = _draw(part, f"{name}_b{number}", f"{name}_e{number}")
                guard = ": default" if number else f": {name} = true"
                flows += [f"{name}_s -> {name}_b{number}{guard if block.kind == 'exclusive' else ''}", f"{name}_e{number} -> {name}_j"]
                nodes += inner
                flows += ways
            return nodes, flows
        case "loop":
            inner, ways = _draw(block.parts[0], f"{name}_j", f"{name}_s")
            ends = [f"{before} -> {name}_j", f"{name}_s -> {name}_j: {name} = true", f"{name}_s -> {after}: default"]
            return [m.exclusive(f"{name}_j"), m.exclusive(f"{name}_s"), *inner], [*ways, *ends]
        case _:
            inner, ways = _draw(block.parts[0], f"{name}_i", f"{name}_o")
            body = m.sub_process(name, m.start(f"{name}_i"), *inner, m.end(f"{name}_o"), flows="\n".join(ways))
            return [body], [f"{before} -> {name} -> {after}"]


def written(block: Block, process_id: str) -> dict[str, bytes]:
    """Return the same process as a file that can be deployed; the people of its ``many`` tasks are the variable ``people``."""
    numbers = count(1)
    for each in block.walk():
        each.name = f"{each.kind}{next(numbers)}"
    nodes: list[str] = ["start start", "user first", "user last", "end end"]
    flows: list[str] = ["start -> first", "last -> end"]
    _write(block, "first", "last", "", nodes, flows)
    return diagram(process_id, "\n".join(nodes), "\n".join(flows))


def _write(block: Block, before: str, after: str, place: str, nodes: list[str], flows: list[str]) -> None:
    name, within = block.name, f" in:{place}" if place else ""
    match block.kind:
        case "task":
            nodes.append(f"user {name}{within}")
            flows.append(f"{before} -> {name} -> {after}")
        case "many":
            nodes.append(f"user {name}{within} many:people")
            flows.append(f"{before} -> {name} -> {after}")
        case "sequence":
            stops = [f"{name}_{number}" for number in range(1, len(block.parts))]
            nodes += [f"none {stop}{within}" for stop in stops]
            for part, source, target in zip(block.parts, [before, *stops], [*stops, after], strict=True):
                _write(part, source, target, place, nodes, flows)
        case "parallel" | "exclusive":
            nodes += [f"{block.kind} {name}_s{within}", f"{block.kind} {name}_j{within}"]
            flows += [f"{before} -> {name}_s", f"{name}_j -> {after}"]
            for number, part in enumerate(block.parts):
                nodes += [f"none {name}_b{number}{within}", f"none {name}_e{number}{within}"]
                guard = "" if block.kind == "parallel" else ": default" if number else f": {name} == true"
                flows += [f"{name}_s -> {name}_b{number}{guard}", f"{name}_e{number} -> {name}_j"]
                _write(part, f"{name}_b{number}", f"{name}_e{number}", place, nodes, flows)
        case "loop":
            nodes += [f"exclusive {name}_j{within}", f"exclusive {name}_s{within}"]
            flows += [f"{before} -> {name}_j", f"{name}_s -> {name}_j: {name} == true", f"{name}_s -> {after}: default"]
            _write(block.parts[0], f"{name}_j", f"{name}_s", place, nodes, flows)
        case _:
            nodes += [f"sub {name}{within}", f"start {name}_i in:{name}", f"end {name}_o in:{name}"]
            flows.append(f"{before} -> {name} -> {after}")
            _write(block.parts[0], f"{name}_i", f"{name}_o", name, nodes, flows)


def check_whole(block: Block, case: CaseExecution) -> None:
    """Fail unless the tokens are a state that the block can be in: one way of progress, no token lost, none doubled."""
    root = case._machine.root
    here = _places(root)
    outside = here["first"] + here["last"]
    inside = _count(block, root)
    assert outside + inside == (0 if case.ended else 1), f"{dict(here)}"


def _places(scope: Scope) -> Counter[str]:
    return Counter(token.task_spec.name for token in scope.tokens.values() if token.host is None)


def _count(block: Block, scope: Scope) -> int:
    """Return 1 where the block is under way, 0 where it is not; anything else is a lost or doubled token."""
    here = _places(scope)
    match block.kind:
        case "task":
            total = here[block.name]
        case "many":
            total = here[block.name]
            for token in scope.tokens.values():
                if token.task_spec.name == block.name:
                    assert token.wait == Wait.MULTI_INSTANCE
                    assert token.body is not None
                    assert token.body.tokens
        case "sequence" | "exclusive" | "loop":
            total = sum(_count(part, scope) for part in block.parts)
        case "parallel":
            lines = (scope.joins or {}).get(f"{block.name}_j", {})
            states = [
                _count(part, scope) + len(lines.get(f"{block.name}_e{number}-{block.name}_j", ()))
                for number, part in enumerate(block.parts)
            ]
            assert set(states) in ({0}, {1}), f"{block.name}: its branches have {states} tokens"
            total = states[0]
        case _:
            owners = [token for token in scope.tokens.values() if token.task_spec.name == block.name]
            total = len(owners)
            for owner in owners:
                assert owner.body is not None
                assert _count(block.parts[0], owner.body) == 1
    assert total in (0, 1), f"{block.name} has {total} tokens"
    return total
