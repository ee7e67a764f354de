"""Random processes, drawn by hypothesis: valid ones, whose course nothing but what happens outside decides.

What would make the outcome depend on the order of automatic steps is not drawn: whoever throws an error or terminates has
waited just before, and variables are written by one path at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.execution.random_models.blocks import (
    Activity,
    Block,
    Boundary,
    Catch,
    Choice,
    Instances,
    Loop,
    Parallel,
    Pass,
    Race,
    RandomProcess,
    Script,
    Sequence,
    Several,
    Stop,
    Terminate,
    Throw,
    inside,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
EVENTS = ("timer", "message", "signal")


@dataclass(frozen=True)
class Around:
    """Where a block is drawn: how deep it may go, whether a path may end here, who catches errors, what it is part of."""

    depth: int
    may_stop: bool = True
    codes: tuple[str, ...] = ()
    shared: bool = False
    """Whether several instances of what is drawn here may run at once: calls then map nothing back."""


@st.composite
def processes(draw: Draw, depth: int = 3) -> RandomProcess:
    """Return a process for one of the dialects."""
    drawer = Drawer(draw, draw(st.sampled_from(["camunda7", "camunda8"])))
    return RandomProcess(drawer.sequence(Around(depth), least=1), drawer.dialect)


class Drawer:
    def __init__(self, draw: Draw, dialect: str) -> None:
        self.draw = draw
        self.dialect = dialect
        self.numbers = count(1)

    def new(self, letter: str) -> str:
        return f"{letter}{next(self.numbers)}"

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def chance(self, of: int) -> bool:
        """Return True once in ``of`` times."""
        return self.draw(st.integers(1, of)) == of

    def sequence(self, around: Around, *, least: int = 0, most: int = 3) -> Sequence:
        """Blocks that go on to what follows."""
        return Sequence(tuple(self.block(around) for _ in range(self.draw(st.integers(least, most)))))

    def ending(self, around: Around, *, may_stop: bool) -> Sequence:
        """Blocks that end for good."""
        before = self.sequence(around, most=1).blocks
        ways = ["terminate", *["stop"] * may_stop, *["throw"] * bool(around.codes)]
        match self.one(*ways):
            case "stop":
                return Sequence((*before, Stop(self.new("stop"))))
            case "throw":
                return Sequence((*before, self.wait(), Throw(self.new("throw"), self.one(*around.codes))))
            case _:
                return Sequence((*before, self.wait(), Terminate(self.new("terminate"))))

    def wait(self) -> Activity:
        return Activity(self.new("user"), "user")

    def block(self, around: Around) -> Block:
        simple = [self.user, self.user, self.service, self.script, self.nothing, self.catch]
        deep = [self.choice, self.parallel, self.several, self.loop, self.race, self.sub_process, self.sub_process, self.call]
        return self.one(*simple, *(deep if around.depth > 0 else []))(replace(around, depth=around.depth - 1))

    # Leaves

    def user(self, around: Around) -> Block:
        return self.activity("user", None, around)

    def service(self, around: Around) -> Block:
        return self.activity("service", None, around)

    def script(self, around: Around) -> Block:
        return Script(self.new("script"))

    def nothing(self, around: Around) -> Block:
        return Pass(self.new("pass"))

    def catch(self, around: Around) -> Catch:
        return Catch(self.new("catch"), self.one(*EVENTS))

    # Gateways

    def choice(self, around: Around) -> Block:
        branches = [self.sequence(around, least=number == 0) for number in range(self.one(2, 3, 3))]
        if self.chance(3):
            branches[self.draw(st.integers(0, len(branches) - 2))] = self.ending(around, may_stop=around.may_stop)
        return Choice(self.new("choice"), tuple(branches), merged=True)

    def parallel(self, around: Around) -> Block:
        closed = replace(around, may_stop=False)
        branches = [self.sequence(closed) for _ in range(self.one(2, 3))]
        if self.chance(4):
            branches.insert(self.draw(st.integers(0, len(branches))), self.ending(closed, may_stop=True))
        return Parallel(self.new("split"), tuple(branches), gateway=not self.chance(4))

    def several(self, around: Around) -> Block:
        branches = tuple(self.sequence(around) for _ in range(self.one(2, 3)))
        return Several(self.new("several"), branches, gateway=not self.chance(4))

    def loop(self, around: Around) -> Block:
        return Loop(self.new("loop"), self.sequence(around, least=1, most=2))

    def race(self, around: Around) -> Block:
        branches = tuple((self.catch(around), self.sequence(around, most=2)) for _ in range(self.one(2, 3)))
        return Race(self.new("race"), branches)

    # Activities

    def sub_process(self, around: Around) -> Block:
        return self.activity("sub", Around, around)

    def call(self, around: Around) -> Block:
        return self.activity("call", Around, around)

    def activity(self, kind: str, body: type[Around] | None, around: Around) -> Block:
        many = self.draw(st.none() | st.builds(Instances, st.booleans(), st.none())) if self.chance(3) else None
        if many is not None and kind == "user" and self.chance(2):
            many = replace(many, enough=self.one(1, 2))
        name = self.new(kind)
        events = [self.boundary(around, name, self.one(*EVENTS)) for _ in range(self.one(0, 0, 1, 2))]
        if kind != "user":
            events += [self.boundary(around, name, "error") for _ in range(self.one(0, 1, 2))]
        drawn: Sequence | None = None
        if body is not None:
            caught = [event.code or "E_any" for event in events if event.kind == "error"]
            shared = around.shared or (many is not None and not many.sequential)
            drawn = self.sequence(Around(around.depth, codes=(*caught, *around.codes), shared=shared), least=1)
        outputs: tuple[str, ...] = ()
        if kind == "call" and drawn is not None and not around.shared and many is None:
            outputs = tuple(part.counter for part in inside(drawn) if isinstance(part, Script))
        return Activity(
            name,
            kind,
            drawn,
            many,
            tuple(events),
            save_point=self.dialect == "camunda7" and self.chance(6),
            outputs=outputs,
        )

    def boundary(self, around: Around, name: str, kind: str) -> Boundary:
        event = self.new("border")
        code = self.one(None, f"E_{name}") if kind == "error" else None
        if kind != "error" and self.chance(2):
            # It may happen again while its path is under way: that path then holds nothing to count.
            path = Sequence((self.one(self.wait(), Pass(self.new("pass"))),))
            return Boundary(event, kind, path, interrupting=False)
        rejoins = not around.may_stop or self.chance(2)
        return Boundary(event, kind, self.sequence(around, most=2), rejoins=rejoins, code=code)
