"""Case migrations in the store: planned, run in batches, paused, resumed after a crash, and reverted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loanflow import CommandError, Conflict, Engine, NotFound, NotPermitted, store
from loanflow.engine import CaseMigrationReport, Criterion, case_migration
from loanflow.records import Case, CaseMigrationStatus, CaseStatus, IncidentStatus, MigrationOutcome, ProcessDefinition, TaskStatus
from loanflow.store.state_codec import pack
from tests.engine.conftest import Stage, reviewer
from tests.support.diagram_text import drawn

MIGRATED, SKIPPED, REVERTED, KEPT = MigrationOutcome


def task(id: str, name: str = "", attributes: str = 'camunda:candidateGroups="reviewer"', inner: str = "") -> str:
    return f'<userTask id="{id}" name="{name or id}" {attributes}>{inner}</userTask>'


def timer(id: str, on: str, duration: str) -> str:
    return (
        f'<boundaryEvent id="{id}" attachedToRef="{on}" cancelActivity="false"><timerEventDefinition id="d-{id}">'
        f'<timeDuration xsi:type="tFormalExpression">{duration}</timeDuration></timerEventDefinition></boundaryEvent>'
    )


def not_by(*ids: str) -> str:
    names = ",".join(ids)
    return f'<extensionElements><camunda:properties><camunda:property name="loanflow:different-from" value="{names}"/></camunda:properties></extensionElements>'  # noqa: E501


ONE = drawn(
    "credit", task("check") + timer("late", "check", "PT1H") + task("sign", inner=not_by("check")) + '<endEvent id="told"/>',
    "start -> check -> sign -> end\nlate -> told",
)  # fmt: skip
TWO = drawn(
    "credit", task("check", attributes='camunda:candidateGroups="boss"') + task("second") + task("sign", inner=not_by("check", "second")),
    "start -> check -> second -> sign -> end",
)  # fmt: skip
RENAMED = drawn(
    "credit", task("inspect", "Inspect") + timer("late", "inspect", "PT1H") + task("approve", inner=not_by("inspect"))
    + '<endEvent id="told"/>',
    "start -> inspect -> approve -> end\nlate -> told",
)  # fmt: skip


def deploy(stage: Stage, *versions: bytes) -> None:
    for version in versions:
        stage.engine.deploy({"credit.bpmn": version}, by="analyst")


def run(stage: Stage, old: str = "credit:1", new: str = "credit:2", mapping: Any = None, **more: Any) -> CaseMigrationReport:
    migration = stage.engine.begin_case_migration(old, new, mapping or {}, by="admin")
    return stage.engine.run_case_migration(migration.id, by="admin", **more)


def started(stage: Stage, number: int, **variables: Any) -> list[Case]:
    return [stage.start("credit", f"L-{place}", **variables) for place in range(number)]


def places(stage: Stage, case: Case | str) -> list[tuple[str, str]]:
    found = case if isinstance(case, str) else case.id
    version = {d.id: d.version for d in versions(stage.engine)}
    return [(standing.element_id, f"{version[standing.definition_id]}") for standing in stage.engine.tokens(found)]


def versions(engine: Engine) -> Any:
    with engine.store.reading() as transaction:
        return store.definitions.versions(transaction, ProcessDefinition, "credit")


def rows(stage: Stage, case: Case) -> list[Any]:
    """Everything that is kept of a case's wait states, as it can be compared."""
    with stage.engine.store.reading() as transaction:
        state = store.cases.load(transaction, case.id)
        assert state is not None
        return [
            state[1],
            [(t.id, t.token, t.element_id, t.process_definition_id, t.form, t.different_from, t.assignee, t.status, t.candidate_groups)
             for t in store.tasks.of_case(transaction, case.id)],
            list(store.jobs.of_case(transaction, case.id)),
            list(store.subscriptions.of_case(transaction, case.id)),
            list(store.incidents.of_case(transaction, case.id)),
        ]  # fmt: skip


