"""Range functions (DMN 10.3.4.9, Allen's relations between points and intervals) and ``range`` (10.3.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loanflow.feel.builtins.declaration import BuiltIn, built_in
from loanflow.feel.errors import FeelSyntaxError
from loanflow.feel.run import Run
from loanflow.feel.syntax import Names, Parser, tree
from loanflow.feel.values.comparison import order
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration, duration
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime, temporal

_CLAUSE = "10.3.4.9 Range functions"


class _NoOrder(Exception):
    """Two points that cannot be compared; never leaves this file."""


def _compare(one: Any, other: Any) -> int:
    found = order(one, other)
    if found is None:
        raise _NoOrder
    return found


def _relation(name: str, parameters: str, about: str, relation: Callable[..., bool], *more: str) -> BuiltIn:
    def compute(run: Run, *arguments: Any) -> Any:
        try:
            return relation(*arguments)
        except _NoOrder:
            return run.null("feel/not-comparable", "the points and ranges have no common order")

    compute.__doc__ = about
    signatures = [f"{name}({one}): boolean" for one in (parameters, *more)]
    return built_in(*signatures, clause=_CLAUSE)(compute)


def _before(one: Any, other: Any) -> bool:
    if isinstance(one, Range) and isinstance(other, Range):
        found = _compare(one.high, other.low)
        return found < 0 or (found == 0 and not (one.high_included and other.low_included))
    if isinstance(one, Range):
        found = _compare(one.high, other)
        return found < 0 or (found == 0 and not one.high_included)
    if isinstance(other, Range):
        found = _compare(one, other.low)
        return found < 0 or (found == 0 and not other.low_included)
    return _compare(one, other) < 0


def _after(one: Any, other: Any) -> bool:
    return _before(other, one)


def _meets(one: Range, other: Range) -> bool:
    return one.high_included and other.low_included and _compare(one.high, other.low) == 0


def _met_by(one: Range, other: Range) -> bool:
    return _meets(other, one)


def _overlaps(one: Range, other: Range) -> bool:
    return not _before(one, other) and not _before(other, one)


def _starts_earlier(one: Range, other: Range) -> bool:
    found = _compare(one.low, other.low)
    return found < 0 or (found == 0 and one.low_included and not other.low_included)


def _ends_earlier(one: Range, other: Range) -> bool:
    found = _compare(one.high, other.high)
    return found < 0 or (found == 0 and other.high_included and not one.high_included)


def _overlaps_before(one: Range, other: Range) -> bool:
    return _starts_earlier(one, other) and _overlaps(one, other) and not _ends_earlier(other, one)


def _overlaps_after(one: Range, other: Range) -> bool:
    return _overlaps_before(other, one)


def _finishes(one: Any, other: Range) -> bool:
    if not isinstance(one, Range):
        return other.high_included and _compare(one, other.high) == 0
    ends = one.high_included == other.high_included and _compare(one.high, other.high) == 0
    return ends and not _starts_earlier(one, other)


def _finished_by(one: Range, other: Any) -> bool:
    return _finishes(other, one)


def _includes(one: Range, other: Any) -> bool:
    if isinstance(other, Range):
        return not _starts_earlier(other, one) and not _ends_earlier(one, other)
    low, high = _compare(other, one.low), _compare(other, one.high)
    return (low > 0 or (low == 0 and one.low_included)) and (high < 0 or (high == 0 and one.high_included))


def _during(one: Any, other: Range) -> bool:
    return _includes(other, one)


def _starts(one: Any, other: Range) -> bool:
    if not isinstance(one, Range):
        return other.low_included and _compare(one, other.low) == 0
    begins = one.low_included == other.low_included and _compare(one.low, other.low) == 0
    return begins and not _ends_earlier(other, one)


def _started_by(one: Range, other: Any) -> bool:
    return _starts(other, one)


def _coincides(one: Any, other: Any) -> bool:
    if isinstance(one, Range) and isinstance(other, Range):
        flags = (one.low_included, one.high_included) == (other.low_included, other.high_included)
        return flags and _compare(one.low, other.low) == 0 and _compare(one.high, other.high) == 0
    if isinstance(one, Range) or isinstance(other, Range):
        raise _NoOrder
    return _compare(one, other) == 0


_POINT_AND_RANGE = ("point: Any, range: range",)
_RANGE_AND_POINT = ("range: range, point: Any",)
_RANGES = "range1: range, range2: range"
_ALL = ("point: Any, range: range", "range: range, point: Any", _RANGES)

before = _relation("before", "point1: Any, point2: Any", "Whether the first ends before the second begins.", _before, *_ALL)
after = _relation("after", "point1: Any, point2: Any", "Whether the first begins after the second ends.", _after, *_ALL)
meets = _relation("meets", _RANGES, "Whether the second begins where the first ends.", _meets)
met_by = _relation("met by", _RANGES, "Whether the first begins where the second ends.", _met_by)
overlaps = _relation("overlaps", _RANGES, "Whether they have a point in common.", _overlaps)
overlaps_before = _relation("overlaps before", _RANGES, "Whether the first begins earlier and reaches into the second.", _overlaps_before)
overlaps_after = _relation("overlaps after", _RANGES, "Whether the first begins inside the second and ends later.", _overlaps_after)
finishes = _relation("finishes", *_POINT_AND_RANGE, "Whether both end together.", _finishes, _RANGES)
finished_by = _relation("finished by", *_RANGE_AND_POINT, "Whether both end together.", _finished_by, _RANGES)
includes = _relation("includes", *_RANGE_AND_POINT, "Whether the second lies in the first.", _includes, _RANGES)
during = _relation("during", *_POINT_AND_RANGE, "Whether the first lies in the second.", _during, _RANGES)
starts = _relation("starts", *_POINT_AND_RANGE, "Whether both begin together.", _starts, _RANGES)
started_by = _relation("started by", *_RANGE_AND_POINT, "Whether both begin together.", _started_by, _RANGES)
coincides = _relation("coincides", "point1: Any, point2: Any", "Whether they are the same point or range.", _coincides, _RANGES)


@built_in("range(from: string): range", clause="10.3.4.1 Conversion functions")
def range_of(run: Run, text: str) -> Any:
    """A range from its text; its end points are literals."""
    try:
        node = Parser(text, names=(), built_ins=Names(("date and time", "years and months duration")), joins_words=False).whole_expression()
    except FeelSyntaxError as error:
        return run.null("feel/no-range", error.message)
    if not isinstance(node, tree.Interval):
        return run.null("feel/no-range", f"{text[:40]!r} is no range")
    try:
        low, high = _end_point(node.low), _end_point(node.high)
    except ValueError as error:
        return run.null("feel/no-range", str(error))
    found = order(low, high)
    if found is None or found > 0:
        return run.null("feel/no-range", "the end points do not belong together, or go backwards")
    return Range(low, high, node.low_included, node.high_included)


_READERS: dict[str, Callable[[str], FeelDate | FeelTime | FeelDateTime | DaysTimeDuration | YearsMonthsDuration]] = {
    "date": FeelDate.parse,
    "time": FeelTime.parse,
    "date and time": FeelDateTime.parse,
    "duration": duration,
}


def _end_point(node: tree.Node) -> Any:
    match node:
        case tree.Literal(value=value) if value is not None and not isinstance(value, bool):
            return value
        case tree.AtLiteral(text=text):
            return duration(text) if text.lstrip("-")[:1] == "P" else temporal(text)
        case tree.Call(callee=tree.Name(name=name), arguments=(tree.Literal(value=str() as text),)) if name in _READERS:
            return _READERS[name](text)
        case _:
            raise ValueError("the end points of a range are literals")


BUILT_INS = (
    before,
    after,
    meets,
    met_by,
    overlaps,
    overlaps_before,
    overlaps_after,
    finishes,
    finished_by,
    includes,
    during,
    starts,
    started_by,
    coincides,
    range_of,
)
