"""What an engine recalls of a case counts only while it is true; two engines here stand for two processes."""

from __future__ import annotations

import os
import random
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session
from sqlalchemy.schema import DropSchema

from loanflow import Actor, Conflict, Engine, Handlers, NotPermitted, TurnableClock
from loanflow.engine import Settings
from loanflow.engine.recollection import LARGEST_LIVE, LARGEST_STATE, Left, Recollection
from loanflow.errors import CommandError
from loanflow.execution import CaseExecution
from loanflow.records import CaseStatus, TaskStatus
from tests.engine.conftest import MORNING, POSTGRESQL, reviewer
from tests.store.builders import a_case, a_task
from tests.support.diagrams import diagram

FILES = diagram("review.bpmn", "risk.dmn", "documents.bpmn", "chain.bpmn", "form.bpmn")
BOSS = Actor("boss", groups=("admin", "reviewer"))
Opened = Callable[..., Engine]


def some_handlers() -> Handlers:
    handlers = Handlers()
    handlers.service("credit-score")(lambda: {"score": 640})
    for topic in ("disburse", "remind", "step"):
        handlers.service(topic)(lambda: None)
    return handlers


@pytest.fixture(params=["sqlite", "postgresql", "postgresql-serializable"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Opened]:
    """Open engines on one database."""
    common: dict[str, Any] = {"handlers": [some_handlers()], "clock": TurnableClock(MORNING)}
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'cases.db'}"
    else:
        url = os.environ.get(POSTGRESQL, "")
        if not url:
            pytest.skip(f"{POSTGRESQL} names no database")
        common["schema"] = f"test_{uuid4().hex[:12]}"
        if request.param.endswith("serializable"):
            common |= {"isolation_level": "SERIALIZABLE", "skip_locked": False}
    engines: list[Engine] = []

    def another(at: str = url, **more: Any) -> Engine:
        engines.append(Engine(at, **(common | more)))
        if len(engines) == 1:
            engines[0].upgrade_database()
            engines[0].deploy(FILES, by="analyst")
        return engines[-1]

    yield another
    if "schema" in common:
        with engines[0].store.engine.begin() as connection:
            connection.execute(DropSchema(common["schema"], cascade=True))
    for engine in engines:
        engine.close()


def reviewed(engine: Engine, key: str) -> str:
    engine.start("loan-review", key=key, variables={"amount": 1}, by="zhao")
    engine.run_due()
    return engine.tasks_of(key)[0].id


def looks(engine: Engine, work: Callable[[], object]) -> int:
    """Count the statements that read while ``work`` is done."""
    seen: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(engine.store.engine, "before_cursor_execute", listen)
    try:
        work()
    finally:
        event.remove(engine.store.engine, "before_cursor_execute", listen)
    return len(seen)


def test_what_the_engine_left_itself_is_not_read_again(opened: Opened) -> None:
    engine = opened()
    task = reviewed(engine, "L-1")
    assert looks(engine, lambda: engine.claim(task, reviewer("li.na"))) == 0
    assert looks(engine, lambda: engine.complete(task, {}, by=reviewer("li.na"))) == 0
    forgetful = opened(settings=Settings(recalled_cases=0))
    other = reviewed(forgetful, "L-2")
    assert looks(forgetful, lambda: forgetful.claim(other, reviewer("li.na"))) == 1


def test_a_task_that_another_process_gave_away_is_not_done(opened: Opened) -> None:
    here, there = opened(), opened()
    task = reviewed(here, "L-1")
    there.claim(task, reviewer("wang.fang"))
    with pytest.raises(NotPermitted, match=r"belongs to wang\.fang"):
        here.complete(task, {"by": "li"}, by=reviewer("li.na"))
    there.complete(task, {"by": "wang"}, by=reviewer("wang.fang"))
    with pytest.raises(Conflict, match=r"is done already: wang\.fang"):
        here.complete(task, {"by": "li"}, by=reviewer("li.na"))
    assert here.variables("L-1")["by"] == "wang"
    here.verify_audit("L-1")


def test_variables_that_another_process_changed_are_seen(opened: Opened) -> None:
    here, there = opened(), opened()
    task = reviewed(here, "L-1")
    there.set_variables("L-1", {"amount": 77}, by="zhao")
    here.complete(task, {}, by=reviewer("li.na"))
    assert here.variables("L-1")["amount"] == 77


