"""Many runs of every process in some files, and what they came to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from loanflow.bpmn import of_node
from loanflow.deployment import check_files
from loanflow.errors import DefinitionError
from loanflow.feel import to_feel
from loanflow.problems import Severity
from loanflow.testing.rehearsal.draws import Draws
from loanflow.testing.rehearsal.naming import name_of, path_names, place_name
from loanflow.testing.rehearsal.play import Run
from loanflow.testing.rehearsal.reasons import unreached
from loanflow.testing.rehearsal.result import End, Incident, ProcessRehearsal, Rehearsal, SentMessage, StandIn, Variant
from loanflow.testing.rehearsal.sites import PlaceId
from loanflow.testing.rehearsal.stage import Files, Stage
from loanflow.testing.rehearsal.tally import Tally

SEED = 1
RUNS = 200
_PLAIN = 10
"""So many runs are drawn freely, before others vary those that came near to what was not reached yet."""
_KEPT = 8
_CHANGED = (1.0, 0.1, 0.2, 0.4)
"""How much of them: the next run all of it, then less; what a run did just before it missed has to change as well."""
_MISSING = frozenset({"deployment/unknown-decision", "deployment/unknown-form", "deployment/unknown-process"})
"""What is not among the files is stood in for, whatever its binding."""


class Refused(DefinitionError):
    """The files cannot be rehearsed; ``problems`` are those of ``loanflow check``."""


def rehearse(
    files: Mapping[str, bytes],
    *,
    given: Mapping[str, Any] | None = None,
    seed: int = SEED,
    runs: int = RUNS,
    enough: Callable[[], bool] = lambda: False,
) -> Rehearsal:
    """Play every process that no other one of the files calls, ``runs`` times each, and say what happened.

    Processes that exchange messages are played together.

    Args:
        files: name to content, as for ``check_files``: diagrams, and the tables and forms that belong to them. What is
            missing is made up.
        given: Python or FEEL values by variable name; cases start with them, and nothing else is made up under these names.
        seed: the same files, values and seed give the same rehearsal.
        runs: how many cases of each process.
        enough: asked between any two things that happen; once it says true, the rehearsal stops where it is.
    Raises:
        Refused: a file cannot be read or run as drawn, or no process is executable; every finding at once, of which then none may
            be an error.
    """
    checked = check_files(files)
    stopping = [p for p in checked.problems if p.severity is Severity.ERROR and p.code not in _MISSING]
    if stopping or not any(process.executable for process, _ in checked.processes):
        raise Refused(stopping or checked.problems)
    try:
        ready = Files(checked)
    except DefinitionError as error:
        raise Refused(error.problems) from error
    fixed = {name: to_feel(value) for name, value in (given or {}).items()}
    casts = [_rehearse(Stage(ready, cast), fixed, seed, runs, enough) for cast in ready.casts()]
    order = {process_id: number for number, process_id in enumerate(ready.processes)}
    played = tuple(sorted((one for cast in casts for one in cast), key=lambda one: order[one.process]))
    return Rehearsal(seed=seed, runs=runs, cut_short=any(one.runs < runs for one in played), processes=played)


def _rehearse(stage: Stage, fixed: Mapping[str, Any], seed: int, runs: int, enough: Callable[[], bool]) -> list[ProcessRehearsal]:
    tallies = {process_id: Tally(stage, process_id) for process_id in stage.cast}
    near: dict[PlaceId, deque[Mapping[tuple[str, int], float]]] = {}
    edge: frozenset[PlaceId] = frozenset()
    for number in range(1, runs + 1):
        random = Random(f"{seed}/{stage.cast[0]}/{number}")  # noqa: S311 - a seed must give the same rehearsal again
        promising = sorted(place for place in edge if place in near) if number > _PLAIN else []
        earlier = random.choice(near[random.choice(promising)]) if promising else None
        draws = Draws(random, earlier, changed=_CHANGED[number % len(_CHANGED)])
        watch = {process_id: tally.watch for process_id, tally in tallies.items()}
        played = Run(stage, draws, fixed, watch).play(enough)
        if enough():
            break
        news = [tallies[process_id].add(one, number) for process_id, one in played.items()]
        if any(news):
            edge = frozenset(place for tally in tallies.values() for place in tally.edge())
        for place in edge & {place for one in played.values() for place in one.steps}:
            near.setdefault(place, deque(maxlen=_KEPT)).append(draws.made)
    return [_report(tally) for tally in tallies.values()]


def _report(tally: Tally) -> ProcessRehearsal:
    stage, process_id = tally.stage, tally.process_id
    process = stage.files.processes[process_id]
    elements, flows = list(tally.all_elements()), list(tally.all_flows())
    return ProcessRehearsal(
        process=process_id,
        name=process.name or process_id,
        file=stage.files.models[process_id].file,
        together_with=tuple(one for one in stage.cast if one != process_id),
        runs=tally.runs,
        elements=len(elements),
        elements_reached=sum(one in tally.reached for one in elements),
        flows=len(flows),
        flows_reached=sum(one in tally.flows for one in flows),
        variants=tuple(_variants(tally)),
        ends=tuple(_ends(tally)),
        unreached=unreached(tally),
        incidents=tuple(_incidents(tally)),
        messages=tuple(_messages(tally)),
        stand_ins=tuple(_stand_ins(tally)),
        given=tuple(
            (name, tuple(sorted({"the start" if not place[1] else place_name(stage, place) for place in givers})))
            for name, givers in sorted(tally.given.items())
        ),
    )


def _variants(tally: Tally) -> Iterator[Variant]:
    stage = tally.stage
    for way in sorted(tally.ways.values(), key=lambda way: (-way.runs, way.number)):
        played = way.first
        ends = [place_name(stage, (tally.process_id, element_id)) for element_id in played.ends]
        yield Variant(
            runs=way.runs,
            outcome=played.outcome,
            ends=tuple(ends),
            steps=tuple(element_id for program, element_id in played.steps if program in tally.process_ids),
            names=tuple(path_names(stage, played)),
            repeated=tuple(place_name(stage, place) for place, times in played.steps.items() if times > 1 and place in stage.places),
            run=way.number,
        )


def _ends(tally: Tally) -> Iterator[End]:
    for (element_id, outcome), runs in sorted(tally.ends.items(), key=lambda end: -end[1]):
        node = tally.stage.node(tally.process_id, element_id) if element_id else None
        name = name_of(node) if node is not None else _RESTS.get(outcome, outcome)
        yield End(element_id=element_id, name=name, outcome=outcome, runs=runs)


_RESTS = {
    "completed": "the last element without an end event",
    "stuck": "stopped by an incident",
    "waiting": "waiting for something that never comes",
    "unfinished": "still going on after many steps",
    "not-started": "not started: no message came that starts it",
}


def _incidents(tally: Tally) -> Iterator[Incident]:
    for (place, code), stop in sorted(tally.stops.items(), key=lambda entry: (-entry[1].runs, entry[1].number)):
        node = tally.stage.node(*place)
        yield Incident(
            element_id=place[1],
            name=place_name(tally.stage, place),
            type=of_node(node) if node is not None else "element",
            code=code,
            message=stop.message,
            runs=stop.runs,
            run=stop.number,
        )


def _messages(tally: Tally) -> Iterator[SentMessage]:
    for (place, message), fates in sorted(tally.messages.items()):
        yield SentMessage(
            element_id=place[1],
            name=place_name(tally.stage, place),
            message=message,
            delivered=fates.get("delivered", 0),
            started=fates.get("started", 0),
            kept=fates.get("kept", 0),
            lost=fates.get("lost", 0),
        )


def _stand_ins(tally: Tally) -> Iterator[StandIn]:
    for kind, name in sorted(tally.made_up):
        yield StandIn(kind=kind, name=name, detail=_DETAILS[kind])


_DETAILS = {
    "decision": "not among the files; its answers were made up",
    "process": "not among the files; one job stood in for it",
    "handler": "a stub answered",
    "function": "a registered function; its results were made up",
    "form": "no answers were found that it accepts; unchecked ones were used",
}
