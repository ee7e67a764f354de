"""Listeners hear of a task's own life once, whoever else signs it, and hear it all again when the case comes back to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loanflow import Actor
from loanflow.records import Case, Task
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",))
TOPICS = {"start": "bureau", "end": "disburse", "create": "remind", "complete": "credit-score", "assignment": "step"}
"""Which handler hears of which event of the task ``review``."""


def listening(*events: str, nodes: str = "user review", attributes: str = "") -> dict[str, bytes]:
    """Apply, review, sign; the task ``review`` has a listener for each of these events."""
    (file, text), *_ = drawn(
        "loan", f"start start\nuser apply\n{nodes} {attributes}\nuser sign\nend end", "start -> apply -> review -> sign -> end"
    ).items()
    found = "".join(
        f'<camunda:{"execution" if event in ("start", "end") else "task"}Listener event="{event}" class="{TOPICS[event]}" />'
        for event in events
    )
    before, opening, after = text.partition(b'<bpmn:userTask id="review"')
    head, _, tail = after.partition(b">")
    extension = f"<bpmn:extensionElements>{found}</bpmn:extensionElements>".encode()
    return {file: before + opening + head + b">" + extension + tail}


@pytest.fixture
def at_review(stage: Stage) -> Callable[..., Case]:
    def go(*events: str, **more: str) -> Case:
        stage.engine.deploy(listening(*events, **more), by="analyst")
        case = stage.start("loan", people=["a", "b"])
        finish(stage, case, "apply", by="zhao")
        return case

    return go


def finish(stage: Stage, case: Case, element: str, by: str = "li") -> None:
    stage.engine.complete(task_at(stage, case, element).id, by=by)
    stage.engine.run_due()


def task_at(stage: Stage, case: Case, element: str) -> Task:
    found = [task for task in stage.engine.tasks_of(case.id) if task.element_id == element]
    assert found, (stage.engine.tokens(case.id), stage.engine.incidents(case.id))
    return found[0]


def heard(stage: Stage) -> list[str]:
    names = {topic: event for event, topic in TOPICS.items()}
    return [names[call.topic] for call in stage.calls]


def test_added_signers_do_not_count_for_the_tasks_listeners(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("create", "complete", "start", "end")
    assert heard(stage) == ["start", "create"]
    review = task_at(stage, case, "review")
    stage.engine.claim(review.id, "li")
    first, *_ = stage.engine.add_signer(review.id, "wang", position="before", by="li")
    last, *_ = stage.engine.add_signer(review.id, "chen", position="after", by="li")
    for task, person in ((first, "wang"), (review, "li")):
        stage.engine.complete(task.id, by=person)
        stage.engine.run_due()
        assert heard(stage) == ["start", "create"]
    stage.engine.complete(last.id, by="chen")
    stage.engine.run_due()
    assert heard(stage) == ["start", "create", "complete", "end"]
    assert task_at(stage, case, "sign")


def test_a_signer_cannot_be_added_while_listeners_have_the_task(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("complete")
    review = task_at(stage, case, "review")
    stage.engine.claim(review.id, "li")
    stage.engine.complete(review.id, by="li")
    refusal = stage.engine.can_add_signer(review.id, "wang", position="after", by="li")
    assert refusal is not None
    assert refusal.code == "task-done"
    stage.engine.run_due()
    assert task_at(stage, case, "sign")


def test_a_case_that_comes_back_tells_the_listeners_again_and_finds_its_former_holder(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("start", "create", "assignment", "complete", "end")
    stage.engine.claim(task_at(stage, case, "review").id, "li")
    stage.engine.run_due()
    finish(stage, case, "review")
    assert heard(stage) == ["start", "create", "assignment", "complete", "end"]
    stage.calls.clear()
    stage.engine.send_back(task_at(stage, case, "sign").id, "review", by="li", reason="look again")
    assert stage.engine.tasks_of(case.id) == ()
    stage.engine.run_due()
    assert heard(stage) == ["start", "create", "assignment"]
    again = task_at(stage, case, "review")
    assert (again.assignee, again.round) == ("li", 2)
    finish(stage, case, "review")
    assert heard(stage) == ["start", "create", "assignment", "complete", "end"]
    finish(stage, case, "sign")
    stage.engine.verify_audit(case.id)


def test_a_case_can_be_sent_back_while_listeners_run_beside_a_task(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("assignment")
    stage.engine.claim(task_at(stage, case, "review").id, "li")
    stage.engine.send_back(task_at(stage, case, "review").id, "apply", by="li", reason="income missing")
    assert task_at(stage, case, "apply").assignee == "zhao"
    stage.engine.run_due()
    assert heard(stage) == ["assignment"]
    for element, person in (("apply", "zhao"), ("review", "li"), ("sign", "li")):
        finish(stage, case, element, by=person)
    assert stage.engine.case(case.id).outcome == "completed"


def test_who_had_a_task_that_is_sent_back_to_is_told_once_by_the_listener(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("assignment")
    stage.engine.claim(task_at(stage, case, "review").id, "li")
    stage.engine.run_due()
    finish(stage, case, "review")
    stage.calls.clear()
    stage.engine.send_back(task_at(stage, case, "sign").id, "review", by="li", reason="look again")
    assert task_at(stage, case, "review").assignee == "li"
    stage.engine.run_due()
    assert heard(stage) == ["assignment"]


def test_a_recalled_task_waits_for_its_listeners_and_is_ones_own(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("create")
    stage.engine.claim(task_at(stage, case, "review").id, "li")
    review = task_at(stage, case, "review")
    stage.engine.complete(review.id, by="li")
    stage.engine.recall(review.id, by="li", reason="a mistake")
    stage.engine.run_due()
    again = task_at(stage, case, "review")
    assert (again.assignee, again.round) == ("li", 1)


def test_a_save_point_before_a_task_is_not_waited_for_on_the_way_back(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review(attributes='camunda:asyncBefore="true"')
    stage.engine.claim(task_at(stage, case, "review").id, "li")
    finish(stage, case, "review")
    stage.engine.send_back(task_at(stage, case, "sign").id, "review", by="li", reason="look again")
    assert task_at(stage, case, "review").assignee == "li"
    stage.engine.complete(task_at(stage, case, "review").id, by="li")
    review = stage.engine.tasks_of(case.id)
    assert [task.element_id for task in review] == ["sign"]


def test_instances_that_are_added_have_listeners_of_their_own(stage: Stage, at_review: Callable[..., Case]) -> None:
    case = at_review("create", "assignment", attributes='many:people camunda:assignee="${person}"', nodes="user review")
    assert sorted(heard(stage)) == ["assignment", "assignment", "create", "create"]
    stage.calls.clear()
    (task, *_) = stage.engine.tasks_of(case.id)
    stage.engine.add_signer(task.id, "chen", position="parallel", by=task.assignee or "")
    stage.engine.run_due()
    assert sorted(heard(stage)) == ["assignment", "create"]
    assert sorted(each.assignee or "" for each in stage.engine.tasks_of(case.id)) == ["a", "b", "chen"]