def test_a_plan_looks_at_every_open_case_and_changes_nothing(stage: Stage) -> None:
    deploy(stage, ONE, TWO)
    stage.engine.deploy({"credit.bpmn": ONE}, by="analyst")
    cases = [stage.start("credit", f"L-{number}") for number in range(3)]
    before = [rows(stage, case) for case in cases]
    plan = stage.engine.plan_case_migration("credit:3", "credit:2")
    assert dict(plan.counts) == {"safe": 3, "needs-mapping": 0, "impossible": 0}
    assert [(finding.verdict, finding.element_id, finding.cases, finding.example) for finding in plan.findings] == [
        ("safe", "late", 3, "L-0")
    ]
    assert [rows(stage, case) for case in cases] == before
    assert plan.to_dict()["from"]["version"] == 3


def test_cases_that_need_a_mapping_are_named_with_their_reasons(stage: Stage) -> None:
    deploy(stage, ONE)
    started(stage, 2)
    deploy(stage, RENAMED)
    plan = stage.engine.plan_case_migration("credit:1", "credit")
    assert dict(plan.counts) == {"safe": 0, "needs-mapping": 2, "impossible": 0}
    assert [(case.business_key, case.verdict) for case in plan.cases] == [("L-0", "needs-mapping"), ("L-1", "needs-mapping")]
    assert plan.cases[0].reasons == (
        'a token waits at user task "check" (check), which is not in the new version; say where it goes on, '
        'for instance user task "Inspect" (inspect), user task "approve" (approve)',
    )
    given = stage.engine.plan_case_migration("credit:1", "credit", {"check": "inspect"})
    assert given.counts["safe"] == 2
    # A plan's own mapping can be given back.
    assert stage.engine.plan_case_migration("credit:1", "credit", given.to_dict()["mapping"]).counts == given.counts


def test_a_run_takes_every_case_over_and_says_how_far_it_is(stage: Stage) -> None:
    deploy(stage, ONE)
    cases = started(stage, 5, amount=7)
    deploy(stage, TWO)
    seen: list[int] = []
    report = run(stage, batch=2, progress=lambda report: seen.append(report.counts[MIGRATED]))
    assert seen == [2, 4, 5]
    assert (report.migration.status, report.migration.total, dict(report.counts)) == (CaseMigrationStatus.FINISHED, 5, {MIGRATED: 5})
    for case in cases:
        after = stage.engine.case(case.id)
        assert (after.process_version, places(stage, case), stage.engine.jobs_of(case.id)) == (2, [("check", "2")], ())
        stage.engine.verify_audit(case.id)
    moved = cases[0]
    # Assignment stays as it was, as Camunda 7 has it.
    assert stage.task(moved).candidate_groups == ("reviewer",)
    for name, who in (("check", "li"), ("second", "wang"), ("sign", "zhou")):
        stage.engine.complete(stage.task(moved, name).id, by=reviewer(who))
    assert stage.engine.case(moved.id).status is CaseStatus.ENDED
    stage.engine.verify_audit(moved.id)


def test_the_history_says_from_where_to_where(stage: Stage) -> None:
    deploy(stage, ONE)
    (case,) = started(stage, 1)
    deploy(stage, RENAMED)
    migration = stage.engine.begin_case_migration("credit:1", "credit:2", {"check": "inspect", "late": None}, by="admin", reason="typo")
    stage.engine.run_case_migration(migration.id, by="admin")
    entry = next(entry for entry in stage.engine.history(case.id) if entry.kind == "case.migrated")
    assert (entry.actor, entry.data["from_version"], entry.data["to_version"]) == ("admin", 1, 2)
    assert (entry.data["renamed"], entry.data["reason"], entry.data["migration"]) == ({"check": "inspect"}, "typo", migration.id)
    assert entry.data["notes"] == [
        "boundary event (late) is not in the new version: it is waited for no longer",
        'user task "check" (check) becomes user task "Inspect" (inspect)',
        "boundary event (late) is new: it is waited for from the migration on",
    ]


