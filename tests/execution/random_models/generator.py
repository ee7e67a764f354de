"""Random processes, drawn by hypothesis: valid ones, whose course nothing but what happens outside decides.

What would make the outcome depend on the order of automatic steps is not drawn: whoever throws an error or terminates has
held on just before, and variables are written by one path at a time. A condition may come true at any time but while
something held on goes on, and not inside an ad-hoc sub-process, where whatever ends may be enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.execution.random_models.blocks import (
    Activity,
    AdHoc,
    Block,
    Boundary,
    Cancel,
    Catch,
    Choice,
    Compensate,
    Escalate,
    Handler,
    Instances,
    Link,
    Loop,
    Meet,
    Parallel,
    Pass,
    Race,
    RandomProcess,
    Repeat,
    Script,
    Send,
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
    conditions: bool = True
    """Whether conditional events may be drawn here."""

    @property
    def events(self) -> tuple[str, ...]:
        return (*EVENTS, "condition") if self.conditions else EVENTS


@st.composite
def processes(draw: Draw, depth: int = 3) -> RandomProcess:
    """Return a process for one of the dialects."""
    drawer = Drawer(draw, draw(st.sampled_from(["camunda7", "camunda8"])))
    around = Around(depth)
    handlers = drawer.handlers(around)
    body = drawer.sequence(drawer.within(around, handlers), least=2, most=4)
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
        ways = [
            "terminate",
            "throw",
            *["stop", "meet", "meet", "send"] * may_stop,
            *["throw"] * bool(around.codes),
            *["cancel"] * around.transaction,
        ]
        match self.one(*ways):
            case "stop":
                last: tuple[Block, ...] = (Stop(self.new("stop")),)
            case "send":
                last = (Send(self.new("send"), self.draw(st.booleans()), ends=True),)
            case "meet":
                closed = replace(around, may_stop=False)
                last = (Meet(self.new("meet"), tuple(self.sequence(closed, most=1) for _ in range(self.one(2, 3)))),)
            case "cancel":
                last = (self.hold(), Cancel(self.new("cancel")))
            case "throw":
                last = self.throw(around)
            case _:
                last = (self.hold(), Terminate(self.new("terminate")))
        return Sequence((*before, *last))

    def throw(self, around: Around) -> tuple[Block, ...]:
        """An error, once in a while one that nobody catches."""
        codes = around.codes if around.codes and not self.chance(8) else ("ER_uncaught",)
        return self.hold(), Throw(self.new("throw"), self.one(*codes))

    def wait(self) -> Activity:
        return Activity(self.new("user"), "user")

    def hold(self) -> Activity:
        """A user task; no condition comes true as it is completed."""
        return Activity(self.new("hold"), "user")

    def block(self, around: Around) -> Block:
        simple = [self.user, self.user, self.service, self.script, self.nothing, self.catch, self.catch, self.link, self.send]
        simple += [self.escalate] * 2 * bool(around.escalations) + [self.compensate] * (around.undoable and not around.in_handler)
        deep = [self.choice, self.parallel, self.several, self.loop, self.race, self.sub_process, self.transaction, self.call]
        deep += [self.ad_hoc] * (self.dialect == "camunda8")
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
        kind = self.kind(around)
        return Catch(self.new("catch"), kind, every="+" in kind and self.chance(2))

    def kind(self, around: Around) -> str:
        """What an event waits for: most often one thing."""
        if not self.chance(6):
            return self.one(*around.events)
        return "+".join(self.draw(st.lists(st.sampled_from(around.events), min_size=2, max_size=3, unique=True)))

    def link(self, around: Around) -> Block:
        return Link(self.new("link"))

    def send(self, around: Around) -> Block:
        return Send(self.new("send"), self.draw(st.booleans()))

    def escalate(self, around: Around) -> Block:
        return Sequence((self.hold(), Escalate(self.new("escalate"), self.one(*around.escalations, "X_uncaught"))))

    def compensate(self, around: Around) -> Block:
        return Sequence((*self.undoable(), self.hold(), Compensate(self.new("compensate"))))

    def undoable(self, *numbers: int) -> list[Block]:
        return [Activity(self.new("user"), "user", undo=Script(self.new("undo"))) for _ in range(self.one(*(numbers or (0, 1, 2))))]

    # Gateways

    def choice(self, around: Around) -> Block:
        branches = [self.sequence(around, least=number == 0) for number in range(self.one(2, 3, 3))]
        if self.chance(2):
            branches[self.draw(st.integers(0, len(branches) - 2))] = self.ending(around, may_stop=around.may_stop)
        return Choice(self.new("choice"), tuple(branches), self.one("gateway", "gateway", "link", "whatever"))

    def parallel(self, around: Around) -> Block:
        closed = replace(around, may_stop=False)
        branches = [self.sequence(closed) for _ in range(self.one(2, 3))]
        if self.chance(2):
            branches.insert(self.draw(st.integers(0, len(branches))), self.ending(closed, may_stop=True))
        return Parallel(self.new("split"), tuple(branches), gateway=not self.chance(4))

    def several(self, around: Around) -> Block:
        branches = tuple(self.sequence(around) for _ in range(self.one(2, 3)))
        gateway = not self.chance(3)
        return Several(self.new("several"), branches, gateway, always=not gateway and self.chance(2))

    def loop(self, around: Around) -> Block:
        return Loop(self.new("loop"), self.sequence(around, least=1, most=2))

    def race(self, around: Around) -> Block:
        branches = tuple((Catch(self.new("catch"), self.one(*around.events)), self.sequence(around, most=2)) for _ in range(self.one(2, 3)))
        return Race(self.new("race"), branches, merged=self.draw(st.booleans()))

    # Activities

    def sub_process(self, around: Around) -> Block:
        return self.activity("sub", around, has_body=True)

    def transaction(self, around: Around) -> Block:
        return self.activity("transaction", around, has_body=True)

    def call(self, around: Around) -> Block:
        return self.activity("call", around, has_body=True)

    def ad_hoc(self, around: Around) -> Block:
        return self.activity("ad_hoc", around)

    def ways(self, around: Around) -> AdHoc:
        """Ways through an ad-hoc sub-process, which holds no end event: activities, and only errors on their border."""
        inner = replace(around, may_stop=False, undoable=False, transaction=False, conditions=False)
        ways = [
            Sequence((self.wait(), *(self.one(self.plain_service, self.wait, partial(self.bare, inner))() for _ in range(self.one(0, 1)))))
            for _ in range(self.one(1, 2, 3))
        ]
        return AdHoc(tuple(ways), self.draw(st.booleans()), self.draw(st.booleans()))

    def plain_service(self) -> Activity:
        return Activity(self.new("service"), "service")

    def bare(self, around: Around) -> Activity:
        """A sub-process with nothing on its border."""
        handlers = self.handlers(around)
        inner = replace(self.within(around, handlers), may_stop=True)
        return Activity(self.new("sub"), "sub", self.sequence(inner, least=1), handlers=handlers)

    def activity(self, kind: str, around: Around, *, has_body: bool = False) -> Block:
        many: Instances | Repeat | None = None
        if self.chance(3):
            many = Instances(self.draw(st.booleans()))
            if kind == "user" and self.chance(2):
                many = replace(many, enough=self.one(1, 2))
        elif self.chance(5):
            many = Repeat(self.draw(st.booleans()), self.one(1, 2, 3))
        name = self.new(kind)
        events = [self.boundary(around, name, self.kind(around)) for _ in range(self.one(0, 0, 1, 2))]
        if kind != "user":
            # Of two at one activity, the second catches what the first does not.
            thrown = self.one((), ("error",), ("escalation",), ("error", "error"), ("escalation", "escalation"), ("error", "escalation"))
            events += [
                self.boundary(around, name, each, all_codes=number > 0 or (len(thrown) == 1 and self.chance(2)))
                for number, each in enumerate(thrown)
            ]
        if kind == "transaction":
            events.append(self.boundary(around, name, "cancel"))
        undo = Script(self.new("undo")) if around.undoable and many is None and self.chance(3) else None
        body: Sequence | None = None
        handlers: tuple[Handler, ...] = ()
        ad_hoc: AdHoc | None = None
        inner = Around(
            around.depth,
            codes=(*(event.code or "E_any" for event in events if event.kind == "error"), *around.codes),
            escalations=(*(event.code or "X_any" for event in events if event.kind == "escalation"), *around.escalations),
            shared=around.shared or isinstance(many, Instances),
            undoable=around.undoable and many is None and undo is None,
            transaction=kind == "transaction",
            in_handler=around.in_handler,
            conditions=around.conditions,
        )
        if kind == "ad_hoc":
            ad_hoc = self.ways(inner)
        elif has_body:
            handlers = self.handlers(inner)
            body = self.sequence(self.within(inner, handlers), least=1)
            if kind == "transaction" and self.chance(2):
                body = self.cancelled(body, inner)
            if kind == "call" and self.chance(2):
                body = Sequence((Script(self.new("script")), *body.blocks))
        outputs: tuple[str, ...] = ()
        if kind == "call" and body is not None and not around.shared and many is None:
            parts = [part for each in (body, *(handler.body for handler in handlers)) for part in inside(each)]
            outputs = tuple(part.counter for part in parts if isinstance(part, Script))
        save_point = self.dialect == "camunda7" and self.chance(6)
        return Activity(name, kind, body, many, tuple(events), save_point, outputs, handlers, undo, ad_hoc, merged=not self.chance(3))

    def cancelled(self, body: Sequence, around: Around) -> Sequence:
        """Let a transaction end by being cancelled, in most courses."""
        branches = (Sequence((self.hold(), Cancel(self.new("cancel")))), Sequence(()))
        return Sequence((*body.blocks, *(self.undoable(1, 2) if around.undoable else ()), Choice(self.new("choice"), branches)))

    def boundary(self, around: Around, name: str, kind: str, *, all_codes: bool = False) -> Boundary:
        event = self.new("border")
        code = None if all_codes or kind not in ("error", "escalation") else f"{kind[:2].upper()}_{name}"
        if kind not in ("error", "cancel") and self.chance(2):
            return Boundary(event, kind, self.again(), interrupting=False, code=code)
        rejoins = not around.may_stop or self.chance(2)
        return Boundary(event, kind, self.sequence(around, most=2), rejoins=rejoins, code=code)

    def again(self) -> Sequence:
        """What may happen again while it is under way: it holds nothing to count."""
        return Sequence((self.one(self.wait(), Pass(self.new("pass"))),))

    # Event sub-processes

    def handlers(self, around: Around) -> tuple[Handler, ...]:
        drawn: tuple[Handler, ...] = ()
        for _ in range(0 if around.in_handler else self.one(0, 0, 0, 1, 2, 2)):
            drawn = (*drawn, self.handler(around, drawn))
        return drawn

    def handler(self, around: Around, beside: tuple[Handler, ...]) -> Handler:
        catchers = [other for other in beside if other.kind in ("error", "escalation")]
        if catchers and not self.chance(3):
            return self.passing_by(around, catchers[0])
        kind = self.one(self.kind(around), self.kind(around), "error", "escalation")
        name = self.new("handler")
        code = self.one(None, f"{kind[:2].upper()}_{name}") if kind in ("error", "escalation") else None
        if kind != "error" and self.chance(2):
            body = self.again()
            if kind == "escalation" and self.chance(2):
                # What it throws on goes further out: it does not start itself again.
                body = Sequence((self.hold(), Escalate(self.new("escalate"), self.one(code or "X_any", *around.escalations))))
            return Handler(name, kind, body, interrupting=False, code=code)
        drawn = Handler(name, kind, Sequence(()), interrupting=True, code=code)
        # Its scope catches nothing any more, so what it throws goes further out: also what would start itself.
        depth = max(around.depth - 1, 0)
        calm = Around(depth, shared=around.shared, undoable=False, in_handler=True, conditions=around.conditions)
        passed_by = self.within(calm, self.one(beside or (drawn,), (*beside, drawn)))
        calm = self.within(replace(calm, codes=around.codes, escalations=around.escalations), (*beside, drawn))
        blocks = self.sequence(calm, least=1, most=2).blocks
        if passed_by.escalations and self.chance(2):
            blocks = (*blocks, self.escalate(passed_by))
        if self.chance(3) or (passed_by.codes and self.chance(2)):
            blocks = (*blocks, *self.throw(passed_by if passed_by.codes else calm))
        return replace(drawn, body=Sequence(blocks))

    def passing_by(self, around: Around, other: Handler) -> Handler:
        """One that interrupts, and throws what another one of its scope would have caught."""
        last: Block
        if other.kind == "error":
            last = Throw(self.new("throw"), other.code or "E_any")
        else:
            last = Escalate(self.new("escalate"), other.code or "X_any")
        return Handler(self.new("handler"), self.one(*around.events), Sequence((self.hold(), last)), interrupting=True)

    def within(self, around: Around, handlers: tuple[Handler, ...]) -> Around:
        """Return what holds for the blocks beside these event sub-processes."""
        codes = [handler.code or "E_any" for handler in handlers if handler.kind == "error"]
        escalations = [handler.code or "X_any" for handler in handlers if handler.kind == "escalation"]
        return replace(around, codes=(*codes, *around.codes), escalations=(*escalations, *around.escalations))
