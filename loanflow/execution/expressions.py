"""A model's expressions, compiled once and bound to the element and property they stand in.

A formula gives a FEEL value, or raises `Stuck` with a sentence that names element, property and text: the token then
waits as an incident instead of going a wrong way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, cast

from loanflow.bpmn.model import Dialect, Expression, Language
from loanflow.bpmn.timers import Interval, due_instant
from loanflow.feel import CompiledExpression, FeelAssertionFailed, FeelBudgetExceeded, Run, compile_expression, to_json
from loanflow.feel.values import Function

_MISSING = {
    "feel/unknown-name": "reads a variable that does not exist",
    "feel/unknown-function": "calls a function that nobody has registered",
    "feel/unknown-method": "calls a method that does not exist",
    "feel/not-single": "asks for one of several",
}
Variables = Mapping[str, Any]
"""FEEL values by name, as a token sees them."""


class Stuck(Exception):
    """A token cannot go on until a person helps; ``code`` and ``message`` are those of the incident."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class Surroundings(Protocol):
    """What an expression may ask besides variables: the instant of the command, registered functions, and its place.

    ``execution`` is what JUEL's ``execution.getProcessBusinessKey()`` and the like read; ``within`` knows its ``setVariable`` too.
    """

    clock: Callable[[], datetime]
    functions: Callable[[str], Callable[..., Any] | None]

    @property
    def execution(self) -> dict[str, Any]:
        """Return what is known of the place the expression is evaluated at."""
        ...

    def within(self, name: str) -> Callable[..., Any] | None:
        """Return the registered function of that name, or what an expression may do to the case: ``execution.setVariable``."""
        ...


