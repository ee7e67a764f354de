"""A slice of the fuzz run over files (`make fuzz` is the whole)."""

from __future__ import annotations

from tests.dmn import fuzz


def test_a_slice_of_the_fuzz_run_finds_nothing() -> None:
    report = fuzz.run(120, 20_260_301, fuzz.seeds())
    assert [(one["kind"], one["finding"]) for one in report.findings] == []
    assert report.outcomes["asked"] > 20


def test_every_seed_can_be_asked_and_explained() -> None:
    for data in fuzz.seeds()[:8]:
        assert fuzz.examine(data, None) == "asked"
