"""A case as a test sees it: its tasks by name, where it has been, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from loanflow.engine import Actor, HistoryEntry
from loanflow.records import Case, CaseStatus, DecisionRecord, Incident, Task, TaskStatus
from loanflow.testing.verdict import Verdict

if TYPE_CHECKING:
    from loanflow.testing.flow import Flow

_PASSED = "element.completed"
_FORKS = frozenset({"element.entered", _PASSED})


class CaseUnderTest:
    """One case of a `Flow`; elements are named as drawn, or by id."""

    def __init__(self, flow: Flow, case_id: str) -> None:
        self._flow = flow
        self.id = case_id

    # What it is

    @property
    def record(self) -> Case:
        """The case as it is now."""
        return self._flow.engine.case(self.id)

    @property
    def key(self) -> str | None:
        """The business key."""
        return self.record.business_key

    @property
    def variables(self) -> Mapping[str, Any]:
        """The case's variables as Python values."""
        return self._flow.engine.variables(self.id)

    @property
    def ended(self) -> Verdict:
        """Whether the case is over."""
        return Verdict(self.record.status is not CaseStatus.OPEN, self.where())

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What the case is stuck on."""
        return self._flow.engine.incidents(self.id)

    def where(self) -> str:
        """Say where the case stands, in words."""
        record = self.record
        name = record.business_key or self.id
        if record.status is not CaseStatus.OPEN:
            end = f' at "{self._name(record.end_event)}"' if record.end_event else ""
            return f"case {name} is over: {record.outcome}{end}"
        places = [f'"{token.element_name or token.element_id}" ({token.kind})' for token in self._flow.engine.tokens(self.id)]
        words = f"case {name} stands at {', '.join(places) or 'nothing'}"
        for incident in self.incidents:
            words += f"; incident at {self._name(incident.element_id)}: {incident.message}"
        return words

    # Where it has been

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """Everything that happened."""
        return self._flow.engine.history(self.id)

    @property
    def path(self) -> tuple[str, ...]:
        """The elements that were completed, in order, by name where they have one."""
        return tuple(entry.element_name or entry.element_id or "" for entry in self.history if entry.kind == _PASSED)

    def passed(self, *names: str) -> Verdict:
        """Whether all these elements were completed at some time."""
        done = {word for entry in self.history if entry.kind == _PASSED for word in (entry.element_name, entry.element_id)}
        missing = [name for name in names if name not in done]
        words = f"passed {', '.join(self.path) or 'nothing'}; {self.where()}"
        return Verdict(not missing, f"not passed: {', '.join(missing)}; {words}" if missing else words)

    def ended_at(self, name: str) -> Verdict:
        """Whether the case is over and this was its last end event."""
        record = self.record
        holds = record.status is CaseStatus.ENDED and name in (record.end_event, self._name(record.end_event))
        return Verdict(holds, self.where())

    def waits_at(self, name: str) -> Verdict:
        """Whether a token waits at this element."""
        tokens = self._flow.engine.tokens(self.id)
        return Verdict(any(name in (token.element_id, token.element_name) for token in tokens), self.where())

    # What people do

    def task(self, name: str) -> TaskUnderTest:
        """Return the open task of that name, or the oldest of several.

        Raises:
            AssertionError: there is none; the message says where the case stands.
        """
        found = self.tasks(name)
        if not found:
            open_ones = ", ".join(f'"{task.name}"' for task in self.tasks()) or "none"
            raise AssertionError(f'no open task "{name}" (open: {open_ones}); {self.where()}')
        return found[0]

    def tasks(self, name: str | None = None) -> tuple[TaskUnderTest, ...]:
        """Return the open tasks, or those of one name, oldest first."""
        found = self._flow.engine.tasks_of(self.id, status=TaskStatus.OPEN)
        return tuple(TaskUnderTest(self._flow, task.id) for task in found if name in (None, task.name, task.element_id))

    def correlate(self, message: str, **variables: Any) -> CaseUnderTest:
        """Send the case a message by its business key."""
        self._flow.correlate(message, key=self.key, **variables)
        return self

    def cancel(self, reason: str = "cancelled by the test") -> CaseUnderTest:
        """End the case as it stands."""
        self._flow.engine.cancel_case(self.id, by="test", reason=reason)
        return self

    # What was decided

    def decision(self, name: str) -> DecisionUnderTest:
        """Return the latest evaluation of a decision, by name, id, or the task that asked for it.

        Raises:
            AssertionError: it was never evaluated; the message says which were.
        """
        records = self._flow.engine.decisions(self.id)
        for record in reversed(records):
            found = DecisionUnderTest(record)
            if name in (record.decision_key, found.name, record.element_id, self._name(record.element_id)):
                return found
        evaluated = ", ".join(record.decision_key for record in records) or "none"
        raise AssertionError(f'decision "{name}" was not evaluated (evaluated: {evaluated}); {self.where()}')

    def _name(self, element_id: str | None) -> str | None:
        if element_id is None:
            return None
        for entry in self.history:
            if entry.element_id == element_id and entry.kind in _FORKS:
                return entry.element_name or element_id
        return element_id

    def __repr__(self) -> str:
        return f"<{self.where()}>"


class TaskUnderTest:
    """A task; `claim` it, then `complete` it. Someone who completes it without claiming does both."""

    def __init__(self, flow: Flow, task_id: str) -> None:
        self._flow = flow
        self.id = task_id

    @property
    def record(self) -> Task:
        """The task as it is now."""
        return self._flow.engine.task(self.id)

    @property
    def name(self) -> str:
        """The task's name."""
        return self.record.name

    @property
    def assignee(self) -> str | None:
        """Who has it."""
        return self.record.assignee

    @property
    def candidate_groups(self) -> tuple[str, ...]:
        """The groups that may claim it."""
        return self.record.candidate_groups

    @property
    def due_at(self) -> datetime | None:
        """When it is due."""
        return self.record.due_at

    def claim(self, user: str, *, groups: tuple[str, ...] | None = None) -> TaskUnderTest:
        """Take the task; without ``groups`` the user is taken to be in one of the task's own candidate groups."""
        self._flow.engine.claim(self.id, by=self._actor(user, groups))
        return self

    def unclaim(self) -> TaskUnderTest:
        """Give the task back."""
        self._flow.engine.unclaim(self.id, by=self._actor(self.assignee or "test", None))
        return self

    def complete(
        self, *, by: str | None = None, groups: tuple[str, ...] | None = None, validate: bool = False, **variables: Any
    ) -> CaseUnderTest:
        """Finish the task, by its holder unless ``by`` says who, and run what is due; return its case."""
        record = self.record
        user = by or record.assignee
        if user is None:
            raise AssertionError(f'task "{record.name}" belongs to nobody: claim it first, or say complete(by=...)')
        self._flow.engine.complete(self.id, variables, by=self._actor(user, groups), validate=validate)
        self._flow.run()
        return CaseUnderTest(self._flow, record.case_id)

    def _actor(self, user: str, groups: tuple[str, ...] | None) -> Actor:
        return Actor(user, groups=self.record.candidate_groups if groups is None else groups, source="test")

    def __repr__(self) -> str:
        record = self.record
        return f'<task "{record.name}" {record.status}, {record.assignee or "nobody"} has it>'


class DecisionUnderTest:
    """One evaluation of a decision."""

    def __init__(self, record: DecisionRecord) -> None:
        self.record = record

    @property
    def name(self) -> str:
        """The decision's name as drawn."""
        return self._asked.get("name") or self.record.decision_key

    @property
    def value(self) -> Any:
        """What it answered, as the task received it."""
        return self.record.value

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The variables it read."""
        return self.record.inputs

    @property
    def matched_rules(self) -> list[int]:
        """The rules that matched, counted from 1 as the table shows them."""
        return list(self._asked.get("hits", ()))

    @property
    def _asked(self) -> Mapping[str, Any]:
        trace: Mapping[str, Any] = self.record.trace or {}
        decisions: list[Mapping[str, Any]] = trace.get("decisions", [])
        return decisions[-1] if decisions else {}

    def __repr__(self) -> str:
        return f"<decision {self.name}: {self.value!r}, rules {self.matched_rules}, inputs {dict(self.inputs)!r}>"
