"""The closed union of all FEEL values, as Python holds them."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias, Union

from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

FeelValue: TypeAlias = Union[
    bool,
    Decimal,
    str,
    "list[FeelValue]",
    "dict[str, FeelValue]",
    FeelDate,
    FeelTime,
    FeelDateTime,
    DaysTimeDuration,
    YearsMonthsDuration,
    Range,
    Function,
    None,
]
