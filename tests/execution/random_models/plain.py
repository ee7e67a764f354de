"""Random processes in what both engines read alike: the standard without a vendor, conditions that are FEEL and Python at once.

Left out is what SpiffWorkflow 3.2 does otherwise than the standard says: a parallel join that is reached again in a loop does
not wait, nor does an inclusive join behind a merge; flows that split at a task, error end events, events that repeat,
variables written by parallel branches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.execution.random_models.blocks import Activity, Block, Choice, Loop, Parallel, RandomProcess, Sequence, Stop, Terminate
from tests.execution.random_models.diagram import Exit, Writer
from tests.execution.random_models.generator import Around, Drawer

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def plain_processes(draw: Draw) -> RandomProcess:
    """Return a process of user tasks, exclusive and parallel gateways, loops and sub-processes."""
    drawer = _PlainDrawer(draw, "spec")
    return RandomProcess(drawer.sequence(Around(3), least=1), "spec")


class _PlainDrawer(Drawer):
    in_loop = False

    def block(self, around: Around) -> Block:
        deep = [self.choice, self.loop, self.sub_process, *[self.parallel] * (not self.in_loop)] if around.depth > 0 else []
        return self.one(self.user, self.user, self.user, *deep)(Around(around.depth - 1, around.may_stop))

    def user(self, around: Around) -> Block:
        return self.wait()

    def choice(self, around: Around) -> Block:
        branches = [self.sequence(around, least=1, most=2) for _ in range(self.one(2, 3))]
        if self.chance(4):
            branches[0] = self.ending(around, may_stop=around.may_stop)
        return Choice(self.new("choice"), tuple(branches))

    def ending(self, around: Around, *, may_stop: bool) -> Sequence:
        before = self.sequence(around, most=1).blocks
        if may_stop and self.chance(2):
            return Sequence((*before, Stop(self.new("stop"))))
        return Sequence((*before, self.wait(), Terminate(self.new("terminate"))))

    def parallel(self, around: Around) -> Block:
        closed = Around(around.depth, may_stop=False)
        branches = tuple(self.sequence(closed, least=1, most=2) for _ in range(self.one(2, 3)))
        return Parallel(self.new("split"), branches)

    def loop(self, around: Around) -> Block:
        before, self.in_loop = self.in_loop, True
        drawn = super().loop(around)
        self.in_loop = before
        return drawn

    def sub_process(self, around: Around) -> Block:
        return Activity(self.new("sub"), "sub", self.sequence(Around(around.depth), least=1))


def again(loop: Loop) -> str:
    """Return the user task that says, as ``t_<loop>``, whether a loop goes round once more."""
    return f"{loop.id}_again"


class PlainWriter(Writer):
    def condition(self, text: str) -> str:
        return text

    def block(self, block: Block, came: list[Exit]) -> list[Exit]:
        if not isinstance(block, Loop):
            return super().block(block, came)
        merge = self.gateway("exclusive", came)
        asked = self.node("userTask", again(block), self.block(block.body, merge))
        split = self.gateway("exclusive", asked)[0].source
        self.flow(Exit(split, f"{block.limit} > 0"), merge[0].source)
        return [Exit(split, default=True)]
