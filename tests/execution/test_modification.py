"""Tokens moved by hand: what starts, what goes, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.bpmn.model import Dialect
from loanflow.errors import CommandError, NotFound
from loanflow.execution import Cancel, Modification, Move, Restart, Skip, StartAfter, StartBefore
from tests.execution import models as m
from tests.execution.host import Story


def linear() -> Story:
    return Story(
        m.program(
            m.start(), m.user("apply"), m.user("review"), m.user("decide"), m.end(), flows="start -> apply -> review -> decide -> end"
        )
    )


def branches() -> Story:
    return Story(
        m.program(
            m.start(), m.parallel("split"), m.user("a"), m.user("b"), m.parallel("join"), m.user("after"), m.end(),
            flows="start -> split -> a -> join -> after -> end\nsplit -> b -> join",
        )
    )  # fmt: skip


def nested(**more: Any) -> Story:
    return Story(
        m.program(
            m.start(),
            m.user("apply"),
            m.sub_process(
                "investigate", m.start("inner"), m.user("visit"), m.user("report"), m.end("done"),
                flows="inner -> visit -> report -> done", **more,
            ),
            m.user("decide"),
            m.end(),
            flows="start -> apply -> investigate -> decide -> end",
        ),
        {"people": ["a", "b"]},
    )  # fmt: skip


def modify(story: Story, *instructions: Any, reason: str = "") -> Modification:
    story.reload()
    done = story.case.modify(instructions, host=story.host, reason=reason)
    story._take(done.step)
    story.reload()
    return done


def token_at(story: Story, element: str, number: int = 0) -> int:
    return [view.token for view in story.case.tokens if view.element_id == element and not view.boundary][number]


def test_a_token_moves_to_any_element_and_goes_on_from_there():
    story = linear()
    done = modify(story, Move(token_at(story, "apply"), "decide"))
    assert [place.element_id for place in done.cancelled] == ["apply"]
    assert [place.element_id for place in done.opened] == ["decide"]
    assert story.tasks == ["decide"]
    story.complete("decide")
    assert story.ended


def test_a_preview_says_the_same_and_changes_nothing():
    story = linear()
    before = story.case.dump()
    token = token_at(story, "apply")
    preview = story.case.preview([Skip(token)], host=story.host)
    assert story.case.dump() == before
    done = modify(story, Skip(token))
    assert (preview.cancelled, preview.opened) == (done.cancelled, done.opened)
    assert story.tasks == ["review"]


def test_a_restarted_task_is_another_one_at_the_same_place():
    story = linear()
    token = token_at(story, "apply")
    modify(story, Restart(token), reason="typed by the wrong person")
    assert story.tasks == ["apply"]
    assert token_at(story, "apply") != token
    cancelled = next(record for record in story.records if record.kind == "element.cancelled")
    assert cancelled.data["reason"] == "typed by the wrong person"


def test_a_skipped_gateway_of_conditions_takes_the_flow_that_is_open_now():
    story = Story(
        m.program(
            m.start(), m.user("ask"), m.exclusive("route"), m.user("small"), m.user("large"), m.end(),
            flows="start -> ask -> route -> small: amount < 100\nroute -> large: default\nsmall -> end\nlarge -> end",
        ),
        {"amount": 500},
    )  # fmt: skip
    modify(story, Cancel(token_at(story, "ask")), StartAfter("route"))
    assert story.tasks == ["large"]


def test_the_last_token_cannot_be_taken_away():
    story = linear()
    with pytest.raises(CommandError, match="cancel the case instead"):
        modify(story, Cancel(token_at(story, "apply")))
    assert story.tasks == ["apply"]


def test_a_skipped_branch_stands_in_line_at_the_join():
    story = branches()
    assert modify(story, Skip(token_at(story, "a"))).short_joins == ()
    assert story.tasks == ["b"]
    story.complete("b")
    assert story.tasks == ["after"]


def test_a_join_started_by_hand_waits_for_the_branch_that_is_missing():
    story = branches()
    story.complete("a")
    modify(story, Move(token_at(story, "b"), "join"))
    assert story.tasks == ["after"]


def test_a_token_waiting_at_a_join_can_be_taken_back():
    story = branches()
    story.complete("a")
    modify(story, Move(token_at(story, "join"), "a"))
    assert sorted(story.tasks) == ["a", "b"]
    story.complete("b")
    assert story.tasks == ["a"]
    story.complete("a")
    story.complete("after")
    assert story.ended


def test_a_join_left_short_is_told():
    story = branches()
    done = modify(story, Move(token_at(story, "a"), "after"))
    assert done.short_joins == ("join",)


def test_a_move_within_a_sub_process_stays_in_it():
    story = nested()
    story.complete("apply")
    modify(story, Move(token_at(story, "visit"), "report"))
    assert story.places() == ["investigate", "report"]
    story.complete("report")
    assert story.tasks == ["decide"]


def test_a_move_out_of_a_sub_process_ends_it():
    story = nested()
    story.complete("apply")
    done = modify(story, Move(token_at(story, "visit"), "decide"))
    assert {place.element_id for place in done.cancelled} == {"visit", "investigate"}
    assert story.places() == ["decide"]


def test_a_start_inside_enters_the_sub_process_with_its_mappings():
    story = nested(inputs=(m.mapping("place", "=42"),))
    modify(story, Move(token_at(story, "apply"), "report"))
    assert story.places() == ["investigate", "report"]
    assert story.case.variables(token_at(story, "report"))["place"] == 42
    story.complete("report")
    assert story.tasks == ["decide"]


def test_a_start_inside_arms_the_boundary_events_of_the_sub_process():
    story = Story(
        m.program(
            m.start(),
            m.user("apply"),
            m.sub_process("investigate", m.start("inner"), m.user("visit"), m.end("done"), flows="inner -> visit -> done"),
            m.boundary("late", "investigate", m.timer("P1D")),
            m.user("chase"),
            m.end(),
            flows="start -> apply -> investigate -> end\nlate -> chase -> end",
        )
    )
    modify(story, Move(token_at(story, "apply"), "visit"))
    assert list(story.timers) == ["late"]
    story.fire("late")
    assert story.tasks == ["chase"]


def test_a_start_in_a_multi_instance_body_must_say_within_which_instance():
    story = nested(multi_instance=m.many("=people", element_variable="person"))
    with pytest.raises(CommandError, match="say within which instance") as refused:
        modify(story, Move(token_at(story, "apply"), "visit"))
    assert refused.value.code == "instance-needed"
    assert "多实例" in refused.value.text("zh-CN")
    story.complete("apply")
    with pytest.raises(CommandError, match="runs more than once: say within which token"):
        modify(story, StartBefore("report"))
    second = token_at(story, "investigate", 2)
    modify(story, StartBefore("report", within=second))
    assert story.case.variables(token_at(story, "report"))["person"] == "b"


def test_a_move_stays_within_its_own_instance():
    story = nested(multi_instance=m.many("=people", element_variable="person"))
    story.complete("apply")
    modify(story, Move(token_at(story, "visit", 1), "report"))
    assert story.case.variables(token_at(story, "report"))["person"] == "b"
    story.complete("report")
    story.complete("visit")
    story.complete("report")
    assert story.tasks == ["decide"]


def committee(dialect: Dialect = Dialect.CAMUNDA8, **more: Any) -> Story:
    return Story(
        m.program(
            m.start(), m.user("vote", multi_instance=m.many("=people", element_variable="person", **more)), m.user("after"), m.end(),
            flows="start -> vote -> after -> end", dialect=dialect,
        ),
        {"people": ["a", "b", "c"]},
    )  # fmt: skip


def counts(story: Story) -> list[int]:
    seen = story.case.variables(token_at(story, "vote", 1))
    names = ("nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances")
    return [int(seen[name]) for name in names]


def test_one_more_instance_is_waited_for():
    story = committee(Dialect.CAMUNDA7)
    body = token_at(story, "vote")
    modify(story, StartBefore("vote", within=body, item="d"))
    assert counts(story) == [4, 4, 0]
    assert [story.case.variables(token)["person"] for token in story.open] == ["a", "b", "c", "d"]
    for _ in range(4):
        story.complete("vote")
    assert story.tasks == ["after"]


def test_one_more_instance_comes_next_where_they_follow_each_other():
    story = committee(sequential=True, output_collection="votes", output_element=m.feel("person"))
    modify(story, StartBefore("vote", within=token_at(story, "vote"), item="d"))
    order = []
    while story.tasks == ["vote"]:
        order.append(story.case.variables(next(iter(story.open)))["person"])
        story.complete("vote")
    assert order == ["a", "d", "b", "c"]
    assert story.variables["votes"] == ["a", "d", "b", "c"]


@pytest.mark.parametrize("sequential", [False, True])
def test_an_instance_left_out_is_not_waited_for(sequential: bool):
    story = committee(Dialect.CAMUNDA7, sequential=sequential)
    modify(story, Skip(token_at(story, "vote", 1)))
    assert counts(story)[0] == 2
    story.complete("vote")
    story.complete("vote")
    assert story.tasks == ["after"]


def test_the_last_instance_left_out_ends_the_activity():
    story = committee()
    story.complete("vote")
    modify(story, Skip(token_at(story, "vote", 1)))
    modify(story, Skip(token_at(story, "vote", 1)))
    assert story.tasks == ["after"]


def test_fewer_to_count_may_be_enough():
    story = committee(until="=numberOfCompletedInstances / numberOfInstances >= 0.5")
    story.complete("vote")
    assert story.tasks == ["vote", "vote"]
    modify(story, Skip(token_at(story, "vote", 1)))
    assert story.tasks == ["after"]


def test_a_restarted_instance_keeps_its_item():
    story = committee()
    modify(story, Restart(token_at(story, "vote", 2)))
    assert sorted(story.case.variables(token)["person"] for token in story.open) == ["a", "b", "c"]
    for _ in range(3):
        story.complete("vote")
    assert story.tasks == ["after"]


def test_what_is_not_there_is_refused_with_the_nearest_name():
    story = linear()
    with pytest.raises(NotFound, match="did you mean review"):
        modify(story, Move(token_at(story, "apply"), "reviw"))
    with pytest.raises(NotFound, match="no token 99"):
        modify(story, Cancel(99))


def test_armed_events_come_and_go_with_their_activity():
    story = Story(
        m.program(m.start(), m.user("work"), m.boundary("late", "work", m.timer("P1D")), m.end(), flows="start -> work -> end\nlate -> end")
    )
    armed = next(view.token for view in story.case.tokens if view.boundary)
    with pytest.raises(CommandError, match="only watches"):
        modify(story, Cancel(armed))
    with pytest.raises(CommandError, match="begins with its activity"):
        modify(story, StartBefore("late"))
    modify(story, Cancel(token_at(story, "work")), StartAfter("late"))
    assert story.ended


def test_an_end_event_has_nothing_behind_it():
    story = linear()
    with pytest.raises(CommandError, match="nothing follows"):
        modify(story, StartAfter("end"))


def test_one_refused_instruction_undoes_all():
    story = linear()
    before = story.case.dump()
    with pytest.raises(NotFound):
        modify(story, Skip(token_at(story, "apply")), StartBefore("nowhere"))
    assert story.case.dump() == before


def test_a_move_inside_a_called_process_stays_there():
    called = m.program(
        m.start("c-start"), m.user("check"), m.user("sign"), m.end("c-end"),
        flows="c-start -> check -> sign -> c-end", id="called",
    )  # fmt: skip
    story = Story(
        m.program(m.start(), m.call_activity("call", "called"), m.user("after"), m.end(), flows="start -> call -> after -> end"),
        called=(called,),
    )
    modify(story, Move(token_at(story, "check"), "sign"))
    assert story.places() == ["call", "sign"]
    story.complete("sign")
    assert story.tasks == ["after"]
