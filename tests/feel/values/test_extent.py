"""Counting a small value level by level comes to the same as counting a large one part by part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanflow.feel.values import extent as counting

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, "x", Decimal(1)]),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=30,
)


@given(VALUES)
def test_both_ways_agree(value: Any) -> None:
    shared = [value, value, {"a": value}]
    for one in (value, shared):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(counting, "_SMALL", 0)
            expected = counting.extent(one, 10_000)
        assert counting.extent(one, 10_000) == expected


def test_shared_parts_count_as_often_as_they_are_written_out() -> None:
    value: list[Any] = ["x"]
    for _ in range(40):
        value = [value, value]
    size, depth = counting.extent(value, 10**6)
    assert size > 2**40
    assert depth == 41


def test_deep_nesting_is_measured() -> None:
    value: Any = "x"
    for _ in range(500):
        value = [value]
    assert counting.extent(value, 10**6) == (501, 500)
