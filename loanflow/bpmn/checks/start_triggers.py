"""Start events that wait for what only a case could know: they are armed at deployment, before there are variables (clause 10.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from loanflow.bpmn.checks.expression_syntax import compiled
from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.checks.timers import FIELD
from loanflow.bpmn.checks.wrong_dialect import is_wrong
from loanflow.bpmn.model import Dialect, Expression, Language, MessageEvent, SignalEvent, StartEvent, TimerEvent, TimerKind
from loanflow.bpmn.timers import read_timer, temporal_text
from loanflow.feel import CompiledExpression, FeelAssertionFailed, FeelBudgetExceeded, FeelSyntaxError, Run, literal
from loanflow.problems import Problem

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""What ``now()`` gives here: whether an expression gives an instant does not hang on the day."""


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each computed time or name of a start event that is none without variables."""
    for scope, node in scene.nodes():
        if scope.owner is not None or not isinstance(node, StartEvent):
            continue
        for event in definitions_of(node):
            match event:
                case TimerEvent():
                    yield from _trigger(scene, node, event.value, f"Timer > {FIELD[event.kind]}", event.kind)
                case MessageEvent() if event.message is not None:
                    yield from _trigger(scene, node, event.message.name, "Message > Name")
                case SignalEvent():
                    yield from _trigger(scene, node, event.name, "Signal > Name")
                case _:
                    pass


def _trigger(scene: Scene, node: StartEvent, given: Expression, property: str, timer: TimerKind | None = None) -> Iterator[Problem]:
    dialect = scene.model.dialect
    if given.is_literal or is_wrong(given, dialect):
        return
    try:
        formula = compiled(given, dialect)
    except FeelSyntaxError:
        return  # Told as such.
    wrong = _wrong(formula, given.language, timer, quartz=dialect is Dialect.CAMUNDA7)
    if wrong is None:
        return
    if formula.names:
        wrong = f"there is no case yet, and no {' or '.join(sorted(formula.names))}"
    what = "name" if timer is None else "time"
    yield scene.finding(
        node,
        "bpmn/start-trigger",
        f"the {what} of a start event is looked at when the process is deployed: {wrong}",
        line=given.line,
        property=property,
        expected=f"a {what} that needs no variables",
        found=given.text,
        hint=f"write the {what} as it is, without variables",
    )


def _wrong(formula: CompiledExpression, language: Language, timer: TimerKind | None, *, quartz: bool) -> str | None:
    """Say why an expression gives no name or time without variables, None where it gives one."""
    if language is Language.JUEL and formula.names:
        return "it reads variables"  # Camunda 7 does not take what is missing for null.
    run = Run(lambda: _SOME_DAY)
    try:
        value = formula.run({}, run)
        text = None if timer is None else temporal_text(value)
        if timer is not None and text is not None:
            read_timer(timer, text, quartz=quartz)
    except (ValueError, FeelAssertionFailed, FeelBudgetExceeded) as error:
        return str(error)
    if run.reasons and (value is None or language is Language.JUEL):
        return run.reasons[0].message
    if text is not None or (timer is None and isinstance(value, str | Decimal) and str(value).strip()):
        return None
    return f"the expression gives {literal(value)}"
