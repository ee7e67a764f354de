"""What an evaluation gives back, and how a Camunda 7 task maps it to a variable."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from loanflow.dmn.trace import Trace
from loanflow.errors import EvaluationError
from loanflow.feel import FeelValue
from loanflow.problems import Location, Problem, errors_in


class _Fields(NamedTuple):
    value: FeelValue
    trace: Trace | None
    problems: tuple[Problem, ...]


class DecisionResult(tuple[FeelValue, Trace | None, tuple[Problem, ...]]):
    """A decision's value; why it is so, where a trace was asked for; and what went wrong on the way.

    ``value`` is a FEEL value that the caller may keep and change: under Camunda 7's rules a list of rows (contexts of
    named outputs), else a value, a context or a list. A problem of severity error means that the decision has no result
    (a broken hit policy, a value of the wrong type under Camunda's rules); ``value`` is then null.

    It is made of a tuple of the three. A named tuple's constructor, written in Python, would cost as much as looking up a column.
    """

    __slots__ = ()

    value = _Fields.value
    trace = _Fields.trace
    problems = _Fields.problems

    def __repr__(self) -> str:
        return f"DecisionResult(value={self.value!r}, trace={self.trace!r}, problems={self.problems!r})"

    @property
    def failed(self) -> bool:
        """Say whether the decision has no result."""
        return bool(errors_in(self.problems))


def map_result(rows: FeelValue, mapper: str | None) -> FeelValue:
    """Return what a Camunda 7 business rule task stores of a decision's rows (``mapDecisionResult``).

    Args:
        rows: the value of a decision; evaluated by other rules than Camunda 7's, its values count as rows of one output.
        mapper: ``singleEntry`` (one value), ``singleResult`` (one row), ``collectEntries`` (one value a row) or
            ``resultList`` (the rows; also when None).

    Raises:
        EvaluationError: the rows do not fit the mapper, as when two rules matched where one value is asked for.

    >>> map_result([{"grade": "A"}], "singleEntry")
    'A'
    """
    if mapper is None or mapper == "resultList":
        return rows
    mapped = _MAPPERS.get(mapper)
    if mapped is None:
        raise _does_not_fit(mapper, ", ".join(_MAPPERS), "a mapper of that name")
    return mapped(_rows(rows))


def _rows(value: FeelValue) -> list[dict[str, FeelValue]]:
    """Return a result as rows, also one that was evaluated by other rules than Camunda 7's: a value is a row of one output."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [item if isinstance(item, dict) else {"": item} for item in items]


def _single_entry(rows: list[dict[str, FeelValue]]) -> FeelValue:
    row = _only_row(rows, "singleEntry")
    return _only_entry(row, "singleEntry") if row is not None else None


def _single_result(rows: list[dict[str, FeelValue]]) -> FeelValue:
    return _only_row(rows, "singleResult")


def _collect_entries(rows: list[dict[str, FeelValue]]) -> FeelValue:
    names = {name for row in rows for name in row}
    if len(names) > 1:
        raise _does_not_fit("collectEntries", "rows with one output, the same in each", "outputs " + ", ".join(sorted(names)))
    return [_only_entry(row, "collectEntries") for row in rows if row]


def _only_row(rows: list[dict[str, FeelValue]], mapper: str) -> dict[str, FeelValue] | None:
    if len(rows) > 1:
        raise _does_not_fit(mapper, "at most one row", f"{len(rows)} rows")
    return rows[0] if rows else None


def _only_entry(row: Mapping[str, FeelValue], mapper: str) -> FeelValue:
    if len(row) > 1:
        raise _does_not_fit(mapper, "one output", "outputs " + ", ".join(row))
    return next(iter(row.values()), None)


def _does_not_fit(mapper: str, expected: str, found: str) -> EvaluationError:
    return EvaluationError(
        [
            Problem(
                code="dmn/result-does-not-fit",
                message=f"the decision's result cannot be mapped with {mapper}",
                location=Location(file=""),
                property="Map decision result",
                expected=expected,
                found=found,
            )
        ]
    )


_MAPPERS: Mapping[str, Any] = MappingProxyType(
    {"singleEntry": _single_entry, "singleResult": _single_result, "collectEntries": _collect_entries}
)
