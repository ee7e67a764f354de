"""FEEL types, conformance and the implicit conversions (DMN 10.3.2.9 "Type equivalence, conformance, conversions")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type by its kind; ``element`` is what a list or range holds, or what a function gives back.

    ``fields`` are a context's entries. ``allowed`` may narrow any type: it says whether a value that
    conforms otherwise is allowed (a predicate that an item definition brings along).
    """

    kind: str
    element: FeelType | None = None
    fields: tuple[tuple[str, FeelType], ...] = ()
    parameters: tuple[FeelType, ...] = ()
    allowed: Any = None

    def unrestricted(self) -> FeelType:
        """Return the type without the allowed values that narrow it or its parts."""
        return FeelType(
            self.kind,
            self.element.unrestricted() if self.element is not None else None,
            tuple((name, of.unrestricted()) for name, of in self.fields),
            tuple(of.unrestricted() for of in self.parameters),
        )

    def __str__(self) -> str:
        if self.kind == "function":
            return f"function<{', '.join(map(str, self.parameters))}> -> {self.element or ANY}"
        if self.fields:
            return "context<" + ", ".join(f"{name}: {of}" for name, of in self.fields) + ">"
        return f"{self.kind}<{self.element}>" if self.element is not None else self.kind


ANY = FeelType("Any")
NULL = FeelType("Null")
NUMBER = FeelType("number")
STRING = FeelType("string")
BOOLEAN = FeelType("boolean")
DATE = FeelType("date")
TIME = FeelType("time")
DATE_TIME = FeelType("date and time")
DAYS = FeelType("days and time duration")
MONTHS = FeelType("years and months duration")
LIST = FeelType("list")
CONTEXT = FeelType("context")
FUNCTION = FeelType("function")
RANGE = FeelType("range")

BUILT_IN_TYPES: Mapping[str, FeelType] = {
    **{one.kind: one for one in (ANY, NULL, NUMBER, STRING, BOOLEAN, DATE, TIME, DATE_TIME, DAYS, MONTHS, LIST, CONTEXT, FUNCTION, RANGE)},
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS,
    "yearMonthDuration": MONTHS,
    "integer": NUMBER,
    "long": NUMBER,
    "double": NUMBER,
    "days and time duration": DAYS,
    "years and months duration": MONTHS,
}