def test_cases_that_cannot_go_are_left_where_they_are_and_listed(stage: Stage) -> None:
    deploy(stage, ONE)
    first, second = started(stage, 2)
    stage.engine.complete(stage.task(second).id, by=reviewer("li"))
    before = rows(stage, first)
    deploy(stage, drawn("credit", '<serviceTask id="check" camunda:type="external" camunda:topic="step"/>' + task("sign"),
                        "start -> check -> sign -> end"))  # fmt: skip
    report = run(stage)
    assert dict(report.counts) == {MIGRATED: 1, SKIPPED: 1}
    assert report.skipped == (("a token waits at user task \"check\" (check), which is not in the new version; say where it goes on, "
                               "for instance user task \"sign\" (sign)", 1, first.id),)  # fmt: skip
    assert rows(stage, first) == before
    assert stage.engine.case(first.id).process_version == 1


def test_four_eyes_hold_over_a_renaming_and_back(stage: Stage) -> None:
    deploy(stage, ONE)
    (case,) = started(stage, 1)
    stage.engine.complete(stage.task(case).id, by=reviewer("li"))
    deploy(stage, RENAMED)
    report = run(stage, mapping={"check": "inspect", "sign": "approve"})
    waiting = stage.task(case)
    assert (waiting.element_id, waiting.different_from) == ("approve", ("inspect",))
    with pytest.raises(NotPermitted):
        stage.engine.complete(waiting.id, by=reviewer("li"))
    deploy(stage, ONE)
    run(stage, "credit:2", "credit:3", mapping={"inspect": "check", "approve": "sign"})
    with pytest.raises(NotPermitted):
        stage.engine.complete(waiting.id, by=reviewer("li"))
    stage.engine.complete(waiting.id, by=reviewer("wang"))
    assert stage.engine.revert_case_migration(report.migration.id, by="admin").counts == {KEPT: 1}


def test_a_timer_that_runs_keeps_its_due_date_and_fires_in_the_new_version(stage: Stage) -> None:
    deploy(stage, ONE)
    (case,) = started(stage, 1)
    (before,) = stage.engine.jobs_of(case.id)
    stage.clock.turn(timedelta(minutes=30))
    deploy(
        stage,
        drawn("credit", task("check") + timer("late", "check", "P9D") + task("called"), "start -> check -> end\nlate -> called -> end"),
    )
    run(stage)
    (after,) = stage.engine.jobs_of(case.id)
    assert (after.id, after.due_at, after.process_definition_id) == (
        before.id,
        before.due_at,
        stage.engine.case(case.id).process_definition_id,
    )
    stage.clock.turn(timedelta(minutes=31))
    stage.engine.run_due()
    assert stage.task(case, "called").element_id == "called"


def test_search_columns_follow_the_new_version(stage: Stage) -> None:
    def version(columns: str) -> bytes:
        held = f'<extensionElements><camunda:properties><camunda:property name="loanflow:search-columns" value="{columns}"/></camunda:properties></extensionElements>'  # noqa: E501
        return drawn("credit", held + task("check"), "start -> check -> end")

    deploy(stage, version("amount:number"))
    case = stage.start("credit", amount=7, branch="north")
    deploy(stage, version("branch:text"))
    wanted = (Criterion(name="branch", comparison="=", value="north"),)
    assert stage.engine.cases(process_key="credit", criteria=wanted).items == ()
    run(stage)
    assert [found.id for found in stage.engine.cases(process_key="credit", criteria=wanted).items] == [case.id]


def test_an_incident_goes_along_and_is_resolved_there(stage: Stage) -> None:
    def version(value: str) -> bytes:
        choice = (
            '<exclusiveGateway id="gate"/>' + task("check") + '<sequenceFlow id="only" sourceRef="gate" targetRef="check">'
            f'<conditionExpression xsi:type="tFormalExpression">${{amount &gt; {value}}}</conditionExpression></sequenceFlow>'
            '<sequenceFlow id="other" sourceRef="gate" targetRef="end">'
            '<conditionExpression xsi:type="tFormalExpression">${amount &gt; 100}</conditionExpression></sequenceFlow>'
        )
        return drawn("credit", choice, "start -> gate\ncheck -> end")

    deploy(stage, version("9"))
    case = stage.start("credit", amount=5)
    (incident,) = stage.engine.incidents(case.id)
    deploy(stage, version("1"))
    run(stage)
    (moved,) = stage.engine.incidents(case.id)
    assert (moved.id, moved.process_definition_id) == (incident.id, stage.engine.case(case.id).process_definition_id)
    stage.engine.resolve_incident(moved.id, by="admin")
    assert places(stage, case) == [("check", "2")]
    assert stage.engine.incidents(case.id, status=IncidentStatus.OPEN) == ()


