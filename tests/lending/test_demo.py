"""The demonstration: what comes of the samples, that a second run adds nothing, and that a broken run goes on."""

from __future__ import annotations

import pytest

from loanflow import Engine, TurnableClock
from loanflow.lending import OutsideWorld, connectors, demo, demo_clock, products, sample_applications, tell
from loanflow.records import CaseStatus, TaskStatus

SOME = 40


@pytest.fixture
def house() -> tuple[Engine, TurnableClock, OutsideWorld]:
    clock, world = demo_clock(), OutsideWorld()
    engine = Engine("sqlite://", handlers=[connectors(world)], clock=clock)
    engine.deploy(products.files(), by="analyst")
    return engine, clock, world


def test_every_sample_comes_to_its_end(house: tuple[Engine, TurnableClock, OutsideWorld]) -> None:
    engine, clock, world = house
    seen: list[tuple[int, int]] = []
    report = demo.run(engine, lambda done, all_: seen.append((done, all_)), count=SOME, leave_open=False, clock=clock)
    assert seen[-1] == (SOME, SOME)
    assert report.applications == report.worked == SOME
    for product in report.products:
        ended = product.auto_approved + product.approved_by_people + product.declined + product.withdrawn
        assert (ended, product.still_open) == (product.applications, 0)
    paid = sum(product.auto_approved + product.approved_by_people for product in report.products)
    assert len(world.ledger.payments()) == paid
    assert all(payment.tries == 1 for payment in world.ledger.payments())
    assert not engine.incidents()
    for sample in sample_applications(SOME):
        assert engine.verify_audit(sample.key) > 5


def test_a_second_run_adds_nothing(house: tuple[Engine, TurnableClock, OutsideWorld]) -> None:
    engine, clock, world = house
    first = demo.run(engine, count=SOME, clock=clock)
    assert 0 < sum(product.still_open for product in first.products) < SOME
    notices, versions = len(world.outbox.notices()), {case.id: case.version for case in engine.cases(limit=200).items}
    second = demo.run(engine, count=SOME, clock=clock)
    assert second.worked == 0
    assert second.products == first.products
    assert len(world.outbox.notices()) == notices
    assert {case.id: case.version for case in engine.cases(limit=200).items} == versions


def test_a_run_that_was_broken_off_goes_on(house: tuple[Engine, TurnableClock, OutsideWorld]) -> None:
    engine, clock, _ = house

    class Enough(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done == 7:
            raise Enough

    with pytest.raises(Enough):
        demo.run(engine, stop, count=SOME, leave_open=False, clock=clock)
    report = demo.run(engine, count=SOME, leave_open=False, clock=clock)
    assert report.applications == SOME
    assert all(product.still_open == 0 for product in report.products)
    assert not engine.cases(status=CaseStatus.OPEN).items


def test_the_last_cases_wait_on_different_desks(house: tuple[Engine, TurnableClock, OutsideWorld]) -> None:
    engine, clock, _ = house
    demo.run(engine, count=SOME, clock=clock)
    tasks = [task for case in engine.cases(status=CaseStatus.OPEN, limit=200).items for task in engine.tasks_of(case.id)]
    groups = {group for task in tasks for group in task.candidate_groups}
    assert {"officer"} <= groups
    assert len({task.element_id for task in tasks}) >= 4
    assert any(task.due_at is not None and task.due_at < clock.now() for task in tasks)


def test_samples_run_in_real_time_too() -> None:
    engine = Engine("sqlite://", handlers=[connectors()])
    engine.deploy(products.files(), by="analyst")
    report = demo.run(engine, count=5)
    assert report.applications == 5


def test_a_case_is_told_in_full(house: tuple[Engine, TurnableClock, OutsideWorld]) -> None:
    engine, clock, _ = house
    demo.run(engine, count=10, leave_open=False, clock=clock)
    zh, en = tell(engine, "PC-0001"), tell(engine, "PC-0001", lang="en")
    assert zh.splitlines()[0].startswith("PC-0001 · 个人信用贷 v1 · ")
    assert "规则「审批路由」" in zh
    assert "哈希链已校验" in zh.splitlines()[-1]
    assert "hash chain verified" in en.splitlines()[-1]
    assert len(zh.splitlines()) == len(en.splitlines()) > 8


def test_every_task_of_a_finished_case_was_done_by_somebody_who_may(house: tuple[Engine, TurnableClock, OutsideWorld]) -> None:
    engine, clock, _ = house
    demo.run(engine, count=SOME, leave_open=False, clock=clock)
    for sample in sample_applications(SOME):
        done = engine.tasks_of(sample.key, status=TaskStatus.COMPLETED)
        by = {task.element_id: task.completed_by for task in done}
        if "Review" in by:
            assert by["Review"] != by["PreReview"]
        if "CoInvestigation" in by:
            assert by["CoInvestigation"] != by["Investigation"]
        if "FinalDecision" in by:
            final = next(task for task in done if task.element_id == "FinalDecision")
            before = {task.completed_by for task in done if task.closed_at and final.closed_at and task.closed_at < final.closed_at}
            assert final.completed_by not in before
