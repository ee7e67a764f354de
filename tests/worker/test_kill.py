"""Kill -9: no step lost, none repeated, every case ends, every chain holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills by signal, which this system does not have")


def crash_run(module: str, folder: Path, **options: int) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.worker.{module}", str(folder)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(outcome)
    return outcome


def test_twenty_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    outcome = crash_run("crash_run", tmp_path, cases=40, kills=20, stalls=1, seed=20260302)
    assert outcome["broken"] == []
    assert outcome["effects"] == 20 * 4 + 20 * 2
    assert outcome["handler_calls"] >= outcome["effects"]


def test_twenty_kills_over_the_shipped_products(tmp_path: Path) -> None:
    outcome = crash_run("lending_crash_run", tmp_path, cases=20, kills=20, seed=20260302)
    assert outcome["broken"] == []
    assert outcome["jobs_under_way_at_kills"] > 0
    assert outcome["payments"] > 0
    assert outcome["handler_calls"] >= outcome["effects"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_hundred_kills_over_two_hundred_cases(tmp_path: Path, seed: int) -> None:
    outcome = crash_run("crash_run", tmp_path, cases=200, kills=100, stalls=5, seed=seed)
    assert outcome["broken"] == []
    assert outcome["effects"] == 100 * 4 + 100 * 2


@pytest.mark.slow
def test_a_hundred_kills_over_the_two_hundred_sample_applications(tmp_path: Path) -> None:
    """A hundred kills at random moments over the 200 applications: every case ends, no handler's effect is booked twice."""
    outcome = crash_run("lending_crash_run", tmp_path, cases=200, kills=100, seed=20260302)
    assert outcome["broken"] == []
    assert outcome["products"] == {"personal-credit": 160, "enterprise-credit": 40}
    assert outcome["staff_kills"] > 0
    # Kills that caught a job between its effect outside and its commit inside are what the run is for.
    assert outcome["handler_calls"] > outcome["effects"]
