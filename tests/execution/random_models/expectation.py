"""What a random process must do: which events may happen next, and what each of them brings about.

Blocks go on when the one before is done: no tokens, no flows, no diagram. What happens is noted with what it happened after,
so that a trace can be held to the order that the process demands and to no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

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
    exits,
)

EVENTS = ("timer", "message", "signal")
Values = dict[str, Any]
Catching = TypeVar("Catching", Boundary, Handler)


class Key(NamedTuple):
    """What may happen, at which element, within which instances: the item of each multi-instance around it."""

    kind: str
    element: str
    path: tuple[Any, ...]


@dataclass(eq=False)
class Event:
    """An element was completed: ``number`` within a multi-instance, ``after`` what it had to follow."""

    element: str
    number: int | None
    after: tuple[Event, ...]


After = tuple[Event, ...]
Then = Callable[[After], None]


@dataclass(eq=False)
class Place:
    """Variables, and what is under way in their scope. Without ``outer`` it is a process."""

    outer: Place | None
    variables: Values = field(default_factory=dict)
    owner: Running | None = None
    paths: int = 0
    ends: list[Event] = field(default_factory=list)
    under_way: list[Running] = field(default_factory=list)
    on_end: Then | None = None
    container: bool = False
    handlers: tuple[Handler, ...] = ()
    armed: Running | None = None
    interrupted: bool = False
    cancellations: int = 0
    """How often what ran in it was cancelled."""
    done: list[Completed] = field(default_factory=list)

    def visible(self) -> Values:
        return {**(self.outer.visible() if self.outer is not None else {}), **self.variables}

    def assign(self, name: str, value: Any) -> None:
        place: Place = self
        while name not in place.variables and place.outer is not None:
            place = place.outer
        place.variables[name] = value

    def scope(self) -> Place:
        """The process or sub-process it is part of."""
        place = self
        while not place.container:
            assert place.outer is not None
            place = place.outer
        return place


class Completed(NamedTuple):
    """An activity that can be undone: by its script, or by undoing what was completed inside it."""

    undo: Script | None
    place: Place
    inside: list[Completed]


@dataclass(eq=False)
class Offer:
    """Something that may happen."""

    key: Key
    happen: Callable[[Values], None]
    place: Place
    owner: Running


@dataclass(eq=False)
class Running:
    """An activity, event or gateway that is under way in ``place``, with what it offers and the scopes inside it."""

    place: Place
    block: Any = None
    inner: list[Place] = field(default_factory=list)
    after: After = ()
    follow: Callable[[Boundary, After], None] | None = None
    done: list[Completed] = field(default_factory=list)


class Expectation:
    """A process under way. ``offers`` are what may happen now; ``events`` what the last step completed."""

    def __init__(self, process: RandomProcess, variables: Values) -> None:
        self.process = process
        self.offers: list[Offer] = []
        self.events: list[Event] = []
        self.ended = False
        self.terminated = False
        self.root = Place(None, dict(variables), container=True)
        self.run_scope(self.root, process.body, "process", (), self._end, process.handlers)

    def happen(self, key: Key, values: Values) -> None:
        """Let it happen; ``values`` are what a person or message gives."""
        self.events = []
        next(offer for offer in self.offers if offer.key == key).happen(values)

    def catches(self, offer: Offer) -> list[str]:
        """Return the error codes that someone around the task would catch, where its handler throws them."""
        return sorted({event.code or "E_other" for event, _ in self.catchers(offer.owner, offer.place.scope(), "error")})

    def fail(self, offer: Offer, code: str) -> None:
        """Let the handler of a task throw an error that is caught."""
        self.events = []
        self.throw("error", offer.owner, offer.place.scope(), code, offer.owner.after)

    def _end(self, after: After) -> None:
        self.ended = True

    # Blocks

    def run(self, block: Block, place: Place, after: After, then: Then, lost: Then) -> None:
        """Run a block; ``then`` follows it, ``lost`` is called where it ends for good."""
        match block:
            case Sequence(blocks):
                self.sequence(list(blocks), place, after, then, lost)
            case Pass():
                then(self.note(block.id, after))
            case Script():
                place.assign(block.counter, place.visible()[block.counter] + 1)
                then(self.note(block.id, after))
            case Catch():
                running = self.begin(place, block)
                self.offer(running, block.kind, block.id, place, lambda values: self.go_on(running, block.id, after, then))
            case Choice():
                value = place.visible()[block.variable]
                taken = next((branch for number, branch in enumerate(block.branches[:-1]) if value <= number), block.branches[-1])
                self.run(taken, place, after, then, lost if exits(taken) else self.part(place, after, lost))
            case Parallel():
                self.parallel(block, place, after, then, lost)
            case Several():
                self.several(block, place, after, then, lost)
            case Loop():
                self.loop(block, place, after, then, lost)
            case Race():
                self.race(block, place, after, then, lost)
            case Activity():
                self.activity(block, place, after, then, lost)
            case Stop():
                lost(self.note(block.id, after))
            case Throw():
                self.throw("error", None, place.scope(), block.code, after)
            case Escalate():
                before = place.scope().cancellations
                self.throw("escalation", None, place.scope(), block.code, after)
                if place.scope().cancellations == before:
                    (lost if block.ends else then)(self.note(block.id, after))
            case Compensate():
                then(self.note(block.id, self.undo(place.scope(), after)))
            case Cancel():
                scope = place.scope()
                self.empty(scope)
                after = self.note(block.id, self.undo(scope, after))
                self.throw("cancel", None, scope, "", after)
            case Terminate():
                self.terminate(block, place.scope(), after)

    def sequence(self, blocks: list[Block], place: Place, after: After, then: Then, lost: Then) -> None:
        if not blocks:
            then(after)
        else:
            self.run(blocks[0], place, after, lambda reached: self.sequence(blocks[1:], place, reached, then, lost), lost)

    def parallel(self, block: Parallel, place: Place, after: After, then: Then, lost: Then) -> None:
        after = after if block.gateway else self.note(block.id, after)
        scope = place.scope()
        scope.paths += len(block.branches) - 1
        arrived: list[After] = []
        wanted = sum(map(exits, block.branches))

        def arrive(reached: After) -> None:
            arrived.append(reached)
            if len(arrived) == wanted:
                scope.paths -= wanted - 1
                then(tuple(event for each in arrived for event in each))

        for branch in block.branches:
            # A branch that never arrives is no loss to the join: it is not drawn to it.
            self.run(branch, place, after, arrive, self.ender(scope))

    def several(self, block: Several, place: Place, after: After, then: Then, lost: Then) -> None:
        after = after if block.gateway else self.note(block.id, after)
        seen = place.visible()
        taken = [branch for number, branch in enumerate(block.branches[:-1]) if seen[block.variable(number)] > 0] or [block.branches[-1]]
        scope = place.scope()
        scope.paths += len(taken) - 1
        arrived: list[After] = []
        left = len(taken)

        def settle() -> None:
            nonlocal left
            left -= 1
            if left == 0 and arrived:
                scope.paths -= len(arrived) - 1
                then(tuple(event for each in arrived for event in each))

        def arrive(reached: After) -> None:
            arrived.append(reached)
            settle()

        def lose(reached: After) -> None:
            # Only the last of them takes the whole block along.
            if left == 1 and not arrived:
                lost(reached)
            else:
                self.ender(scope)(reached)
                settle()

        for branch in taken:
            self.run(branch, place, after, arrive, lose)

    def loop(self, block: Loop, place: Place, after: After, then: Then, lost: Then) -> None:
        place.assign(block.counter, 0)

        def round_done(reached: After) -> None:
            place.assign(block.counter, place.visible()[block.counter] + 1)
            reached = self.note(f"{block.id}_count", reached)
            seen = place.visible()
            if seen[block.counter] < seen[block.limit]:
                self.run(block.body, place, reached, round_done, lost)
            else:
                then(reached)

        self.run(block.body, place, self.note(f"{block.id}_start", after), round_done, lost)

    def race(self, block: Race, place: Place, after: After, then: Then, lost: Then) -> None:
        running = self.begin(place, block)
        for catch, path in block.branches:

            def happen(values: Values, catch: Catch = catch, path: Sequence = path) -> None:
                self.go_on(running, catch.id, after, lambda reached: self.run(path, place, reached, then, lost))

            self.offer(running, catch.kind, catch.id, place, happen)

    # Activities

    def activity(self, block: Activity, place: Place, after: After, then: Then, lost: Then) -> None:
        if block.save_point:
            running = self.begin(place, block)

            def resume(values: Values) -> None:
                self.close(running)
                self.enter(block, place, after, then, lost)

            self.offer(running, "continuation", block.id, place, resume)
        else:
            self.enter(block, place, after, then, lost)

    def enter(self, block: Activity, place: Place, after: After, then: Then, lost: Then) -> None:
        running = self.begin(place, block)
        running.after = after

        def follow(boundary: Boundary, reached: After) -> None:
            # The path on a border goes on instead of the activity, or beside it.
            reached = self.note(boundary.id, reached)
            over = lost
            if not boundary.interrupting:
                over = self.ender(place.scope())
            elif not boundary.rejoins:
                over = self.part(place, reached, lost)
            done = then if boundary.rejoins else lambda ends: over(self.note(f"{boundary.id}_end", ends))
            self.run(boundary.path, place, reached, done, over)

        running.follow = follow
        for boundary in block.boundaries:
            if boundary.kind in EVENTS:
                self.watch(running, boundary, place, after)

        def done(reached: After) -> None:
            self.close(running)
            if block.undo is not None or running.done:
                place.scope().done.append(Completed(block.undo, place, running.done))
            then(self.note(block.id, reached))

        match block.instances:
            case None:
                self.once(running, place, None, after, done)
            case Instances():
                self.many(running, place, after, done)
            case Repeat():
                self.repeat(running, place, after, done)

    def watch(self, running: Running, boundary: Boundary, place: Place, after: After) -> None:
        def happen(values: Values) -> None:
            assert running.follow is not None
            if boundary.interrupting:
                self.close(running)
            else:
                place.scope().paths += 1
                if boundary.kind != "timer":
                    self.watch(running, boundary, place, after)
            running.follow(boundary, after)

        self.offer(running, boundary.kind, boundary.id, place, happen)

    def once(self, running: Running, place: Place, number: int | None, after: After, done: Then) -> None:
        """One instance; ``place`` holds its own variables."""
        block: Activity = running.block
        if block.kind in ("user", "service"):

            def complete(values: Values) -> None:
                self.offers.remove(offer)
                for name, value in values.items():
                    place.assign(name, value)
                done(after)

            offer = self.offer(running, "task" if block.kind == "user" else "job", block.id, place, complete, lasting=True)
            return
        assert block.body is not None
        called = block.kind == "call"
        inner = Place(None if called else place, place.visible() if called else {}, running, container=True)
        running.inner.append(inner)

        def over(reached: After) -> None:
            running.inner.remove(inner)
            running.done = inner.done if block.kind != "call" else []
            if block.kind == "call":
                for name in block.outputs:
                    place.assign(name, inner.variables[name])
            done(reached)

        self.run_scope(inner, block.body, block.id, after, over, block.handlers)

    def many(self, running: Running, place: Place, after: After, done: Then) -> None:
        block: Activity = running.block
        instances = block.instances
        assert isinstance(instances, Instances)
        items = place.visible()[block.collection]
        body = Place(place)
        reached: list[Event] = []
        completed = 0

        def start(number: int, since: After) -> None:
            own = {block.item: items[number]} | ({loop.counter: 0 for loop in loops_of(block)} if block.kind != "call" else {})
            self.once(running, Place(body, own), number, since, lambda ends: ended(number, ends))

        def ended(number: int, ends: After) -> None:
            nonlocal completed
            completed += 1
            reached.extend(self.note(block.id, ends, number))
            if completed == len(items) or (instances.enough is not None and completed >= instances.enough):
                self.clear(running, keep_border=True)
                done(tuple(reached))
            elif instances.sequential:
                start(completed, tuple(reached))

        if not items:
            done(after)
        elif instances.sequential:
            start(0, after)
        else:
            for number in range(len(items)):
                start(number, after)

    def repeat(self, running: Running, place: Place, after: After, done: Then) -> None:
        block: Activity = running.block
        repeat = block.instances
        assert isinstance(repeat, Repeat)
        body = Place(place)

        def ended(number: int, ends: After) -> None:
            reached = self.note(block.id, ends, number)
            if number + 1 < repeat.maximum and place.visible()[block.again] > 0:
                start(number + 1, reached)
            else:
                done(reached)

        def start(number: int, since: After) -> None:
            self.once(running, Place(body), number, since, lambda ends: ended(number, ends))

        if repeat.test_before and place.visible()[block.again] <= 0:
            done(after)
        else:
            start(0, after)

    # Scopes

    def run_scope(self, scope: Place, body: Sequence, name: str, after: After, on_end: Then, handlers: tuple[Handler, ...] = ()) -> None:
        scope.on_end = on_end
        scope.paths = 1
        scope.handlers = handlers
        end = self.ender(scope)
        scope.armed = Running(scope)
        for handler in handlers:
            if handler.kind in EVENTS:
                self.arm(scope, handler, after)
        self.run(body, scope, self.note(f"{name}_start", after), lambda reached: end(self.note(f"{name}_end", reached)), end)

    def ender(self, scope: Place) -> Then:
        """Return what is done where one path of a scope has ended."""

        def end(reached: After) -> None:
            scope.ends.extend(reached)
            scope.paths -= 1
            if scope.paths == 0:
                self.leave(scope, tuple(scope.ends))

        return end

    def part(self, place: Place, after: After, lost: Then) -> Then:
        """Let a path go its own way, never to come back: no join waits for it. Return what is done where it ends."""
        scope = place.scope()
        scope.paths += 1
        lost(after)
        return self.ender(scope)

    def terminate(self, block: Terminate, scope: Place, after: After) -> None:
        reached = self.note(block.id, after)
        self.empty(scope)
        if scope is self.root:
            self.terminated = True
        self.leave(scope, reached)

    def leave(self, scope: Place, reached: After) -> None:
        """All its paths have ended: nothing waits there any more, and its activity goes on."""
        self.disarm(scope)
        assert scope.on_end is not None
        scope.on_end(reached)

    def arm(self, scope: Place, handler: Handler, after: After) -> None:
        """Wait for the event that starts an event sub-process."""

        def happen(values: Values) -> None:
            self.handle(scope, handler, after)
            if not handler.interrupting and handler.kind != "timer":
                self.arm(scope, handler, after)

        assert scope.armed is not None
        self.offer(scope.armed, handler.kind, f"{handler.id}_start", scope, happen)

    def disarm(self, scope: Place) -> None:
        self.offers = [offer for offer in self.offers if offer.owner is not scope.armed]

    def handle(self, scope: Place, handler: Handler, after: After) -> None:
        """Run an event sub-process, instead of all else in the scope or beside it."""
        if handler.interrupting:
            self.empty(scope)
            scope.paths = 1
            scope.interrupted = True
        else:
            scope.paths += 1
        running = self.begin(scope, handler)
        inner = Place(scope, {}, running, container=True)
        running.inner.append(inner)

        def over(reached: After) -> None:
            self.close(running)
            self.ender(scope)(self.note(handler.id, reached))

        self.run_scope(inner, handler.body, handler.id, after, over)

    def undo(self, scope: Place, after: After) -> After:
        """Undo what was completed in the scope, the youngest first."""
        entries, scope.done = scope.done, []
        return self.undo_all(entries, after)

    def undo_all(self, entries: list[Completed], after: After) -> After:
        for entry in reversed(entries):
            if entry.undo is not None:
                entry.place.assign(entry.undo.counter, entry.place.visible()[entry.undo.counter] + 1)
                after = self.note(entry.undo.id, after)
            else:
                after = self.undo_all(entry.inside, after)
        return after

    def throw(self, kind: str, source: Running | None, scope: Place, code: str, after: After) -> None:
        """Let the nearest event that catches it go on; an escalation need not be caught."""
        for event, catcher in self.catchers(source, scope, kind):
            if event.code not in (code, None):
                continue
            if isinstance(catcher, Place):
                assert isinstance(event, Handler)
                self.handle(catcher, event, after)
                return
            assert isinstance(event, Boundary)
            if event.interrupting:
                self.close(catcher)
            else:
                catcher.place.scope().paths += 1
            assert catcher.follow is not None
            catcher.follow(event, after)
            return
        assert kind == "escalation", f"nobody catches {code}: the generator must not draw that"

    def catchers(self, source: Running | None, scope: Place, kind: str) -> Iterator[tuple[Boundary | Handler, Running | Place]]:
        """Yield who may catch what is thrown, the nearest first, and at each place those of one code before those of all."""
        while True:
            if source is not None and isinstance(source.block, Activity):
                yield from ((event, source) for event in _specific_first(source.block.boundaries) if event.kind == kind)
            if not scope.interrupted:
                yield from ((event, scope) for event in _specific_first(scope.handlers) if event.kind == kind)
            source = scope.owner
            if source is None:
                return
            scope = source.place.scope()

    # What is under way

    def begin(self, place: Place, block: Any) -> Running:
        running = Running(place, block)
        place.scope().under_way.append(running)
        return running

    def offer(
        self, running: Running, kind: str, element: str, place: Place, happen: Callable[[Values], None], *, lasting: bool = False
    ) -> Offer:
        def once(values: Values) -> None:
            if not lasting:
                self.offers.remove(offer)
            happen(values)

        seen = place.visible()
        path = tuple(seen.get(item) for item in self.process.items)
        offer = Offer(Key(kind, element, path), once, place, running)
        self.offers.append(offer)
        return offer

    def go_on(self, running: Running, element: str, after: After, then: Then) -> None:
        self.close(running)
        then(self.note(element, after))

    def close(self, running: Running) -> None:
        """It is under way no longer, nor is anything inside it."""
        self.clear(running)
        running.place.scope().under_way.remove(running)

    def clear(self, running: Running, *, keep_border: bool = False) -> None:
        border = [boundary.id for boundary in running.block.boundaries] if keep_border else []
        self.offers = [offer for offer in self.offers if offer.owner is not running or offer.key.element in border]
        for inner in running.inner:
            self.empty(inner)
        running.inner.clear()

    def empty(self, scope: Place) -> None:
        scope.cancellations += 1
        self.disarm(scope)
        for running in list(scope.under_way):
            self.close(running)

    def note(self, element: str, after: After, number: int | None = None) -> After:
        event = Event(element, number, after)
        self.events.append(event)
        return (event,)


def _specific_first(events: tuple[Catching, ...]) -> list[Catching]:
    return sorted(events, key=lambda event: event.code is None)


def loops_of(block: Activity) -> list[Loop]:
    """Return the loops drawn inside a sub-process, but not in what it calls: their counters belong to each instance."""
    found: list[Loop] = []

    def look(part: Block) -> None:
        match part:
            case Sequence(blocks):
                for each in blocks:
                    look(each)
            case Choice(branches=branches) | Parallel(branches=branches) | Several(branches=branches):
                for branch in branches:
                    look(branch)
            case Race(branches=raced):
                for _, path in raced:
                    look(path)
            case Loop():
                found.append(part)
                look(part.body)
            case Activity():
                for boundary in part.boundaries:
                    look(boundary.path)
                if part.kind != "call":
                    look_inside(part)
            case _:
                pass

    def look_inside(part: Activity) -> None:
        for each in (part.body, *(handler.body for handler in part.handlers)):
            if each is not None:
                look(each)

    look_inside(block)
    return found
