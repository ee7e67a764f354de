"""The short ways of common expressions come to what the general way comes to, whatever the values."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from loanflow.feel import compile_expression, to_feel
from loanflow.feel.syntax.parser import COMPARISONS

MISSING = object()
VALUES: list[Any] = [MISSING, None, 2, 3, 3.5, "a", "b", "", True, False, [3], {"a": 3}]


def told(text: str, values: dict[str, Any]) -> tuple[Any, list[str]]:
    given: Any = to_feel({name: value for name, value in values.items() if value is not MISSING})
    found = compile_expression(text).evaluate(given)
    return found.value, [reason.message for reason in found.reasons]


@pytest.mark.parametrize("operator", sorted(COMPARISONS))
def test_conditions_on_variables_hold_as_each_alone(operator: str) -> None:
    """An item of a list is no variable: those conditions are asked one by one."""
    for x, t in product(VALUES, repeat=2):
        values = {"x": x, "t": t}
        for text in (f'x {operator} 3 and t {operator} "a"', f"x {operator} 3 and t {operator} 3", f'x {operator} "a" and t != "b"'):
            one_by_one = text.replace("x ", "[x][1] ").replace("t ", "[t][1] ")
            assert told(text, values) == told(one_by_one, values), (text, values)


@pytest.mark.parametrize("operator", sorted(COMPARISONS))
def test_items_are_chosen_by_their_entries_as_each_is_asked(operator: str) -> None:
    entries = [value for value in VALUES if value is not MISSING]
    contexts: list[Any] = [{"a": a, "b": b} for a, b in product(entries, repeat=2)]
    strange: list[Any] = [{"a": 3}, {"b": 3}, {}, 3, "abc", None, True]
    numbers = [one for one in contexts if type(one["a"]) in (int, float) and type(one["b"]) in (int, float)]
    texts = [one for one in contexts if isinstance(one["a"], str) and isinstance(one["b"], str)]
    for items in ([], numbers, texts, contexts, [*numbers, *strange], *([one] for one in [*contexts, *strange])):
        for other in ("b", "3", '"a"'):
            text = f"items[a {operator} {other}]"
            singly = f"items[item.a {operator} {'item.b' if other == 'b' else other}]"
            assert told(text, {"items": items})[0] == told(singly, {"items": items})[0], (text, items)


def test_an_entry_that_is_not_there_may_be_a_variable() -> None:
    values = {"items": [{"a": 1}, {"a": 3, "b": 5}, {"a": 9}], "b": 4}
    assert told("items[a > b].a", values)[0] == to_feel([9])
    assert told("[[{x: 1}], [{x: 5}]][count(item[x > 2]) = 1]", {})[0] == to_feel([[{"x": 5}]])


def test_an_entry_called_item_is_that_entry() -> None:
    assert told("[{item: 5}, {item: 1}][item > 2]", {})[0] == to_feel([{"item": 5}])