def test_what_was_refused_on_memory_is_done_if_it_is_right_by_now(opened: Opened) -> None:
    here, there = opened(), opened()
    task = reviewed(here, "L-1")
    here.claim(task, reviewer("li.na"))
    there.unclaim(task, by=reviewer("li.na"))
    assert here.claim(task, reviewer("wang.fang")).assignee == "wang.fang"


def test_an_answer_that_changes_nothing_is_not_given_from_memory(opened: Opened) -> None:
    here, there = opened(), opened()
    task = reviewed(here, "L-1")
    here.claim(task, reviewer("li.na"))
    there.assign(task, "wang.fang", by=reviewer("li.na"))
    with pytest.raises(Conflict, match=r"wang\.fang has it"):
        here.claim(task, reviewer("li.na"))


def test_a_suspended_case_stands_still_for_jobs_too(opened: Opened) -> None:
    here, there = opened(), opened()
    case = here.start("chain", key="C-1", by="zhao")
    there.suspend("C-1", by=BOSS)
    here.run_due()
    assert here.case(case.id).status is CaseStatus.SUSPENDED
    there.resume("C-1", by=BOSS)
    here.run_due()
    there.run_due()
    here.verify_audit("C-1")


def test_a_refused_command_is_forgotten_with_what_it_did(opened: Opened) -> None:
    engine = opened()
    task = reviewed(engine, "L-1")
    with pytest.raises(NotPermitted):
        engine.complete(task, {"by": "nobody"}, by="nobody")
    assert looks(engine, lambda: engine.complete(task, {}, by=reviewer("li.na"))) == 1
    assert "by" not in engine.variables("L-1")


def test_a_commit_that_fails_is_forgotten(opened: Opened) -> None:
    engine = opened()
    task = reviewed(engine, "L-1")

    def fail(_connection: Any) -> None:
        raise RuntimeError("no power")

    # On PostgreSQL the commit is sent with the rows; what SQLAlchemy says of it comes behind.
    kind = "commit" if engine.store.dialect == "sqlite" else "before_cursor_execute"
    listener: Any = fail if kind == "commit" else lambda connection, *_rest: fail(connection)
    event.listen(engine.store.engine, kind, listener)
    with pytest.raises(RuntimeError, match="no power"):
        engine.complete(task, {"by": "li"}, by=reviewer("li.na"))
    event.remove(engine.store.engine, kind, listener)
    assert engine.task(task).status is TaskStatus.OPEN
    assert looks(engine, lambda: engine.complete(task, {"by": "li"}, by=reviewer("li.na"))) == 1
    engine.verify_audit("L-1")


def test_the_callers_transaction_neither_recalls_nor_is_recalled(opened: Opened) -> None:
    engine = opened()
    task = reviewed(engine, "L-1")
    with Session(engine.store.engine) as session:
        within = engine.within(session)
        assert looks(engine, lambda: within.claim(task, reviewer("wang.fang"))) == 1
        session.rollback()
    assert engine.claim(task, reviewer("li.na")).assignee == "li.na"
    with Session(engine.store.engine) as session:
        engine.within(session).unclaim(task, by=reviewer("li.na"))
        session.commit()
    assert engine.claim(task, reviewer("wang.fang")).assignee == "wang.fang"


def test_a_database_that_went_on_from_an_older_copy_is_not_written_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    here = Engine(url, remote=True, clock=TurnableClock(MORNING))
    here.upgrade_database()
    here.deploy(FILES, by="analyst")
    here.start("chain", key="C-1", by="zhao")
    here.start("loan-review", key="L-1", variables={"amount": 1}, by="zhao")
    there = Engine(url, handlers=[some_handlers()], clock=TurnableClock(MORNING))
    there.run_due()
    (task,) = there.tasks_of("L-1")
    with closing(here.store.engine.raw_connection()) as connection, closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        driver: Any = connection.driver_connection
        driver.backup(copy)
        there.claim(task.id, reviewer("li.na"))
        copy.backup(driver)
    here.claim(task.id, reviewer("wang.fang"))
    # The version is the one remembered, the history is another.
    with pytest.raises(NotPermitted, match=r"belongs to wang\.fang"):
        there.complete(task.id, {}, by=reviewer("li.na"))
    there.verify_audit("L-1")
    here.close()
    there.close()


