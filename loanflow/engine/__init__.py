"""The hall where the wings meet: what is drawn runs, what happened is remembered, and every rule about people is kept.

`Engine` is the front desk; `commands.py` lists its verbs, `command.py` is one command in one transaction, `advance.py`
answers what execution asks, `access.py` says who may, and then there is a file per noun. Stands on every room below:
`deployment` and `execution` on one side, `store` and `audit` on the other. Read `engine.py` first, then `advance.py`.
"""

from loanflow.engine.actor import Actor
from loanflow.engine.backoff import Backoff, RetryCycle
from loanflow.engine.case_migration import CaseMigrationReport
from loanflow.engine.case_migration_plan import CaseMigrationPlan, PlannedCase, PlannedFinding
from loanflow.engine.cases import HistoryEntry, Standing
from loanflow.engine.commands import Commands
from loanflow.engine.deployments import Deployed, DeploymentReport
from loanflow.engine.engine import Engine
from loanflow.engine.handlers import Handler, Handlers, Job, MissingVariable
from loanflow.engine.history_cleanup import HeldBack, HistoryCleanup
from loanflow.engine.jobs import Outcome
from loanflow.engine.messages import Correlation, Received
from loanflow.engine.modifications import Preview
from loanflow.engine.refusal import Refusal
from loanflow.engine.sending_back import Change, Round, Target
from loanflow.engine.settings import Settings
from loanflow.execution import Cancel, Instruction, Move, Restart, Skip, StartAfter, StartBefore
from loanflow.store import CaseQuery, Criterion, DueCases, Page, Scope, TaskCounts, TaskQuery

__all__ = [
    "Actor",
    "Backoff",
    "Cancel",
    "CaseMigrationPlan",
    "CaseMigrationReport",
    "CaseQuery",
    "Change",
    "Commands",
    "Correlation",
    "Criterion",
    "Deployed",
    "DeploymentReport",
    "DueCases",
    "Engine",
    "Handler",
    "Handlers",
    "HeldBack",
    "HistoryCleanup",
    "HistoryEntry",
    "Instruction",
    "Job",
    "MissingVariable",
    "Move",
    "Outcome",
    "Page",
    "PlannedCase",
    "PlannedFinding",
    "Preview",
    "Received",
    "Refusal",
    "Restart",
    "RetryCycle",
    "Round",
    "Scope",
    "Settings",
    "Skip",
    "Standing",
    "StartAfter",
    "StartBefore",
    "Target",
    "TaskCounts",
    "TaskQuery",
]
