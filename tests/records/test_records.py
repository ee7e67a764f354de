from __future__ import annotations

import ast
import dataclasses
import enum
import sys
from pathlib import Path

import pytest

from loanflow import records

KINDS = [getattr(records, name) for name in records.__all__]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not issubclass(kind, enum.Enum)])
def test_a_record_is_frozen_slotted_and_takes_names_only(kind: type) -> None:
    if kind in (records.AuditEntry, records.Happening):
        # A step makes many of these: they are tuples, as frozen and as small.
        assert issubclass(kind, tuple)
        assert "__dict__" not in dir(kind)
        return
    assert dataclasses.is_dataclass(kind)
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in dataclasses.fields(kind))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, enum.Enum)])
def test_a_vocabulary_is_of_words_the_store_can_hold(kind: type[enum.StrEnum]) -> None:
    assert issubclass(kind, enum.StrEnum)
    assert all(word == word.lower() and len(word) <= 16 for word in kind)


def test_records_stand_on_the_standard_library_alone() -> None:
    folder = Path(records.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                root = name.split(".")[0]
                assert root in sys.stdlib_module_names or name.startswith("loanflow.records"), (file, name)
