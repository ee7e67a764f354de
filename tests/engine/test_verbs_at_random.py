"""Any sequence of verbs over any model: no token lost, none doubled, and the case can still be completed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanflow import Actor, Engine, store
from loanflow.engine import Refusal, Restart, Skip
from loanflow.engine.command import Command
from loanflow.engine.host import CaseHost
from loanflow.engine.refusal import refusal_of
from loanflow.execution import CaseExecution
from loanflow.records import CaseStatus, Task, TaskStatus
from tests.execution.blocks import Block, blocks, check_whole, written
from tests.support.task_search_rows import check_task_search_rows

ADMIN = Actor("sun.li", groups=("admin",))


def searchable(content: bytes, columns: str) -> bytes:
    """Let the process of a diagram declare search columns."""
    column = f'<camunda:property name="loanflow:search-columns" value="{columns}"/>'
    extension = f"<bpmn:extensionElements><camunda:properties>{column}</camunda:properties></bpmn:extensionElements>"
    head, process, rest = re.split(rb"(<bpmn:process [^>]*>)", content)
    return head + process + extension.encode() + rest


class World:
    """One case of a random process, and the acts that people can do to it."""

    def __init__(self, block: Block, data: st.DataObject) -> None:
        self.block, self.data = block, data
        self.engine = Engine("sqlite://")
        files = written(block, "random")
        self.switches = {each.name: False for each in block.walk() if each.kind in ("loop", "exclusive")}
        columns = ", ".join(["grade:text", *(f"{name}:boolean" for name in self.switches)])
        self.engine.deploy({name: searchable(content, columns) for name, content in files.items()}, by="analyst")
        self.case = self.engine.start("random", variables={"people": ["m1", "m2"], **self.switches}, by="p0").id
        self.people = 0

    @property
    def over(self) -> bool:
        return self.engine.case(self.case).status is CaseStatus.ENDED

    def new_person(self) -> str:
        self.people += 1
        return f"p{self.people}"

    def pick(self, *statuses: TaskStatus) -> Task | None:
        found = [task for task in self.engine.tasks_of(self.case, status=None) if task.status in statuses]
        return self.data.draw(st.sampled_from(found), label="task") if found else None

    def done_as_told(self, refusal: Refusal | None, act: Callable[[], Any]) -> None:
        """What ``can_...`` says is what the verb does."""
        assert refusal_of(act) == refusal

    def act(self, verb: str) -> None:
        engine = self.engine
        if verb in ("recall", "remove"):
            task = self.pick(TaskStatus.COMPLETED) if verb == "recall" else self.pick(TaskStatus.OPEN, TaskStatus.WAITING)
            if task is None:
                return
            if verb == "recall":
                who = task.completed_by or ""
                self.done_as_told(engine.can_recall(task.id, by=who), lambda: engine.recall(task.id, by=who))
            else:
                self.done_as_told(
                    engine.can_remove_signer(task.id, by=ADMIN), lambda: engine.remove_signer(task.id, by=ADMIN, reason="absent")
                )
            return
        task = self.pick(TaskStatus.OPEN)
        assert task is not None
        who = task.assignee or "p0"
        match verb:
            case "complete":
                self.complete(task, {name: self.data.draw(st.booleans(), label=name) for name in self.switches})
            case "back":
                targets = engine.send_back_targets(task.id)
                if targets:
                    to = self.data.draw(st.sampled_from(targets), label="to").element_id
                    refusal = engine.can_send_back(task.id, to, by=who)
                    self.done_as_told(refusal, lambda: engine.send_back(task.id, to, by=who, reason="again"))
            case "transfer":
                to = self.new_person()
                self.done_as_told(engine.can_transfer(task.id, to, by=who), lambda: engine.transfer(task.id, to, by=who, reason="on leave"))
            case "delegate":
                to = self.new_person()
                self.done_as_told(engine.can_delegate(task.id, to, by=who), lambda: engine.delegate(task.id, to, by=who))
            case "add":
                position = self.data.draw(st.sampled_from(["before", "after", "parallel"]), label="position")
                rule = self.data.draw(st.sampled_from([None, "all", "any", "0.5"]), label="rule")
                people = [self.new_person() for _ in range(self.data.draw(st.integers(1, 2), label="signers"))]
                self.done_as_told(
                    engine.can_add_signer(task.id, *people, position=position, rule=rule, by=who),
                    lambda: engine.add_signer(task.id, *people, position=position, rule=rule, by=who),
                )
            case "by hand":
                instruction = self.data.draw(st.sampled_from([Restart, Skip]), label="instruction")(task.token)
                engine.modify(self.case, instruction, by=ADMIN, reason="by hand")
            case _:
                engine.suspend(self.case, by=ADMIN)
                engine.resume(self.case, by=ADMIN)

    def complete(self, task: Task, values: dict[str, bool]) -> None:
        who = task.assignee or "p0"
        if task.owner is not None:
            self.engine.resolve(task.id, by=who)
            return
        if task.parent_id is None:
            grade = self.data.draw(st.sampled_from(["A", "B", None]), label="grade")
            self.engine.set_variables(self.case, {**values, "grade": grade}, by=ADMIN)
        refusal = refusal_of(lambda: self.engine.complete(task.id, by=who))
        assert refusal is None or refusal.code == "signers-first"

    def check(self) -> None:
        """The tokens are whole, each that waits for a person has an open task and no other has; chain and lists are right."""
        engine = self.engine
        open_tasks = {task.token for task in engine.tasks_of(self.case)}

        def look(command: Command) -> CaseExecution:
            found = store.cases.load(command.transaction, self.case)
            assert found is not None
            return CaseExecution.load(found[1], host=CaseHost(command, self.case))

        execution = engine._own.read(look)
        check_whole(self.block, execution)
        assert open_tasks == {view.token for view in execution.tokens if view.kind == "task"}
        assert {view.kind for view in execution.tokens} <= {"task", "join", "scope", "multiInstance"}
        engine.verify_audit(self.case)
        check_task_search_rows(engine.store)


VERBS = ["complete"] * 4 + ["back"] * 3 + ["recall", "recall", "add", "add", "remove", "transfer", "delegate", "by hand", "suspend"]


@given(block=blocks(2), data=st.data())
@settings(max_examples=int(os.environ.get("LOANFLOW_FUZZ", "12")), suppress_health_check=[*HealthCheck])
def test_after_any_verbs_the_case_is_whole_and_can_be_completed(block: Block, data: st.DataObject) -> None:
    world = World(block, data)
    for _ in range(data.draw(st.integers(3, 20), label="acts")):
        if world.over:
            break
        world.act(data.draw(st.sampled_from(VERBS), label="verb"))
        world.check()
    for _ in range(300):
        if world.over:
            break
        for task in world.engine.tasks_of(world.case):
            if world.engine.task(task.id).status is TaskStatus.OPEN:
                world.complete(world.engine.task(task.id), dict.fromkeys(world.switches, False))
        world.check()
    assert world.over
    world.engine.close()
