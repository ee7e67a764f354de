"""Models that would never end or never stop growing: each ends in an incident, or a refusal, that names the budget."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.bpmn.timers import TimerCycle
from loanflow.errors import TooLarge
from loanflow.execution import Limits, Program
from tests.execution.host import Story
from tests.execution.models import end, exclusive, many, parallel, program, script, start, user


def the_incident(story: Story) -> str:
    codes = set(story.incidents.values())
    assert len(codes) == 1, codes
    return codes.pop()


def growing(source: str) -> Program:
    """A script that makes a variable larger, again and again."""
    return program(start(), exclusive("again"), script("grow", source, into="x"), exclusive("enough"), end(), flows=LOOP)


LOOP = """
start -> again -> grow -> enough
enough -> again: n < 1000000000
enough -> end: default
"""


@pytest.mark.parametrize(
    ("source", "first", "codes"),
    [
        ("x + x", "ab", {"expression-budget", "variable-budget"}),
        ("[x, x]", "ab", {"expression-budget", "variable-budget"}),
        ("append(x, x)", ["ab"], {"expression-budget", "variable-budget"}),
        ('{"a": x, "b": x}', "ab", {"expression-budget", "variable-budget"}),
        ("concatenate(x, x)", ["ab"], {"expression-budget", "variable-budget"}),
        # Never larger, but written into the history each time.
        ('string join(for i in 1..1000 return "0123456789", "")', "", {"variable-budget", "step-budget"}),
    ],
)
def test_what_a_loop_makes_larger_and_larger_ends(source: str, first: Any, codes: set[str]) -> None:
    story = Story(growing(source), {"x": first, "n": 1}, reloads=False)
    assert the_incident(story) in codes


def test_many_copies_of_a_large_text_count_as_they_are_written() -> None:
    story = Story(growing("[x, x, x, x, x]"), {"x": "a" * 900_000, "n": 1}, reloads=False)
    assert the_incident(story) == "variable-budget"


def test_values_from_outside_are_refused_when_they_are_too_large() -> None:
    story = Story(program(start(), user("ask"), end(), flows="start -> ask -> end"), limits=Limits(variables=1_000))
    with pytest.raises(TooLarge, match="1,000 characters"):
        story.complete("ask", text="a" * 2_000)


def test_a_billion_instances_are_not_begun() -> None:
    marker = many(times="=1000000000")
    story = Story(program(start(), user("vote", multi_instance=marker), end(), flows="start -> vote -> end"))
    assert the_incident(story) == "instance-budget"


def test_a_split_that_feeds_itself_ends() -> None:
    # Each round doubles the tokens.
    story = Story(
        program(start(), exclusive("again"), parallel("split"), flows="start -> again -> split\nsplit -> again\nsplit -> again"),
        reloads=False,
    )
    assert the_incident(story) == "step-budget"


def test_the_tokens_of_a_case_are_counted_over_all_commands() -> None:
    body = "start -> again -> split\nsplit -> wait -> again\nsplit -> again2 -> again"
    nodes = (start(), exclusive("again"), parallel("split"), user("wait"), exclusive("again2"))
    story = Story(program(*nodes, flows=body), limits=Limits(tokens=50, steps=100_000), reloads=False)
    assert the_incident(story) == "token-budget"


def test_steps_that_each_take_long_end_by_the_clock() -> None:
    slow = "count(for i in 1..20000 return i * i)"
    story = Story(growing(slow), {"x": 0, "n": 1}, limits=Limits(seconds=0.2), reloads=False)
    assert the_incident(story) == "time-budget"


@pytest.mark.parametrize("cycle", ["R/PT0S", "R/PT0.001S", "R1000000/PT0.5S", "R/P0D"])
def test_a_cycle_that_turns_too_fast_is_no_timer(cycle: str) -> None:
    with pytest.raises(ValueError, match="in between"):
        TimerCycle.parse(cycle)


def test_an_evil_pattern_ends() -> None:
    story = Story(
        program(start(), script("match", f'matches("{"a" * 5_000}!", "(a+)+$")', into="x"), user("ask"), flows="start -> match -> ask")
    )
    assert story.incidents == {} or the_incident(story) == "expression-budget"
