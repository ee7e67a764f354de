"""Undoing an act and what came of it: what is left is a state the case could have been in."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanflow.bpmn import model as bpmn
from loanflow.errors import CommandError
from loanflow.execution import Causality, OpenTask, Restart, Return, Skip
from tests.execution import models as m
from tests.execution.blocks import Block, blocks, check_whole, drawn
from tests.execution.host import Story


def causality(story: Story) -> Causality:
    found = Causality(story.records, story.host.program)
    found.check(story.case.tokens)
    return found


def token_at(story: Story, element: str) -> int:
    return next(view.token for view in story.case.tokens if view.element_id == element and not view.boundary)


def go_back(story: Story, way: Return) -> None:
    assert way.refusal is None
    story.reload()
    story._take(story.case.modify(way.instructions, host=story.host, reason="sent back").step)
    causality(story)


def send_back(story: Story, element: str, to: str) -> Return:
    way = next(way for way in causality(story).returns(token_at(story, element)) if way.element_id == to)
    go_back(story, way)
    return way


def targets(story: Story, element: str) -> list[str]:
    return [way.element_id for way in causality(story).returns(token_at(story, element))]


def branches() -> Story:
    return Story(
        m.program(
            m.start(), m.user("apply"), m.parallel("split"), m.user("a"), m.user("b"), m.parallel("join"), m.user("after"), m.end(),
            flows="start -> apply -> split -> a -> join -> after -> end\nsplit -> b -> join",
        )
    )  # fmt: skip


def test_back_over_a_join_redoes_one_branch_and_keeps_the_other():
    story = branches()
    for element in ("apply", "a", "b"):
        story.complete(element)
    assert targets(story, "after") == ["b", "a", "apply"]
    way = send_back(story, "after", "a")
    assert set(way.reopened.values()) == {"a", "join"}
    assert story.tasks == ["a"]
    assert story.places() == ["a", "join"]
    story.complete("a")
    assert story.tasks == ["after"]
    story.complete("after")
    assert story.ended


def test_back_before_the_split_takes_every_branch_along():
    story = branches()
    story.complete("apply")
    story.complete("a")
    send_back(story, "b", "apply")
    assert story.places() == ["apply"]
    for element in ("apply", "b", "a", "after"):
        story.complete(element)
    assert story.ended


def test_a_branch_beside_is_no_way_back():
    story = branches()
    story.complete("apply")
    story.complete("a")
    assert targets(story, "b") == ["apply"]
    assert causality(story).concurrent(token_at(story, "b")) == ("a",)


def test_back_again_after_having_been_back():
    story = branches()
    for element in ("apply", "a", "b"):
        story.complete(element)
    send_back(story, "after", "a")
    story.complete("a")
    send_back(story, "after", "b")
    assert story.places() == ["b", "join"]
    story.complete("b")
    assert targets(story, "after") == ["b", "a", "apply"]
    send_back(story, "after", "apply")
    for element in ("apply", "a", "b", "after"):
        story.complete(element)
    assert story.ended


def nested(**more: object) -> Story:
    return Story(
        m.program(
            m.start(),
            m.user("apply"),
            m.sub_process(
                "investigate", m.start("inner"), m.parallel("s"), m.user("visit"), m.user("call"), m.parallel("j"), m.user("report"),
                m.end("done"), flows="inner -> s -> visit -> j -> report -> done\ns -> call -> j", **more,
            ),
            m.user("decide"),
            m.end(),
            flows="start -> apply -> investigate -> decide -> end",
        ),
        {"people": ["a", "b"]},
    )  # fmt: skip


def test_back_into_a_sub_process_that_has_ended_enters_it_anew():
    story = nested(inputs=(m.mapping("place", "=42"),))
    for element in ("apply", "visit", "call", "report"):
        story.complete(element)
    way = send_back(story, "decide", "visit")
    assert set(way.reopened.values()) == {"visit", "j", "investigate"}
    assert story.places() == ["investigate", "j", "visit"]
    assert story.case.variables(token_at(story, "visit"))["place"] == 42
    story.complete("visit")
    story.complete("report")
    assert story.tasks == ["decide"]
    send_back(story, "decide", "apply")
    for element in ("apply", "visit", "call", "report", "decide"):
        story.complete(element)
    assert story.ended


def test_back_out_of_a_sub_process_takes_it_along():
    story = nested()
    story.complete("apply")
    story.complete("visit")
    send_back(story, "call", "apply")
    assert story.places() == ["apply"]


def test_there_is_no_way_back_into_ended_instances():
    story = nested(multi_instance=m.many("=people", element_variable="person"))
    story.complete("apply")
    for _ in range(2):
        for element in ("visit", "call", "report"):
            story.complete(element)
    found = {way.element_id: way.refusal for way in causality(story).returns(token_at(story, "decide"))}
    assert found["apply"] is None
    assert found["visit"] is not None
    assert found["visit"].code == "inside-instances"


def test_back_within_an_instance_leaves_the_others():
    story = nested(multi_instance=m.many("=people", element_variable="person"))
    story.complete("apply")
    story.complete("visit")
    story.complete("call")
    assert story.tasks.count("report") == 1
    others = {token for token in story.open if story.case.variables(token)["person"] == "b"}
    send_back(story, "report", "call")
    assert others <= set(story.open)
    for element in ("call", "visit", "report", "call", "report"):
        story.complete(element)
    assert story.tasks == ["decide"]


def test_what_a_deadline_interrupted_comes_back_with_it():
    story = Story(
        m.program(
            m.start(),
            m.sub_process(
                "work", m.start("i"), m.parallel("s"), m.user("one"), m.user("two"), m.parallel("j"), m.end("o"),
                flows="i -> s -> one -> j -> o\ns -> two -> j",
            ),
            m.boundary("late", "work", m.timer("P1D")),
            m.user("escalate"),
            m.end(),
            flows="start -> work -> end\nlate -> escalate -> end",
        )
    )  # fmt: skip
    story.complete("one")
    story.fire("late")
    assert story.tasks == ["escalate"]
    send_back(story, "escalate", "one")
    assert sorted(story.tasks) == ["one", "two"]
    assert list(story.timers) == ["late"]
    story.complete("two")
    story.complete("one")
    assert story.ended


def test_what_a_reminder_brought_about_depends_on_the_activity_being_there():
    story = Story(
        m.program(
            m.start(), m.user("apply"), m.user("work"), m.boundary("remind", "work", m.timer("P1D"), interrupting=False), m.user("chase"),
            m.end(), flows="start -> apply -> work -> end\nremind -> chase -> end",
        )
    )  # fmt: skip
    story.complete("apply")
    story.fire("remind")
    send_back(story, "work", "apply")
    assert story.places() == ["apply"]


def test_a_way_back_names_what_handlers_will_do_again():
    story = Story(
        m.program(
            m.start(), m.user("apply"), m.service("query"), m.user("review"), m.end(), flows="start -> apply -> query -> review -> end"
        )
    )
    story.complete("apply")
    story.run_jobs()
    (way, _) = sorted(causality(story).returns(token_at(story, "review")), key=lambda way: way.element_id)
    assert (way.element_id, way.repeated, way.happenings) == ("apply", ("query",), ("query",))


def test_the_round_of_a_drawn_loop_that_is_meant_is_the_last():
    story = Story(
        m.program(
            m.start(), m.exclusive("again"), m.user("apply"), m.user("review"), m.exclusive("ok"), m.end(),
            flows="start -> again -> apply -> review -> ok -> end: good\nok -> again: default",
        ),
        {"good": False},
    )  # fmt: skip
    for element in ("apply", "review", "apply", "review", "apply"):
        story.complete(element)
    send_back(story, "review", "apply")
    assert story.places() == ["apply"]
    story.complete("apply")
    story.complete("review", good=True)
    assert story.ended


def test_moves_by_hand_are_part_of_the_past():
    story = branches()
    story.complete("apply")
    story._take(story.case.modify([Skip(token_at(story, "a")), Restart(token_at(story, "b"))], host=story.host).step)
    story.complete("b")
    assert targets(story, "after") == ["b", "apply"]
    send_back(story, "after", "apply")
    assert story.places() == ["apply"]
    for element in ("apply", "a", "b", "after"):
        story.complete(element)
    assert story.ended


def events(*, interrupting: bool) -> Story:
    """A case that a message turns to, from an event sub-process or beside it, and a link on the way."""
    return Story(
        m.program(
            m.start(), m.user("apply"), m.user("review"), m.user("decide"), m.end(),
            m.throw("out", bpmn.LinkEvent(name="on")), m.catch("in", bpmn.LinkEvent(name="on")),
            m.sub_process(
                "complaint", m.start("complained", m.message("complaint"), interrupting=interrupting), m.user("hear"), m.end("heard"),
                flows="complained -> hear -> heard", kind="event",
            ),
            flows="start -> apply -> review -> out\nin -> decide -> end",
        )
    )  # fmt: skip


def test_a_link_is_part_of_the_way():
    story = events(interrupting=True)
    story.complete("apply")
    story.complete("review")
    assert targets(story, "decide") == ["review", "apply"]
    send_back(story, "decide", "apply")
    assert story.tasks == ["apply"]


def test_what_an_event_sub_process_interrupted_comes_back_with_an_act_before():
    story = events(interrupting=True)
    story.complete("apply")
    story.deliver("complained")
    assert story.tasks == ["hear"]
    assert targets(story, "hear") == ["apply"]
    send_back(story, "hear", "apply")
    assert story.tasks == ["apply"]
    story.complete("apply")
    story.complete("review")
    story.complete("decide")
    assert story.ended


def test_an_event_sub_process_beside_the_flow_stays_when_the_flow_goes_back():
    story = events(interrupting=False)
    story.complete("apply")
    story.deliver("complained")
    send_back(story, "review", "apply")
    assert sorted(story.tasks) == ["apply", "hear"]
    assert targets(story, "hear") == []
    for element in ("hear", "apply", "review", "decide"):
        story.complete(element)
    assert story.ended


def test_a_history_with_a_gap_explains_nothing():
    story = branches()
    story.complete("apply")
    story.records = [record for record in story.records if record.kind != "flow.taken"]
    with pytest.raises(CommandError, match="does not explain") as refused:
        causality(story)
    assert refused.value.code == "history-unexplained"


def test_an_act_is_undone_by_its_token():
    story = branches()
    story.complete("apply")
    token = token_at(story, "a")
    story.complete("a")
    way = causality(story).undoing(token)
    assert (way.acts, way.happenings, way.cancelled) == ((token,), (), (token_at(story, "join"),))
    go_back(story, way)
    assert sorted(story.tasks) == ["a", "b"]
    with pytest.raises(CommandError, match="not completed"):
        causality(story).undoing(token)


def answers(block: Block, data: st.DataObject) -> dict[str, bool]:
    names = [each.name for each in block.walk() if each.kind in ("loop", "exclusive")]
    return {name: data.draw(st.booleans(), label=name) for name in names}


@given(block=blocks(), data=st.data())
@settings(
    max_examples=int(os.environ.get("LOANFLOW_FUZZ", "25")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_after_any_acts_and_ways_back_no_token_is_lost_none_doubled_and_the_case_can_be_completed(block: Block, data: st.DataObject):
    program = drawn(block)
    story = Story(program, {each.name: False for each in block.walk() if each.kind in ("loop", "exclusive")})
    for _ in range(data.draw(st.integers(3, 25), label="acts")):
        if story.ended:
            break
        tokens = [token for token, request in story.open.items() if isinstance(request, OpenTask)]
        token = data.draw(st.sampled_from(tokens), label="at")
        act = data.draw(st.sampled_from(["complete", "complete", "back", "restart", "skip"]), label="act")
        if act == "back":
            ways = [way for way in causality(story).returns(token) if way.refusal is None]
            if ways:
                before = {view.token for view in story.case.tokens}
                way = data.draw(st.sampled_from(ways), label="to")
                go_back(story, way)
                # What does not depend on the act is left alone, to the very token.
                assert before - {view.token for view in story.case.tokens} == set(way.cancelled)
        elif act == "complete":
            story.set(**answers(block, data))
            story.do(story.case.complete, token, {})
        else:
            instruction = Restart(token) if act == "restart" else Skip(token)
            story.reload()
            story._take(story.case.modify([instruction], host=story.host).step)
        check_whole(block, story.case)
        if not story.ended:
            causality(story)
    story.set(**{each.name: False for each in block.walk() if each.kind in ("loop", "exclusive")}) if not story.ended else None
    for _ in range(200):
        if story.ended:
            break
        assert not story.incidents
        token = next(token for token, request in story.open.items() if isinstance(request, OpenTask))
        story.do(story.case.complete, token, {})
        check_whole(block, story.case)
    assert story.ended


def undoable(id: str) -> tuple[bpmn.FlowNode, ...]:
    """A task that a script undoes, counting in ``undone_<id>`` how often."""
    border = replace(m.boundary(f"{id}-undo", id, bpmn.CompensateEvent()), undone_by=f"undo-{id}")
    return (m.user(id), border, m.script(f"undo-{id}", f"undone_{id} + 1", into=f"undone_{id}", for_compensation=True))


def regretful() -> Story:
    """Pay, then check; what was paid may be undone on the way to the end."""
    return Story(
        m.program(
            m.start(), *undoable("reserve"), *undoable("pay"), m.user("check"), m.throw("undo", bpmn.CompensateEvent()), m.user("report"),
            m.user("archive"), m.end(),
            flows="start -> reserve -> pay -> check -> undo -> report -> archive -> end",
        ),
        {"undone_reserve": 0, "undone_pay": 0},
    )  # fmt: skip


def test_what_is_done_anew_is_undone_once():
    story = regretful()
    for element in ("reserve", "pay"):
        story.complete(element)
    send_back(story, "check", "pay")
    for element in ("pay", "check"):
        story.complete(element)
    assert story.variables == {"undone_reserve": 1, "undone_pay": 1}
    send_back(story, "report", "reserve")
    for element in ("reserve", "pay", "check"):
        story.complete(element)
    assert story.variables == {"undone_reserve": 2, "undone_pay": 2}


def test_what_is_sent_back_and_not_done_again_is_not_undone():
    story = regretful()
    story.complete("reserve")
    story.complete("pay")
    send_back(story, "check", "pay")
    story._take(story.case.modify([Skip(token_at(story, "pay"))], host=story.host).step)
    story.complete("check")
    assert story.variables == {"undone_reserve": 1, "undone_pay": 0}


def test_a_way_back_over_a_compensation_does_again_all_that_was_undone():
    story = regretful()
    for element in ("reserve", "pay", "check", "report"):
        story.complete(element)
    ways = {way.element_id: way.refusal for way in causality(story).returns(token_at(story, "archive"))}
    assert {element: refusal and refusal.code for element, refusal in ways.items()} == {
        "report": None, "check": "compensated-since", "pay": "compensated-since", "reserve": None,
    }  # fmt: skip
    send_back(story, "archive", "report")
    assert story.places() == ["report"]
    story.complete("report")
    send_back(story, "archive", "reserve")
    assert story.places() == ["reserve"]
    for element in ("reserve", "pay", "check", "report", "archive"):
        story.complete(element)
    assert story.ended
    assert story.variables == {"undone_reserve": 2, "undone_pay": 2}


def test_what_else_was_done_in_a_sub_process_that_is_entered_anew_can_still_be_undone():
    story = Story(
        m.program(
            m.start(),
            m.sub_process("deal", m.start("i"), *undoable("reserve"), *undoable("pay"), m.end("o"), flows="i -> reserve -> pay -> o"),
            m.user("check"), m.throw("undo", bpmn.CompensateEvent()), m.user("report"), m.end(),
            flows="start -> deal -> check -> undo -> report -> end",
        ),
        {"undone_reserve": 0, "undone_pay": 0},
    )  # fmt: skip
    story.complete("reserve")
    story.complete("pay")
    send_back(story, "check", "pay")
    story.complete("pay")
    story.complete("check")
    assert story.variables == {"undone_reserve": 1, "undone_pay": 1}
    refused = next(way for way in causality(story).returns(token_at(story, "report")) if way.element_id == "pay").refusal
    assert refused is not None
    assert refused.code == "compensated-since"
    send_back(story, "report", "reserve")
    for element in ("reserve", "pay", "check", "report"):
        story.complete(element)
    assert story.ended
    assert story.variables == {"undone_reserve": 2, "undone_pay": 2}


def test_nothing_is_sent_back_while_a_person_undoes_something():
    border = replace(m.boundary("pay-undo", "pay", bpmn.CompensateEvent()), undone_by="refund")
    story = Story(
        m.program(
            m.start(), m.parallel("s"), m.user("pay"), border, m.user("refund", for_compensation=True), m.user("check"),
            m.throw("undo", bpmn.CompensateEvent()), m.user("a"), m.user("b"), m.end(),
            flows="start -> s -> pay -> check -> undo -> end\ns -> a -> b -> end",
        )
    )  # fmt: skip
    for element in ("pay", "check", "a"):
        story.complete(element)
    assert sorted(story.tasks) == ["b", "refund"]
    with pytest.raises(CommandError) as refused:
        causality(story)
    assert refused.value.code == "undoing"
    story.complete("refund")
    send_back(story, "b", "a")
    assert story.tasks == ["a"]


def test_a_cancelled_transaction_is_done_again_from_its_first_act():
    story = Story(
        m.program(
            m.start(),
            m.sub_process(
                "deal", m.start("i"), *undoable("reserve"), *undoable("pay"), m.exclusive("ok"), m.end("o"),
                m.end("cancel", bpmn.CancelEvent()), flows="i -> reserve -> pay -> ok\nok -> o: good\nok -> cancel: default",
                kind="transaction",
            ),
            m.boundary("cancelled", "deal", bpmn.CancelEvent()), m.user("sorry"), m.user("fine"), m.end(),
            flows="start -> deal -> fine -> end\ncancelled -> sorry -> end",
        ),
        {"undone_reserve": 0, "undone_pay": 0, "good": False},
    )  # fmt: skip
    story.complete("reserve")
    story.complete("pay")
    assert story.variables["undone_pay"] == 1
    ways = {way.element_id: way.refusal and way.refusal.code for way in causality(story).returns(token_at(story, "sorry"))}
    assert ways == {"pay": "compensated-since", "reserve": None}
    send_back(story, "sorry", "reserve")
    story.complete("reserve")
    story.complete("pay", good=True)
    assert story.tasks == ["fine"]
