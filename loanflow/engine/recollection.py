"""Cases as this engine itself left them, so that the next command on one need not read it again.

What is remembered was committed by this engine; whether it still holds is not known, and never assumed. Everything that belongs
to a case changes only together with the case's version and the head of its history, and a command writes a case only over the
version and head that it saw. So a command that recalled a case counts only if it has written that case: then what it recalled
was true at that moment. Whatever else comes of it (a refusal, an answer without a change, an error) is dropped, and the command
runs again on what the database holds. Whoever recalls a case takes it: it is forgotten unless it is committed anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from loanflow import store
from loanflow.execution import CaseExecution
from loanflow.records import Case, CaseStatus, Task, TaskStatus
from loanflow.records.revision import revised

LARGEST_STATE = 16 * 1024
"""In bytes; a larger snapshot costs less to read than it takes room."""
LARGEST_LIVE = 4 * 1024
"""In bytes of the snapshot; the execution itself, which takes some ten times as much, is not kept beyond."""


@dataclass(frozen=True, slots=True)
class Left:
    """A case as it was committed: its row, its execution snapshot, and those of its open tasks that the same command wrote.

    ``execution`` is what the snapshot was taken of, for whoever goes on with it: nobody else has it any more.
    """

    case: Case
    state: bytes
    tasks: tuple[Task, ...] = ()
    execution: CaseExecution | None = None


def left(
    case: Case, state: bytes | None, execution: CaseExecution | None, opened: Iterable[Task], changed: Iterable[tuple[Task, Task]]
) -> Left | None:
    """Say what may be recalled of a case that was written with the tasks that were opened and those changed, before and after."""
    if state is None or case.status is not CaseStatus.OPEN:
        return None
    if len(state) > LARGEST_LIVE:
        execution = None
    still_open = [revised(after, version=before.version + 1) for before, after in changed if after.status is TaskStatus.OPEN]
    tasks = [task for task in (*opened, *still_open) if store.tasks.reads_back(task)]
    return Left(case, state, tuple(tasks), execution)


class Recollection:
    """The cases left last, ``room`` of them at most; shared by threads."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._left: OrderedDict[str, Left] = OrderedDict()
        self._case_of: dict[str, str] = {}
        self._lock = threading.Lock()

    def keep(self, left: Left) -> None:
        """Remember how a case was left, in place of what was known of it."""
        with self._lock:
            self._drop(left.case.id)
            if len(left.state) > LARGEST_STATE:
                return
            self._left[left.case.id] = left
            for task in left.tasks:
                self._case_of[task.id] = left.case.id
            while len(self._left) > self._room:
                self._drop(next(iter(self._left)))

    def forget(self, case_id: str) -> None:
        """Know nothing of a case any more."""
        with self._lock:
            self._drop(case_id)

    def take(self, case_id: str) -> Left | None:
        """Return how the case was left, which is then forgotten, or None."""
        with self._lock:
            return self._drop(case_id)

    def take_with_task(self, task_id: str) -> Left | None:
        """Return how the case that has the task was left, which is then forgotten, or None."""
        with self._lock:
            case_id = self._case_of.get(task_id)
            return None if case_id is None else self._drop(case_id)

    def _drop(self, case_id: str) -> Left | None:
        left = self._left.pop(case_id, None)
        if left is not None:
            for task in left.tasks:
                del self._case_of[task.id]
        return left
