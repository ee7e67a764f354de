"""Many more random processes than the suite plays: ``make fuzz``, or

python -m tests.execution.random_models.fuzz --models 1000 --runs 100 --seed 7
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from hypothesis import HealthCheck, given, seed, settings

from tests.execution.random_models.blocks import RandomProcess
from tests.execution.random_models.generator import processes
from tests.execution.random_models.playing import load, play_all


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    options = parser.parse_args(arguments)
    steps = 0
    began = time.monotonic()

    @seed(options.seed)
    @settings(max_examples=options.models, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(process=processes())
    def fuzz(process: RandomProcess) -> None:
        nonlocal steps
        steps += play_all(process, load(process), options.runs)

    print(f"{options.models} random processes, {options.runs} runs each, seed {options.seed}")
    fuzz()
    print(f"{steps} steps, each also from a snapshot, as expected; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
