"""The FEEL language (DMN clause 10), exact and explained; usable alone: ``from loanflow.feel import evaluate``.

Values are Python's own (None, bool, Decimal, str, list, dict) and the immutable temporals, ranges and functions of
`loanflow.feel.values`. Read `reading.py` first: text in, value out; then `syntax/`, `compiler/`, `builtins/`.
A result that is null carries its reasons; only a budget that ran out raises.
"""

from __future__ import annotations

from loanflow.feel.budget import FeelBudget
from loanflow.feel.compiler import CompiledExpression, CompiledUnaryTests, Evaluation
from loanflow.feel.diagnostics import NullReason
from loanflow.feel.errors import FeelAssertionFailed, FeelBudgetExceeded, FeelSyntaxError
from loanflow.feel.reading import compile_expression, compile_unary_tests, evaluate, explain, parse, parse_unary_tests, unary_test
from loanflow.feel.run import Clock, Functions, Run
from loanflow.feel.types import (
    ANY,
    BOOLEAN,
    BUILT_IN_TYPES,
    CONTEXT,
    DATE,
    DATE_TIME,
    DAYS,
    FUNCTION,
    LIST,
    MONTHS,
    NUMBER,
    RANGE,
    STRING,
    TIME,
    FeelType,
)
from loanflow.feel.values import (
    DaysTimeDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    FeelValue,
    Function,
    Parameter,
    Range,
    YearsMonthsDuration,
    coerced,
    conforms,
    equal,
    from_json,
    kind,
    literal,
    number,
    order,
    same,
    text_of,
    to_feel,
    to_json,
    to_python,
)

__all__ = [
    "ANY",
    "BOOLEAN",
    "BUILT_IN_TYPES",
    "CONTEXT",
    "DATE",
    "DATE_TIME",
    "DAYS",
    "FUNCTION",
    "LIST",
    "MONTHS",
    "NUMBER",
    "RANGE",
    "STRING",
    "TIME",
    "Clock",
    "CompiledExpression",
    "CompiledUnaryTests",
    "DaysTimeDuration",
    "Evaluation",
    "FeelAssertionFailed",
    "FeelBudget",
    "FeelBudgetExceeded",
    "FeelDate",
    "FeelDateTime",
    "FeelSyntaxError",
    "FeelTime",
    "FeelType",
    "FeelValue",
    "Function",
    "Functions",
    "NullReason",
    "Parameter",
    "Range",
    "Run",
    "YearsMonthsDuration",
    "coerced",
    "compile_expression",
    "compile_unary_tests",
    "conforms",
    "equal",
    "evaluate",
    "explain",
    "from_json",
    "kind",
    "literal",
    "number",
    "order",
    "parse",
    "parse_unary_tests",
    "same",
    "text_of",
    "to_feel",
    "to_json",
    "to_python",
    "unary_test",
]
