"""Case migration: a waiting case goes on as the new version draws it, and nothing of it is lost; or it is said why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.compare import compare
from loanflow.bpmn.model import Expression, FlowNode, Model
from loanflow.execution import (
    CancelTimer,
    CaseExecution,
    EnqueueJob,
    Limits,
    Migrated,
    MigrationRefused,
    OpenTask,
    RaiseIncident,
    Relocate,
    Request,
    ScheduleTimer,
    Step,
    Subscribe,
    Unsubscribe,
    Verdict,
    VersionChange,
    compile_process,
    examine,
    migrate,
)
from loanflow.feel import to_feel
from tests.execution.host import Story, StoryHost, feel_values
from tests.execution.models import (
    boundary,
    call_activity,
    catch,
    end,
    error,
    event_based,
    exclusive,
    feel,
    inclusive,
    many,
    mapping,
    message,
    model,
    parallel,
    program,
    receive,
    script,
    service,
    signal,
    start,
    sub_process,
    throw,
    timer,
    user,
)
from tests.execution.test_listeners import listener
from tests.execution.test_snapshot import CHECK, Builder, follow, shapes

NEXT = "story:2"


class Moving(Story):
    """A story that can go on in another version of its process."""

    def to(self, drawn: Model, *, given: Mapping[str, str | None] | None = None) -> Migrated:
        migrated = migrate(self.case.dump(), self.change(drawn, given), host=self.host, limits=self.limits)
        self.case = migrated.execution
        for token, (_, element) in migrated.moved.items():
            if token in self.open:
                self.open[token] = replace(self.open[token], element_id=element, program=NEXT)
        self._take(replace(migrated.step, requests=tuple(r for r in migrated.step.requests if not isinstance(r, Relocate))))
        return migrated

    def would(self, drawn: Model, *, given: Mapping[str, str | None] | None = None) -> tuple[Verdict, list[str]]:
        before = self.case.dump()
        examination = examine(before, self.change(drawn, given), host=self.host, limits=self.limits)
        assert self.case.dump() == before
        return examination.verdict, [finding.message for finding in examination.findings]

    def change(self, drawn: Model, given: Mapping[str, str | None] | None = None) -> VersionChange:
        process = drawn.processes[0]
        new = compile_process(drawn, process.id, program_id=NEXT)
        self.host.deploy(new)
        found = compare(self.drawn.processes[0], process, given=given)
        elements = {old: pair.new.id for old, pair in found.pairs.items()}
        dropped = [old for old, target in (given or {}).items() if target is None]
        return VersionChange(self.host.programs["story:1"], new, elements=elements, flows=found.flows, dropped=dropped)

    def __init__(self, drawn: Model, variables: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.drawn = drawn
        super().__init__(compile_process(drawn, drawn.processes[0].id, program_id="story:1"), variables, **more)


LINE = model(start(), user("a"), user("b"), end(), flows="start -> a -> b -> end")


def told(migrated: Migrated) -> list[str]:
    return [finding.message for finding in migrated.findings]


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


class TestBoundaryEvents:
    def drawn(self, *events: FlowNode, flows: str = "") -> Model:
        ends = "\n".join(f"{event.id} -> end" for event in events)
        return model(start(), user("a"), *events, end(), flows=f"start -> a -> end\n{ends}\n{flows}")

    def test_a_running_timer_keeps_its_due_date(self) -> None:
        story = Moving(self.drawn(boundary("late", "a", timer("PT1H"))))
        due = story.timers["late"]
        story.host.at += timedelta(minutes=50)
        assert told(story.to(self.drawn(boundary("late", "a", timer("P7D"))))) == [
            "the timer of boundary event (late) is P7D now; the one that runs keeps its due date"
        ]
        assert story.timers == {"late": due}
        assert story.turn(minutes=10) == ["late"]
        assert story.ended

    def test_a_new_event_is_armed_from_the_migration_on(self) -> None:
        story = Moving(self.drawn())
        story.host.at += timedelta(hours=5)
        migrated = story.to(self.drawn(boundary("late", "a", timer("PT1H"), interrupting=False), boundary("stop", "a", message("stop"))))
        assert told(migrated) == [
            "boundary event (late) is new: it is waited for from the migration on",
            "boundary event (stop) is new: it is waited for from the migration on",
        ]
        assert story.timers == {"late": story.host.at + timedelta(hours=1)}
        story.turn(hours=1)
        assert story.tasks == ["a"]
        story.deliver("stop")
        assert story.ended

    def test_a_removed_event_is_given_up(self) -> None:
        story = Moving(self.drawn(boundary("late", "a", timer("PT1H")), boundary("stop", "a", message("stop"))))
        migrated = story.to(self.drawn())
        assert {type(request) for request in migrated.step.requests} == {CancelTimer, Unsubscribe, Relocate}
        assert told(migrated) == [
            "boundary event (late) is not in the new version: it is waited for no longer",
            "boundary event (stop) is not in the new version: it is waited for no longer",
        ]
        assert (story.timers, story.subscriptions, story.tasks) == ({}, [], ["a"])

    def test_an_event_of_another_kind_takes_the_place_of_the_old(self) -> None:
        story = Moving(self.drawn(boundary("event", "a", timer("PT1H"))))
        story.to(self.drawn(boundary("event", "a", message("stop"))))
        assert (story.timers, story.subscriptions) == ({}, ["event"])
        story.deliver("event")
        assert story.ended

    def test_an_event_moved_to_another_activity_is_given_up_here(self) -> None:
        story = Moving(
            model(start(), user("a"), boundary("late", "a", timer("PT1H")), user("b"), end(), flows="start -> a -> b -> end\nlate -> end")
        )
        story.to(
            model(start(), user("a"), user("b"), boundary("late", "b", timer("PT1H")), end(), flows="start -> a -> b -> end\nlate -> end")
        )
        assert story.timers == {}
        story.complete("a")
        assert list(story.timers) == ["late"]

    def test_a_used_up_event_is_not_armed_again(self) -> None:
        nudge = boundary("nudge", "a", timer("PT1H"), interrupting=False)
        story = Moving(self.drawn(nudge))
        story.turn(hours=1)
        assert story.timers == {}
        story.to(self.drawn(nudge, boundary("other", "a", timer("PT9H"), interrupting=False)))
        assert list(story.timers) == ["other"]

    def test_a_cycle_goes_on_with_the_rounds_it_has_left(self) -> None:
        story = Moving(self.drawn(boundary("nudge", "a", timer("R3/PT1H"), interrupting=False)))
        story.turn(hours=1)
        story.to(self.drawn(boundary("nudge", "a", timer("R9/PT9H"), interrupting=False)))
        assert story.turn(hours=9) == ["nudge", "nudge"]
        assert story.timers == {}

    def test_interrupting_or_not_is_as_the_new_version_says(self) -> None:
        story = Moving(self.drawn(boundary("late", "a", timer("PT1H"))))
        story.to(self.drawn(boundary("late", "a", timer("PT1H"), interrupting=False)))
        story.turn(hours=1)
        assert story.tasks == ["a"]

    def test_a_message_of_another_name_is_subscribed_to_anew(self) -> None:
        story = Moving(self.drawn(boundary("stop", "a", message("stop", "=key"))), {"key": "K", "other": "L"})
        token = next(request.token for request in story.open.values() if isinstance(request, Subscribe))
        migrated = story.to(self.drawn(boundary("stop", "a", message("halt", "=other"))))
        subscribed = next(request for request in migrated.step.requests if isinstance(request, Subscribe))
        assert (subscribed.token, subscribed.name, subscribed.correlation_key) == (token, "halt", "L")
        assert told(migrated) == ["boundary event (stop) is subscribed to anew, its name or correlation key having changed"]
        story.deliver("stop")
        assert story.ended

    def test_a_message_whose_name_is_computed_keeps_what_was_computed(self) -> None:
        drawn = self.drawn(boundary("stop", "a", message("stop", "=key")))
        story = Moving(drawn, {"key": "K"})
        story.set(key="changed")
        assert not any(isinstance(request, Subscribe) for request in story.to(drawn).step.requests)

    def test_a_new_event_that_cannot_be_armed_is_impossible(self) -> None:
        story = Moving(self.drawn())
        verdict, (text,) = story.would(self.drawn(boundary("stop", "a", message("stop", "=nobody"))))
        assert verdict is Verdict.IMPOSSIBLE
        assert text.startswith("boundary event (stop) is new and cannot be armed: ")
        with pytest.raises(MigrationRefused):
            story.to(self.drawn(boundary("stop", "a", message("stop", "=nobody"))))

    def test_new_error_events_catch_from_now_on(self) -> None:
        story = Moving(self.drawn())
        story.to(self.drawn(boundary("failed", "a", error("E1"))))
        story.throw("a", "E1")
        assert story.ended

    def test_what_has_not_begun_is_armed_when_it_begins(self) -> None:
        story = Moving(model(start(), user("a", async_before=True), end(), flows="start -> a -> end"))
        story.to(model(start(), user("a"), boundary("late", "a", timer("PT1H")), end(), flows="start -> a -> end\nlate -> end"))
        assert story.timers == {}
        story.run_jobs()
        assert (list(story.timers), story.tasks) == (["late"], ["a"])


class TestCatchingEvents:
    @pytest.mark.parametrize(("before", "after", "verdict"), [
        (timer("PT1H"), timer("PT2H"), Verdict.SAFE),
        (message("m"), message("n"), Verdict.SAFE),
        (signal("m"), signal("n"), Verdict.SAFE),
        (timer("PT1H"), message("m"), Verdict.IMPOSSIBLE),
        (message("m"), signal("m"), Verdict.IMPOSSIBLE),
    ])  # fmt: skip
    def test_kinds(self, before: Any, after: Any, verdict: Verdict) -> None:
        story = Moving(model(start(), catch("c", before), end(), flows="start -> c -> end"))
        other = model(start(), catch("c", after), end(), flows="start -> c -> end")
        assert story.would(other, given={"c": "c"})[0] is verdict
        if verdict is Verdict.SAFE:
            story.to(other)
            if "c" in story.timers:
                assert story.turn(hours=1) == ["c"]
            else:
                story.deliver("c")
            assert story.ended

    def test_a_receive_task_goes_on(self) -> None:
        story = Moving(model(start(), receive("r", "m"), end(), flows="start -> r -> end"))
        migrated = story.to(model(start(), receive("r", "m2"), end(), flows="start -> r -> end"))
        assert [request.name for request in migrated.step.requests if isinstance(request, Subscribe)] == ["m2"]
        story.deliver("r")
        assert story.ended

    def test_events_behind_a_gateway_come_and_go(self) -> None:
        def drawn(*events: FlowNode) -> Model:
            lines = "\n".join(f"first -> {event.id} -> end" for event in events)
            return model(start(), event_based("first"), *events, end(), flows=f"start -> first\n{lines}")

        story = Moving(drawn(catch("paid", message("paid")), catch("hour", timer("PT1H"))))
        story.to(drawn(catch("paid", message("paid")), catch("called", message("called"))))
        assert (story.timers, sorted(story.subscriptions)) == ({}, ["called", "paid"])
        story.deliver("called")
        assert story.ended
        assert story.flows[-2:] == ["first-called", "called-end"]


class TestJobs:
    def test_an_open_job_goes_on_with_its_own_handler(self) -> None:
        story = Moving(model(start(), service("score", "old-topic"), end(), flows="start -> score -> end"))
        story.to(model(start(), service("score", "new-topic"), user("after"), end(), flows="start -> score -> after -> end"))
        assert story.jobs == ["old-topic"]
        story.complete("score", score=7)
        assert story.tasks == ["after"]

    def test_a_continuation_goes_on_in_the_new_version(self) -> None:
        story = Moving(model(start(), script("s", "1", "x", async_before=True), end(), flows="start -> s -> end"))
        story.to(model(start(), script("s", "2", "x"), end(), flows="start -> s -> end"))
        story.run_jobs()
        assert story.ended
        assert story.variables == feel_values({"x": 2})

    def test_a_job_whose_task_is_computed_now_is_impossible(self) -> None:
        story = Moving(model(start(), service("s"), end(), flows="start -> s -> end"))
        computed = replace(script("x", "1", "x"), id="s")
        assert story.would(model(start(), computed, end(), flows="start -> s -> end"), given={"s": "s"})[0] is Verdict.IMPOSSIBLE

    def test_a_throw_event_that_sends_nothing_now_is_impossible(self) -> None:
        story = Moving(model(start(), throw("t", message("m", handler="send")), end(), flows="start -> t -> end"))
        verdict, messages = story.would(model(start(), throw("t"), end(), flows="start -> t -> end"), given={"t": "t"})
        assert verdict is Verdict.IMPOSSIBLE
        assert "sends nothing" in messages[0]


class TestIncidents:
    def test_a_wrong_condition_is_mended_by_migrating(self) -> None:
        def drawn(condition: str) -> Model:
            return model(
                start(), exclusive("gate"), user("a"), user("b"), end(),
                flows=f"start -> gate\ngate -> a: {condition}\ngate -> b: x > 9\na -> end\nb -> end",
            )  # fmt: skip

        story = Moving(drawn("x > 5"), {"x": 1})
        assert story.incidents == {"gate": "no-flow-taken"}
        story.to(drawn("x > 0"))
        assert story.incidents == {"gate": "no-flow-taken"}
        story.resume("gate")
        assert story.tasks == ["a"]


class TestMultiInstance:
    def drawn(self, marker: Any, *more: FlowNode) -> Model:
        return model(start(), user("a", multi_instance=marker), *more, end(), flows="start -> a -> end")

    def test_the_rest_of_the_instances_go_on(self) -> None:
        story = Moving(self.drawn(many("=items", element_variable="item")), {"items": [1, 2, 3]})
        story.complete("a")
        story.to(self.drawn(many("=items", element_variable="item", until="=numberOfCompletedInstances >= 2")))
        assert story.tasks == ["a", "a"]
        story.complete("a")
        assert story.ended

    def test_one_after_the_other_goes_on(self) -> None:
        story = Moving(self.drawn(many("=items", sequential=True, element_variable="item")), {"items": [1, 2, 3]})
        story.complete("a")
        story.to(self.drawn(many("=items", sequential=True, element_variable="item")))
        story.complete("a")
        story.complete("a")
        assert story.ended

    def test_results_are_collected_from_the_migration_on(self) -> None:
        story = Moving(self.drawn(many("=items", element_variable="item")), {"items": [1, 2]})
        story.complete("a", vote="yes")
        migrated = story.to(self.drawn(many("=items", element_variable="item", output_collection="votes", output_element=feel("vote"))))
        assert told(migrated) == ["user task (a) collects results now; those of instances that have ended are null"]
        story.complete("a", vote="no")
        assert story.variables["votes"] == [None, "no"]

    @pytest.mark.parametrize(("before", "after"), [
        (many("=items"), None),
        (None, many("=items")),
        (many("=items"), many("=items", sequential=True)),
        (many("=items", sequential=True), many("=items")),
    ])  # fmt: skip
    def test_what_has_begun_stays_of_its_form(self, before: Any, after: Any) -> None:
        story = Moving(self.drawn(before), {"items": [1, 2]})
        assert story.would(self.drawn(after))[0] is Verdict.IMPOSSIBLE

    def test_sub_processes_with_tokens_inside_each_instance(self) -> None:
        def drawn(*inside: FlowNode, flows: str) -> Model:
            return model(
                start(), sub_process("sub", *inside, flows=flows, multi_instance=many("=items", element_variable="item")), end(),
                flows="start -> sub -> end",
            )  # fmt: skip

        story = Moving(drawn(start("s"), user("a"), end("e"), flows="s -> a -> e"), {"items": [1, 2]})
        story.to(drawn(start("s"), user("a"), user("b"), end("e"), flows="s -> a -> b -> e"))
        for element in ("a", "a", "b", "b"):
            story.complete(element)
        assert story.ended


class TestJoins:
    def drawn(self, *branches: str, gateway: Any = parallel) -> Model:
        lines = "\n".join(f"fork -> {branch} -> join" for branch in branches)
        nodes = [user(branch, name=f"Branch {branch}") for branch in branches]
        return model(
            start(), gateway("fork"), *nodes, gateway("join"), user("after"), end(), flows=f"start -> fork\n{lines}\njoin -> after -> end"
        )

    def test_a_join_waits_on_for_what_is_missing(self) -> None:
        story = Moving(self.drawn("a", "b", "c"))
        story.complete("b")
        story.to(self.drawn("a", "b", "c"))
        story.complete("a")
        assert story.tasks == ["c"]
        story.complete("c")
        assert story.tasks == ["after"]

    def test_a_join_that_has_all_it_waits_for_goes_on(self) -> None:
        story = Moving(self.drawn("a", "b", "c"))
        for branch in ("a", "b"):
            story.complete(branch)
        verdict, _ = story.would(self.drawn("a", "b"))
        assert verdict is Verdict.NEEDS_MAPPING
        # Put beside another branch, the third token would come to a join whose round is over.
        assert story.would(self.drawn("a", "b"), given={"c": "a"})[0] is Verdict.IMPOSSIBLE
        migrated = story.to(self.drawn("a", "b"), given={"c": None})
        assert told(migrated) == ['the token at user task "Branch c" (c) is dropped']
        assert story.tasks == ["after"]
        assert [record.element_id for record in migrated.step.records if record.kind == "element.cancelled"] == ["c"]
        story.complete("after")
        assert story.ended

    def test_what_is_inside_a_dropped_activity_goes_with_it(self) -> None:
        def drawn(*more: FlowNode, flows: str = "") -> Model:
            return model(start(), parallel("fork"), user("a"), *more, end(), flows=f"start -> fork -> a -> end\n{flows}")

        inside = sub_process("sub", user("x"), boundary("late", "x", timer("PT1H")), flows="", multi_instance=many("=items"))
        story = Moving(drawn(inside, flows="fork -> sub -> end"), {"items": [1, 2]})
        story.to(drawn(), given={"sub": None})
        assert (story.tasks, story.timers) == (["a"], {})
        story.complete("a")
        assert story.ended

    def test_the_last_token_of_a_scope_cannot_be_dropped(self) -> None:
        verdict, messages = Moving(LINE).would(LINE, given={"a": None})
        assert verdict is Verdict.IMPOSSIBLE
        assert messages == ["the token at user task (a) cannot be dropped: nothing would be left that could go on in its place"]

    def test_a_branch_nobody_is_in_makes_the_join_wait_for_ever(self) -> None:
        story = Moving(self.drawn("a", "b"))
        story.complete("a")
        verdict, messages = story.would(self.drawn("a", "b", "c"))
        assert verdict is Verdict.IMPOSSIBLE
        assert messages == ["parallel gateway (join) would wait for ever: no token of this case can still come by c-join"]

    def test_a_new_branch_is_no_matter_before_the_fork(self) -> None:
        def drawn(*branches: str) -> Model:
            lines = "\n".join(f"fork -> {branch} -> join" for branch in branches)
            return model(
                start(), user("first"), parallel("fork"), *map(user, branches), parallel("join"), end(),
                flows=f"start -> first -> fork\n{lines}\njoin -> end",
            )  # fmt: skip

        story = Moving(drawn("a", "b"))
        story.to(drawn("a", "b", "c"))
        story.complete("first")
        assert sorted(story.tasks) == ["a", "b", "c"]

    def test_a_join_put_behind_a_task_is_found_to_wait_for_ever(self) -> None:
        story = Moving(LINE)
        verdict, messages = story.would(
            model(
                start(), parallel("fork"), user("a"), user("x"), parallel("join"), user("b"), end(),
                flows="start -> fork -> a -> join -> b -> end\nfork -> x -> join",
            )
        )  # fmt: skip
        assert verdict is Verdict.IMPOSSIBLE
        assert "for ever" in messages[0]

    def test_a_join_that_was_stuck_before_is_not_blamed_on_the_new_version(self) -> None:
        drawn = model(
            start(), exclusive("choice"), user("a"), user("b"), parallel("join"), end(),
            flows="start -> choice\nchoice -> a: x > 0\nchoice -> b: default\na -> join -> end\nb -> join",
        )  # fmt: skip
        story = Moving(drawn, {"x": 1})
        assert story.would(drawn)[0] is Verdict.SAFE

    def test_an_inclusive_join_looks_again(self) -> None:
        def drawn(*branches: str) -> Model:
            lines = "\n".join(f"fork -> {branch}: x > 0\n{branch} -> join" for branch in branches)
            return model(
                start(), inclusive("fork"), *map(user, branches), inclusive("join"), user("after"), end(),
                flows=f"start -> fork\n{lines}\njoin -> after -> end",
            )  # fmt: skip

        story = Moving(drawn("a", "b"), {"x": 1})
        story.complete("a")
        # The token that the join waited for is now on a way that does not lead there.
        story.to(
            model(
                start(), inclusive("fork"), user("a"), user("b"), inclusive("join"), user("after"), end(), end("aside"),
                flows="start -> fork\nfork -> a: x > 0\nfork -> b: x > 0\nfork -> join: x > 7\na -> join -> after -> end\nb -> aside",
            )
        )  # fmt: skip
        assert story.tasks == ["b", "after"]

    def test_a_flow_that_no_longer_leads_to_the_join_needs_a_mapping(self) -> None:
        story = Moving(self.drawn("a", "b", "c"))
        story.complete("a")
        other = model(
            start(), parallel("fork"), user("b", name="Branch b"), user("c", name="Branch c"), user("x"), user("y"),
            parallel("join"), user("after"), end(),
            flows="start -> fork -> b -> join\nfork -> c -> join\nfork -> x -> join\nfork -> y -> join\njoin -> after -> end",
        )  # fmt: skip
        verdict, messages = story.would(other)
        assert verdict is Verdict.NEEDS_MAPPING
        assert messages[0].endswith("having come by sequence flow a-join, which no longer leads there; "
                                    "say which of b-join, c-join, x-join, y-join stands for it")  # fmt: skip
        verdict, messages = story.would(other, given={"a-join": "x-join"})
        assert messages == ["parallel gateway (join) would wait for ever: no token of this case can still come by y-join"]


class TestEventSubProcesses:
    def drawn(self, *events: FlowNode, inside: bool = False) -> Model:
        if not inside:
            return model(start(), user("a"), end(), *events, flows="start -> a -> end")
        sub = sub_process("sub", start("s"), user("a"), end("e"), *events, flows="s -> a -> e")
        return model(start(), sub, end(), flows="start -> sub -> end")

    def event(self, id: str, event: Any, *, interrupting: bool = True) -> FlowNode:
        begin = start(f"{id}-start", event, interrupting=interrupting)
        return sub_process(id, begin, user(f"{id}-task"), end(f"{id}-end"), flows=f"{id}-start -> {id}-task -> {id}-end", kind="event")

    @pytest.mark.parametrize("inside", [False, True])
    def test_what_waits_goes_on_waiting_and_what_is_new_is_armed(self, inside: bool) -> None:
        story = Moving(
            self.drawn(self.event("late", timer("PT1H"), interrupting=False), self.event("gone", message("gone")), inside=inside)
        )
        due = story.timers["late-start"]
        story.host.at += timedelta(minutes=30)
        migrated = story.to(
            self.drawn(self.event("late", timer("P9D"), interrupting=False), self.event("stop", message("stop")), inside=inside)
        )
        assert told(migrated) == [
            "the timer of start event (late-start) is P9D now; the one that runs keeps its due date",
            "start event (gone-start) is not in the new version: it is waited for no longer",
            "start event (stop-start) is new: it is waited for from the migration on",
        ]
        assert (story.timers, story.subscriptions) == ({"late-start": due}, ["stop-start"])
        story.turn(hours=1)
        assert sorted(story.tasks) == ["a", "late-task"]
        story.deliver("stop-start")
        assert story.tasks == ["stop-task"]
        story.complete("stop-task")
        assert story.ended

    def test_one_that_runs_goes_on_inside(self) -> None:
        story = Moving(self.drawn(self.event("late", timer("PT1H"), interrupting=False)))
        story.turn(hours=1)
        other = sub_process(
            "late", start("late-start", timer("PT1H"), interrupting=False), user("late-task"), user("then"), end("late-end"),
            flows="late-start -> late-task -> then -> late-end", kind="event",
        )  # fmt: skip
        story.to(self.drawn(other))
        # It has happened already, and once only.
        assert story.timers == {}
        for element in ("late-task", "then", "a"):
            story.complete(element)
        assert story.ended

    def test_renamed_with_everything_else(self) -> None:
        drawn = self.drawn(self.event("late", timer("PT1H")), inside=True)
        story = Moving(drawn)
        other = renamed(drawn, "*")
        other = replace(other, processes=tuple(replace(process, id="story") for process in other.processes))
        story.to(other, given=all_ids(drawn))
        story.turn(hours=1)
        story.complete("late-task*")
        assert story.ended


class TestCompensation:
    def drawn(self, *, undo: bool = True, name: str = "book") -> Model:
        more = [boundary("undo-book", name, bpmn.CompensateEvent(), undone_by="undo"), user("undo", for_compensation=True)] if undo else []
        return model(
            start(), user(name), *more, user("decide"), throw("back", bpmn.CompensateEvent()), end(),
            flows=f"start -> {name} -> decide -> back -> end",
        )  # fmt: skip

    def test_what_was_done_is_undone_by_the_new_version(self) -> None:
        story = Moving(self.drawn())
        story.complete("book")
        story.to(self.drawn(name="reserve"), given={"book": "reserve", "undo-book": "undo-book"})
        story.complete("decide")
        assert story.tasks == ["undo"]
        story.complete("undo")
        assert story.ended

    def test_a_version_that_could_not_undo_it_is_impossible(self) -> None:
        story = Moving(self.drawn())
        story.complete("book")
        verdict, messages = story.would(self.drawn(undo=False))
        assert verdict is Verdict.IMPOSSIBLE
        assert messages == ["what user task (book) has done could not be undone any more: the new version has no compensation for it"]

    def test_not_while_something_is_being_undone(self) -> None:
        story = Moving(self.drawn())
        for element in ("book", "decide"):
            story.complete(element)
        verdict, messages = story.would(self.drawn())
        assert verdict is Verdict.IMPOSSIBLE
        assert messages == [
            "intermediate throw event (back) is undoing what was done; a case is migrated before or after that, not meanwhile"
        ]


class TestConditionsLoopsAndSeveralTriggers:
    def test_a_condition_that_has_changed_is_looked_at_at_once(self) -> None:
        def drawn(condition: str) -> Model:
            return model(start(), catch("c", bpmn.ConditionalEvent(condition=feel(condition))), end(), flows="start -> c -> end")

        story = Moving(drawn("x > 5"), {"x": 1})
        assert told(story.to(drawn("x > 5"))) == []
        assert not story.ended
        again = Moving(drawn("x > 5"), {"x": 1})
        assert told(again.to(drawn("x > 0"))) == ["the condition of intermediate catch event (c) has changed: it is looked at at once"]
        assert again.ended

    def test_a_loop_goes_on_as_a_loop_only(self) -> None:
        def drawn(**marker: Any) -> Model:
            return model(start(), user("a", **marker), end(), flows="start -> a -> end")

        loop = bpmn.StandardLoop(condition=feel("n < 3"), maximum=None, test_before=False)
        story = Moving(drawn(loop=loop), {"n": 0, "items": [1]})
        story.complete("a", n=1)
        assert story.would(drawn(multi_instance=many("=items")))[0] is Verdict.IMPOSSIBLE
        assert story.would(drawn())[0] is Verdict.IMPOSSIBLE
        story.to(drawn(loop=replace(loop, maximum=2)))
        story.complete("a", n=2)
        assert story.ended

    def test_an_event_with_several_triggers_keeps_them_apart(self) -> None:
        def drawn(*names: str) -> Model:
            either = bpmn.MultipleEvent(definitions=tuple(message(name) for name in names))
            return model(
                start(), user("a"), boundary("stop", "a", either), catch("c", either), end(), flows="start -> a -> c -> end\nstop -> end"
            )

        story = Moving(drawn("m", "n"))
        migrated = story.to(drawn("m", "o"))
        assert [request.name for request in migrated.step.requests if isinstance(request, Subscribe)] == ["o"]
        story.complete("a")
        migrated = Moving(drawn("m", "n")).to(drawn("m", "n"))
        assert migrated.findings == ()
        story.deliver("c")
        assert story.ended


class TestListeners:
    def drawn(self, *events: str) -> Model:
        listeners = tuple(listener(event, f"on-{event}") for event in events)
        return model(
            start(), user("a", listeners=listeners), boundary("late", "a", timer("PT1H")), end(), flows="start -> a -> end\nlate -> end"
        )

    def test_a_listener_at_work_goes_on_where_the_new_version_has_it(self) -> None:
        story = Moving(self.drawn("start"))
        assert story.jobs == ["on-start"]
        assert story.would(self.drawn())[0] is Verdict.IMPOSSIBLE
        story.to(self.drawn("start", "end"))
        assert list(story.timers) == ["late"]
        story.complete("a")
        assert story.tasks == ["a"]
        story.complete("a")
        assert story.jobs == ["on-end"]

    def test_listeners_come_and_go_while_the_task_waits(self) -> None:
        story = Moving(self.drawn("start"))
        story.complete("a")
        story.to(self.drawn("end"))
        story.complete("a")
        assert story.jobs == ["on-end"]


# The same process under other ids: every case goes on as if nothing had happened.


def renamed(value: Any, suffix: str) -> Any:
    """Give every flow node and sequence flow of a model another id."""
    if isinstance(value, Expression | str | int | None):
        return value
    if isinstance(value, tuple):
        return tuple(renamed(part, suffix) for part in value)
    if isinstance(value, Mapping):
        return {f"{name}{suffix}" if hasattr(part, "id") else name: renamed(part, suffix) for name, part in value.items()}
    if not is_dataclass(value):
        return value
    changed = {field.name: renamed(getattr(value, field.name), suffix) for field in fields(value)}
    for name in ("id", "source", "target", "attached_to", "default_flow"):
        if (isinstance(value, FlowNode) or hasattr(value, "target")) and isinstance(changed.get(name), str):
            changed[name] += suffix
    for name in ("incoming", "outgoing", "different_from"):
        if isinstance(value, FlowNode) and name in changed:
            changed[name] = tuple(f"{one}{suffix}" for one in changed[name])
    return type(value)(**changed)


def drawn_of(blocks: list[tuple[Any, ...]]) -> Model:
    builder = Builder()
    builder.nodes.append(start())
    last = builder.sequence(tuple(blocks), "start")
    builder.then(last, end())
    return model(*builder.nodes, flows="\n".join(builder.lines), id="random")


def all_ids(drawn: Model) -> dict[str, str]:
    found: dict[str, str] = {}

    def collect(container: Any) -> None:
        found.update({name: f"{name}*" for name in (*container.nodes, *container.flows)})
        for node in container.nodes.values():
            if hasattr(node, "body"):
                collect(node.body)

    collect(drawn.processes[0].body)
    return found


def plain(step: Step) -> list[Any]:
    """A step with the new version's names taken back, as tuples."""

    def back(text: str) -> str:
        return text.replace("*", "").replace("random:2", "random:1")

    asked = [(type(r).__name__, r.token, back(r.element_id), back(r.program), getattr(r, "due_at", None)) for r in step.requests]
    happened = [(r.kind, r.token, back(r.element_id), back(r.program), back(repr(r.data))) for r in step.records]
    return [asked, happened, step.ended, step.outcome, back(step.end_event or "")]


