"""Every built-in of the standard, called in all the ways that are right and wrong alike (DMN 10.3.4, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loanflow.feel import Parameter, explain, literal
from loanflow.feel.builtins import STANDARD, by_name
from loanflow.feel.builtins.declaration import BuiltIn, Signature

# Arguments that fit the first signature that takes so many of them; the result must not be null.
CALLS: dict[str, tuple[str, ...]] = {
    "date": ('"2026-01-31"', "2026, 1, 31"),
    "date and time": (
        '"2026-01-31T10:00:00"',
        '@"2026-01-31", @"10:00:00Z"',
        "2026, 1, 31, 10, 0, 0.5",
        '2026, 1, 31, 10, 0, 0.5, @"PT1H"',
    ),
    "time": ('"10:00:00"', "10, 0, 0", '10, 0, 0, @"PT1H"'),
    "number": ('"1"', '"1,5", ".", ","'),
    "string": ("1",),
    "duration": ('"P1D"',),
    "years and months duration": ('@"2025-01-31", @"2026-01-31"',),
    "not": ("true",),
    "substring": ('"foobar", 3', '"foobar", 3, 2'),
    "string length": ('"foobar"',),
    "upper case": ('"a"',),
    "lower case": ('"A"',),
    "substring before": ('"foobar", "bar"',),
    "substring after": ('"foobar", "foo"',),
    "contains": ('"foobar", "o"',),
    "starts with": ('"foobar", "o"',),
    "ends with": ('"foobar", "o"',),
    "matches": ('"foobar", "^fo*b"', '"foobar", "O", "i"'),
    "replace": ('"foobar", "o", "0"', '"foobar", "O", "0", "i"'),
    "split": ('"a;b", ";"',),
    "string join": ('["a", "b"]', '["a", "b"], ", "'),
    "list contains": ("[1, 2], 2",),
    "list replace": ("[1, 2], 2, 3", "[1, 2], function(item, new) item = 1, 3"),
    **dict.fromkeys(("count", "min", "max", "sum", "mean", "product", "median", "mode", "stddev"), ("[1, 2, 2]",)),
    **dict.fromkeys(("all", "any"), ("[true, false]",)),
    "sublist": ("[1, 2, 3], 2", "[1, 2, 3], 2, 1"),
    "append": ("[1], 2, 3",),
    **dict.fromkeys(("concatenate", "union"), ("[1], [2]",)),
    "insert before": ("[1, 2], 1, 3",),
    "remove": ("[1, 2], 1",),
    "index of": ("[1, 2], 2",),
    **dict.fromkeys(("reverse", "distinct values", "flatten"), ("[1, 2, [3]]",)),
    "sort": ("[2, 1]", "[2, 1], function(x, y) x < y"),
    **dict.fromkeys(("decimal", "round up", "round down", "round half up", "round half down"), ("1.125, 2",)),
    **dict.fromkeys(("floor", "ceiling"), ("1.5", "1.25, 1")),
    **dict.fromkeys(("abs", "sqrt", "log", "exp", "odd", "even"), ("4",)),
    "modulo": ("7, 3",),
    "is": ("1, 2",),
    **dict.fromkeys(("before", "after"), ("1, 2", "1, [2..3]", "[1..2], 3", "[1..2], [3..4]")),
    "coincides": ("1, 2", "[1..2], [1..2]"),
    **dict.fromkeys(("meets", "met by", "overlaps", "overlaps before", "overlaps after"), ("[1..2], [2..3]",)),
    **dict.fromkeys(("finishes", "during", "starts"), ("1, [1..2]", "[1..2], [1..3]")),
    **dict.fromkeys(("finished by", "includes", "started by"), ("[1..2], 1", "[1..2], [1..3]")),
    **dict.fromkeys(("day of year", "day of week", "month of year", "week of year"), ('@"2026-01-31"',)),
    "get value": ('{a: 1}, "a"',),
    "get entries": ("{a: 1}",),
    "context": ('[{key: "a", value: 1}]',),
    "context put": ('{a: 1}, "b", 2', '{a: {b: 1}}, ["a", "b"], 2'),
    "context merge": ("[{a: 1}, {b: 2}]",),
    "range": ('"[1..2]"',),
}


def _calls() -> Iterator[tuple[BuiltIn, Signature, tuple[str, ...]]]:
    for name, calls in CALLS.items():
        built = by_name("spec")[name]
        for call in calls:
            arguments = _arguments(call)
            signature = next(
                one for one in built.choose(len(arguments), ()) if _value(f"{name}({call})") != "null" and _fits(one, arguments)
            )
            yield built, signature, arguments


def _arguments(call: str) -> tuple[str, ...]:
    parts, depth = [""], 0
    for char in call:
        depth += (char in "[{(") - (char in "]})")
        if char == "," and not depth and parts[-1].count('"') % 2 == 0:
            parts.append("")
        else:
            parts[-1] += char
    return tuple(part.strip() for part in parts)


def _fits(signature: Signature, arguments: tuple[str, ...]) -> bool:
    values = [explain(argument).value for argument in arguments]
    return all(signature.formal(index).accept(value)[0] for index, value in enumerate(values))


def _value(text: str) -> str:
    return literal(explain(text).value)


def _refused(text: str) -> bool:
    """Whether it is null, and says why; what is unknown to all and any is null without a reason."""
    found = explain(text)
    return found.value is None and (bool(found.reasons) or text in ("all(null)", "any(null)"))


def _parameter(signature: Signature, index: int) -> Parameter:
    return signature.parameters[min(index, len(signature.parameters) - 1)]


def test_every_built_in_is_called() -> None:
    assert {built.name for built in STANDARD} - set(CALLS) == {"now", "today"}


@pytest.mark.parametrize(
    ("built", "signature", "arguments"), [pytest.param(*one, id=f"{one[0].name}({', '.join(one[2])})") for one in _calls()]
)
def test_the_ways_to_call(built: BuiltIn, signature: Signature, arguments: tuple[str, ...]) -> None:
    name, plain = built.name, ", ".join(arguments)
    value = _value(f"{name}({plain})")
    assert value != "null"
    # "date and time" without its brackets are two names.
    assert " and " in name or _value(f"(function(f) f({plain}))({name})") == value, "as a value"
    if not signature.variadic:
        by_names = [f"{_parameter(signature, index).name}: {argument}" for index, argument in enumerate(arguments)]
        assert _value(f"{name}({', '.join(by_names)})") == value, "by name"
        assert _value(f"{name}({', '.join(reversed(by_names))})") == value, "by name, in another order"
        assert _refused(f"{name}({', '.join(by_names)}, no such parameter: 1)")
        assert _refused(f"{name}({', '.join([*by_names[1:], 'no such parameter: 1'])})")
        most = max(len(one.parameters) for one in built.signatures)
        assert any(one.variadic for one in built.signatures) or _refused(f"{name}({', '.join(['1'] * (most + 1))})")
    assert name == "is" or _refused(f"{name}()")
    for index in range(len(arguments)):
        formal, kinds = signature.formal(index), {one.kind for one in signature.formal(index).types}
        with_null = ", ".join("null" if at == index else one for at, one in enumerate(arguments))
        assert formal.nullable or _refused(f"{name}({with_null})"), f"argument {index + 1} null"
        if "Any" not in kinds:
            in_list = ", ".join(f"[{one}]" if at == index else one for at, one in enumerate(arguments))
            assert "list" in kinds or _value(f"{name}({in_list})") == value, f"argument {index + 1} in a list of its own"
            wrong = ", ".join("[1, [2]]" if at == index else one for at, one in enumerate(arguments))
            assert "list" in kinds or _refused(f"{name}({wrong})"), f"argument {index + 1} of another type"
