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
    Cancel,
    Catch,
    Choice,
    Compensate,
    Escalate,
    Handler,
    Instances,
    Loop,
    Parallel,
    Pass,
    Race,
    RandomProcess,
    Repeat,
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
    escalations: tuple[str, ...] = ()
    shared: bool = False
    """Whether several instances of what is drawn here may run at once: calls then map nothing back."""
    undoable: bool = True
    """Whether what is drawn here is compensated one by one: not where it runs several times."""
    transaction: bool = False
    in_handler: bool = False


@st.composite
def processes(draw: Draw, depth: int = 3) -> RandomProcess:
    """Return a process for one of the dialects."""
    drawer = Drawer(draw, draw(st.sampled_from(["camunda7", "camunda8"])))
    around = Around(depth)
    handlers = drawer.handlers(around)
    body = drawer.sequence(drawer.within(around, handlers), least=1)
    return RandomProcess(body, drawer.dialect, handlers)


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
        ways = ["terminate", *["stop"] * may_stop, *["throw"] * bool(around.codes), *["cancel"] * around.transaction]
        match self.one(*ways):
            case "stop":
                return Sequence((*before, Stop(self.new("stop"))))
            case "cancel":
                return Sequence((*before, self.wait(), Cancel(self.new("cancel"))))
            case "throw":
                return Sequence((*before, self.wait(), Throw(self.new("throw"), self.one(*around.codes))))
            case _:
                return Sequence((*before, self.wait(), Terminate(self.new("terminate"))))

    def wait(self) -> Activity:
        return Activity(self.new("user"), "user")

    def block(self, around: Around) -> Block:
        simple = [self.user, self.user, self.service, self.script, self.nothing, self.catch]
        simple += [self.escalate] * bool(around.escalations) + [self.compensate] * (around.undoable and not around.in_handler)
        deep = [self.choice, self.parallel, self.several, self.loop, self.race, self.sub_process, self.transaction, self.call]
        return self.one(*simple, *(deep if around.depth > 0 else []))(replace(around, depth=around.depth - 1))

    # Leaves

    def user(self, around: Around) -> Block:
        return self.activity("user", around)

    def service(self, around: Around) -> Block:
        return self.activity("service", around)

    def script(self, around: Around) -> Block:
        return Script(self.new("script"))

    def nothing(self, around: Around) -> Block:
        return Pass(self.new("pass"))

    def catch(self, around: Around) -> Catch:
        return Catch(self.new("catch"), self.one(*EVENTS))

    def escalate(self, around: Around) -> Block:
        return Sequence((self.wait(), Escalate(self.new("escalate"), self.one(*around.escalations, "X_uncaught"))))

    def compensate(self, around: Around) -> Block:
        return Sequence((self.wait(), Compensate(self.new("compensate"))))

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
        return self.activity("sub", around, has_body=True)

    def transaction(self, around: Around) -> Block:
        return self.activity("transaction", around, has_body=True)

    def call(self, around: Around) -> Block:
        return self.activity("call", around, has_body=True)

    def activity(self, kind: str, around: Around, *, has_body: bool = False) -> Block:
        many: Instances | Repeat | None = None
        if self.chance(3):
            many = Instances(self.draw(st.booleans()))
            if kind == "user" and self.chance(2):
                many = replace(many, enough=self.one(1, 2))
        elif self.chance(5):
            many = Repeat(self.draw(st.booleans()), self.one(1, 2, 3))
        name = self.new(kind)
        events = [self.boundary(around, name, self.one(*EVENTS)) for _ in range(self.one(0, 0, 1, 2))]
        if kind != "user":
            events += [self.boundary(around, name, self.one("error", "escalation")) for _ in range(self.one(0, 1, 2))]
        if kind == "transaction":
            events.append(self.boundary(around, name, "cancel"))
        undo = Script(self.new("undo")) if around.undoable and many is None and self.chance(3) else None
        body: Sequence | None = None
        handlers: tuple[Handler, ...] = ()
        if has_body:
            inner = Around(
                around.depth,
                codes=(*(event.code or "E_any" for event in events if event.kind == "error"), *around.codes),
                escalations=(*(event.code or "X_any" for event in events if event.kind == "escalation"), *around.escalations),
                shared=around.shared or isinstance(many, Instances),
                undoable=around.undoable and many is None and undo is None,
                transaction=kind == "transaction",
                in_handler=around.in_handler,
            )
            handlers = self.handlers(inner)
            body = self.sequence(self.within(inner, handlers), least=1)
        outputs: tuple[str, ...] = ()
        if kind == "call" and body is not None and not around.shared and many is None:
            parts = [part for each in (body, *(handler.body for handler in handlers)) for part in inside(each)]
            outputs = tuple(part.counter for part in parts if isinstance(part, Script))
        save_point = self.dialect == "camunda7" and self.chance(6)
        return Activity(name, kind, body, many, tuple(events), save_point, outputs, handlers, undo)

    def boundary(self, around: Around, name: str, kind: str) -> Boundary:
        event = self.new("border")
        code = self.one(None, f"{kind[:2].upper()}_{name}") if kind in ("error", "escalation") else None
        if kind not in ("error", "cancel") and self.chance(2):
            return Boundary(event, kind, self.again(), interrupting=False, code=code)
        rejoins = not around.may_stop or self.chance(2)
        return Boundary(event, kind, self.sequence(around, most=2), rejoins=rejoins, code=code)

    def again(self) -> Sequence:
        """What may happen again while it is under way: it holds nothing to count."""
        return Sequence((self.one(self.wait(), Pass(self.new("pass"))),))

    # Event sub-processes

    def handlers(self, around: Around) -> tuple[Handler, ...]:
        if around.in_handler:
            return ()
        return tuple(self.handler(around) for _ in range(self.one(0, 0, 0, 1, 2)))

    def handler(self, around: Around) -> Handler:
        kind = self.one(*EVENTS, "error", "escalation")
        name = self.new("handler")
        code = self.one(None, f"{kind[:2].upper()}_{name}") if kind in ("error", "escalation") else None
        interrupting = kind == "error" or self.chance(2)
        calm = Around(max(around.depth - 1, 0), shared=around.shared, undoable=False, in_handler=True)
        if interrupting:
            # Its scope catches nothing any more, so what it throws goes further out.
            calm = replace(calm, codes=around.codes, escalations=around.escalations)
        return Handler(name, kind, self.sequence(calm, least=1, most=2) if interrupting else self.again(), interrupting, code)

    def within(self, around: Around, handlers: tuple[Handler, ...]) -> Around:
        """Return what holds for the blocks beside these event sub-processes."""
        codes = [handler.code or "E_any" for handler in handlers if handler.kind == "error"]
        escalations = [handler.code or "X_any" for handler in handlers if handler.kind == "escalation"]
        return replace(around, codes=(*codes, *around.codes), escalations=(*escalations, *around.escalations))