def test_a_called_process_is_migrated_in_the_cases_that_call_it(stage: Stage) -> None:
    deploy(stage, ONE)
    caller = drawn("caller", '<callActivity id="call" calledElement="credit"/>', "start -> call -> end")
    stage.engine.deploy({"caller.bpmn": caller}, by="analyst")
    case = stage.engine.start("caller", by="zhao")
    other = stage.engine.start("credit", by="zhao")
    deploy(stage, TWO)
    report = run(stage)
    assert dict(report.counts) == {MIGRATED: 2}
    after = stage.engine.case(case.id)
    assert (after.process_key, after.process_version) == ("caller", 1)
    waiting = stage.task(after)
    assert (waiting.element_id, waiting.process_definition_id) == ("check", stage.engine.case(other.id).process_definition_id)
    for name, who in (("check", "li"), ("second", "wang"), ("sign", "zhou")):
        stage.engine.complete(stage.task(after, name).id, by=reviewer(who))
    assert stage.engine.case(case.id).status is CaseStatus.ENDED


class TestPausingAndCrashing:
    def test_a_run_stops_before_its_next_case_when_paused_and_goes_on(self, stage: Stage) -> None:
        deploy(stage, ONE)
        cases = started(stage, 5)
        deploy(stage, TWO)
        migration = stage.engine.begin_case_migration("credit:1", "credit:2", by="admin")

        def stop(report: CaseMigrationReport) -> None:
            stage.engine.pause_case_migration(migration.id, by="colleague")

        report = stage.engine.run_case_migration(migration.id, by="admin", batch=2, progress=stop)
        assert (report.migration.status, dict(report.counts)) == (CaseMigrationStatus.PAUSED, {MIGRATED: 2})
        assert sorted(stage.engine.case(case.id).process_version for case in cases) == [1, 1, 1, 2, 2]
        report = stage.engine.run_case_migration(migration.id, by="admin")
        assert (report.migration.status, dict(report.counts)) == (CaseMigrationStatus.FINISHED, {MIGRATED: 5})
        with pytest.raises(Conflict, match="is finished"):
            stage.engine.run_case_migration(migration.id, by="admin")
        with pytest.raises(Conflict, match="is finished"):
            stage.engine.pause_case_migration(migration.id, by="admin")

    @pytest.mark.parametrize("where", ["after the case row", "after the rows of its wait states"])
    def test_a_crash_in_the_middle_of_a_case_leaves_it_whole(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
        deploy(stage, ONE)
        cases = started(stage, 4)
        before = {case.id: rows(stage, case) for case in cases}
        deploy(stage, TWO)
        migration = stage.engine.begin_case_migration("credit:1", "credit:2", by="admin")
        module, name = (
            (case_migration.store.places, "move") if where == "after the case row" else (case_migration.store.case_migrations, "put_case")
        )
        real, left = getattr(module, name), 7 if name == "move" else 2

        def power_cut(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return real(*arguments, **named)

        monkeypatch.setattr(module, name, power_cut)
        with pytest.raises(KeyboardInterrupt):
            stage.engine.run_case_migration(migration.id, by="admin")
        monkeypatch.undo()
        done = [case for case in cases if stage.engine.case(case.id).process_version == 2]
        assert 0 < len(done) < 4
        for case in cases:
            stage.engine.verify_audit(case.id)
            if case not in done:
                assert rows(stage, case) == before[case.id]
        assert stage.engine.case_migration(migration.id).migration.status is CaseMigrationStatus.RUNNING
        report = stage.engine.run_case_migration(migration.id, by="admin")
        assert (report.migration.status, dict(report.counts)) == (CaseMigrationStatus.FINISHED, {MIGRATED: 4})
        for case in cases:
            for name, who in (("check", "li"), ("second", "wang"), ("sign", "zhou")):
                stage.engine.complete(stage.task(case, name).id, by=reviewer(who))
            assert stage.engine.case(case.id).status is CaseStatus.ENDED

    def test_a_case_that_cannot_be_read_does_not_stop_the_others(self, stage: Stage) -> None:
        deploy(stage, ONE)
        first, second = started(stage, 2)
        table = stage.engine.store.tables.cases
        with stage.engine.store.engine.begin() as connection:
            broken = f'{{"v":99,"p":["{first.process_definition_id}"]}}'.encode()
            connection.execute(table.update().where(table.c.id == first.id).values(state=pack(broken)))
        deploy(stage, TWO)
        plan = stage.engine.plan_case_migration("credit:1", "credit:2")
        assert dict(plan.counts) == {"safe": 1, "needs-mapping": 0, "impossible": 1}
        report = run(stage)
        assert dict(report.counts) == {MIGRATED: 1, SKIPPED: 1}
        assert "snapshot format 99" in report.skipped[0][0]
        assert stage.engine.case(second.id).process_version == 2


class TestReverting:
    def test_everything_is_as_it_was(self, stage: Stage) -> None:
        deploy(stage, ONE)
        cases = started(stage, 3, amount=1)
        stage.engine.claim(stage.task(cases[1]).id, by=reviewer("li"))
        stage.engine.complete(stage.task(cases[2]).id, by=reviewer("li"))
        before = [rows(stage, case) for case in cases]
        deploy(stage, RENAMED)
        report = run(stage, mapping={"check": "inspect", "late": None, "sign": "approve"})
        assert dict(report.counts) == {MIGRATED: 3}
        assert [rows(stage, case) for case in cases] != before
        back = stage.engine.revert_case_migration(report.migration.id, by="admin", batch=2)
        assert (back.migration.status, dict(back.counts)) == (CaseMigrationStatus.REVERTED, {REVERTED: 3})
        assert [rows(stage, case) for case in cases] == before
        for case in cases:
            assert stage.engine.case(case.id).process_version == 1
            assert stage.kinds(case)[-1] == "case.migration-reverted"
            stage.engine.verify_audit(case.id)
        with pytest.raises(Conflict, match="is reverted"):
            stage.engine.revert_case_migration(report.migration.id, by="admin")

    def test_what_the_migration_armed_and_opened_goes_and_what_it_took_comes_back(self, stage: Stage) -> None:
        def fork(*branches: str, more: str = "") -> bytes:
            lines = "\n".join(f"fork -> {branch} -> join" for branch in branches)
            nodes = "".join(task(branch) for branch in branches)
            return drawn("credit", f'<parallelGateway id="fork"/><parallelGateway id="join"/>{nodes}{task("after")}{more}',
                         f"start -> fork\n{lines}\njoin -> after -> end")  # fmt: skip

        deploy(
            stage,
            fork(
                "a", "b", more=timer("late", "b", "PT1H") + '<endEvent id="told"/><sequenceFlow id="x" sourceRef="late" targetRef="told"/>'
            ),
        )
        (case,) = started(stage, 1)
        stage.engine.complete(stage.task(case, "a").id, by=reviewer("li"))
        claimed = stage.engine.claim(stage.task(case, "b").id, by=reviewer("wang"))
        before = rows(stage, case)
        deploy(stage, fork("a"))
        report = run(stage, mapping={"b": None})
        assert [open_task.name for open_task in stage.engine.tasks_of(case.id)] == ["after"]
        assert stage.engine.task(claimed.id).status is TaskStatus.CANCELLED
        assert stage.engine.jobs_of(case.id) == ()
        stage.engine.revert_case_migration(report.migration.id, by="admin")
        after = rows(stage, case)
        opened = after[1].pop()
        assert (opened[2], opened[7]) == ("after", TaskStatus.CANCELLED)
        assert after == before
        stage.engine.complete(claimed.id, by=reviewer("wang"))
        assert [open_task.name for open_task in stage.engine.tasks_of(case.id)] == ["after"]

    def test_a_case_that_has_moved_since_stays(self, stage: Stage) -> None:
        deploy(stage, ONE)
        moved, ended, still, claimed = started(stage, 4)
        deploy(stage, TWO)
        report = run(stage)
        stage.engine.complete(stage.task(moved).id, by=reviewer("li"))
        stage.engine.cancel_case(ended.id, by="admin")
        # Who has a task is no movement.
        stage.engine.claim(stage.task(claimed).id, by=reviewer("li"))
        back = stage.engine.revert_case_migration(report.migration.id, by="admin")
        assert dict(back.counts) == {REVERTED: 2, KEPT: 2}
        assert {reason: case for reason, _, case in back.kept} == {"the case has moved since": moved.id, "the case is over": ended.id}
        assert [stage.engine.case(case.id).process_version for case in (moved, still, claimed)] == [2, 1, 1]
        assert stage.task(claimed).assignee == "li"

    def test_a_called_process_goes_back_inside_its_case(self, stage: Stage) -> None:
        deploy(stage, ONE)
        caller = drawn("caller", '<callActivity id="call" calledElement="credit"/>', "start -> call -> end")
        stage.engine.deploy({"caller.bpmn": caller}, by="analyst")
        case = stage.engine.start("caller", by="zhao")
        before = rows(stage, case)
        deploy(stage, TWO)
        report = run(stage)
        stage.engine.revert_case_migration(report.migration.id, by="admin")
        assert rows(stage, case) == before
        assert stage.engine.case(case.id).process_key == "caller"

    def test_a_forgotten_revert_point_is_gone(self, stage: Stage) -> None:
        deploy(stage, ONE)
        (case,) = started(stage, 1)
        deploy(stage, TWO)
        report = run(stage)
        assert stage.engine.forget_case_migration(report.migration.id, by="admin") == 1
        back = stage.engine.revert_case_migration(report.migration.id, by="admin")
        assert back.kept == (("the state to go back to was given up", 1, case.id),)

    def test_a_paused_run_can_be_reverted_and_not_resumed_then(self, stage: Stage) -> None:
        deploy(stage, ONE)
        started(stage, 3)
        deploy(stage, TWO)
        migration = stage.engine.begin_case_migration("credit:1", "credit:2", by="admin")
        stop = lambda _: stage.engine.pause_case_migration(migration.id, by="admin")  # noqa: E731
        stage.engine.run_case_migration(migration.id, by="admin", batch=1, progress=stop)
        assert dict(stage.engine.revert_case_migration(migration.id, by="admin").counts) == {REVERTED: 1}
        with pytest.raises(Conflict, match="is reverted"):
            stage.engine.run_case_migration(migration.id, by="admin")


class TestNames:
    def test_versions_are_named_by_number_tag_key_or_id(self, stage: Stage) -> None:
        deploy(stage, drawn("credit", task("check"), "start -> check -> end", attributes='camunda:versionTag="spring"'), TWO)
        newest = versions(stage.engine)[0]
        for old, new in (("credit:1", "credit:2"), ("credit:spring", "credit"), ("credit:1", newest.id)):
            plan = stage.engine.plan_case_migration(old, new)
            assert (plan.old.version, plan.new.version) == (1, 2)

    def test_what_does_not_fit_is_refused(self, stage: Stage) -> None:
        deploy(stage, ONE, TWO)
        stage.engine.deploy({"other.bpmn": drawn("other", task("check"), "start -> check -> end")}, by="analyst")
        with pytest.raises(NotFound, match="credit:2, credit:1"):
            stage.engine.plan_case_migration("credit:1", "credit:9")
        with pytest.raises(CommandError, match="two processes"):
            stage.engine.plan_case_migration("credit:1", "other:1")
        with pytest.raises(CommandError, match="nothing to migrate"):
            stage.engine.plan_case_migration("credit:2", "credit")
        with pytest.raises(CommandError, match="'nobody'"):
            stage.engine.begin_case_migration("credit:1", "credit:2", {"nobody": "check"}, by="admin")
        with pytest.raises(NotFound):
            stage.engine.run_case_migration("01999999-0000-7000-8000-000000000000", by="admin")
