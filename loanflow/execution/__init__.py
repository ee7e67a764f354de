"""BPMN execution semantics (BPMN 2.0.2, clause 13 "BPMN Execution Semantics"): where a case stands and where it goes next.

Stands on `loanflow.bpmn` (the model), `loanflow.feel` (expressions and values) and SpiffWorkflow's core, whose `Workflow`,
`Task` and `TaskSpec` are the token machinery; no other room knows SpiffWorkflow. Read `case.py` first, then `machine.py`;
`steering.py`, `conditions.py` and `compensation.py` say what events do to a case, `flow_nodes/` what each kind of flow node does.

Pure: state, a command and a host go in, a `Step` with requests and records comes out. Nothing here knows a database, a
clock of its own, or a network. What execution asks of its host is in `requests.py`.
"""

from loanflow.execution.case import CaseExecution, TokenView
from loanflow.execution.causality import Causality, Return
from loanflow.execution.compiler import compile_process
from loanflow.execution.expressions import Stuck
from loanflow.execution.machine import Limits
from loanflow.execution.migration import (
    Examination,
    Finding,
    Migrated,
    MigrationRefused,
    Verdict,
    examine,
    migrate,
    relocations,
    root_program,
)
from loanflow.execution.modification import (
    Cancel,
    Instruction,
    Modification,
    Move,
    Place,
    Reinstate,
    Restart,
    Skip,
    StartAfter,
    StartBefore,
)
from loanflow.execution.program import Program, StartTrigger
from loanflow.execution.requests import (
    CancelJob,
    CancelTimer,
    CloseTask,
    DecisionFailed,
    DecisionRequest,
    DropIncident,
    EnqueueJob,
    Host,
    OpenTask,
    RaiseIncident,
    Record,
    Relocate,
    Request,
    ScheduleTimer,
    Step,
    Subscribe,
    ThrowMessage,
    ThrowSignal,
    Unsubscribe,
)
from loanflow.execution.snapshot import SnapshotRefused
from loanflow.execution.version_change import VersionChange

__all__ = [
    "Cancel",
    "CancelJob",
    "CancelTimer",
    "CaseExecution",
    "Causality",
    "CloseTask",
    "DecisionFailed",
    "DecisionRequest",
    "DropIncident",
    "EnqueueJob",
    "Examination",
    "Finding",
    "Host",
    "Instruction",
    "Limits",
    "Migrated",
    "MigrationRefused",
    "Modification",
    "Move",
    "OpenTask",
    "Place",
    "Program",
    "RaiseIncident",
    "Record",
    "Reinstate",
    "Relocate",
    "Request",
    "Restart",
    "Return",
    "ScheduleTimer",
    "Skip",
    "SnapshotRefused",
    "StartAfter",
    "StartBefore",
    "StartTrigger",
    "Step",
    "Stuck",
    "Subscribe",
    "ThrowMessage",
    "ThrowSignal",
    "TokenView",
    "Unsubscribe",
    "Verdict",
    "VersionChange",
    "compile_process",
    "examine",
    "migrate",
    "relocations",
    "root_program",
]
