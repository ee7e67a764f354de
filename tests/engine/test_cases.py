"""A case from start to end: rows, variables, decisions, history, search columns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loanflow import Actor, Conflict, InvalidValues, NotFound, NotPermitted
from loanflow.engine import Criterion, Scope, TaskQuery
from loanflow.records import CaseStatus
from tests.engine.conftest import MORNING, Stage, reviewer


def test_a_case_runs_from_start_to_end(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 640}
    case = stage.start("loan-review", "LN-1", amount=90_000)

    review = stage.task(case, "Review")
    assert review.candidate_groups == ("reviewer",)
    assert review.priority == 60
    assert review.due_at is not None
    assert (review.due_at - MORNING).days == 2
    assert review.business_key == "LN-1"

    stage.engine.complete(review.id, {"opinion": "fine"}, by=reviewer("li.na"))
    approve = stage.task(case, "Approve")
    stage.engine.complete(approve.id, {"decision": "approve"}, by=reviewer("wang.fang"))
    stage.engine.run_due()

    ended = stage.engine.case("LN-1")
    assert ended.status is CaseStatus.ENDED
    assert (ended.outcome, ended.end_event) == ("completed", "Paid")
    variables = stage.engine.variables("LN-1")
    assert variables["score"] == Decimal(640)
    assert variables["grade"] == "B"
    assert variables["opinion"] == "fine"
    assert variables["submitted_by"] == "zhao"
    assert [job.topic for job in stage.calls] == ["credit-score", "disburse"]
    assert stage.calls[0].variables["amount"] == 90_000
    assert stage.calls[0].case_key == "LN-1"


def test_the_decision_decides_the_way(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 700}
    case = stage.start("loan-review", amount=1)
    assert case.status is CaseStatus.ENDED
    (record,) = stage.engine.decisions(case.id)
    assert record.decision_key == "risk"
    assert record.value == "A"
    assert dict(record.inputs) == {"score": 700}
    assert record.trace is not None
    assert record.trace["decisions"][-1]["hits"] == [1]
    assert record.trace["version"] == record.decision_definition_id


def test_the_history_tells_who_did_what_and_the_chain_holds(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 640}
    case = stage.start("loan-review", "LN-1", amount=90_000)
    review = stage.task(case, "Review")
    stage.engine.claim(review.id, by=reviewer("li.na"))
    stage.engine.complete(review.id, {"amount": 80_000}, by=reviewer("li.na"))

    history = stage.engine.history("LN-1")
    assert [entry.seq for entry in history] == list(range(1, len(history) + 1))
    assert history[0].kind == "case.started"
    claimed = next(entry for entry in history if entry.kind == "task.claimed")
    assert (claimed.actor, claimed.source, claimed.element_id, claimed.element_name) == (
        "li.na",
        "web:10.0.0.7",
        "Review",
        "Review",
    )
    changed = [entry for entry in history if entry.kind == "variables.set" and "amount" in entry.data["values"]][-1]
    assert changed.data["values"]["amount"] == 80_000
    assert changed.data["before"]["amount"] == 90_000
    assert changed.actor == "li.na"
    assert stage.engine.verify_audit("LN-1") == len(history)


def test_a_business_key_belongs_to_one_case(stage: Stage) -> None:
    stage.deploy("continuation.bpmn")
    stage.start("continuation", "K-1")
    with pytest.raises(Conflict, match=r'"K-1" belongs to case'):
        stage.engine.start("continuation", key="K-1", by="zhao")


def test_an_unknown_process_names_the_nearest(stage: Stage) -> None:
    stage.deploy("continuation.bpmn")
    with pytest.raises(NotFound, match=r'"continuaton" is deployed; did you mean "continuation"'):
        stage.engine.start("continuaton", by="zhao")


def test_a_save_point_is_a_job_of_its_own(stage: Stage) -> None:
    stage.deploy("continuation.bpmn")
    case = stage.engine.start("continuation", by="zhao")
    assert stage.engine.tasks_of(case.id) == ()
    (job,) = stage.engine.jobs_of(case.id)
    assert job.kind == "continuation"
    assert stage.engine.run_due() == 1
    assert stage.task(case, "Later").name == "Later"


def test_a_called_process_is_part_of_the_case(stage: Stage) -> None:
    stage.deploy("parent.bpmn", "child.bpmn")
    case = stage.start("parent", "P-1", amount=5)
    ask = stage.task(case, "Ask")
    assert ask.case_id == case.id
    assert stage.engine.task_variables(ask.id) == {"amount": 5}
    stage.engine.complete(ask.id, {"answer": 42, "inner": 1}, by="li.na")
    after = stage.task(case, "After")
    assert stage.engine.task_variables(after.id) == {"amount": 5, "answer": 42}
    elements = {entry.element_name for entry in stage.engine.history(case.id) if entry.kind == "element.completed"}
    assert {"Ask", "Call child"} <= elements


def test_variables_keep_their_exact_values(stage: Stage) -> None:
    stage.deploy("continuation.bpmn")
    values = {"rate": Decimal("4.3500"), "day": MORNING.date(), "at": MORNING, "list": [1, {"a": None}], "文字": "贷款", "yes": True}
    case = stage.start("continuation", **values)
    found = stage.engine.variables(case.id)
    assert found == {**values, "list": [Decimal(1), {"a": None}]}
    assert str(found["rate"]) == "4.3500"


def test_values_that_no_variable_can_have_are_refused_by_name(stage: Stage) -> None:
    stage.deploy("continuation.bpmn")
    with pytest.raises(InvalidValues) as refused:
        stage.engine.start("continuation", variables={"ok": 1, "bad": object(), "__builtins__": 1}, by="zhao")
    assert set(refused.value.errors) == {"bad", "__builtins__"}
    assert stage.engine.cases().items == ()


def test_a_cancelled_case_leaves_nothing_to_do(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 640}
    case = stage.start("loan-review", "LN-1", amount=1)
    cancelled = stage.engine.cancel_case("LN-1", by=Actor("boss"), reason="withdrawn")
    assert cancelled.status is CaseStatus.CANCELLED
    assert stage.engine.tasks_of(case.id) == ()
    assert stage.engine.jobs_of(case.id) == ()
    assert stage.engine.tokens(case.id) == ()
    last = stage.engine.history(case.id)[-1]
    assert (last.kind, last.actor, last.data["reason"]) == ("case.cancelled", "boss", "withdrawn")
    stage.engine.verify_audit(case.id)
    with pytest.raises(Conflict, match=r"was cancelled at"):
        stage.engine.cancel_case("LN-1", by="boss")


def test_where_a_case_stands(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 640}
    case = stage.start("loan-review", amount=1)
    tokens = {token.element_id: token.kind for token in stage.engine.tokens(case.id)}
    assert tokens == {"Review": "task", "Too_long": "timer"}


def test_search_columns_follow_the_variables(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 640}
    small = stage.start("loan-review", "S", amount=10_000)
    large = stage.start("loan-review", "L", amount=Decimal("90000.50"))
    above = (Criterion(name="amount", comparison=">=", value=50_000),)
    page = stage.engine.cases(process_key="loan-review", criteria=above)
    assert [case.business_key for case in page.items] == ["L"]
    tasks = stage.engine.tasks(TaskQuery(scope=Scope.ALL, process_key="loan-review", criteria=above))
    assert [task.case_id for task in tasks.items] == [large.id]
    stage.engine.complete(stage.task(small, "Review").id, {"amount": 70_000}, by=reviewer("li.na"))
    assert len(stage.engine.cases(process_key="loan-review", criteria=above).items) == 2


def test_variables_can_be_corrected_from_outside(stage: Stage) -> None:
    stage.deploy("continuation.bpmn")
    case = stage.start("continuation", amount=1)
    stage.engine.set_variables(case.id, {"amount": 2}, by="admin")
    assert stage.engine.variables(case.id) == {"amount": 2}
    assert "variables.changed" in stage.kinds(case)


def test_only_candidate_starters_may_start(stage: Stage) -> None:
    from tests.support.diagrams import diagram

    content = diagram("continuation.bpmn")["continuation.bpmn"].replace(
        b'isExecutable="true"', b'isExecutable="true" camunda:candidateStarterGroups="officer"'
    )
    stage.engine.deploy({"continuation.bpmn": content}, by="analyst")
    with pytest.raises(NotPermitted, match=r"candidate starters.*officer; zhao is not among them"):
        stage.engine.start("continuation", by="zhao")
    stage.engine.start("continuation", by=Actor("zhao", groups=("officer",)))
    stage.engine.start("continuation", by=Actor.system("import"))


def test_a_conditional_start_event_starts_a_case_where_it_holds(stage: Stage) -> None:
    stage.deploy("overdraft.bpmn", "payment.bpmn")
    assert stage.engine.start_by_condition({"balance": 10}, by="ledger") == ()
    for unfit in ({"other": 10}, {"balance": "much"}, {"balance": None}):
        assert stage.engine.start_by_condition(unfit, by="ledger") == ()
    (case,) = stage.engine.start_by_condition({"balance": -1}, by="ledger")
    assert stage.task(case).name == "Call the customer"
    assert stage.engine.variables(case.id) == {"balance": -1}
