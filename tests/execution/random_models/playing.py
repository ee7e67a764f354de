"""One random course through a process, taken by the engine and by the expectation, which must agree at every step.

A second run of the engine is restored from a snapshot before each step; it must do the very same.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from loanflow import bpmn
from loanflow.execution import (
    CaseExecution,
    EnqueueJob,
    OpenTask,
    Program,
    RaiseIncident,
    Request,
    ScheduleTimer,
    Step,
    Subscribe,
    ThrowMessage,
    compile_process,
)
from loanflow.problems import Severity
from tests.execution.host import Story, StoryHost, feel_values
from tests.execution.random_models.blocks import RandomProcess
from tests.execution.random_models.board import Event, Key, Offer
from tests.execution.random_models.diagram import to_bpmn
from tests.execution.random_models.expectation import Expectation

__all__ = ["load", "play_all"]

NOBODY = "ER_nobody"
"""An error that only those catch who catch all."""

EXPECTED = frozenset({"bpmn/lack-of-synchronisation", "bpmn/never-catches"})
"""What a check rightly remarks: some paths are drawn to meet without being joined, and of two that catch the same the first does."""

ASIDE = ("border", "handler")
"""What happens beside the flow, or cuts it short; most courses go on for some steps."""

STEPS = 60
"""After so many steps a run is left as it is; most are over before, as no event on a border happens more than twice."""


def load(process: RandomProcess) -> tuple[Program, ...]:
    """Write the process, read it as any file, and compile it with those it calls; no check may find fault with it."""
    model = bpmn.read(to_bpmn(process), file="random.bpmn")
    found = [problem for problem in bpmn.check(model) if problem.severity is not Severity.INFO and problem.code not in EXPECTED]
    assert not found, "\n".join(map(str, found))
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
        offers = [offer for offer in expected.offers if repeated[offer.key.element] < 2]
        if expected.ended or not offers:
            break
        (offer,) = random.choices(offers, [1 if offer.key.element.startswith(ASIDE) else 3 for offer in offers])
        key = offer.key
        repeated[key.element] += key.kind == "incident" or key.element.startswith(ASIDE)
        if key.kind == "condition":
            _set(story, twin, expected, offer, random, course)
        elif key.kind in ("task", "job") and (code := _error(expected, offer, random)) is not None:
            course.append(f"error {code} at {key}")
            token = _token(process, story, key)
            expected.fail(offer, code)
            twin.step("throw_error", token, code)
            story.do(story.case.throw_error, token, code)
        else:
            course.append(str(key))
            _happen(process, story, twin, expected, offer, random)
        twin.agrees(story)
        _agree(process, story, expected)


def _error(expected: Expectation, offer: Offer, random: Random) -> str | None:
    codes = expected.catches(offer)
    if codes and random.random() < (0.5 if offer.key.kind == "job" else 0.1):
        return random.choice(codes)
    return NOBODY if random.random() < 0.02 else None


def _set(story: Story, twin: Twin, expected: Expectation, offer: Offer, random: Random, course: list[str]) -> None:
    """Set the variable of a condition that is waited for."""
    name = f"e_{offer.key.element.removesuffix('_start')}"
    values = {name: int(random.random() < 0.8)}
    course.append(f"set {values} at {offer.key}")
    token = next(token for token, key in _conditions(story, expected.process) if key == offer.key)
    expected.change(offer, values)
    twin.step("set_variables", feel_values(values), token=token)
    story.do(story.case.set_variables, feel_values(values), token=token)


def _happen(process: RandomProcess, story: Story, twin: Twin, expected: Expectation, offer: Offer, random: Random) -> None:
    key = offer.key
    token = _token(process, story, key)
    values: dict[str, Any] = {}
    commands = {"task": "complete", "job": "complete", "timer": "fire", "continuation": "resume", "incident": "resume"}
    command = commands.get(key.kind, "deliver")
    if command == "complete":
        values = {name: random.choice(options) for name, options in process.choices.items() if random.random() < 0.2}
        if process.conditions and not key.element.startswith("hold") and random.random() < 0.2:
            name = random.choice(list(process.conditions))
            values[name] = random.choice(process.conditions[name])
    arguments = () if command in ("fire", "resume") else (feel_values(values),)
    expected.happen(key, values)
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

    def step(self, command: str, *arguments: Any, **more: Any) -> None:
        self.case = CaseExecution.load(self.state, host=self.host)
        self.last = getattr(self.case, command)(*arguments, **more, host=self.host)

    def agrees(self, story: Story) -> None:
        assert self.last == story.step
        self.state = self.case.dump()
        assert self.state == story.case.dump()


def _variables(process: RandomProcess, random: Random) -> dict[str, Any]:
    return {
        "key": "k",
        **dict.fromkeys(process.counters, 0),
        **{name: random.choice(options) for name, options in process.choices.items()},
        **{name: random.choice(options) for name, options in process.conditions.items()},
        **{name: list(range(random.choice((0, 1, 2, 2, 3)))) for name in process.collections},
        **{name: random.sample(ways, random.randint(0, len(ways))) for name, ways in process.ways.items()},
    }


def _agree(process: RandomProcess, story: Story, expected: Expectation) -> None:
    """Hold the engine to the expectation: what was completed and in which order, what may happen next, the variables."""
    _follows(_completed(story.step), expected.events)
    sent = [request.element_id for request in story.step.requests if isinstance(request, ThrowMessage)]
    assert sorted(sent) == sorted(expected.sent)
    offered = Counter(_key(process, story, request) for request in story.open.values())
    offered.update(key for _, key in _conditions(story, process))
    awaited = Counter(offer.key for offer in expected.offers)
    assert offered == awaited, f"offered and not expected: {offered - awaited}; expected and not offered: {awaited - offered}"
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

    done, due = Counter(trace), Counter((event.element, event.number) for event in events)
    assert done == due, f"completed and not expected: {done - due}; expected and not completed: {due - done}"
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
        case RaiseIncident():
            kind = "incident"
        case Subscribe():
            kind = request.kind
        case _:
            raise AssertionError(request)
    return Key(kind, request.element_id, _path(process, story, request.token))


def _path(process: RandomProcess, story: Story, token: int) -> tuple[Any, ...]:
    seen = story.case.variables(token) if process.items else {}
    return tuple(seen.get(item) for item in process.items)


def _conditions(story: Story, process: RandomProcess) -> list[tuple[int, Key]]:
    """Return the tokens that wait for a condition; nobody is asked to wait for them."""
    waiting = [view for view in story.case.tokens if view.kind == "condition"] if process.conditions else []
    return [(view.token, Key(view.kind, view.element_id, _path(process, story, view.token))) for view in waiting]


def _token(process: RandomProcess, story: Story, key: Key) -> int:
    return next(token for token, request in story.open.items() if _key(process, story, request) == key)