def done(engine: Engine, verb: str, key: str, person: Actor, turn: int) -> str:
    """Give a command on the case's first task, or on the case; return in words what came of it."""
    tasks = sorted(engine.tasks_of(key), key=lambda task: task.token)
    task = tasks[0].id if tasks else a_task().id
    verbs: dict[str, Callable[[], object]] = {
        "claim": lambda: engine.claim(task, person),
        "unclaim": lambda: engine.unclaim(task, by=person),
        "complete": lambda: engine.complete(task, {"turn": turn}, by=person),
        "assign": lambda: engine.assign(task, "li.na", by=BOSS),
        "change": lambda: engine.set_variables(key, {"amount": turn}, by="zhao"),
        "suspend": lambda: engine.suspend(key, by=BOSS),
        "resume": lambda: engine.resume(key, by=BOSS),
        "work": engine.run_due,
    }
    try:
        answer = repr(verbs[verb]())
    except CommandError as error:
        answer = f"{type(error).__name__}: {error}"
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}", "…", answer)


@pytest.mark.parametrize("seed", range(4))
def test_two_engines_that_recall_do_as_one_that_reads(opened: Opened, seed: int) -> None:
    draw = random.Random(seed)
    pair = [opened(), opened()]
    reference = Engine("sqlite://", handlers=[some_handlers()], clock=TurnableClock(MORNING), settings=Settings(recalled_cases=0))
    reference.deploy(FILES, by="analyst")
    keys = [f"L-{number}" for number in range(3)]
    for key in keys:
        draw.choice(pair).start("loan-review", key=key, variables={"amount": 1}, by="zhao")
        reference.start("loan-review", key=key, variables={"amount": 1}, by="zhao")
    for turn in range(60):
        engine, key, person = draw.choice(pair), draw.choice(keys), reviewer(draw.choice(["li.na", "wang.fang"]))
        verb = draw.choice(["claim", "claim", "unclaim", "complete", "complete", "assign", "change", "suspend", "resume", "work", "work"])

        assert done(engine, verb, key, person, turn) == done(reference, verb, key, person, turn), (turn, verb, key)
    for key in keys:
        told = [[(entry.kind, entry.actor, entry.element_id) for entry in each.history(key)] for each in (pair[0], reference)]
        assert told[0] == told[1]
        assert pair[0].variables(key) == reference.variables(key)
        pair[1].verify_audit(key)
    reference.close()


def restored(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Collect the snapshots that executions are restored from."""
    found: list[bytes] = []
    load = CaseExecution.load

    def noted(data: bytes, **context: Any) -> CaseExecution:
        found.append(data)
        return load(data, **context)

    monkeypatch.setattr(CaseExecution, "load", noted)
    return found


def test_a_recalled_case_goes_on_with_the_execution_itself(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = opened()
    snapshots = restored(monkeypatch)
    task = reviewed(engine, "L-1")
    # A handler is shown a case of its own.
    shown = len(snapshots)
    engine.claim(task, reviewer("li.na"))
    reasons = ["late", {"days": 3}]
    engine.complete(task, {"reasons": reasons}, by=reviewer("li.na"))
    assert len(snapshots) == shown
    reasons.append("changed by its owner")
    assert engine.variables("L-1")["reasons"] == ["late", {"days": 3}]
    engine.verify_audit("L-1")


def test_what_did_not_come_off_is_not_gone_on_with(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = opened()
    task = reviewed(engine, "L-1")
    snapshots = restored(monkeypatch)
    with pytest.raises(NotPermitted):
        engine.complete(task, {"by": "nobody"}, by=Actor("nobody"))
    engine.complete(task, {"by": "li"}, by=reviewer("li.na"))
    assert len(snapshots) == 1
    assert engine.variables("L-1")["by"] == "li"


def test_a_kept_execution_is_the_snapshot_and_keeps_no_command(opened: Opened) -> None:
    engine = opened()
    small, large = (
        engine.start("loan-review", key=key, variables={"x": "x" * size}, by="zhao") for key, size in [("S", 1), ("L", LARGEST_LIVE)]
    )
    recollection = engine._own.recollection
    left = recollection.take(small.id)
    assert left is not None
    assert left.execution is not None
    assert left.execution.dump() == left.state
    assert vars(left.execution._machine.host).keys() == {"_case_id", "decisions"}
    left = recollection.take(large.id)
    assert left is not None
    assert left.execution is None


def test_the_cases_left_longest_ago_are_forgotten_first() -> None:
    recollection = Recollection(room=2)
    lefts = [Left((case := a_case()), b"state", (a_task(case_id=case.id),)) for _ in range(3)]
    for left in lefts:
        recollection.keep(left)
    assert [recollection.take_with_task(left.tasks[0].id) for left in lefts] == [None, lefts[1], lefts[2]]
    # Whoever recalls a case takes it.
    assert [recollection.take(left.case.id) for left in lefts] == [None, None, None]
    recollection.keep(lefts[0])
    recollection.keep(Left(lefts[0].case, b"x" * (LARGEST_STATE + 1)))
    assert recollection.take(lefts[0].case.id) is None
    recollection.keep(lefts[0])
    recollection.forget(lefts[0].case.id)
    assert recollection.take_with_task(lefts[0].tasks[0].id) is None


class Relay:
    """Stands between engine and PostgreSQL; ``hold`` keeps the server's answers back until the client has said a word."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._word = b""
        self._gave_up = False
        threading.Thread(target=self._serve, daemon=True).start()

    def hold(self, word: bytes) -> None:
        self._word, self._gave_up = word, False
        self._may_answer.clear()

    def release(self) -> bool:
        """Let everything through again; say whether the word has been said while the answers were kept back."""
        said = self._may_answer.is_set() and not self._gave_up
        self._may_answer.set()
        return said

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._to)
                for source, target, asks in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(source, target, asks), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks and self._word in data:
                    self._may_answer.set()
                if not asks and not self._may_answer.wait(20):
                    self._gave_up = True
                    self._may_answer.set()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._listening.close()


