"""Where SpiffWorkflow 3.2 does what the standard says, we offer the same user tasks, in the same order."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from loanflow import bpmn
from loanflow.execution import compile_process
from tests.execution.host import Story
from tests.execution.random_models.blocks import Loop, RandomProcess, inside
from tests.execution.random_models.diagram import to_bpmn
from tests.execution.random_models.plain import PlainWriter, again, plain_processes

MODELS, RUNS = 25, 4
ROUNDS = 2


class Stock:
    """SpiffWorkflow's own parser and workflow."""

    def __init__(self, data: bytes, variables: dict[str, Any]) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(data)
        spec = parser.get_spec("process_process")
        self.workflow = BpmnWorkflow(spec, parser.get_subprocess_specs("process_process"))
        self.workflow.get_next_task(spec_name="Start").data.update(variables)
        self.workflow.do_engine_steps()

    @property
    def tasks(self) -> list[str]:
        return [task.task_spec.name for task in self.workflow.get_tasks(state=TaskState.READY, manual=True)]

    def complete(self, name: str, variables: dict[str, Any]) -> None:
        task = self.workflow.get_next_task(state=TaskState.READY, spec_name=name)
        task.data.update(variables)
        task.run()
        self.workflow.do_engine_steps()


@settings(max_examples=MODELS, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(process=plain_processes())
def test_the_same_user_tasks_are_offered_in_the_same_order(process: RandomProcess) -> None:
    data = to_bpmn(process, PlainWriter())
    program = compile_process(bpmn.read(data, file="random.bpmn"), "process_process", program_id="process:1")
    deciding = {again(block): block.limit for block in inside(process.body) if isinstance(block, Loop)}
    for seed in range(RUNS):
        random = Random(seed)
        variables = {name: random.choice(options) for name, options in process.choices.items()}
        ours, stock = Story(program, variables), Stock(data, variables)
        assert sorted(ours.tasks) == sorted(stock.tasks)
        rounds = dict.fromkeys(deciding, 0)
        while ours.tasks:
            name = random.choice(ours.tasks)
            values: dict[str, Any] = {}
            if name in deciding:
                rounds[name] += 1
                values[deciding[name]] = int(rounds[name] <= ROUNDS and random.random() < 0.5)
            ours.complete(name, **values)
            stock.complete(name, values)
            assert sorted(ours.tasks) == sorted(stock.tasks), name
        assert ours.ended
        assert stock.workflow.is_completed()
