"""FEEL's values (DMN 10.3.2.3): None, bool, Decimal, str, list, dict, and our own immutable temporals, ranges and functions.

Read `union.py` first, then `temporals.py`; `python.py` and `encoding.py` are the doors in and out.
"""

from __future__ import annotations

from loanflow.feel.values.comparison import equal, order, same, within
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration, duration
from loanflow.feel.values.encoding import from_json, json_text, to_json
from loanflow.feel.values.functions import Function, Parameter
from loanflow.feel.values.kinds import assignable, coerced, conforms, kind, only_disallowed, type_conforms
from loanflow.feel.values.numbers import CONTEXT, exact_decimals, integer, number, plain
from loanflow.feel.values.python import to_feel, to_python
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime, temporal
from loanflow.feel.values.text import literal, quoted, text_of
from loanflow.feel.values.union import FeelValue

__all__ = [
    "CONTEXT",
    "DaysTimeDuration",
    "FeelDate",
    "FeelDateTime",
    "FeelTime",
    "FeelValue",
    "Function",
    "Parameter",
    "Range",
    "YearsMonthsDuration",
    "assignable",
    "coerced",
    "conforms",
    "duration",
    "equal",
    "exact_decimals",
    "from_json",
    "integer",
    "json_text",
    "kind",
    "literal",
    "number",
    "only_disallowed",
    "order",
    "plain",
    "quoted",
    "same",
    "temporal",
    "text_of",
    "to_feel",
    "to_json",
    "to_python",
    "type_conforms",
    "within",
]
