"""Case migration of work under way: jobs, incidents, instances, joins, what could be undone, listeners."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, FlowNode, Model
from loanflow.execution import (
    Verdict,
)
from tests.execution.host import feel_values
from tests.execution.models import (
    boundary,
    call_activity,
    end,
    exclusive,
    feel,
    inclusive,
    many,
    message,
    model,
    parallel,
    program,
    script,
    service,
    start,
    sub_process,
    throw,
    timer,
    user,
)
from tests.execution.moving import LINE, Moving, told
from tests.execution.test_listeners import listener


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


class TestListenersBesideTheFlow:
    """What is cancelled tells its listeners beside the flow, where the case goes on; they are migrated like any other work."""

    def drawn(self, *after: str, inside: bool = False, calls: bool = False, hears: bool = True, name: str = "work") -> Model:
        work: FlowNode = user(name, listeners=(listener("end"),) if hears else ())
        if calls:
            work = call_activity(name, "called")
        if inside:
            work = sub_process("sub", start("b"), work, flows=f"b -> {name}", dialect=Dialect.CAMUNDA7)
        late = boundary("late", "sub" if inside else name, timer("PT1H"))
        tasks = [user(one) for one in ("mend", *after)]
        flows = f"start -> {'sub' if inside else name}\nlate -> {' -> '.join(('mend', *after))}"
        return model(start(), work, late, *tasks, flows=flows, dialect=Dialect.CAMUNDA7)

    def late(self, drawn: Model, **more: Any) -> Moving:
        story = Moving(drawn, **more)
        story.turn(hours=1)
        assert (story.jobs, story.tasks) == (["end"], ["mend"])
        return story

    @pytest.mark.parametrize("inside", [False, True])
    def test_they_go_on_in_the_new_version(self, inside: bool) -> None:
        story = self.late(self.drawn(inside=inside))
        story.to(self.drawn("more", inside=inside))
        story.complete("mend")
        story.complete("work")
        assert story.tasks == ["more"]
        story.complete("more")
        assert story.ended

    @pytest.mark.parametrize("inside", [False, True])
    def test_they_take_the_new_name(self, inside: bool) -> None:
        story = self.late(self.drawn(inside=inside))
        story.to(self.drawn(name="review", inside=inside), given={"work": "review"})
        story.complete("review", told=True)
        story.complete("mend")
        assert story.ended

    def test_one_that_the_new_version_does_not_have_holds_the_case_back(self) -> None:
        story = self.late(self.drawn())
        assert story.would(self.drawn(hears=False))[0] is Verdict.IMPOSSIBLE

    def test_those_of_a_dropped_element_are_dropped(self) -> None:
        story = self.late(self.drawn())
        story.to(model(start(), user("mend"), flows="start -> mend", dialect=Dialect.CAMUNDA7), given={"work": None, "late": None})
        assert story.jobs == []
        story.complete("mend")
        assert story.ended

    @pytest.mark.parametrize("inside", [False, True])
    def test_what_is_left_of_a_called_process_goes_with_its_call_activity(self, inside: bool) -> None:
        called = program(start("s"), user("deep", listeners=(listener("end"),)), flows="s -> deep", id="called", dialect=Dialect.CAMUNDA7)
        story = self.late(self.drawn(calls=True, inside=inside), called=(called,))
        story.to(self.drawn("more", calls=True, inside=inside, name="other"), given={"work": "other"})
        story.complete("mend")
        story.complete("more")
        assert not story.ended
        story.complete("deep")
        assert story.ended

    def test_a_process_that_tells_its_end_is_migrated_meanwhile(self) -> None:
        drawn = model(start(), user("work"), flows="start -> work", dialect=Dialect.CAMUNDA7)
        drawn = replace(drawn, processes=(replace(drawn.processes[0], listeners=(listener("end"),)),))
        story = Moving(drawn)
        story.complete("work")
        assert story.jobs == ["end"]
        assert story.would(model(start(), user("work"), flows="start -> work", dialect=Dialect.CAMUNDA7))[0] is Verdict.IMPOSSIBLE
        story.to(drawn)
        story.complete("story")
        assert story.ended
