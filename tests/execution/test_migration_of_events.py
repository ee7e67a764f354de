"""Case migration of what waits for an event: on borders, behind gateways, beside a scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import FlowNode, Model
from loanflow.execution import (
    CancelTimer,
    MigrationRefused,
    Relocate,
    Subscribe,
    Unsubscribe,
    Verdict,
)
from tests.execution.models import (
    boundary,
    catch,
    end,
    error,
    event_based,
    feel,
    many,
    message,
    model,
    receive,
    signal,
    start,
    sub_process,
    timer,
    user,
)
from tests.execution.moving import Moving, all_ids, renamed, told


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
