"""What of a random process is under way: variables in their places, what is offered, and how it is given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.execution.random_models.blocks import (
    Activity,
    Block,
    Boundary,
    Choice,
    Handler,
    Loop,
    Meet,
    Parallel,
    Race,
    RandomProcess,
    Script,
    Sequence,
    Several,
    Waiting,
)

Values = dict[str, Any]


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

    def holder(self, name: str) -> Place:
        place: Place = self
        while name not in place.variables and place.outer is not None:
            place = place.outer
        return place

    def assign(self, name: str, value: Any) -> None:
        self.holder(name).variables[name] = value

    def sees(self, other: Place) -> bool:
        return self is other or (self.outer is not None and self.outer.sees(other))

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
    """Something that may happen; ``again`` offers it anew once what became of it is put right."""

    key: Key
    happen: Callable[[Values], None]
    place: Place
    owner: Running
    again: Callable[[], None] | None = None


@dataclass(eq=False)
class Running:
    """An activity, event or gateway that is under way in ``place``, with what it offers and the scopes inside it."""

    place: Place
    block: Any = None
    inner: list[Place] = field(default_factory=list)
    after: After = ()
    follow: Callable[[Boundary, After], None] | None = None
    done: list[Completed] = field(default_factory=list)


class Board:
    """What may happen now (``offers``), and what the last step completed (``events``) and sent (``sent``)."""

    def __init__(self, process: RandomProcess, variables: Values) -> None:
        self.process = process
        self.offers: list[Offer] = []
        self.events: list[Event] = []
        self.sent: list[str] = []
        self.terminated = False
        self.root = Place(None, dict(variables), container=True)

    def run(self, block: Block, place: Place, after: After, then: Then, lost: Then) -> None:
        """Run a block; ``then`` follows it, ``lost`` is called where it ends for good."""
        raise NotImplementedError

    def disarm(self, scope: Place) -> None:
        """Give up the events that start event sub-processes of the scope."""
        self.offers = [offer for offer in self.offers if offer.owner is not scope.armed]

    def begin(self, place: Place, block: Any) -> Running:
        running = Running(place, block)
        place.scope().under_way.append(running)
        return running

    def offer(
        self, running: Running, kind: str, element: str, place: Place, happen: Callable[[Values], None], *, lasting: bool = False
    ) -> Offer:
        """Offer something that is then offered no more, unless ``lasting``."""

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

    def alive(self, running: Running) -> bool:
        return running in running.place.scope().under_way

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

    # Conditions

    def wait_for(
        self,
        running: Running,
        event: Waiting,
        element: str,
        place: Place,
        happen: Callable[[str, Values], None],
        kinds: tuple[str, ...] | None = None,
        *,
        anew: bool = False,
    ) -> list[str]:
        """Offer the event's triggers; return those of them that happen at once: a condition that holds, unless ``anew``."""
        now: list[str] = []
        for kind in event.triggers if kinds is None else kinds:
            if kind == "condition" and not anew and place.visible()[event.variable] > 0:
                now.append(kind)
            else:
                self.offer(running, kind, element, place, lambda values, kind=kind: happen(kind, values))
        return now

    def set(self, place: Place, values: Values) -> None:
        """Write variables; the conditions that see what has changed are looked at before anything else moves."""
        holders = {name: place.holder(name) for name in values}
        for name, value in values.items():
            place.assign(name, value)
        for offer in [offer for offer in self.offers if offer.key.kind == "condition"]:
            variable = f"e_{offer.key.element.removesuffix('_start')}"
            if variable in holders and offer.place.sees(holders[variable]) and offer.place.visible()[variable] > 0 and offer in self.offers:
                offer.happen({})


def loops_of(block: Activity) -> list[Loop]:
    """Return the loops drawn inside a sub-process, but not in what it calls: their counters belong to each instance."""
    found: list[Loop] = []

    def look(part: Block) -> None:
        match part:
            case Sequence(blocks):
                for each in blocks:
                    look(each)
            case Choice(branches=branches) | Parallel(branches=branches) | Several(branches=branches) | Meet(branches=branches):
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
        ways = part.ad_hoc.ways if part.ad_hoc is not None else ()
        for each in (part.body, *(handler.body for handler in part.handlers), *ways):
            if each is not None:
                look(each)

    look_inside(block)
    return found
