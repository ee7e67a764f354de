"""The benchmark of task lists, on small databases: it runs, and each list is one statement."""

from __future__ import annotations

from pathlib import Path

from benchmarks import task_lists
from loanflow import Engine


def test_each_list_is_filled_asked_and_one_statement(tmp_path: Path) -> None:
    opened = {size: Engine(f"sqlite:///{tmp_path / f'{size}.db'}") for size in (1_000, 2_000)}
    figures = task_lists.compared("SQLite", opened, rounds=2)
    for engine in opened.values():
        engine.close()
    assert set(figures) == set(task_lists.QUESTIONS)
    assert {name: one["statements"] for name, one in figures.items() if one["statements"] != 1} == {}
