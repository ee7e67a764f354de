"""Tasks: who may take, pass on and finish them, and what happens when two are at it."""

from __future__ import annotations

import pytest

from loanflow import Actor, Conflict, InvalidValues, NotFound, NotPermitted
from loanflow.engine import Scope, TaskQuery
from loanflow.records import Case, TaskStatus
from tests.engine.conftest import Stage, reviewer
from tests.support.diagrams import diagram

LI, WANG = reviewer("li.na"), reviewer("wang.fang")
BOSS = Actor("boss", groups=("admin",))


@pytest.fixture
def case(stage: Stage) -> Case:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 640}
    return stage.start("loan-review", "LN-1", amount=90_000)


def test_a_candidate_claims_and_completes(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    claimed = stage.engine.claim(task.id, by=LI)
    assert (claimed.assignee, claimed.version) == ("li.na", task.version + 1)
    done = stage.engine.complete(task.id, by=LI, if_version=claimed.version)
    assert (done.status, done.completed_by) == (TaskStatus.COMPLETED, "li.na")
    assert stage.engine.task(task.id) == done


def test_a_stranger_may_neither_claim_nor_complete(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stranger = Actor("eve", groups=("sales",))
    for command in (stage.engine.claim, stage.engine.complete):
        with pytest.raises(NotPermitted, match=r"candidates: .*groups reviewer; eve \(in sales\) is not among them"):
            command(task.id, by=stranger)
    assert stage.engine.may_not(task.id, stranger) is not None
    assert stage.engine.may_not(task.id, LI) is None


def test_a_task_is_taken_once(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stage.engine.claim(task.id, by=LI)
    with pytest.raises(Conflict, match=r"is taken: li.na has it since 2026-03-02 09:00"):
        stage.engine.claim(task.id, by=WANG)
    with pytest.raises(NotPermitted, match=r"belongs to li.na"):
        stage.engine.complete(task.id, by=WANG)
    again = stage.engine.claim(task.id, by=LI)
    assert again.version == task.version + 1


def test_a_stale_version_is_refused(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stage.engine.claim(task.id, by=LI)
    with pytest.raises(Conflict, match=r"version 2, you saw 1; li.na has it now"):
        stage.engine.complete(task.id, by=LI, if_version=task.version)


def test_a_task_is_done_once(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stage.engine.complete(task.id, by=LI)
    with pytest.raises(Conflict, match=r"is done already: li.na completed it"):
        stage.engine.complete(task.id, by=LI)


def test_a_task_given_back_is_anyones_again(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stage.engine.claim(task.id, by=LI)
    with pytest.raises(NotPermitted, match=r"only they or admin may pass it on, not wang.fang"):
        stage.engine.unclaim(task.id, by=WANG)
    assert stage.engine.unclaim(task.id, by=LI).assignee is None
    assert stage.engine.claim(task.id, by=WANG).assignee == "wang.fang"


def test_a_supervisor_assigns(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    assert stage.engine.assign(task.id, WANG, by=BOSS).assignee == "wang.fang"
    with pytest.raises(NotPermitted, match=r"candidates"):
        stage.engine.assign(task.id, Actor("eve"), by=BOSS)
    assert stage.engine.assign(task.id, "li.na", by=WANG).assignee == "li.na"


@pytest.mark.parametrize("how", ["claim", "complete", "assign"])
def test_four_eyes_hold_at_every_door(stage: Stage, case: Case, how: str) -> None:
    stage.engine.complete(stage.task(case, "Review").id, by=LI)
    approve = stage.task(case, "Approve")
    rule = r'four eyes: task "Approve" .* whoever did Review, Escalated; li.na did "Review" at 2026-03-02 09:00'
    doors = {
        "claim": lambda: stage.engine.claim(approve.id, by=LI),
        "complete": lambda: stage.engine.complete(approve.id, by=LI),
        "assign": lambda: stage.engine.assign(approve.id, "li.na", by=BOSS),
    }
    with pytest.raises(NotPermitted, match=rule):
        doors[how]()
    stage.engine.claim(approve.id, by=WANG)
    stage.engine.complete(approve.id, by=WANG)


def test_everyone_votes_once_and_the_last_word_is_anothers(stage: Stage) -> None:
    stage.deploy("committee.bpmn")
    both = ("committee", "approver")
    case = stage.start("committee", by=Actor("zhao", groups=both))
    seats = stage.engine.tasks_of(case.id)
    assert [task.instance for task in seats] == [0, 1, 2]
    first, second, third = seats
    stage.engine.complete(first.id, {"opinion": "yes"}, by=Actor("a", groups=both))
    with pytest.raises(NotPermitted, match=r'four eyes.*anyone who acted before; a did "Vote"'):
        stage.engine.complete(second.id, {"opinion": "yes"}, by=Actor("a", groups=both))
    stage.engine.complete(second.id, {"opinion": "no"}, by=Actor("b", groups=both))
    stage.engine.complete(third.id, {"opinion": "yes"}, by=Actor("c", groups=both))
    assert stage.engine.variables(case.id)["opinions"] == ["yes", "no", "yes"]
    final = stage.task(case, "Final decision")
    for person in ("a", "b", "c", "zhao"):
        with pytest.raises(NotPermitted, match=f"four eyes.*anyone who acted before; {person} did"):
            stage.engine.claim(final.id, by=Actor(person, groups=both))
    stage.engine.complete(final.id, by=Actor("d", groups=both))


def test_a_multi_instance_task_may_ask_for_different_people_of_itself(stage: Stage) -> None:
    drawn = diagram("committee.bpmn")["committee.bpmn"].replace(b'different-from" value="*"', b'different-from" value="Vote"', 1)
    stage.engine.deploy({"committee.bpmn": drawn}, by="analyst")
    case = stage.start("committee", by=Actor("a", groups=("committee",)))
    first, second, _ = stage.engine.tasks_of(case.id)
    member, other = (Actor(name, groups=("committee",)) for name in "ab")
    # Whoever started the case may vote, as only the votes exclude each other; holding two seats does not help.
    stage.engine.claim(first.id, by=member)
    stage.engine.claim(second.id, by=member)
    stage.engine.complete(first.id, {"opinion": "yes"}, by=member)
    with pytest.raises(NotPermitted, match=r'four eyes.*whoever did Vote; a did "Vote"'):
        stage.engine.complete(second.id, {"opinion": "yes"}, by=member)
    stage.engine.unclaim(second.id, by=member)
    stage.engine.complete(second.id, {"opinion": "no"}, by=other)


def test_task_lists_and_counts(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    assert stage.engine.task_counts(LI).claimable == 1
    page = stage.engine.tasks(TaskQuery(scope=Scope.CLAIMABLE, user="li.na", groups=("reviewer",)))
    assert [found.id for found in page.items] == [task.id]
    stage.engine.claim(task.id, by=LI)
    stage.clock.turn_to(task.due_at)
    counts = stage.engine.task_counts(LI)
    assert (counts.mine, counts.claimable, counts.mine_due_today) == (1, 0, 1)


def test_drafts_are_personal_and_go_with_the_task(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stage.engine.save_draft(task.id, {"opinion": "hm", "rate": "4."}, by=LI)
    stage.engine.save_draft(task.id, {"opinion": "fine"}, by=LI)
    found = stage.engine.draft(task.id, by=LI)
    assert found is not None
    assert found.values == {"opinion": "fine"}
    assert stage.engine.draft(task.id, by=WANG) is None
    with pytest.raises(NotPermitted):
        stage.engine.save_draft(task.id, {}, by=Actor("eve"))
    stage.engine.complete(task.id, by=LI)
    assert stage.engine.draft(task.id, by=LI) is None


def test_a_form_decides_what_is_accepted(stage: Stage) -> None:
    stage.deploy("form.bpmn")
    case = stage.start("form")
    task = stage.task(case, "Fill")
    form = stage.engine.task_form(task.id)
    assert form is not None
    assert [component.path for component in form.walk()] == ["amount"]
    with pytest.raises(InvalidValues) as refused:
        stage.engine.complete(task.id, {"amount": "500"}, by="li.na", validate=True)
    assert "amount" in refused.value.errors
    assert stage.task(case, "Fill").version == task.version
    stage.engine.complete(task.id, {"amount": "5000", "approved": True}, by="li.na", validate=True)
    assert stage.engine.variables(case.id) == {"amount": 5000}
    ignored = next(entry for entry in stage.engine.history(case.id) if entry.kind == "task.values-ignored")
    assert ignored.data["names"] == ["approved"]


def test_an_unknown_task_is_not_found(stage: Stage) -> None:
    for wrong in ("", "x", "0192f000-0000-7000-8000-000000000000"):
        with pytest.raises(NotFound):
            stage.engine.claim(wrong, by="li.na")


def test_a_withdrawn_task_says_so(stage: Stage, case: Case) -> None:
    task = stage.task(case, "Review")
    stage.clock.turn_to(task.due_at)
    stage.engine.run_due()
    with pytest.raises(Conflict, match=r"was withdrawn"):
        stage.engine.complete(task.id, by=LI)
    escalated = stage.task(case, "Escalated review")
    assert escalated.assignee == "manager"