WATCHED = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="D"
  targetNamespace="loanflow"><message id="M" name="withdrawn"/><process id="watched" isExecutable="true" camunda:historyTimeToLive="P180D">
  <startEvent id="Start"><outgoing>a</outgoing></startEvent><sequenceFlow id="a" sourceRef="Start" targetRef="Review"/>
  <userTask id="Review" camunda:candidateGroups="reviewer"><incoming>a</incoming><outgoing>b</outgoing></userTask>
  <boundaryEvent id="Late" attachedToRef="Review" cancelActivity="false"><outgoing>c</outgoing>
    <timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>
  <boundaryEvent id="Withdrawn" attachedToRef="Review"><outgoing>d</outgoing><messageEventDefinition messageRef="M"/></boundaryEvent>
  <sequenceFlow id="b" sourceRef="Review" targetRef="Approve"/><sequenceFlow id="c" sourceRef="Late" targetRef="Told"/>
  <sequenceFlow id="d" sourceRef="Withdrawn" targetRef="Gone"/>
  <userTask id="Approve" camunda:candidateGroups="reviewer"><incoming>b</incoming></userTask>
  <endEvent id="Told"><incoming>c</incoming></endEvent><endEvent id="Gone"><incoming>d</incoming></endEvent></process></definitions>"""


@pytest.mark.skipif(not os.environ.get(POSTGRESQL), reason=f"{POSTGRESQL} names no database")
def test_a_completion_takes_one_round_trip_on_postgresql() -> None:
    url = make_url(os.environ[POSTGRESQL])
    schema = f"test_{uuid4().hex[:12]}"
    with closing(Relay(url.host or "127.0.0.1", url.port or 5432)) as relay:
        engine = Engine(
            url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False), schema=schema, handlers=[some_handlers()]
        )
        engine.upgrade_database()
        engine.deploy(FILES, by="analyst")
        engine.deploy({"watched.bpmn": WATCHED}, by="analyst")
        (task, other) = (engine.tasks_of(engine.start("form", by="zhao").id)[0].id for _ in range(2))
        watched = engine.start("watched", by="zhao")
        (review,) = engine.tasks_of(watched.id)
        # Nothing is answered before the commit has been sent.
        relay.hold(b"COMMIT")
        engine.complete(task, {"amount": 5000}, by=reviewer("li.na"))
        assert relay.release()
        # What waited on the border of a task goes with it: a timer, a message.
        relay.hold(b"COMMIT")
        engine.complete(review.id, by=reviewer("li.na"))
        assert relay.release()
        assert [one.element_id for one in engine.tasks_of(watched.id)] == ["Approve"]
        assert engine.jobs_of(watched.id) == ()
        # Where the case has to be read, nothing is answered before the SELECT has been sent, the BEGIN neither.
        forgetful = Engine(str(engine.store.engine.url), schema=schema, handlers=[some_handlers()], settings=Settings(recalled_cases=0))
        relay.hold(b"SELECT")
        forgetful.complete(other, {"amount": 5000}, by=reviewer("li.na"))
        assert relay.release()
        with engine.store.engine.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True))
        engine.close()
        forgetful.close()
