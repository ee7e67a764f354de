"""A case as a test sees it: its tasks by name, where it has been, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from loanflow.engine import Actor, HistoryEntry
from loanflow.records import Case, CaseStatus, DecisionRecord, Incident, Job, JobKind, Task, TaskStatus
from loanflow.testing.verdict import Verdict

if TYPE_CHECKING:
    from loanflow.testing.flow import Flow

_PASSED = "element.completed"
_FORKS = frozenset({"element.entered", _PASSED})
_ANYTHING: Any = object()


def _task_words(task: Task, now: datetime) -> str:
    due = f", due in {task.due_at - now}" if task.due_at is not None else ""
    offered = f", offered to {', '.join(task.candidate_groups)}" if task.candidate_groups else ""
    return f'"{task.name}" (held by {task.assignee or "nobody"}{offered}{due})'


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
        words += "".join(f"; timer {timer}" for timer in self.timers)
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
        words = self.story()
        return Verdict(not missing, f"not passed: {', '.join(missing)}; {words}" if missing else words)

    def passed_in_order(self, *names: str) -> Verdict:
        """Whether these elements were completed one after the other, others in between or not."""
        done = iter([(entry.element_name, entry.element_id) for entry in self.history if entry.kind == _PASSED])
        for position, name in enumerate(names):
            if not any(name in words for words in done):
                behind = f"not after {names[position - 1]}" if position else "not passed"
                return Verdict(False, f"{name}: {behind}; {self.story()}")
        return Verdict(True, self.story())

    def took(self, *flows: str) -> Verdict:
        """Whether all these sequence flows were taken; they are named as drawn, or by id."""
        taken = {e.element_id: self._flow.flow_name(e.definition_id, e.element_id) for e in self.history if e.kind == "flow.taken"}
        words = {*taken, *taken.values()}
        missing = [flow for flow in flows if flow not in words]
        told = f"took {', '.join(name or flow_id or '' for flow_id, name in taken.items()) or 'none'}; {self.story()}"
        return Verdict(not missing, f"not taken: {', '.join(missing)}; {told}" if missing else told)

    def story(self) -> str:
        """Say what happened so far, in words: the path, then where the case stands."""
        return f"passed {', '.join(self.path) or 'nothing'}; {self.where()}"

    def ended_at(self, name: str) -> Verdict:
        """Whether the case is over and this was its last end event."""
        record = self.record
        holds = record.status is CaseStatus.ENDED and name in (record.end_event, self._name(record.end_event))
        return Verdict(holds, self.story())

    def waits_at(self, name: str) -> Verdict:
        """Whether a token waits at this element."""
        tokens = self._flow.engine.tokens(self.id)
        return Verdict(any(name in (token.element_id, token.element_name) for token in tokens), self.story())

    def has_incident(self, at: str | None = None, *, says: str = "") -> Verdict:
        """Whether the case is stuck, at this element and with these words in the message."""
        found = [one for one in self.incidents if at in (None, one.element_id, self._name(one.element_id)) and says in one.message]
        return Verdict(bool(found), self.story())

    def has_variables(self, **values: Any) -> Verdict:
        """Whether the case has all these variables with these values."""
        have = self.variables
        wrong = [
            f"{name} is {have[name]!r}" if name in have else f"there is no {name}" for name in values if have.get(name) != values[name]
        ]
        return Verdict(not wrong, f"{'; '.join(wrong) or 'so it is'}; {self.story()}")

    # What people do

    def has_task(self, name: str, *, assignee: str | None = None, group: str | None = None, due_in: timedelta | None = None) -> Verdict:
        """Whether such a task is open: held by this person, offered to this group, due after this length of time from now."""
        now = self._flow.now()
        open_ones = [task.record for task in self.tasks()]
        found = [
            task
            for task in open_ones
            if name in (task.name, task.element_id)
            and assignee in (None, task.assignee)
            and (group is None or group in task.candidate_groups)
            and (due_in is None or (task.due_at is not None and task.due_at - now == due_in))
        ]
        told = ", ".join(_task_words(task, now) for task in open_ones) or "none"
        return Verdict(bool(found), f"open tasks: {told}; {self.story()}")

    def has_tasks(self, *names: str) -> Verdict:
        """Whether exactly these tasks are open, in whatever order."""
        open_ones = sorted(task.name for task in self.tasks())
        return Verdict(open_ones == sorted(names), f"open tasks: {', '.join(open_ones) or 'none'}; {self.story()}")

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

    # What time will bring

    @property
    def timers(self) -> tuple[TimerUnderTest, ...]:
        """The timers that are running, the next one first."""
        jobs = [job for job in self._flow.engine.jobs_of(self.id) if job.kind is JobKind.TIMER]
        names = {token.token: token.element_name for token in self._flow.engine.tokens(self.id)}
        found = [TimerUnderTest(self._flow, job, names.get(job.token) or job.element_id) for job in jobs]
        return tuple(sorted(found, key=lambda timer: timer.due_at))

    def timer(self, name: str) -> TimerUnderTest:
        """Return the running timer of that name, or the next of several.

        Raises:
            AssertionError: there is none; the message says which there are.
        """
        for timer in self.timers:
            if name in (timer.name, timer.element_id):
                return timer
        running = ", ".join(map(str, self.timers)) or "none"
        raise AssertionError(f'no timer "{name}" is running (running: {running}); {self.story()}')

    def has_timer(self, name: str, *, due_in: timedelta | None = None, due_at: datetime | None = None) -> Verdict:
        """Whether such a timer is running, due after this length of time from now, or at this instant."""
        found = [
            timer
            for timer in self.timers
            if name in (timer.name, timer.element_id) and due_in in (None, timer.due_in) and due_at in (None, timer.due_at)
        ]
        return Verdict(bool(found), f"timers: {', '.join(map(str, self.timers)) or 'none'}; {self.story()}")

    # What was decided

    def decided(self, name: str, *, value: Any = _ANYTHING, rules: Sequence[int] | None = None) -> Verdict:
        """Whether a decision was evaluated, and the last time gave this value, by these rules as the table numbers them."""
        records = self._flow.engine.decisions(self.id)
        found = next((one for one in map(DecisionUnderTest, reversed(records)) if self._is_decision(one, name)), None)
        if found is None:
            return Verdict(False, f"evaluated: {', '.join(record.decision_key for record in records) or 'none'}; {self.story()}")
        holds = (value is _ANYTHING or found.value == value) and (rules is None or found.matched_rules == list(rules))
        return Verdict(holds, f"{found!r}; {self.story()}")

    def _is_decision(self, found: DecisionUnderTest, name: str) -> bool:
        record = found.record
        return name in (record.decision_key, found.name, record.element_id, self._name(record.element_id))

    def decision(self, name: str) -> DecisionUnderTest:
        """Return the latest evaluation of a decision, by name, id, or the task that asked for it.

        Raises:
            AssertionError: it was never evaluated; the message says which were.
        """
        records = self._flow.engine.decisions(self.id)
        for record in reversed(records):
            found = DecisionUnderTest(record)
            if self._is_decision(found, name):
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


class TimerUnderTest:
    """A timer that is running."""

    def __init__(self, flow: Flow, job: Job, name: str) -> None:
        self._flow = flow
        self.name = name
        self.element_id = job.element_id
        self.due_at = job.due_at

    @property
    def due_in(self) -> timedelta:
        """How long it is till then, by the flow's clock."""
        return self.due_at - self._flow.now()

    def __repr__(self) -> str:
        return f'"{self.name}" due {self.due_at:%Y-%m-%d %H:%M} (in {self.due_in})'


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