class Formula:
    """One expression in its place; immutable, shared by threads. A literal is its own value."""

    __slots__ = ("_asks_execution", "_compiled", "_length", "_literal", "_path", "is_juel", "is_strict", "names", "place", "text")

    def __init__(self, expression: Expression, *, dialect: Dialect, place: str) -> None:
        """Compile; raises ``FeelSyntaxError``. ``place`` is the element and property in words."""
        self.text = expression.text
        self.place = place
        self._literal = expression.text
        self._compiled: CompiledExpression | None = None
        self._path: tuple[str, ...] | None = None
        self.names: frozenset[str] = frozenset()
        if expression.language is not Language.LITERAL:
            spoken = "juel" if expression.language is Language.JUEL else dialect.value
            self._compiled = compile_expression(expression.text, dialect=spoken)
            self.names = self._compiled.names
            self._path = None if "execution" in self.names else self._compiled.path
        # Due dates are mostly literal durations: read them once.
        self._length = _literal_length(expression)
        self.is_juel = expression.language is Language.JUEL
        # Camunda 8 makes no number a text, and no text a number or a list.
        self.is_strict = dialect is Dialect.CAMUNDA8 and expression.language is Language.FEEL
        self._asks_execution = self.is_juel and ("execution" in expression.text or "externalTask" in expression.text)

    @property
    def is_literal(self) -> bool:
        """Whether the value is the text itself."""
        return self._compiled is None

    def value(self, variables: Variables, around: Surroundings) -> Any:
        """Return the value; null is a value."""
        if self._compiled is None:
            return self._literal
        return self._evaluate(variables, around)[0]

    def required(self, variables: Variables, around: Surroundings) -> Any:
        """Return the value, which must not be null."""
        if self._compiled is None:
            return self._literal
        value, reasons = self._evaluate(variables, around)
        if value is None:
            raise self.failed("gave null", reasons)
        return value

    def holds(self, variables: Variables, around: Surroundings) -> bool:
        """Return the condition's truth; null or any other kind of value is an incident, as in both Camunda versions."""
        value, reasons = (self._literal, ()) if self._compiled is None else self._evaluate(variables, around)
        if value is True or value is False:
            return value
        if self._compiled is None and isinstance(value, str) and value.strip() in ("true", "false"):
            return value.strip() == "true"
        raise self.failed(f"gave {_shown(value)} where true or false is needed", reasons)

    def is_true(self, variables: Variables, around: Surroundings) -> bool:
        """Return the truth of a condition that may be looked at too early: null and missing variables make it false."""
        value = self._literal == "true" if self._compiled is None else self._evaluate(variables, around, missing_is_null=True)[0]
        if value is True or value is False:
            return value
        if value is None:
            return False
        raise self.failed(f"gave {_shown(value)} where true or false is needed")

    def string(self, variables: Variables, around: Surroundings) -> str | None:
        """Return text, or None for null or an empty text; numbers are spelled out, but not in Camunda 8."""
        value = self.value(variables, around)
        return value.strip() or None if isinstance(value, str) else self._spelled(value, numbers=not self.is_strict)

    def required_string(self, variables: Variables, around: Surroundings) -> str | None:
        """Return text as `string` does; in Camunda 8 null is an incident."""
        if not self.is_strict:
            return self.string(variables, around)
        return self._spelled(self.required(variables, around), numbers=False)

    def key(self, variables: Variables, around: Surroundings) -> str | None:
        """Return a correlation key: text or a number, None for null or an empty text."""
        return self._spelled(self.value(variables, around), numbers=True)

    def _spelled(self, value: Any, *, numbers: bool) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            return value.strip() or None
        if numbers and isinstance(value, Decimal):
            return format(value.normalize(), "f") if value == value.to_integral_value() else format(value, "f")
        raise self.failed(f"gave {_shown(value)} where text is needed")

    def strings(self, variables: Variables, around: Surroundings) -> tuple[str, ...]:
        """Return texts from a list or a comma list; null is no text at all, but not in ``${}``. In Camunda 8 only a list will do."""
        value = self.value(variables, around)
        if value is None and not self.is_juel and not self.is_strict:
            return ()
        if isinstance(value, str) and not self.is_strict:
            return tuple(part.strip() for part in value.split(",") if part.strip())
        if isinstance(value, list):
            items = cast("list[Any]", value)
            if all(isinstance(item, str) for item in items):
                return tuple(item.strip() for item in items if item.strip())
        raise self.failed(f"gave {_shown(value)} where a list of texts is needed")

    def integer(self, variables: Variables, around: Surroundings) -> int:
        """Return a whole number, also from its text, but not in Camunda 8."""
        value = self.value(variables, around)
        if isinstance(value, str) and not self.is_strict and value.strip().lstrip("+-").isdigit():
            return int(value)
        if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value() and abs(value) < 10**15:
            return int(value)
        raise self.failed(f"gave {_shown(value)} where a whole number is needed")

    def instant(self, variables: Variables, around: Surroundings, *, now: datetime) -> datetime | None:
        """Return the UTC instant of a date, or of a duration from now; None for null or an empty text."""
        value = self.value(variables, around)
        if value is None or value == "":
            return None
        try:
            if self._length is not None:
                return self._length.after(now)
            return due_instant(value, now=now)
        except (ValueError, TypeError) as error:
            raise self.failed(f"gave no instant: {error}") from error

    def failed(self, what: str, reasons: tuple[Any, ...] = ()) -> Stuck:
        """Return the incident that names this expression."""
        because = "".join(f"; {reason}" for reason in reasons[:3])
        return Stuck("expression-failed", f"{self.place}: {self.text!r} {what}{because}")

    def _evaluate(self, variables: Variables, around: Surroundings, *, missing_is_null: bool = False) -> tuple[Any, tuple[Any, ...]]:
        assert self._compiled is not None
        if self._path is not None:
            # Most mappings only hand on a value; where there is none, the evaluation below says why.
            found: Any = variables
            try:
                for name in self._path:
                    found = found[name]
            except (KeyError, TypeError):
                found = None
            if found is not None and not isinstance(found, Function):
                return found, ()
        if self._asks_execution:
            variables = {**variables, "execution": around.execution}
        run = Run(around.clock, None, around.within if self._asks_execution else around.functions)
        try:
            value = self._compiled.run(variables, run)
        except FeelBudgetExceeded as error:
            raise Stuck("expression-budget", f"{self.place}: {self.text!r} took too long: {error}") from error
        except FeelAssertionFailed as error:
            raise self.failed(f"failed: {error}") from error
        reasons = tuple(run.noted) if run.noted else ()
        if reasons and self.is_juel:
            # Camunda 7 does not take what is missing for null, be it a variable or something to call.
            missing = tuple(reason for reason in reasons if reason.code in _MISSING)
            if missing and missing_is_null and all(reason.code != "feel/unknown-function" for reason in missing):
                return None, missing
            if missing:
                raise self.failed(_MISSING[missing[0].code], missing)
        if type(value) is Function:
            raise self.failed("gave a function, which no variable can hold")
        return value, reasons


def _literal_length(expression: Expression) -> Interval | None:
    if expression.language is not Language.LITERAL or not expression.text.startswith("P"):
        return None
    try:
        return Interval.parse(expression.text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    text = repr(value) if isinstance(value, str) else str(to_json(value))
    return text if len(text) <= 80 else text[:77] + "..."
