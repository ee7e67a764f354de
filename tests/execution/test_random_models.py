"""Random processes do what they were drawn to do, token by token, and a snapshot between any two steps changes nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.execution.random_models.blocks import RandomProcess
from tests.execution.random_models.generator import processes
from tests.execution.random_models.playing import load, play_all

MODELS, RUNS = 50, 20
"""``make fuzz`` plays more, and others every time."""


@settings(max_examples=MODELS, derandomize=True, suppress_health_check=list(HealthCheck))
@given(process=processes())
def test_a_random_process_does_what_it_was_drawn_to_do(process: RandomProcess) -> None:
    play_all(process, load(process), RUNS)
