"""A process as a tree of blocks; each begins at one place and goes on at one place, or ends for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Catch:
    """An intermediate catch event; ``kind`` is timer, message or signal."""

    id: str
    kind: str


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
class Handler:
    """An event sub-process; ``kind`` is timer, message, signal, error or escalation, whose ``code`` None catches all."""

    id: str
    kind: str
    body: Sequence
    interrupting: bool
    code: str | None = None


@dataclass(frozen=True)
class Boundary:
    """An event on the border: timer, message, signal, cancel, or error and escalation, whose ``code`` None catches all.

    ``path`` goes on where the activity does if ``rejoins``, else it ends at an end event of its own.
    """

    id: str
    kind: str
    path: Sequence
    interrupting: bool = True
    rejoins: bool = False
    code: str | None = None


@dataclass(frozen=True)
class Activity:
    """A user or service task, a sub-process, a transaction or a call activity.

    ``outputs`` are the variables a call maps back, ``handlers`` the event sub-processes inside, ``undo`` the script task
    that compensates.
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
    """Exclusive: branch ``n`` is taken where ``c_<id> <= n`` and no earlier one is; the last is the default."""

    id: str
    branches: tuple[Sequence, ...]
    merged: bool = True

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
    """Inclusive: branch ``n`` is taken where ``i_<id>_<n> > 0``; the last is the default."""

    id: str
    branches: tuple[Sequence, ...]
    gateway: bool = True

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
    """An event-based gateway: whichever event happens first."""

    id: str
    branches: tuple[tuple[Catch, Sequence], ...]


@dataclass(frozen=True)
class Stop:
    """An end event, somewhere: the path ends, others go on."""

    id: str


@dataclass(frozen=True)
class Throw:
    """An error end event."""

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


Ending: TypeAlias = Stop | Throw | Terminate | Cancel
Block: TypeAlias = Catch | Script | Pass | Activity | Sequence | Choice | Parallel | Several | Loop | Race | Escalate | Compensate | Ending


def inside(block: Block) -> Iterator[Block]:
    """Yield the block and every one in it, those of called processes too."""
    yield block
    match block:
        case Sequence(blocks):
            parts: list[Block] = list(blocks)
        case Choice(branches=branches) | Parallel(branches=branches) | Several(branches=branches):
            parts = list(branches)
        case Loop(body=body):
            parts = [body]
        case Race(branches=raced):
            parts = [part for pair in raced for part in pair]
        case Activity():
            own = [block.body, block.undo, *(handler.body for handler in block.handlers), *(event.path for event in block.boundaries)]
            parts = [part for part in own if part is not None]
        case _:
            parts = []
    for part in parts:
        yield from inside(part)


def exits(block: Block) -> bool:
    """Say whether the block can go on to what follows it."""
    match block:
        case Sequence(blocks):
            return not blocks or exits(blocks[-1])
        case Stop() | Throw() | Terminate() | Cancel():
            return False
        case Escalate(ends=ends):
            return not ends
        case Choice(branches=branches) | Parallel(branches=branches) | Several(branches=branches):
            return any(map(exits, branches))
        case Race(branches=raced):
            return any(exits(path) for _, path in raced)
        case _:
            return True


@dataclass(frozen=True)
class RandomProcess:
    """A process, the dialect it is drawn for, and the values that its variables may take."""

    body: Sequence
    dialect: str
    handlers: tuple[Handler, ...] = ()
    choices: dict[str, tuple[int, ...]] = field(init=False)
    counters: tuple[str, ...] = field(init=False)
    items: tuple[str, ...] = field(init=False)
    collections: tuple[str, ...] = field(init=False)

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
        many = [block for block in blocks if isinstance(block, Activity) and isinstance(block.instances, Instances)]
        object.__setattr__(self, "choices", choices)
        object.__setattr__(self, "counters", tuple(block.counter for block in blocks if isinstance(block, Script)))
        object.__setattr__(self, "items", tuple(block.item for block in many))
        object.__setattr__(self, "collections", tuple(block.collection for block in many))
