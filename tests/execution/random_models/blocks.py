"""A process as a tree of blocks; each begins at one place and goes on at one place, or ends for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Waiting:
    """An event that waits; ``kind`` is timer, message, signal or condition, or several of them: ``timer+signal``.

    A condition is that the variable ``e_<id>`` is above 0.
    """

    id: str
    kind: str

    def __post_init__(self) -> None:
        assert len(set(self.triggers)) == len(self.triggers)

    @property
    def triggers(self) -> tuple[str, ...]:
        return tuple(self.kind.split("+"))

    @property
    def variable(self) -> str:
        return f"e_{self.id}"


@dataclass(frozen=True)
class Catch(Waiting):
    """An intermediate catch event, for any of its triggers or, where ``every``, for all of them."""

    every: bool = False


@dataclass(frozen=True)
class Link:
    """A link event that throws, and the one that catches."""

    id: str


@dataclass(frozen=True)
class Send:
    """An event that throws a message: by a job where it is ``work``; an end event where it ``ends``."""

    id: str
    work: bool
    ends: bool = False


@dataclass(frozen=True)
class Script:
    """Adds one to the variable ``v_<id>``."""

    id: str

    @property
    def counter(self) -> str:
        return f"v_{self.id}"


@dataclass(frozen=True)
class Pass:
    """A task that does nothing."""

    id: str


@dataclass(frozen=True)
class Instances:
    """Multi-instance over the list ``l_<activity>``; ``enough`` completed instances end it, where given."""

    sequential: bool
    enough: int | None = None


@dataclass(frozen=True)
class Repeat:
    """The standard loop: again while ``r_<activity> > 0``, at most ``maximum`` times."""

    test_before: bool
    maximum: int


@dataclass(frozen=True)
class Handler(Waiting):
    """An event sub-process; ``kind`` may also be error or escalation, whose ``code`` None catches all."""

    body: Sequence
    interrupting: bool
    code: str | None = None


@dataclass(frozen=True)
class Boundary(Waiting):
    """An event on the border; ``kind`` may also be cancel, or error and escalation, whose ``code`` None catches all.

    ``path`` goes on where the activity does if ``rejoins``, else it ends at an end event of its own.
    """

    path: Sequence
    interrupting: bool = True
    rejoins: bool = False
    code: str | None = None


@dataclass(frozen=True)
class AdHoc:
    """What may run in an ad-hoc sub-process: ``a_<activity>`` lists the first elements of the ways that do.

    That ``b_<activity>`` is above 0 when a way ends is enough: the others are cancelled or, without ``cancels``, awaited.
    """

    ways: tuple[Sequence, ...]
    sequential: bool
    cancels: bool


@dataclass(frozen=True)
class Activity:
    """A user or service task, a sub-process, an ad-hoc one, a transaction or a call activity.

    ``outputs`` are the variables a call maps back, ``handlers`` the event sub-processes inside, ``undo`` the script task
    that compensates. The paths on its border that rejoin meet it in a gateway if ``merged``, else in whatever follows.
    """

    id: str
    kind: str
    body: Sequence | None = None
    instances: Instances | Repeat | None = None
    boundaries: tuple[Boundary, ...] = ()
    save_point: bool = False
    outputs: tuple[str, ...] = ()
    handlers: tuple[Handler, ...] = ()
    undo: Script | None = None
    ad_hoc: AdHoc | None = None
    merged: bool = True

    @property
    def active(self) -> str:
        return f"a_{self.id}"

    @property
    def enough(self) -> str:
        return f"b_{self.id}"

    @property
    def collection(self) -> str:
        return f"l_{self.id}"

    @property
    def item(self) -> str:
        return f"item_{self.id}"

    @property
    def again(self) -> str:
        return f"r_{self.id}"


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Choice:
    """Exclusive: branch ``n`` is taken where ``c_<id> <= n`` and no earlier one is; the last is the default.

    The branches meet in a ``gateway``, in a ``link`` that each of them throws, or in ``whatever`` follows.
    """

    id: str
    branches: tuple[Sequence, ...]
    meeting: str = "gateway"

    @property
    def variable(self) -> str:
        return f"c_{self.id}"


@dataclass(frozen=True)
class Parallel:
    """All branches at once."""

    id: str
    branches: tuple[Sequence, ...]
    gateway: bool = True


@dataclass(frozen=True)
class Several:
    """Inclusive: branch ``n`` is taken where ``i_<id>_<n> > 0``, the first in any case where ``always``; the last is the default."""

    id: str
    branches: tuple[Sequence, ...]
    gateway: bool = True
    always: bool = False

    def variable(self, branch: int) -> str:
        return f"i_{self.id}_{branch}"


@dataclass(frozen=True)
class Loop:
    """The body once, and again while ``n_<id> < t_<id>``, where ``n_<id>`` counts the rounds."""

    id: str
    body: Sequence

    @property
    def counter(self) -> str:
        return f"n_{self.id}"

    @property
    def limit(self) -> str:
        return f"t_{self.id}"


@dataclass(frozen=True)
class Race:
    """An event-based gateway: whichever event happens first. The branches meet as those of a choice."""

    id: str
    branches: tuple[tuple[Catch, Sequence], ...]
    merged: bool = True


@dataclass(frozen=True)
class Meet:
    """All branches at once, and all into one user task without being joined: it is done once for each, and its path ends there."""

    id: str
    branches: tuple[Sequence, ...]

    @property
    def task(self) -> str:
        return f"{self.id}_task"


@dataclass(frozen=True)
class Stop:
    """An end event, somewhere: the path ends, others go on."""

    id: str


@dataclass(frozen=True)
class Throw:
    """An error end event; where nobody catches it, the path stays there until someone does."""

    id: str
    code: str


@dataclass(frozen=True)
class Terminate:
    """A terminate end event: everything in its process or sub-process ends."""

    id: str


@dataclass(frozen=True)
class Cancel:
    """A cancel end event: what its transaction has done is undone, and it is left by the event on its border."""

    id: str


@dataclass(frozen=True)
class Escalate:
    """An intermediate escalation event; an end event where it ``ends``."""

    id: str
    code: str
    ends: bool = False


@dataclass(frozen=True)
class Compensate:
    """An intermediate compensation event: what its process or sub-process has completed is undone."""

    id: str


Ending: TypeAlias = Stop | Throw | Terminate | Cancel | Meet
Block: TypeAlias = (
    Catch | Link | Send | Script | Pass | Activity | Sequence | Choice | Parallel | Several | Loop | Race | Escalate | Compensate | Ending
)


def inside(block: Block) -> Iterator[Block]:
    """Yield the block and every one in it, those of called processes too."""
    yield block
    match block:
        case Sequence(blocks):
            parts: list[Block] = list(blocks)
        case Choice(branches=branches) | Parallel(branches=branches) | Several(branches=branches) | Meet(branches=branches):
            parts = list(branches)
        case Loop(body=body):
            parts = [body]
        case Race(branches=raced):
            parts = [part for pair in raced for part in pair]
        case Activity():
            own = [block.body, block.undo, *(handler.body for handler in block.handlers), *(event.path for event in block.boundaries)]
            parts = [part for part in own if part is not None] + list(block.ad_hoc.ways if block.ad_hoc is not None else ())
        case _:
            parts = []
    for part in parts:
        yield from inside(part)


def exits(block: Block) -> bool:
    """Say whether the block can go on to what follows it."""
    match block:
        case Sequence(blocks):
            return not blocks or exits(blocks[-1])
        case Stop() | Throw() | Terminate() | Cancel() | Meet():
            return False
        case Escalate(ends=ends) | Send(ends=ends):
            return not ends
        case Choice(branches=branches) | Parallel(branches=branches) | Several(branches=branches):
            return any(map(exits, branches))
        case Race(branches=raced):
            return any(exits(path) for _, path in raced)
        case _:
            return True


def first_of(way: Sequence) -> str:
    """Return the id of the element with which a way through an ad-hoc sub-process begins."""
    first = way.blocks[0]
    assert isinstance(first, Activity)
    return first.id


@dataclass(frozen=True)
class RandomProcess:
    """A process, the dialect it is drawn for, and the values that its variables may take."""

    body: Sequence
    dialect: str
    handlers: tuple[Handler, ...] = ()
    choices: dict[str, tuple[int, ...]] = field(init=False)
    conditions: dict[str, tuple[int, ...]] = field(init=False)
    counters: tuple[str, ...] = field(init=False)
    items: tuple[str, ...] = field(init=False)
    collections: tuple[str, ...] = field(init=False)
    ways: dict[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        choices: dict[str, tuple[int, ...]] = {}
        blocks = [block for part in (self.body, *(handler.body for handler in self.handlers)) for block in inside(part)]
        for block in blocks:
            match block:
                case Choice():
                    choices[block.variable] = tuple(range(len(block.branches)))
                case Several():
                    choices.update({block.variable(number): (0, 1) for number in range(len(block.branches) - 1)})
                case Loop():
                    choices[block.limit] = (0, 1, 2, 3)
                case Activity(instances=Repeat()):
                    choices[block.again] = (0, 1)
                case _:
                    pass
        activities = [block for block in blocks if isinstance(block, Activity)]
        many = [block for block in activities if isinstance(block.instances, Instances)]
        ad_hoc = [block for block in activities if block.ad_hoc is not None]
        choices.update({block.enough: (0, 0, 1) for block in ad_hoc})
        waiting: list[Waiting] = [block for block in blocks if isinstance(block, Catch)]
        waiting += [*self.handlers, *(event for block in activities for event in (*block.handlers, *block.boundaries))]
        object.__setattr__(self, "choices", choices)
        object.__setattr__(self, "conditions", {event.variable: (0, 0, 0, 1) for event in waiting if "condition" in event.triggers})
        object.__setattr__(self, "counters", tuple(block.counter for block in blocks if isinstance(block, Script)))
        object.__setattr__(self, "items", tuple(block.item for block in many))
        object.__setattr__(self, "collections", tuple(block.collection for block in many))
        object.__setattr__(
            self, "ways", {block.active: tuple(map(first_of, block.ad_hoc.ways)) for block in ad_hoc if block.ad_hoc is not None}
        )
