"""Which FEEL type a value has, whether it conforms to one, and how it is converted to one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from loanflow.feel.types import ANY, FeelType
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

# Compared with "is" where speed counts; typed Any, so that a value stays Any for the checker.
LIST_TYPE: Any = list
CONTEXT_TYPE: Any = dict

PYTHON_TYPES: dict[Any, str] = {
    type(None): "Null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    FeelDate: "date",
    FeelTime: "time",
    FeelDateTime: "date and time",
    DaysTimeDuration: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    Range: "range",
    Function: "function",
}


def kind(value: Any) -> str:
    """Return the name of a value's type: ``number``, ``list``, ..., ``Null`` for null."""
    of = type(value)  # pyright: ignore[reportUnknownVariableType]
    return PYTHON_TYPES.get(of, "Any")


def conforms(value: Any, to: FeelType) -> bool:
    """Whether a value is an instance of a type; null is an instance of Null only (DMN, "instance of")."""
    if to.kind == "Any":
        return value is not None and (to.allowed is None or bool(to.allowed(value)))
    if kind(value) != to.kind:
        return False
    if not _inner_conforms(value, to):
        return False
    return to.allowed is None or bool(to.allowed(value))


def assignable(value: Any, to: FeelType) -> bool:
    """Whether a value may stand where the type is asked for: null always may."""
    return value is None or to.kind == "Any" or conforms(value, to)


def coerced(value: Any, to: FeelType) -> tuple[bool, Any]:
    """Convert as the standard allows: ``(True, value)``, or ``(False, None)`` when it does not conform.

    A list of one stands for its element, an element for a list of one, a date for its midnight in UTC.
    """
    if value is None or (to.kind == "Any" and to.allowed is None) or conforms(value, to):
        return True, value
    if to.kind != "list" and type(value) is LIST_TYPE:
        inner = cast("list[Any]", value)
        # One list is taken off, not two: a list of a list of one number is no number.
        if len(inner) == 1 and inner[0] is not None and type(inner[0]) is not list:
            return coerced(inner[0], to)
    elif to.kind == "list" and type(value) is not LIST_TYPE:
        wrapped = [value]
        if conforms(wrapped, to):
            return True, wrapped
    if to.kind == "date and time" and type(value) is FeelDate:
        return True, FeelDateTime(value.days, 0, 0)
    return False, None


def only_disallowed(value: Any, to: FeelType) -> bool:
    """Whether a value that is not of a type would be, were it not for the values that the type allows."""
    return coerced(value, to.unrestricted())[0]


def _inner_conforms(value: Any, to: FeelType) -> bool:
    if to.kind == "list":
        return to.element is None or all(assignable(item, to.element) for item in cast("list[Any]", value))
    if to.kind == "context":
        return all(name in value and assignable(value[name], of) for name, of in to.fields)
    if to.kind == "range" and to.element is not None:
        ends = [end for end in (value.low, value.high) if end is not None]
        return all(conforms(end, to.element) for end in ends)
    if to.kind == "function" and to.element is not None:
        return any(_function_conforms(own, to) for own in value.types(len(to.parameters)))
    return True


def _function_conforms(value: FeelType, to: FeelType) -> bool:
    if len(value.parameters) != len(to.parameters):
        return False
    taken = all(type_conforms(asked, own) for own, asked in zip(value.parameters, to.parameters, strict=True))
    # A function that does not say what it gives may give anything: its result is checked when it is called.
    unsaid = value.element is None or value.element.kind == "Any"
    return taken and (to.element is None or unsaid or (value.element is not None and type_conforms(value.element, to.element)))


def type_conforms(one: FeelType, to: FeelType) -> bool:
    """Whether every value of the first type is one of the second."""
    if to.kind == "Any" or one.kind == "Null":
        return True
    if one.kind != to.kind:
        return False
    if to.kind in ("list", "range"):
        return to.element is None or type_conforms(one.element or ANY, to.element)
    if to.kind == "context":
        own = dict(one.fields)
        return all(name in own and type_conforms(own[name], of) for name, of in to.fields)
    if to.kind == "function" and to.element is not None:
        return _function_conforms(one, to)
    return True
