"""What we use of SpiffWorkflow 3.2, typed once: the only file that imports it.

`Workflow` holds the live tasks of a case, a `Task` stands for one of them, in one of its states, `Task.run` has its
`TaskSpec._run` do the work, and `WorkflowSpec` is the graph of specs. Its parser,
serializer, script engine, prediction, data copying and tree walks are not used: they are wrong or slow for us. Whoever
replaces SpiffWorkflow replaces these five names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:

    class WorkflowSpec:
        """SpiffWorkflow's graph of task specs."""

        name: str
        file: str | None
        task_specs: Any

        def __init__(self, name: str | None = None, filename: str | None = None, addstart: bool = False) -> None: ...

    class TaskSpec:
        """SpiffWorkflow's node of the graph; made known to the graph by its constructor."""

        name: str

        def __init__(self, wf_spec: WorkflowSpec, name: str) -> None: ...
        def connect(self, taskspec: TaskSpec) -> None:
            """Add an outgoing edge."""

        def _run(self, my_task: Any) -> bool | None: ...

    class Task:
        """SpiffWorkflow's task: a state, a spec and the workflow it is part of."""

        id: Any
        workflow: Any
        task_spec: Any
        _state: int

        def run(self) -> bool | None:
            """Call the spec's ``_run``: True completes the task, None leaves it started, False is an error."""

        def _set_state(self, value: int) -> None: ...
        def _ready(self) -> None: ...

    class Workflow:
        """SpiffWorkflow's run of a graph: the tasks by id."""

        tasks: dict[Any, Any]
        completed: bool
        success: bool

        def __init__(self, workflow_spec: WorkflowSpec, deserializing: bool = False) -> None: ...
        def is_completed(self) -> bool:
            """Say whether no unfinished task is left."""
            ...

    READY: Final = 16
    STARTED: Final = 32
    COMPLETED: Final = 64
    CANCELLED: Final = 256
    ERROR: Final = 128
else:
    from SpiffWorkflow.specs.base import TaskSpec
    from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
    from SpiffWorkflow.task import Task
    from SpiffWorkflow.util.task import TaskState
    from SpiffWorkflow.workflow import Workflow

    READY = TaskState.READY
    STARTED = TaskState.STARTED
    COMPLETED = TaskState.COMPLETED
    CANCELLED = TaskState.CANCELLED
    ERROR = TaskState.ERROR

__all__ = ["CANCELLED", "COMPLETED", "ERROR", "READY", "STARTED", "Task", "TaskSpec", "Workflow", "WorkflowSpec"]
