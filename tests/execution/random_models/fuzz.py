"""Many more random processes than the suite plays, on all processors: ``make fuzz``, or

python -m tests.execution.random_models.fuzz --models 1000 --runs 100 --seed 7
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests.execution.random_models.blocks import RandomProcess
from tests.execution.random_models.diagram import to_bpmn
from tests.execution.random_models.generator import processes
from tests.execution.random_models.playing import load, play_all

BATCH = 25
"""Different processes drawn with one seed."""


def play(number: int, models: int, runs: int) -> tuple[int, int, set[bytes]]:
    """Play the processes drawn with a seed; return the seed, how many steps they had, and a digest of each process."""
    steps = 0
    known: set[bytes] = set()

    @seeded(number)
    @settings(
        max_examples=models * 2,  # About a fifth are the same as others, small ones mostly; those are not played again.
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(process=processes())
    def fuzz(process: RandomProcess) -> None:
        nonlocal steps
        digest = hashlib.sha256(to_bpmn(process)).digest()
        if digest not in known and len(known) < models:
            steps += play_all(process, load(process), runs)
            known.add(digest)

    try:
        fuzz()
    except BaseException as error:
        error.add_note(f"again by --seed {number} --models {models} --runs {runs}")
        raise
    return number, steps, known


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    steps = 0
    known: set[bytes] = set()
    print(f"{options.models} random processes, {options.runs} runs each, seed {options.seed}", flush=True)
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        batches = [
            pool.submit(play, options.seed + first, min(BATCH, options.models - first), options.runs)
            for first in range(0, options.models, BATCH)
        ]
        for done, batch in enumerate(as_completed(batches), 1):
            if batch.exception() is not None:
                pool.shutdown(wait=False, cancel_futures=True)
            number, more, found = batch.result()
            steps += more
            known |= found
            print(f"{done} of {len(batches)} batches, seed {number}: {more} steps; {time.monotonic() - began:.0f} s", flush=True)
    print(f"{len(known)} different processes, {steps} steps, each also from a snapshot, as expected; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