@settings(max_examples=80, deadline=None)
@given(blocks=st.lists(shapes(), min_size=1, max_size=3), seed=st.integers(0, 10_000), moment=st.integers(0, 12))
def test_a_case_migrated_to_the_same_process_under_other_ids_is_the_twin_of_one_that_is_not(
    blocks: list[tuple[Any, ...]], seed: int, moment: int
) -> None:
    drawn = drawn_of(blocks)
    other = renamed(drawn, "*")
    other = replace(other, processes=tuple(replace(process, id="random") for process in other.processes))
    old, new = (compile_process(each, "random", program_id=f"random:{n}") for n, each in ((1, drawn), (2, other)))
    found = compare(drawn.processes[0], other.processes[0], given=all_ids(drawn))
    change = VersionChange(old, new, elements={one: pair.new.id for one, pair in found.pairs.items()}, flows=found.flows)
    host = StoryHost()
    host.at = datetime(2026, 3, 2, tzinfo=UTC)
    for each in (old, new, CHECK):
        host.deploy(each)
    limits = Limits(steps=5_000)
    stays, step = CaseExecution.start(old, {"n": to_feel(0), "items": to_feel([1, 2])}, host=host, limits=limits)
    goes = CaseExecution.load(stays.dump(), host=host, limits=limits)
    pending: dict[int, Request] = {}
    follow(pending, step)
    random = Random(seed)
    for number in range(200):
        if stays.ended:
            break
        if number == moment:
            migrated = migrate(goes.dump(), change, host=host, limits=limits)
            goes = migrated.execution
            # Every token is there, and nothing but relocations was asked for.
            assert {type(request) for request in migrated.step.requests} == {Relocate}
            assert migrated.step.records == ()
            assert [(v.token, v.element_id.removesuffix("*"), v.kind, v.since) for v in goes.tokens] == [
                (v.token, v.element_id, v.kind, v.since) for v in stays.tokens
            ]
        request = pending.pop(random.choice(sorted(pending)))
        assert not isinstance(request, RaiseIncident), request
        steps: list[Step] = []
        for case in (stays, goes):
            match request:
                case OpenTask() | EnqueueJob():
                    steps.append(case.complete(request.token, {"n": case.variables()["n"] + 1}, host=host))
                case ScheduleTimer():
                    steps.append(case.fire(request.token, host=host))
                case Subscribe():
                    steps.append(case.deliver(request.token, {}, host=host))
                case _:
                    raise AssertionError(request)
        assert plain(steps[0]) == plain(steps[1])
        follow(pending, steps[0])
    assert stays.ended == goes.ended
    assert stays.variables() == goes.variables()
