"""Case migration: a waiting case goes on as the new version draws it, and nothing of it is lost; or it is said why it cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanflow.bpmn.model import Model
from loanflow.execution import (
    CaseExecution,
    MigrationRefused,
    Relocate,
    Verdict,
    migrate,
)
from tests.execution.host import feel_values
from tests.execution.models import (
    call_activity,
    end,
    mapping,
    model,
    parallel,
    program,
    service,
    start,
    sub_process,
    user,
)
from tests.execution.moving import LINE, NEXT, Moving, told
from tests.execution.test_snapshot import CHECK


def test_a_waiting_task_goes_on_in_the_new_version() -> None:
    story = Moving(LINE, {"x": 1})
    migrated = story.to(model(start(), user("a"), user("between"), user("b"), end(), flows="start -> a -> between -> b -> end"))
    assert migrated.findings == ()
    assert story.tasks == ["a"]
    story.complete("a", y=2)
    assert story.tasks == ["between"]
    story.complete("between")
    story.complete("b")
    assert story.ended
    assert story.variables == feel_values({"x": 1, "y": 2})


def test_token_variables_and_since_are_kept() -> None:
    story = Moving(model(start(), user("a", inputs=(mapping("local", "=x + 1"),)), end(), flows="start -> a -> end"), {"x": 1})
    since = story.case.tokens[0].since
    story.host.at += timedelta(days=3)
    story.to(model(start(), user("a", inputs=(mapping("local", "=x + 9"),)), end(), flows="start -> a -> end"))
    (view,) = story.case.tokens
    assert (view.since, view.program) == (since, NEXT)
    # What was mapped in is not computed again.
    assert story.case.variables(view.token) == feel_values({"x": 1, "local": 2})


def test_a_relocation_says_what_the_row_must_follow() -> None:
    story = Moving(LINE)
    (relocated,) = story.to(
        model(start(), user("first", different_from=("b",)), user("b"), end(), flows="start -> first -> b -> end"), given={"a": "first"}
    ).step.requests
    assert relocated == Relocate(token=relocated.token, element_id="first", program=NEXT, wait="task", form=None, different_from=("b",))


def test_a_removed_element_needs_a_mapping_and_the_nearest_is_named() -> None:
    story = Moving(model(start(), user("a", name="Check income"), end(), flows="start -> a -> end"))
    other = model(start(), user("x", name="Ask employer"), user("y", name="Income of all"), end(), flows="start -> x -> y -> end")
    verdict, messages = story.would(other)
    assert verdict is Verdict.NEEDS_MAPPING
    assert messages == [
        'a token waits at user task "Check income" (a), which is not in the new version; say where it goes on, '
        'for instance user task "Income of all" (y), user task "Ask employer" (x)'
    ]
    with pytest.raises(MigrationRefused, match="say where it goes on"):
        story.to(other)
    assert told(story.to(other, given={"a": "y"})) == ['user task "Check income" (a) becomes user task "Income of all" (y)']
    story.complete("y")
    assert story.ended


def test_nothing_of_the_kind_is_impossible() -> None:
    story = Moving(LINE)
    verdict, messages = story.would(model(start(), service("s"), end(), flows="start -> s -> end"))
    assert verdict is Verdict.IMPOSSIBLE
    assert messages == ["a token waits at user task (a), which is not in the new version, nor is anything of its kind in the same scope"]


def test_a_mapping_to_another_kind_is_impossible() -> None:
    story = Moving(LINE)
    verdict, (text,) = story.would(model(start(), service("s"), user("b"), end(), flows="start -> s -> b -> end"), given={"a": "s"})
    assert verdict is Verdict.IMPOSSIBLE
    assert text == "user task (a) cannot become service task (s): a token waits there, and the two are of different kinds"


def test_two_elements_may_be_mapped_to_one() -> None:
    story = Moving(
        model(start(), parallel("fork"), user("a"), user("b"), end(), flows="start -> fork -> a -> end\nfork -> b -> end"),
    )
    story.to(model(start(), user("both"), end(), flows="start -> both -> end"), given={"a": "both", "b": "both"})
    assert story.tasks == ["both", "both"]
    story.complete("both")
    story.complete("both")
    assert story.ended


class TestScopes:
    INSIDE = model(
        start(),
        sub_process("sub", start("s"), user("a"), user("b"), end("e"), flows="s -> a -> b -> e"),
        end(),
        flows="start -> sub -> end",
    )

    def test_a_token_inside_a_sub_process_goes_with_it(self) -> None:
        story = Moving(self.INSIDE)
        story.to(
            model(
                start(), sub_process("sub", start("s"), user("a"), user("c"), end("e"), flows="s -> a -> c -> e"), user("after"), end(),
                flows="start -> sub -> after -> end",
            )
        )  # fmt: skip
        story.complete("a")
        story.complete("c")
        story.complete("after")
        assert story.ended

    @pytest.mark.parametrize("drawn", [
        model(start(), user("a"), end(), flows="start -> a -> end"),
        model(start(), sub_process("sub", user("x"), flows=""), user("a"), end(), flows="start -> sub -> a -> end"),
        model(start(), sub_process("other", sub_process("sub", user("a"), flows=""), flows=""), end(), flows="start -> other -> end"),
    ])  # fmt: skip
    def test_out_of_into_or_deeper_into_a_scope_is_impossible(self, drawn: Model) -> None:
        verdict, messages = Moving(self.INSIDE).would(drawn)
        assert verdict is Verdict.IMPOSSIBLE
        assert any("scope" in message for message in messages)

    def test_into_a_sub_process_is_impossible(self) -> None:
        story = Moving(model(start(), user("a"), end(), flows="start -> a -> end"))
        verdict, messages = story.would(self.INSIDE)
        assert verdict is Verdict.IMPOSSIBLE
        assert messages == ["user task (a) is in another scope than user task (a): a token cannot be taken into or out of a sub-process"]


class TestCalledProcesses:
    def test_the_called_process_keeps_its_own_version(self) -> None:
        story = Moving(
            model(start(), call_activity("call", "check", propagate_all_parent=True), end(), flows="start -> call -> end"), called=(CHECK,)
        )
        migrated = story.to(
            model(
                start(),
                call_activity("call", "other", propagate_all_parent=True),
                user("after"),
                end(),
                flows="start -> call -> after -> end",
            )
        )
        assert told(migrated) == ["call activity (call) calls other now; the process that was called goes on as it is"]
        assert [(view.element_id, view.program) for view in story.case.tokens] == [("call", NEXT), ("check", "check:1")]
        story.complete("check")
        story.complete("after")
        assert story.ended

    def test_a_called_process_is_migrated_inside_the_case_that_calls_it(self) -> None:
        caller = program(
            start(), call_activity("call", "story", propagate_all_parent=True), end(), flows="start -> call -> end", id="caller"
        )
        story = Moving(LINE)
        host = story.host
        host.deploy(caller)
        host.deploy(CHECK)
        case, step = CaseExecution.start(caller, {}, host=host)
        change = story.change(model(start(), user("a"), user("c"), end(), flows="start -> a -> c -> end"))
        assert not migrate(CaseExecution.start(CHECK, {}, host=host)[0].dump(), change, host=host).moved
        migrated = migrate(case.dump(), change, host=host)
        (relocated,) = migrated.step.requests
        assert (relocated.element_id, relocated.program) == ("a", NEXT)
        assert [view.program for view in migrated.execution.tokens] == ["caller:1", NEXT]
        case, task = CaseExecution.load(migrated.execution.dump(), host=host), step.requests[0].token
        (opened,) = case.complete(task, {}, host=host).requests
        assert opened.element_id == "c"
        assert case.complete(opened.token, {}, host=host).ended
