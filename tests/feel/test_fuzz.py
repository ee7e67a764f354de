"""A slice of the fuzz run (`make fuzz` is the whole): mutated texts are read or refused, and evaluated without a crash or a hang."""

from __future__ import annotations

import pytest

from tests.feel import fuzz


def test_a_slice_of_the_fuzz_run_finds_nothing() -> None:
    report = fuzz.run(1_500, 20_260_301, fuzz.seeds())
    assert report.findings == []
    # The inputs are worth something: many are read and have values.
    assert report.outcomes["value"] > 100
    assert report.outcomes["cell"] > 50
    assert report.outcomes["pattern"] > 50


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_every_seed_is_read_or_refused(kind: str) -> None:
    for text in fuzz.written_seeds():
        with fuzz.limited(fuzz.CPU_SECONDS):
            fuzz.examine(kind, text)


def test_a_finding_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(kind: str, text: str) -> str:
        if "crash" in text:
            raise ZeroDivisionError("in the evaluator")
        return "value"

    monkeypatch.setattr(fuzz, "examine", broken)
    found = fuzz.run(20, 1, ["a + b * crash(1, 2, 3) - [4, 5]"]).findings
    assert found
    assert {(one["text"], one["finding"].partition(" ")[0]) for one in found} == {("crash", "ZeroDivisionError")}


def test_a_hang_is_cut_short() -> None:
    def endless() -> None:
        while True:
            pass

    with pytest.raises(fuzz.Hang), fuzz.limited(0.05):
        endless()
