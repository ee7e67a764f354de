"""One random course through a process, taken by the engine and by the expectation, which must agree at every step.

A second run of the engine is restored from a snapshot before each step; it must do the very same.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from loanflow import bpmn
from loanflow.execution import CaseExecution, EnqueueJob, OpenTask, Program, Request, ScheduleTimer, Step, Subscribe, compile_process
from loanflow.problems import Severity
from tests.execution.host import Story, StoryHost, feel_values
from tests.execution.random_models.blocks import RandomProcess
from tests.execution.random_models.diagram import to_bpmn
from tests.execution.random_models.expectation import Event, Expectation, Key, Offer

__all__ = ["load", "play_all"]

STEPS = 60
"""After so many steps a run is left as it is; most are over before, as no event on a border happens more than twice."""


def load(process: RandomProcess) -> tuple[Program, ...]:
    """Write the process, read it as any file, and compile it with those it calls; no check may find fault with it."""
    model = bpmn.read(to_bpmn(process), file="random.bpmn")
    assert [str(problem) for problem in bpmn.check(model) if problem.severity is not Severity.INFO] == []
    return tuple(compile_process(model, one.id, program_id=f"{one.id}:1") for one in model.processes)


def play_all(process: RandomProcess, programs: tuple[Program, ...], runs: int) -> int:
    """Take ``runs`` courses; return how many steps they had. A difference says which course of which file it is in."""
    steps = 0
    for seed in range(runs):
        course: list[str] = []
        try:
            play(process, programs, seed, course)
        except Exception as error:
            error.add_note("\n".join([f"run {seed}:", *course, to_bpmn(process).decode()]))
            raise
        steps += len(course)
    return steps


def play(process: RandomProcess, programs: tuple[Program, ...], seed: int, course: list[str]) -> None:
    """Take one course, and note in ``course`` what happens."""
    random = Random(seed)
    variables = _variables(process, random)
    course.append(f"start with {variables}")
    story = Story(programs[0], variables, called=programs[1:], reloads=False)
    twin = Twin(programs, variables)
    twin.agrees(story)
    expected = Expectation(process, variables)
    _agree(process, story, expected)
    repeated: Counter[str] = Counter()
    for _ in range(STEPS):
        if expected.ended:
            break
        offers = [offer for offer in expected.offers if repeated[offer.key.element] < 2]
        offer = random.choice(offers)
        repeated[offer.key.element] += offer.key.element.startswith(("border", "handler"))
        codes = expected.catches(offer) if offer.key.kind == "job" else []
        if codes and random.random() < 0.5:
            code = random.choice(codes)
            course.append(f"error {code} at {offer.key}")
            token = _token(process, story, offer.key)
            expected.fail(offer, code)
            twin.step("throw_error", token, code)
            story.do(story.case.throw_error, token, code)
        else:
            course.append(str(offer.key))
            _happen(process, story, twin, expected, offer, random)
        twin.agrees(story)
        _agree(process, story, expected)


def _happen(process: RandomProcess, story: Story, twin: Twin, expected: Expectation, offer: Offer, random: Random) -> None:
    token = _token(process, story, offer.key)
    values: dict[str, Any] = {}
    command = {"task": "complete", "job": "complete", "timer": "fire", "continuation": "resume"}.get(offer.key.kind, "deliver")
    if command == "complete":
        values = {name: random.choice(options) for name, options in process.choices.items() if random.random() < 0.2}
    arguments = () if command in ("fire", "resume") else (feel_values(values),)
    expected.happen(offer.key, values)
    twin.step(command, token, *arguments)
    story.do(getattr(story.case, command), token, *arguments)


class Twin:
    """The same case, restored from a snapshot before each of its steps."""

    def __init__(self, programs: tuple[Program, ...], variables: dict[str, Any]) -> None:
        self.host = StoryHost()
        for program in programs:
            self.host.deploy(program)
        self.case, self.last = CaseExecution.start(programs[0], feel_values(variables), host=self.host)
        self.state = self.case.dump()

    def step(self, command: str, token: int, *arguments: Any) -> None:
        self.case = CaseExecution.load(self.state, host=self.host)
        self.last = getattr(self.case, command)(token, *arguments, host=self.host)

    def agrees(self, story: Story) -> None:
        assert self.last == story.step
        self.state = self.case.dump()
        assert self.state == story.case.dump()


def _variables(process: RandomProcess, random: Random) -> dict[str, Any]:
    return {
        "key": "k",
        **dict.fromkeys(process.counters, 0),
        **{name: random.choice(options) for name, options in process.choices.items()},
        **{name: list(range(random.choice((0, 1, 2, 2, 3)))) for name in process.collections},
    }


def _agree(process: RandomProcess, story: Story, expected: Expectation) -> None:
    """Hold the engine to the expectation: what was completed and in which order, what may happen next, the variables."""
    _follows(_completed(story.step), expected.events)
    offered = Counter(_key(process, story, request) for request in story.open.values())
    assert offered == Counter(offer.key for offer in expected.offers)
    assert story.ended == expected.ended
    if expected.ended:
        assert story.step.outcome == ("terminated" if expected.terminated else "completed")
    ours, theirs = story.variables, expected.root.variables
    assert ours == theirs, {name: (ours.get(name), theirs.get(name)) for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}


def _completed(step: Step) -> list[tuple[str, Any]]:
    completed = [(r.element_id, r.data.get("instance")) for r in step.records if r.kind == "element.completed"]
    return [(element, number) for element, number in completed if not element.startswith("gateway_")]


def _follows(trace: list[tuple[str, Any]], events: list[Event]) -> None:
    """Find an event for each entry of the trace, after all that it had to follow; instances that look alike may be taken either way."""
    tried: set[tuple[int, frozenset[int]]] = set()

    def fits(position: int, left: list[Event]) -> bool:
        state = (position, frozenset(map(id, left)))
        if position == len(trace) or state in tried:
            return position == len(trace)
        tried.add(state)
        fitting = (event for event in left if (event.element, event.number) == trace[position])
        free = (event for event in fitting if not any(one in left for one in event.after))
        return any(fits(position + 1, [other for other in left if other is not event]) for event in free)

    assert sorted(map(str, trace)) == sorted(str((event.element, event.number)) for event in events)
    assert fits(0, events), f"completed in an order that the process does not allow: {trace}"


def _key(process: RandomProcess, story: Story, request: Request) -> Key:
    match request:
        case OpenTask():
            kind = "task"
        case EnqueueJob(kind="continuation"):
            kind = "continuation"
        case EnqueueJob():
            kind = "job"
        case ScheduleTimer():
            kind = "timer"
        case Subscribe():
            kind = request.kind
        case _:
            raise AssertionError(request)
    seen = story.case.variables(request.token) if process.items else {}
    return Key(kind, request.element_id, tuple(seen.get(item) for item in process.items))


def _token(process: RandomProcess, story: Story, key: Key) -> int:
    return next(token for token, request in story.open.items() if _key(process, story, request) == key)
