"""What a rehearsal reports, as frozen values; `Rehearsal.to_dict` is the shape of ``loanflow rehearse --json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way through the process, and how many runs took it.

    ``steps`` are element ids in the order of the first run that went this way, ``names`` the same for people: a gateway
    with the flow taken behind it. Runs that differ only in the order of parallel work, or in how often they went round
    a loop, went the same way; ``repeated`` are the elements passed more than once. ``outcome`` is ``completed``, ``terminated``,
    ``stuck`` (an incident), ``waiting`` (nothing left that could happen), ``unfinished`` (too long) or ``not-started`` (no message
    started one); ``run`` is that first run's number.
    """

    runs: int
    outcome: str
    ends: tuple[str, ...]
    steps: tuple[str, ...]
    names: tuple[str, ...]
    repeated: tuple[str, ...]
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An end event of the process and how many runs reached it; ``element_id`` None where runs came to rest without one."""

    element_id: str | None
    name: str
    outcome: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """An element or sequence flow that no run reached, with the likely reason; ``behind`` are those not reached because of it."""

    element_id: str
    name: str
    type: str
    reason: str
    tried: tuple[str, ...]
    behind: tuple[str, ...]
    behind_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A place where runs stopped: ``message`` is the first one's, ``run`` its number."""

    element_id: str
    name: str
    type: str
    code: str
    message: str
    runs: int
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Something the files do not hold: ``kind`` is ``decision``, ``process``, ``function``, ``handler`` or ``form``."""

    kind: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message to a process among the files, and how often what became of it.

    ``delivered`` to a case that waited, ``started`` one, ``kept`` for a case that never came to wait for it, or ``lost``: nobody waited,
    and it has no key by which it could be kept. ``element_id`` is where it was sent.
    """

    element_id: str
    name: str
    message: str
    delivered: int
    started: int
    kept: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRehearsal:
    """The rehearsal of one process with all it calls; elements and flows are counted over all of them.

    ``together_with`` are the processes that were played in the same runs, since they exchange messages.
    """

    process: str
    name: str
    file: str
    together_with: tuple[str, ...]
    runs: int
    elements: int
    elements_reached: int
    flows: int
    flows_reached: int
    variants: tuple[Variant, ...]
    ends: tuple[End, ...]
    unreached: tuple[Unreached, ...]
    incidents: tuple[Incident, ...]
    messages: tuple[SentMessage, ...]
    stand_ins: tuple[StandIn, ...]
    given: tuple[tuple[str, tuple[str, ...]], ...]
    """Variables that were made up, with the elements that gave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What happened in all runs; ``cut_short`` says that they were stopped before the number asked for."""

    seed: int
    runs: int
    cut_short: bool
    processes: tuple[ProcessRehearsal, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values, the fields by their names."""
        found = asdict(self)
        for process in found["processes"]:
            process["given"] = [{"variable": name, "by": list(by)} for name, by in process["given"]]
        return found
