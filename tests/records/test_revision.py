from __future__ import annotations

from dataclasses import replace

import pytest

from loanflow.records.revision import field_names, record_of, revised, values_in
from tests.store.builders import a_case, a_task


def test_a_revised_record_is_what_dataclasses_make() -> None:
    task = a_task()
    assert revised(task, assignee="li.na", version=7) == replace(task, assignee="li.na", version=7)
    assert revised(task) == task
    assert task.assignee is None


def test_a_record_has_no_other_fields() -> None:
    with pytest.raises(KeyError):
        revised(a_case(), colour="red")
    with pytest.raises(ValueError, match="shorter"):
        record_of(type(a_case()), values_in(a_case())[:-1])
    assert field_names(type(a_case()))[0] == "id"
