"""Two versions of a process: which element is which, and what differs, in words."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.bpmn.compare import Change, Comparison, Pairing, compare
from loanflow.bpmn.model import FlowNode, Process
from tests.execution.models import (
    boundary,
    end,
    exclusive,
    expression,
    feel,
    many,
    message,
    model,
    parallel,
    start,
    sub_process,
    timer,
    user,
)


def process(*nodes: FlowNode, flows: str) -> Process:
    return model(*nodes, flows=flows).processes[0]


def messages(found: Comparison) -> list[str]:
    return [difference.message for difference in found.differences]


def changes(found: Comparison, change: Change) -> list[str]:
    return [difference.element_id for difference in found.differences if difference.change is change]


REVIEW = process(
    start(), user("review", name="Review", candidate_groups=expression("clerks")), boundary("late", "review", timer("PT1H")), end(),
    flows="start -> review -> end\nlate -> end",
)  # fmt: skip


def test_the_same_version_has_no_differences() -> None:
    found = compare(REVIEW, REVIEW)
    assert found.differences == ()
    assert {pair.pairing for pair in found.pairs.values()} == {Pairing.ID}
    assert found.flows == {flow: flow for flow in REVIEW.body.flows}


def test_every_id_renamed_is_found_by_name_kind_and_place() -> None:
    other = process(
        start("s"), user("r", name="Review", candidate_groups=expression("clerks")), boundary("l", "r", timer("PT1H")), end("e"),
        flows="s -> r -> e\nl -> e",
    )  # fmt: skip
    found = compare(REVIEW, other)
    assert {old: pair.new.id for old, pair in found.pairs.items()} == {"start": "s", "review": "r", "late": "l", "end": "e"}
    assert found.flows == {"start-review": "s-r", "review-end": "r-e", "late-end": "l-e"}
    assert found.differences == ()


def test_a_changed_element_is_told_property_by_property() -> None:
    other = process(
        start(), user("review", name="Check", candidate_groups=expression("=group"), multi_instance=many("=items")),
        boundary("late", "review", timer("PT2H"), interrupting=False), end(), flows="start -> review -> end\nlate -> end",
    )  # fmt: skip
    assert messages(compare(REVIEW, other)) == [
        'user task "Check" (review): name "Review" became "Check"',
        'user task "Check" (review): candidate groups "clerks" became "=group"',
        'user task "Check" (review): multi instance collection nothing became "=items"',
        'user task "Check" (review): multi instance nothing became "parallel"',
        'timer boundary event "late": event "PT1H" became "PT2H"',
        'timer boundary event "late": cancel activity "yes" became "no"',
    ]


def test_another_kind_under_the_same_id_is_not_the_same_element() -> None:
    other = process(
        start(), user("review", name="Review", candidate_groups=expression("clerks")), boundary("late", "review", message("stop")), end(),
        flows="start -> review -> end\nlate -> end",
    )  # fmt: skip
    found = compare(REVIEW, other)
    assert "late" not in found.pairs
    assert 'timer boundary event "late" was timer boundary event, and is now message boundary event' in messages(found)
    assert changes(found, Change.ADDED)[0] == "late"


def test_added_removed_and_moved_elements_are_told() -> None:
    other = process(
        start(), sub_process("inner", user("review", name="Review"), flows=""), user("sign", name="Sign"), end(),
        flows="start -> inner -> sign -> end",
    )  # fmt: skip
    found = compare(REVIEW, other)
    assert changes(found, Change.ADDED)[:2] == ["inner", "sign"]
    assert "late" in changes(found, Change.REMOVED)
    assert changes(found, Change.MOVED) == ["review"]
    assert 'user task "Review" (review) is now in sub-process "inner"; it was in the process itself' in messages(found)


def test_what_is_inside_a_paired_sub_process_is_paired_there() -> None:
    def version(prefix: str) -> Process:
        inside = sub_process(
            f"{prefix}sub", user(f"{prefix}a", name="Ask"), user(f"{prefix}b", name="Tell"), flows=f"{prefix}a -> {prefix}b"
        )
        return process(start(), inside, user(f"{prefix}c", name="Ask"), end(), flows=f"start -> {prefix}sub -> {prefix}c -> end")

    found = compare(version("x"), version("y"))
    assert {old: pair.new.id for old, pair in found.pairs.items()} == {
        "start": "start", "end": "end", "xsub": "ysub", "xa": "ya", "xb": "yb", "xc": "yc",
    }  # fmt: skip


def test_twins_without_a_name_are_left_to_the_caller() -> None:
    def version(*ids: str) -> Process:
        fork, join = parallel("fork"), parallel("join")
        lines = "\n".join(f"fork -> {id} -> join" for id in ids)
        return process(start(), fork, *(user(id) for id in ids), join, end(), flows=f"start -> fork\njoin -> end\n{lines}")

    found = compare(version("a", "b"), version("c", "d"))
    assert not {"a", "b"} & set(found.pairs)
    given = compare(version("a", "b"), version("c", "d"), given={"a": "c"})
    # What one pair leaves is clear then.
    assert {old: (given.pairs[old].new.id, given.pairs[old].pairing) for old in "ab"} == {
        "a": ("c", Pairing.GIVEN),
        "b": ("d", Pairing.SIMILARITY),
    }


def test_what_is_given_goes_before_equal_ids_and_none_means_nothing() -> None:
    both = process(start(), user("a"), user("b"), end(), flows="start -> a -> b -> end")
    found = compare(both, both, given={"a": "b", "b": None})
    assert (found.counterpart("a"), found.counterpart("b")) == ("b", None)
    with pytest.raises(ValueError, match="'nobody'"):
        compare(both, both, given={"nobody": "a"})
    with pytest.raises(ValueError, match="'nobody'"):
        compare(both, both, given={"a": "nobody"})


def test_a_join_s_flow_from_a_replaced_source_is_the_one_that_is_new_there() -> None:
    def version(second: str, name: str) -> Process:
        return process(
            start(), parallel("fork"), user("a"), user(second, name=name), parallel("join"), end(),
            flows=f"start -> fork -> a -> join -> end\nfork -> {second} -> join",
        )  # fmt: skip

    found = compare(version("credit", "Credit check"), version("fraud", "Police record"))
    assert "credit" not in found.pairs
    assert found.flows["credit-join"] == "fraud-join"


@pytest.mark.parametrize(("old", "new", "same"), [
    ("Check the income", "Check income", True),
    ("First review", "Final review", False),
    ("初审", "复审", False),
    ("人工审批", "自动审批", False),
    ("授信审批", "授信 审批", True),
    ("Review", None, False),
])  # fmt: skip
def test_only_names_that_are_alike_are_taken_for_the_same(old: str, new: str | None, same: bool) -> None:
    before = process(start(), user("a", name=old), end(), flows="start -> a -> end")
    after = process(start(), user("b", name=new), end(), flows="start -> b -> end")
    assert ("a" in compare(before, after).pairs) is same


def test_conditions_and_defaults_of_flows_are_compared() -> None:
    def version(condition: str, default: str) -> Process:
        lines = {"a": condition, "b": "x > 9"}
        lines[default] = "default"
        flows = "\n".join(f"gate -> {end}: {guard}" for end, guard in lines.items())
        return process(start(), exclusive("gate"), end("a"), end("b"), flows=f"start -> gate\n{flows}")

    found = compare(version("x > 1", "b"), version("x > 2", "b"))
    assert messages(found) == ['sequence flow gate-a ("gate" -> "a"): condition "=x > 1" became "=x > 2"']
    assert found.differences[0].property == "condition"
    assert 'exclusive gateway "gate": default flow "gate-b" became "gate-a"' in messages(compare(version("x > 1", "b"), version("", "a")))


def test_a_thousand_renamed_tasks_are_paired_in_a_moment() -> None:
    def version(prefix: str) -> Process:
        ids = [f"{prefix}{number}" for number in range(1_000)]
        nodes: list[Any] = [user(id, name=f"Step {number}", assignee=feel("clerk")) for number, id in enumerate(ids)]
        return process(start(), *nodes, end(), flows="start -> " + " -> ".join(ids) + " -> end")

    found = compare(version("a"), version("b"))
    assert found.counterpart("a500") == "b500"
    assert found.differences == ()
