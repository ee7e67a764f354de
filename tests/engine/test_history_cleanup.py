"""History cleanup: cases go with everything that is theirs once their time to live is over, and the heads of their chains stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from loanflow import Actor, AuditChainBroken, Conflict, Engine, NotFound, NotPermitted, audit, store
from loanflow.engine import history_cleanup
from loanflow.records import Case, CaseStatus
from tests.engine.conftest import Stage, reviewer
from tests.engine.test_races import at_once
from tests.engine.test_races import engine as engine
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",))
DAYS = timedelta(days=180)
INSTANT = timedelta(microseconds=1)


def quick(name: str = "quick", lives: str | None = "P180D") -> dict[str, bytes]:
    files = drawn(name, "start start\nuser sign\nend end", "start -> sign -> end")
    given = f' camunda:historyTimeToLive="{lives}"' if lives is not None else ""
    return {file: content.replace(b' camunda:historyTimeToLive="P180D"', given.encode()) for file, content in files.items()}


def ended(stage: Stage, process: str = "quick", **more: Any) -> Case:
    case = stage.start(process, **more)
    stage.engine.complete(stage.task(case).id, by="li")
    return stage.engine.case(case.id)


def removed(engine: Engine, **more: Any) -> int:
    return sum(engine.clean_history(by=ADMIN, **more).removed.values())


def mentions(engine: Engine, *texts: str) -> Iterator[str]:
    """Name the tables with a row in which one of the texts stands, as a whole or within."""
    with engine.store.reading() as transaction:
        for table in transaction.tables.metadata.sorted_tables:
            for row in transaction.connection.execute(select(table)):
                values = [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
                if any(wanted in value for wanted in texts for value in values):
                    yield table.name.removeprefix(transaction.tables.prefix)


def verify_all(engine: Engine) -> None:
    for case in engine.cases(limit=200).items:
        engine.verify_audit(case.id)


@pytest.mark.parametrize("lives", ["180", "P180D"])
def test_a_case_goes_when_its_time_to_live_is_over_and_not_an_instant_before(stage: Stage, lives: str) -> None:
    stage.engine.deploy(quick(lives=lives), by="analyst")
    case = ended(stage)
    stage.clock.turn(DAYS - INSTANT)
    assert stage.engine.plan_history_cleanup() == ()
    assert removed(stage.engine) == 0
    stage.clock.turn(INSTANT)
    (due,) = stage.engine.plan_history_cleanup()
    assert (due.process_key, due.cases, due.held_back, due.oldest, due.newest) == ("quick", 1, 0, case.ended_at, case.ended_at)
    assert stage.engine.clean_history(by=ADMIN).removed == {"quick": 1}
    with pytest.raises(NotFound) as gone:
        stage.engine.case(case.id)
    assert gone.value.code == "case-removed"
    said = str(gone.value)
    assert f"was removed on {stage.engine.now():%Y-%m-%d %H:%M} UTC by sun.li: its time to live of 180 days was over" in said
    assert f"{case.audit_seq} entries, head {case.audit_hash}" in said
    assert "180 天的保留时间已过" in gone.value.text("zh-CN")
    for look in (stage.engine.verify_audit, stage.engine.history, stage.engine.variables):
        with pytest.raises(NotFound, match="was removed on"):
            look(case.id)
    assert stage.engine.clean_history(by=ADMIN).removed == {}


@pytest.mark.parametrize("lives", [None, "P999999999D", "999999999"])
def test_what_has_no_time_to_live_or_one_without_end_stays(stage: Stage, lives: str | None) -> None:
    stage.engine.deploy(quick(lives=lives), by="analyst")
    case = ended(stage)
    stage.clock.turn(timedelta(days=200_000))
    assert removed(stage.engine) == 0
    assert stage.engine.case(case.id) == case


def test_each_version_has_its_own_time_to_live(stage: Stage) -> None:
    stage.engine.deploy(quick(lives=None), by="analyst")
    ever = ended(stage)
    stage.engine.deploy(quick(lives="P10D"), by="analyst")
    short = ended(stage)
    stage.engine.deploy(quick(lives="P20D"), by="analyst")
    long = ended(stage)
    stage.clock.turn(timedelta(days=15))
    assert removed(stage.engine) == 1
    assert {case.id for case in stage.engine.cases().items} == {ever.id, long.id}
    with pytest.raises(NotFound, match="time to live of 10 days"):
        stage.engine.case(short.id)


def test_open_and_suspended_cases_stay_and_cancelled_ones_go(stage: Stage) -> None:
    stage.engine.deploy(quick(), by="analyst")
    still_open, suspended, cancelled = (stage.start("quick") for _ in range(3))
    stage.engine.suspend(suspended.id, by=ADMIN)
    stage.engine.cancel_case(cancelled.id, by="zhao")
    stage.clock.turn(DAYS)
    assert removed(stage.engine) == 1
    assert {case.id for case in stage.engine.cases().items} == {still_open.id, suspended.id}
    # They live from their end on, not from their start.
    stage.engine.complete(stage.task(still_open).id, by="li")
    assert removed(stage.engine) == 0
    stage.clock.turn(DAYS)
    assert removed(stage.engine) == 1


def test_a_case_with_work_left_or_an_open_incident_stays_and_is_named(stage: Stage) -> None:
    stage.deploy("payment.bpmn", "paying.bpmn")
    definitions = stage.engine.store.tables.process_definitions
    with stage.engine.store.engine.begin() as connection:
        # Camunda 8, in which these are drawn, has no such attribute.
        paying = definitions.c.key == "paying"
        properties = connection.execute(select(definitions.c.properties).where(paying)).scalar_one()
        connection.execute(definitions.update().where(paying).values(properties={**properties, "days_to_live": 180}))
    for _ in range(2):
        stage.start("payment", invoice="I-2")
    thrower = stage.engine.start("paying", variables={"invoice": "I-2"}, by="zhao")
    assert thrower.status is CaseStatus.ENDED
    stage.clock.turn(DAYS)
    (held,) = stage.engine.clean_history(by=ADMIN).held_back
    assert (held.case_id, held.process_key) == (thrower.id, "paying")
    assert "of its jobs are still to run" in held.reason
    for _ in range(12):
        stage.engine.run_due()
        stage.clock.turn(timedelta(hours=1))
    (incident,) = stage.engine.incidents(thrower.id)
    assert [(due.cases, due.held_back) for due in stage.engine.plan_history_cleanup()] == [(1, 1)]
    (held,) = stage.engine.clean_history(by=ADMIN).held_back
    assert held.reason == "it has an open incident"
    stage.engine.cancel_case(stage.engine.cases(process_key="payment", status=CaseStatus.OPEN).items[0].id, by=ADMIN)
    stage.engine.retry_incident(incident.id, by=ADMIN)
    stage.engine.run_due()
    assert removed(stage.engine) == 1


def test_nothing_but_the_record_mentions_a_removed_case(stage: Stage) -> None:
    stage.answers["credit-score"] = {"score": 640}
    stage.deploy("review.bpmn", "risk.dmn", "documents.bpmn")
    case = stage.start("loan-review", "LN-1", amount=120_000)
    stage.engine.correlate("documents-received", key="DOC-1", message_id="m-1", by="mail")
    waiting = stage.start("documents", "DOC-1")
    stage.engine.run_due()
    stage.engine.deploy(changed(stage, "loan-review"), by="analyst")
    migration = stage.engine.begin_case_migration("loan-review:1", "loan-review:2", by="admin")
    stage.engine.run_case_migration(migration.id, by="admin")
    review = stage.task(case)
    stage.engine.save_draft(review.id, {"note": "half"}, by=reviewer("li.na"))
    stage.engine.copy_to(case.id, "zhou", by="zhao")
    assert {
        "cases", "case_keys", "tasks", "task_candidates", "drafts", "jobs", "decisions", "search_values", "task_search_values",
        "copies", "audit_entries", "case_migrations", "migrated_cases",
    } <= set(mentions(stage.engine, case.id, review.id, "LN-1"))  # fmt: skip
    assert "messages" in set(mentions(stage.engine, waiting.id))
    other = stage.start("loan-review", "LN-2", amount=120_000)
    tasks: list[str] = []
    while stage.engine.case(case.id).status is CaseStatus.OPEN:
        task = stage.task(case)
        tasks.append(task.id)
        stage.engine.complete(task.id, by=reviewer(("li.na", "wang.fang")[len(tasks) % 2]))
        stage.engine.run_due()
    stage.engine.complete(stage.task(waiting).id, by="li.na")
    stage.clock.turn(DAYS)
    before = list(mentions(stage.engine, other.id))
    assert removed(stage.engine) == 2
    assert set(mentions(stage.engine, case.id, waiting.id, *tasks)) == {"removed_cases"}
    assert set(mentions(stage.engine, "LN-1", "DOC-1", "m-1")) == set()
    assert list(mentions(stage.engine, other.id)) == before
    verify_all(stage.engine)
    # Nobody has the business key any more.
    assert stage.start("loan-review", "LN-1", amount=1).business_key == "LN-1"


def changed(stage: Stage, process: str) -> dict[str, bytes]:
    (definition,) = [each for each in stage.engine.definitions() if each.key == process]
    name, content = stage.engine.model(definition.id)
    files = {name: content.replace(b'name="Review"', b'name="Review again"')}
    (decision,) = stage.engine.definitions("decision")
    return files | dict([stage.engine.model(decision.id)])


def test_every_table_is_looked_through_for_what_belongs_to_a_case(stage: Stage) -> None:
    """A table that names a case or a task in a column of its own is one the removal knows, also one made later."""
    tables = stage.engine.store.tables
    about = {
        table.name.removeprefix(tables.prefix) for table in tables.metadata.sorted_tables if {"case_id", "task_id"} & set(table.c.keys())
    }
    by_case = {table.name.removeprefix(tables.prefix) for table in tables.metadata.sorted_tables if "case_id" in table.c}
    assert about - by_case == {"drafts"}


def test_what_was_exported_is_proven_by_the_head_that_stays(stage: Stage) -> None:
    stage.engine.deploy(quick(), by="analyst")
    case = stage.start("quick")

    def export() -> dict[str, Any]:
        with stage.engine.store.reading() as transaction:
            return audit.export(transaction, case.id)

    def check(bundle: dict[str, Any]) -> int:
        with stage.engine.store.reading() as transaction:
            return audit.verify_export(transaction, bundle)

    early = export()
    stage.engine.complete(stage.task(case).id, by="li")
    whole = export()
    assert (check(early), check(whole)) == (early["head"]["seq"], whole["head"]["seq"])
    stage.clock.turn(DAYS)
    assert removed(stage.engine) == 1
    assert check(whole) == whole["head"]["seq"]
    with pytest.raises(AuditChainBroken, match=f"the head that was kept when the case was removed is {whole['head']['hash']}"):
        check(early)
    with pytest.raises(AuditChainBroken, match="not what was written"):
        check(whole | {"entries": [entry | {"actor": "somebody"} for entry in whole["entries"]]})


def test_a_case_with_a_broken_chain_is_evidence_and_stays(stage: Stage) -> None:
    stage.engine.deploy(quick(), by="analyst")
    broken, whole = ended(stage), ended(stage)
    entries = stage.engine.store.tables.audit_entries
    with stage.engine.store.engine.begin() as connection:
        connection.execute(entries.update().where(entries.c.case_id == broken.id, entries.c.seq == 2).values(actor="nobody"))
    stage.clock.turn(DAYS)
    before = set(mentions(stage.engine, broken.id))
    done = stage.engine.clean_history(by=ADMIN)
    assert done.removed == {"quick": 1}
    (held,) = done.held_back
    assert held.case_id == broken.id
    assert "broken at entry 2" in held.reason
    assert set(mentions(stage.engine, broken.id)) == before
    with pytest.raises(NotFound, match="was removed"):
        stage.engine.case(whole.id)


def test_an_unreadable_case_row_is_reported_too(stage: Stage) -> None:
    if stage.engine.store.dialect != "sqlite":
        pytest.skip("other databases do not take such a row")
    stage.engine.deploy(quick(), by="analyst")
    case, other = ended(stage), ended(stage)
    with stage.engine.store.engine.begin() as connection:
        connection.execute(text("UPDATE loanflow_cases SET updated_at = 'soon' WHERE id = :id"), {"id": case.id})
    stage.clock.turn(DAYS)
    done = stage.engine.clean_history(by=ADMIN)
    assert [(held.case_id, "cannot be read" in held.reason) for held in done.held_back] == [(case.id, True)]
    assert done.removed == {"quick": 1}
    with pytest.raises(NotFound, match="was removed"):
        stage.engine.case(other.id)


def test_only_supervisors_and_programs_clean(stage: Stage) -> None:
    with pytest.raises(NotPermitted) as refused:
        stage.engine.clean_history(by="li")
    assert refused.value.code == "not-supervisor"
    stage.engine.clean_history(by=Actor.system("nightly"))


def test_a_limit_and_batches_leave_the_rest_for_the_next_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_cleanup, "BATCH", 2)
    stage.engine.deploy(quick(), by="analyst")
    cases = [ended(stage) for _ in range(8)]
    stage.clock.turn(DAYS)
    assert removed(stage.engine, limit=3) == 3
    verify_all(stage.engine)
    assert {case.id for case in stage.engine.cases().items} == {case.id for case in cases[3:]}
    assert removed(stage.engine) == 5


def test_a_power_cut_leaves_whole_cases(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.engine.deploy(quick(), by="analyst")
    cases = [ended(stage) for _ in range(4)]
    stage.clock.turn(DAYS)
    real, left = store.removed_cases.insert_all, 2

    def power_cut(*arguments: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(store.removed_cases, "insert_all", power_cut)
    with pytest.raises(KeyboardInterrupt):
        stage.engine.clean_history(by=ADMIN)
    monkeypatch.undo()
    assert {case.id for case in stage.engine.cases().items} == {case.id for case in cases[2:]}
    verify_all(stage.engine)
    for case in cases[2:]:
        assert len(stage.engine.history(case.id)) == case.audit_seq
        assert len(stage.engine.tasks_of(case.id, status=None)) == 1
    assert removed(stage.engine) == 2


def test_a_case_that_changes_between_reading_and_removing_is_read_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.engine.deploy(quick(), by="analyst")
    case = stage.start("quick")
    stage.engine.copy_to(case.id, "zhou", by="zhao")
    stage.engine.complete(stage.task(case).id, by="li")
    case = stage.engine.case(case.id)
    stage.clock.turn(DAYS)
    with stage.engine.store.reading() as transaction:
        copy = store.copies.of_case(transaction, case.id)[0]
    stage.engine.read_copy(copy.id, by="zhou")
    with pytest.raises(Conflict, match="has changed since it was read"):
        stage.engine.store.run(lambda transaction: audit.remove(transaction, case, days_to_live=180, at=stage.engine.now(), by="sun.li"))
    verify_all(stage.engine)
    assert removed(stage.engine) == 1


def test_two_who_clean_at_once_remove_each_case_once(engine: Engine) -> None:
    engine.deploy(quick(lives="P0D"), by="analyst")
    for _ in range(30):
        case = engine.start("quick", by="zhao")
        engine.complete(engine.tasks_of(case.id)[0].id, by="li")
    kept = engine.start("quick", by="zhao")
    done = at_once(*(lambda: engine.clean_history(by=ADMIN) for _ in range(3)))
    assert [each.held_back for each in done] == [(), (), ()]
    assert sum(each.removed.get("quick", 0) for each in done) == 30
    assert [case.id for case in engine.cases().items] == [kept.id]
    engine.verify_audit(kept.id)
    with engine.store.reading() as transaction:
        assert len(transaction.connection.execute(select(transaction.tables.removed_cases)).all()) == 30


def test_a_plan_may_look_ahead(stage: Stage) -> None:
    stage.engine.deploy(quick(), by="analyst")
    first = ended(stage)
    stage.clock.turn(timedelta(days=1))
    last = ended(stage)
    stage.engine.cancel_case(stage.start("quick").id, by="zhao")
    assert stage.engine.plan_history_cleanup(at=datetime(2026, 3, 2, tzinfo=UTC)) == ()
    (due,) = stage.engine.plan_history_cleanup(at=stage.engine.now() + DAYS)
    assert (due.cases, due.oldest, due.newest) == (3, first.ended_at, last.ended_at)
    assert len(stage.engine.cases().items) == 3
