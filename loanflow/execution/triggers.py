"""What a catching event waits for, compiled: timers, messages and signals.

A trigger first says its plan (evaluates its expressions, changes nothing), then the machine arms a token with it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from loanflow.bpmn.cron import Cron
from loanflow.bpmn.model import TimerKind
from loanflow.bpmn.timers import Interval, TimerCycle, next_due_at, read_timer, temporal_text
from loanflow.execution.expressions import Formula, Surroundings, Variables
from loanflow.execution.tokens import Wait

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Plan(NamedTuple):
    """How a token will wait: for a timer at ``due_at``, for the message or signal ``name``, or for a condition.

    A condition is looked at as soon as the token waits for it where ``at_once``, else after the next change of variables.
    """

    wait: str
    due_at: datetime | None = None
    name: str = ""
    correlation_key: str | None = None
    memo: list[Any] | None = None
    at_once: bool = False


class Trigger:
    """Something to wait for."""

    def plan(self, variables: Variables, around: Surroundings, now: datetime, *, outside: Variables | None = None) -> Plan:
        """Return how to wait from ``now`` on; raises `Stuck` where an expression fails.

        ``outside`` is what is seen from outside the activity on whose border the event is, where that is something else.
        """
        raise NotImplementedError

    def again(self, memo: list[Any] | None) -> Plan | None:
        """Return how a non-interrupting boundary event waits after it has happened, or None where it is used up."""
        raise NotImplementedError


class TimerTrigger(Trigger):
    """A timer; its ``memo`` is None, or for a cycle ``[text, created at in microseconds since 1970, times fired]``.

    A cron text counts from one due time to the next: there the instant is that of the last one. ``quartz`` says that the texts
    are those of Camunda 7, as cron texts differ.
    """

    def __init__(self, kind: TimerKind, formula: Formula, *, quartz: bool = False) -> None:
        self.kind = kind
        self.formula = formula
        self.quartz = quartz
        self._literal = read_timer(kind, formula.text, quartz=quartz) if formula.is_literal else None

    def plan(self, variables: Variables, around: Surroundings, now: datetime, *, outside: Variables | None = None) -> Plan:
        """Return when the timer is due first."""
        says, text = self._literal, self.formula.text
        try:
            if says is None:
                text = temporal_text(self.formula.required(variables, around)) or ""
                if self.kind is TimerKind.DURATION and text.startswith("-"):
                    # Computed from what has passed already, it is due at once.
                    read_timer(self.kind, text[1:], quartz=self.quartz)
                    return Plan(Wait.TIMER, now)
                says = read_timer(self.kind, text, quartz=self.quartz)
            if isinstance(says, Interval):
                return Plan(Wait.TIMER, says.after(now))
            if isinstance(says, datetime):
                return Plan(Wait.TIMER, says.astimezone(UTC))
            first = self._cycled(says, text, now, 0)
            if first is None:
                raise ValueError("it has no due time left")
            return first
        except ValueError as error:
            raise self.formula.failed(f"is no {self.kind.value}: {error}") from error

    def again(self, memo: list[Any] | None) -> Plan | None:
        """Return the cycle's next round; None after the last one or beyond the year 9999."""
        if memo is None:
            return None
        text, created, fired = str(memo[0]), _EPOCH + int(memo[1]) * _MICROSECOND, int(memo[2])
        try:
            cycle = read_timer(self.kind, text, quartz=self.quartz)
            return self._cycled(cycle, text, created, fired + 1) if isinstance(cycle, TimerCycle | Cron) else None
        except ValueError:
            return None

    def _cycled(self, cycle: TimerCycle | Cron, text: str, created: datetime, fired: int) -> Plan | None:
        if isinstance(cycle, Cron):
            fits = cycle.after(created)
            return None if fits is None else Plan(Wait.TIMER, fits, memo=[text, (fits - _EPOCH) // _MICROSECOND, fired])
        due = next_due_at(cycle, created_at=created, fired=fired)
        return None if due is None else Plan(Wait.TIMER, due, memo=[text, (created - _EPOCH) // _MICROSECOND, fired])


class NameTrigger(Trigger):
    """A message or a signal, by name; a message may carry a correlation key. Its ``memo`` is both."""

    def __init__(self, wait: str, name: Formula, correlation_key: Formula | None = None) -> None:
        self.wait = wait
        self.name = name
        self.correlation_key = correlation_key

    def plan(self, variables: Variables, around: Surroundings, now: datetime, *, outside: Variables | None = None) -> Plan:
        """Return the name to listen for, and the key that tells this case from others: an activity's own variables say nothing of it."""
        name = self.name.string(variables, around)
        if name is None:
            raise self.name.failed("gave no name")
        key = None
        if self.correlation_key is not None:
            key = self.correlation_key.key(variables if outside is None else outside, around)
            if key is None:
                raise self.correlation_key.failed("gave no correlation key")
        return Plan(self.wait, name=name, correlation_key=key, memo=[name, key])

    def again(self, memo: list[Any] | None) -> Plan | None:
        """Return the same subscription anew."""
        assert memo is not None
        return Plan(self.wait, name=str(memo[0]), correlation_key=memo[1], memo=memo)


class ConditionTrigger(Trigger):
    """A condition over variables, looked at when it comes to matter and whenever one of them changes.

    ``variables`` narrows the changes to those of some variables, ``events`` to ``create`` or ``update``; empty means both.
    ``each`` says that variables set together are as many changes as they are variables, as in Camunda 7. Its ``memo`` is None,
    or ``[changes it has not been looked at for]``.
    """

    def __init__(self, formula: Formula, variables: tuple[str, ...], events: tuple[str, ...], *, each: bool = False) -> None:
        self.formula = formula
        self.variables = variables
        self.events = events
        self.each = each

    def plan(self, variables: Variables, around: Surroundings, now: datetime, *, outside: Variables | None = None) -> Plan:
        """Return that it is to be looked at."""
        return Plan(Wait.CONDITION, at_once=True)

    def again(self, memo: list[Any] | None) -> Plan | None:
        """Return that it is to be looked at after the next change, or for the next of those that came together."""
        left = 0 if memo is None else int(memo[0]) - 1
        return Plan(Wait.CONDITION, memo=[left] if left else None, at_once=left > 0)

    def concerns(self, name: str, *, is_new: bool) -> bool:
        """Say whether this change of a variable is one to look again for."""
        if self.variables and name not in self.variables:
            return False
        return not self.events or ("create" if is_new else "update") in self.events
