"""Inside the caller's transaction: their commit keeps both, their rollback takes both."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import String, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from loanflow import Actor, Conflict, Engine, NotPermitted
from loanflow.orm import Task as TaskRow
from loanflow.records import TaskStatus
from tests.support.diagrams import diagram


class Base(DeclarativeBase):
    pass


class Offer(Base):
    __tablename__ = "offer"
    loan: Mapped[str] = mapped_column(String(40), primary_key=True)
    rate: Mapped[str] = mapped_column(String(10))


class World:
    def __init__(self, database: DatabaseEngine) -> None:
        self.database = database
        self.engine = Engine(database, remote=True)
        self.engine.upgrade_database()
        Base.metadata.create_all(database)
        self.engine.deploy(diagram("documents.bpmn", "parent.bpmn", "child.bpmn"), by="analyst")

    def offers(self) -> int:
        with Session(self.database) as session:
            return session.scalar(select(func.count()).select_from(Offer)) or 0


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    # The caller's own engine, exactly as SQLAlchemy makes it: its driver begins no transaction before a savepoint.
    database = create_engine(f"sqlite:///{tmp_path / 'bank.db'}")
    yield World(database)
    database.dispose()


def ready_task(world: World) -> str:
    case = world.engine.start("parent", key="LN-1", variables={"amount": 1}, by="zhao")
    return world.engine.tasks_of(case.id)[0].id


def test_the_callers_rollback_takes_the_case_step_with_it(world: World) -> None:
    task_id = ready_task(world)
    before = world.engine.history("LN-1")
    with Session(world.database) as session:
        session.add(Offer(loan="LN-1", rate="4.35"))
        world.engine.within(session).complete(task_id, {"answer": 42}, by="li.na")
        session.rollback()
    assert world.offers() == 0
    assert world.engine.task(task_id).status is TaskStatus.OPEN
    assert world.engine.history("LN-1") == before
    world.engine.verify_audit("LN-1")
    assert [token.element_id for token in world.engine.tokens("LN-1") if token.kind == "task"] == ["Ask"]


def test_the_callers_commit_keeps_both(world: World) -> None:
    task_id = ready_task(world)
    with Session(world.database) as session, session.begin():
        session.add(Offer(loan="LN-1", rate="4.35"))
        world.engine.within(session).complete(task_id, {"answer": 42}, by="li.na")
    assert world.offers() == 1
    assert world.engine.task(task_id).status is TaskStatus.COMPLETED
    assert world.engine.variables("LN-1")["answer"] == 42
    world.engine.verify_audit("LN-1")


def test_a_step_before_anything_of_the_callers_is_undone_too(world: World) -> None:
    task_id = ready_task(world)
    with Session(world.database) as session:
        session.execute(select(func.count()).select_from(Offer))
        world.engine.within(session).complete(task_id, by="li.na")
        session.rollback()
    assert world.engine.task(task_id).status is TaskStatus.OPEN


def test_an_exception_in_the_callers_block_takes_both(world: World) -> None:
    task_id = ready_task(world)

    def change_of_mind() -> None:
        with Session(world.database) as session, session.begin():
            world.engine.within(session).complete(task_id, by="li.na")
            session.add(Offer(loan="LN-1", rate="4.35"))
            raise RuntimeError("the bank changed its mind")

    with pytest.raises(RuntimeError):
        change_of_mind()
    assert world.offers() == 0
    assert world.engine.task(task_id).status is TaskStatus.OPEN


def test_a_refused_command_leaves_the_callers_work_alone(world: World) -> None:
    task_id = ready_task(world)
    world.engine.claim(task_id, by="li.na")
    with Session(world.database) as session, session.begin():
        session.add(Offer(loan="LN-1", rate="4.35"))
        with pytest.raises(NotPermitted):
            world.engine.within(session).complete(task_id, by=Actor("eve"))
        with pytest.raises(Conflict):
            world.engine.within(session).complete(task_id, by="li.na", if_version=1)
    assert world.offers() == 1
    assert world.engine.task(task_id).status is TaskStatus.OPEN


def test_several_commands_share_the_transaction_and_see_each_other(world: World) -> None:
    with Session(world.database) as session:
        bank = world.engine.within(session)
        case = bank.start("documents", key="D-1", by="zhao")
        answer = bank.correlate("documents-received", key="D-1", message_id="m-1", by="mail")
        assert answer.case_id == case.id
        (task,) = bank.tasks_of(case.id)
        assert task.name == "Check documents"
        rows = session.scalars(select(TaskRow).where(TaskRow.business_key == "D-1")).all()
        assert [row.id for row in rows] == [task.id]
        session.rollback()
    assert world.engine.cases(process_key="documents").items == ()


def test_what_the_caller_added_is_there_for_the_command(world: World) -> None:
    task_id = ready_task(world)
    with Session(world.database) as session, session.begin():
        session.add(Offer(loan="LN-1", rate="4.35"))
        world.engine.within(session).complete(task_id, by="li.na")
        # The command flushed it: it was written before the case step, in the caller's order.
        assert not session.new
