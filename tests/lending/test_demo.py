"""The demonstration: what comes of the samples, that a second run adds nothing, and that a broken run goes on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from loanflow import Engine, TurnableClock
from loanflow.lending import DemoReport, OutsideWorld, connectors, demo, demo_clock, products, sample_applications, tell
from loanflow.records import CaseStatus, Task, TaskStatus

ENDED, LEFT = 24, 32


@dataclass
class House:
    """An engine with both products, its clock, and the world outside."""

    count: int
    world: OutsideWorld = field(default_factory=OutsideWorld)
    clock: TurnableClock = field(init=False)
    engine: Engine = field(init=False)
    seen: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = demo_clock(count=self.count)
        self.engine = Engine("sqlite://", handlers=[connectors(self.world)], clock=self.clock)
        self.engine.deploy(products.files(), by="analyst")

    def play(self, *, leave_open: bool = False) -> DemoReport:
        """Run the samples."""
        report = self._run(lambda done, everything: self.seen.append((done, everything)), leave_open)
        return report

    def _run(self, progress: demo.Progress, leave_open: bool) -> DemoReport:
        return demo.run(self.engine, progress, count=self.count, leave_open=leave_open, clock=self.clock)


@pytest.fixture(scope="module")
def ended() -> Generator[tuple[House, DemoReport]]:
    house = House(ENDED)
    yield house, house.play()
    house.engine.close()


@pytest.fixture(scope="module")
def left() -> Generator[tuple[House, DemoReport]]:
    house = House(LEFT)
    yield house, house.play(leave_open=True)
    house.engine.close()


def test_every_sample_comes_to_its_end(ended: tuple[House, DemoReport]) -> None:
    house, report = ended
    assert house.seen == [(number, ENDED) for number in range(1, ENDED + 1)]
    assert report.applications == report.worked == ENDED
    assert report.cases_per_second > 0
    for product in report.products:
        outcomes = product.auto_approved + product.approved_by_people + product.declined + product.withdrawn
        assert (outcomes, product.still_open) == (product.applications, 0)
        assert product.median_steps > 5
    paid = sum(product.auto_approved + product.approved_by_people for product in report.products)
    assert [payment.tries for payment in house.world.ledger.payments()] == [1] * paid
    assert not house.engine.incidents()


def test_every_chain_of_a_sample_holds(ended: tuple[House, DemoReport]) -> None:
    house, _ = ended
    for sample in sample_applications(ENDED):
        assert house.engine.verify_audit(sample.key) > 5


def test_every_declined_customer_has_a_notice_with_reasons(ended: tuple[House, DemoReport]) -> None:
    house, _ = ended
    declined = {case.business_key for case in house.engine.cases(limit=200).items if case.end_event == "Declined"}
    notices = {notice.case_key: notice.text for notice in house.world.outbox.notices() if notice.template.endswith("-declined")}
    assert set(notices) == declined
    assert all("原因：" in text for text in notices.values())


def test_nobody_acts_twice_where_four_eyes_are_asked_for(ended: tuple[House, DemoReport]) -> None:
    house, _ = ended
    checked = 0
    for sample in sample_applications(ENDED):
        done = house.engine.tasks_of(sample.key, status=TaskStatus.COMPLETED)
        by = {task.element_id: task.completed_by for task in done}
        for later, earlier in (("Review", "PreReview"), ("SupervisorReview", "PreReview"), ("CoInvestigation", "Investigation")):
            if later in by:
                assert by[later] != by[earlier]
                checked += 1
        for final in (task for task in done if task.element_id == "FinalDecision"):
            assert final.completed_by not in {task.completed_by for task in done if _before(task, final)}
            checked += 1
    assert checked > 3


def _before(task: Task, other: Task) -> bool:
    return task.closed_at is not None and other.closed_at is not None and task.closed_at < other.closed_at


def test_a_case_is_told_in_full(ended: tuple[House, DemoReport]) -> None:
    house, _ = ended
    key = next(case.business_key for case in house.engine.cases(limit=200).items if case.end_event == "Disbursed")
    assert key is not None
    zh, en = tell(house.engine, key).splitlines(), tell(house.engine, key, lang="en").splitlines()
    assert zh[0].startswith(f"{key} · ")
    assert zh[0].endswith(" · 已放款")
    assert any("规则「定价」" in line for line in zh)
    assert any("同意" in line or "通过" in line for line in zh)
    assert "哈希链已校验" in zh[-1]
    assert "hash chain verified" in en[-1]
    assert len(zh) == len(en) > 8


def test_the_last_cases_wait_on_different_desks(left: tuple[House, DemoReport]) -> None:
    house, report = left
    tasks = [task for case in house.engine.cases(status=CaseStatus.OPEN, limit=200).items for task in house.engine.tasks_of(case.id)]
    assert 0 < sum(product.still_open for product in report.products) < LEFT
    assert len({task.element_id for task in tasks}) >= 4
    assert any(task.due_at is not None and task.due_at < house.clock.now() for task in tasks)


def test_a_second_run_adds_nothing(left: tuple[House, DemoReport]) -> None:
    house, first = left
    notices, before = len(house.world.outbox.notices()), {case.id: case.version for case in house.engine.cases(limit=200).items}
    second = house.play(leave_open=True)
    assert (second.worked, second.cases_per_second) == (0, 0.0)
    assert second.products == first.products
    assert len(house.world.outbox.notices()) == notices
    assert {case.id: case.version for case in house.engine.cases(limit=200).items} == before


def test_a_run_that_was_broken_off_goes_on() -> None:
    class Enough(Exception):
        pass

    def stop(done: int, everything: int) -> None:
        if done == 4:
            raise Enough

    house = House(12)
    with pytest.raises(Enough):
        demo.run(house.engine, stop, count=12, leave_open=False, clock=house.clock)
    report = house.play()
    assert report.applications == 12
    assert all(product.still_open == 0 for product in report.products)
    assert not house.engine.cases(status=CaseStatus.OPEN).items


def test_samples_run_in_real_time_too() -> None:
    engine = Engine("sqlite://", handlers=[connectors()])
    engine.deploy(products.files(), by="analyst")
    assert demo.run(engine, count=5, leave_open=False).applications == 5
