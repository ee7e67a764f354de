"""Hostile and careless texts by the million: real ones mutated, then read and evaluated over odd values; none may crash or hang.

    python -m tests.feel.fuzz --inputs 1000000 --seed 1 --processes 2

The seeds are `fuzz_seeds.txt` (its last part: texts that once broke something), the shipped tables, and every FEEL text of the
DMN TCK where it stands beside the project. A run with the same seeds and numbers makes the same inputs. `test_fuzz.py` runs a slice.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from loanflow.feel import (
    FeelAssertionFailed,
    FeelBudget,
    FeelBudgetExceeded,
    FeelSyntaxError,
    compile_expression,
    compile_unary_tests,
    from_json,
    parse,
    parse_unary_tests,
    same,
    text_of,
    to_feel,
    to_json,
)
from loanflow.feel.builtins import by_name
from loanflow.feel.regex import PatternError, compiled
from loanflow.feel.regex.backtracking import Search, walk_of
from loanflow.feel.regex.java import parse_java
from loanflow.feel.regex.pattern import parse as parse_pattern
from loanflow.feel.run import Run
from loanflow.feel.syntax.formatter import format
from loanflow.feel.syntax.tokens import KEYWORDS

ROOT = Path(__file__).parents[2]
SEEDS = Path(__file__).with_name("fuzz_seeds.txt")
PROBLEMS = ROOT / "docs" / "reference" / "problems"
KIT = ROOT / ".." / "shared" / "dmn-tck"
CPU_SECONDS = 4.0  # of one input; the small budget leaves an honest evaluation far below
SMALL = FeelBudget(steps=5_000, list_size=1_000, string_size=10_000, depth=30, deadline=1.0)
KINDS = ("spec", "camunda7", "camunda8", "juel", "cell spec", "cell camunda8", "pattern")
NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
LONGEST = 2_000

VALUES: dict[str, Any] = {
    "a": Decimal(5),
    "b": "text",
    "c": None,
    "x": [Decimal(1), Decimal("2.5"), None, "3"],
    "y": {"a": Decimal(1), "b": {"c": [True, False]}, "Annual income": Decimal("1E+6000")},
    "Annual income": Decimal("120000.50"),
    "收入": Decimal(-1),
    "d": to_feel(datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)),
    "item": {"x": Decimal(1)},
    "deep": [[[[[[Decimal(0)]]]]]],
    "long": "a" * 3_000 + "!",
    "pre-bureau risk": "HIGH",
}
_SIGNS = "( ) [ ] { } , . .. : + - * / ** = != < <= > >= ? @ ' \" ` \\ $ ${ #{ } && || ! ; // /* */ ]a..b[ () [] {} -> => | \t \n \x00"
_NUMBERS = "0 1 -1 2 0.1 .5 1. 1e5 1E-6176 1e6144 1e99999999999 9999999999999999999999999999999999 10**12 1..10 [1..10) (1..] ]1..2["
PIECES = [
    *sorted(KEYWORDS),
    *sorted(by_name("camunda8")),
    *VALUES,
    *_SIGNS.split(" "),
    *_NUMBERS.split(" "),
    *("partial", "partial[-1]", "item", "?", "not(", "external", "list<number>", "function<Any>->Any", "context<a: number>"),
    '"text"', '""', '"\\u4e2d"', '"\\U1F600"', '"\\ud800"', "中文", "é", "\u2028", "\ufeff", "\U0001f600", "ﬁ", "İ", "\u0301",
    '@"2024-02-29"', '@"-999999999-12-31"', '@"24:00:00"', '@"23:59:59.999999999@Europe/Paris"', '@"P1Y"', '@"-P999999999DT23H"',
    '@"2026-03-29T02:30:00@Europe/Paris"', '@"2021-01-01T00:00:00+14:00"', '"(a+)+$"', '"[a-z-[aeiou]]"', '"\\\\p{L}"', '"$1"',
]  # fmt: skip
BUILT_INS = sorted(by_name("camunda8"))
ARGUMENTS = [
    *("null", "true", "0", "-1", "2.5", "-0.0", "1E-6176", "9e6144", "-9e6144", "10 ** 40", "0 ** -1", "Annual income", "x", "y", "d"),
    *('""', '"a"', '"(a"', '"[1..2]"', '"P1D"', '"2024-02-29"', '"24:00:00"', "[]", "[1, null]", "[[1]]", '["a", "b"]', "{}", "{a: 1}"),
    *('[{key: "a", value: 1}]', "[1..2]", "(< 5)", "(= 1)", "abs", "function(x) x", "function(x, y) x < y", '@"2024-02-29"', '@"-P0D"'),
    *('@"10:00:00@Europe/Paris"', '@"-999999999-01-01"', '@"999999999-12-31T23:59:59Z"', '@"P1DT0.000000001S"', '@"P999999999Y"'),
]
_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|\w+|\s+|.', re.DOTALL)


class Hang(BaseException):
    """One input took more processor time than any may."""


@dataclass
class Report:
    """What a number of inputs came to."""

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, str]] = field(default_factory=list)
    slowest: float = 0.0
    slowest_text: str = ""

    def add(self, other: Report) -> None:
        self.inputs += other.inputs
        self.outcomes += other.outcomes
        self.findings += other.findings
        if other.slowest > self.slowest:
            self.slowest, self.slowest_text = other.slowest, other.slowest_text


def seeds() -> list[str]:
    """Return the texts to start from, each once, in a fixed order."""
    found = list(written_seeds())
    for path in [*sorted((ROOT / "decision_tables").glob("*.dmn")), *sorted(KIT.glob("compliance-level-*/*/*.dmn"))]:
        found += [text for element in etree.parse(path).iter("{*}text") if (text := (element.text or "").strip())]
    return [text for text in dict.fromkeys(found) if len(text) <= LONGEST]


def written_seeds() -> list[str]:
    """Return the texts of `fuzz_seeds.txt`; JSON stands where a text could not as it is."""
    lines = [line for line in SEEDS.read_text(encoding="utf-8").split("\n") if line and not line.startswith("# ")]
    return [json.loads(line[6:]) if line.startswith("json: ") else line for line in lines]


def mutated(rng: random.Random, texts: list[str]) -> str:
    """Return a text made from one or two seeds by a few changes: to its tokens mostly, to its characters sometimes."""
    tokens = _TOKENS.findall(rng.choice(texts))
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2, 2, 3, 6))):
        _CHANGES[rng.randrange(len(_CHANGES))](rng, tokens, texts)
    text = "".join(tokens)
    if rng.random() < 0.05 and text:
        at = rng.randrange(len(text))
        text = text[:at] + chr(rng.choice((rng.randrange(128), rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)))) + text[at + 1 :]
    return text[:LONGEST]


def _delete(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    start = rng.randrange(len(tokens) + 1)
    del tokens[start : start + rng.choice((1, 1, 2, 6))]


def _insert(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    at = rng.randrange(len(tokens) + 1)
    tokens[at:at] = [" ", rng.choice(PIECES), " "] if rng.random() < 0.5 else [rng.choice(PIECES)]


def _replace(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    if tokens:
        tokens[rng.randrange(len(tokens))] = rng.choice(PIECES)


def _swap(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    if tokens:
        one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        tokens[one], tokens[other] = tokens[other], tokens[one]


def _repeat(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    start = rng.randrange(len(tokens) + 1)
    part = tokens[start : start + rng.randrange(1, 8)]
    tokens[start:start] = part * rng.choice((1, 1, 2, 5, 40))
    del tokens[LONGEST:]


def _splice(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    other = _TOKENS.findall(rng.choice(texts))
    tokens[rng.randrange(len(tokens) + 1) :] = other[rng.randrange(len(other) + 1) :]


def _nest(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    other = rng.choice(texts)
    before, after = rng.choice(
        (
            ("(", ")"),
            ("[", "]"),
            ("not(", ")"),
            ("{a: ", "}.a"),
            (f"({other}) + (", ")"),
            ("if ", f" then {other} else 1"),
            ("for i in ", " return i"),
        )
    )
    tokens[:] = [before, *tokens, after]


def _call(rng: random.Random, tokens: list[str], texts: list[str]) -> None:
    tokens[:] = [f"{rng.choice(BUILT_INS)}({', '.join(rng.choices(ARGUMENTS, k=rng.choice((1, 1, 2, 2, 2, 3, 3, 4))))})"]


_CHANGES = (_delete, _delete, _insert, _insert, _replace, _replace, _replace, _swap, _repeat, _splice, _splice, _nest, _call)


def examine(kind: str, text: str) -> str:
    """Read and evaluate one input; return what became of it.

    Raises:
        AssertionError: something that must hold does not. Any other exception is a finding as well.
    """
    try:
        return _pattern(text) if kind == "pattern" else _feel(kind, text)
    except FeelSyntaxError as error:
        refused = error
    except FeelBudgetExceeded as error:
        return f"budget {error.budget}"
    except FeelAssertionFailed:
        return "assert() failed"
    assert 0 <= refused.offset <= len(text), "the caret stands outside the text"
    assert (PROBLEMS / f"{refused.problem_code}.md").exists(), f"{refused.problem_code} has no page"
    return refused.problem_code


def _feel(kind: str, text: str) -> str:
    cell, dialect = kind.startswith("cell"), kind.rpartition(" ")[2]
    names = tuple(VALUES)
    if dialect != "juel":
        tree: Any = (parse_unary_tests if cell else parse)(text, dialect=dialect, names=names)
        written = format(tree)
        assert _read_again(written, cell, dialect, names) in (tree, None), f"written as {written!r} it reads otherwise"
    if cell:
        tests = compile_unary_tests(text, dialect=dialect, names=names)
        found = [tests.test(value, VALUES, clock=_clock, budget=SMALL) for value in (*VALUES.values(), True)]
        assert all(one in (True, False, None) for one in found)
        return "cell"
    expression = compile_expression(text, dialect=dialect, names=names)
    first = expression.evaluate(VALUES, clock=_clock, budget=SMALL)
    value = first.value
    assert not isinstance(value, Decimal) or value.is_finite(), "it is no number"
    text_of(value)
    with suppress(TypeError):  # a function has no JSON form
        back = from_json(json.loads(json.dumps(to_json(value))))
        assert same(back, value), "it does not survive JSON"
    second = expression.evaluate(VALUES, clock=_clock, budget=SMALL)
    assert second.reasons == first.reasons, "asked again, it gives other reasons"
    assert text_of(second.value) == text_of(value), "asked again, it gives another value"
    return "value" if value is not None else "null with reasons" if first.reasons else "null"


def _read_again(text: str, cell: bool, dialect: str, names: tuple[str, ...]) -> Any:
    try:
        return (parse_unary_tests if cell else parse)(text, dialect=dialect, names=names)
    except FeelSyntaxError as error:
        refused = error
    # Brackets that make the order plain may make a text too deep.
    assert refused.problem_code == "feel/too-deep", f"written as {text!r} it cannot be read"
    return None


def _pattern(text: str) -> str:
    """Read a text as a regular expression; where both engines can run it they must agree."""
    run = Run(budget=SMALL)
    multiline = folds = False
    try:
        regex = compiled(text[:300], "")
        tree, groups = parse_pattern(text[:300], "")
    except PatternError:
        try:
            regex = compiled(text[:300], "", java=True)
        except PatternError:
            return "no pattern"
        tree, groups, _, flags = parse_java(text[:300], "")
        multiline, folds = "m" in flags, "i" in flags
    for subject in ("", "abc", "aab1 中文\n", text[-20:]):
        found = regex.found_in(subject, run)
        with suppress(FeelBudgetExceeded):
            slow = Search(subject, folds=folds, multiline=multiline).find(walk_of(tree), groups, 0)
            assert found is (slow is not None), f"the two engines disagree over {subject!r}"
    return "pattern"


def _clock() -> datetime:
    return NOW


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Stop what takes more processor time than that."""

    def stop(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(inputs: int, seed: int, texts: list[str]) -> Report:
    """Examine that many inputs; every finding is kept with the text that gave it, made small."""
    rng = random.Random(seed)
    report = Report(inputs=inputs)
    for _ in range(inputs):
        kind, text = rng.choice(KINDS), mutated(rng, texts)
        started = time.process_time()
        finding = _finding(kind, text, report.outcomes)
        spent = time.process_time() - started
        if spent > report.slowest:
            report.slowest, report.slowest_text = spent, f"{kind}: {text[:200]}"
        if finding is not None and len(report.findings) < 50:
            report.findings.append({"kind": kind, "text": _smaller(kind, text, finding), "finding": finding})
    return report


def _finding(kind: str, text: str, outcomes: Counter[str]) -> str | None:
    try:
        with limited(CPU_SECONDS):
            outcomes[examine(kind, text)] += 1
    except Hang:
        return "hang"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {str(error)[:200]}"
    return None


def _smaller(kind: str, text: str, finding: str) -> str:
    """Return a shorter text with the same finding, by leaving out tokens while it holds."""
    if finding == "hang":
        return text
    tokens, size, what = _TOKENS.findall(text), 64, finding.partition(":")[0]
    while size:
        at = 0
        while at < len(tokens):
            shorter = tokens[:at] + tokens[at + size :]
            if (_finding(kind, "".join(shorter), Counter()) or "").partition(":")[0] == what:
                tokens = shorter
            else:
                at += size
        size //= 2
    return "".join(tokens)


def _part(arguments: tuple[int, int, list[str]]) -> Report:
    return run(*arguments)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run, print one JSON line, and return 1 where something was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=2)
    given = options.parse_args(None if arguments is None else list(arguments))
    texts, part = seeds(), 5_000
    parts = [(min(part, given.inputs - start), given.seed * 1_000_003 + start, texts) for start in range(0, given.inputs, part)]
    started, report = time.monotonic(), Report()
    with get_context("spawn").Pool(given.processes) as pool:
        for one in pool.imap_unordered(_part, parts):
            report.add(one)
            for finding in one.findings:
                print(json.dumps(finding, ensure_ascii=False), flush=True)
    print(
        json.dumps(
            {
                "fuzz": "feel",
                "inputs": report.inputs,
                "seeds": len(texts),
                "seed": given.seed,
                "findings": len(report.findings),
                "seconds": round(time.monotonic() - started, 1),
                "slowest_cpu_seconds": round(report.slowest, 3),
                "slowest": report.slowest_text,
                "outcomes": dict(report.outcomes.most_common(15)),
            },
            ensure_ascii=False,
        )
    )
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
