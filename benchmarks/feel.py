"""How fast expressions run: FEEL compiled against the same formula in plain Python Decimal, and against ``eval`` of text.

    python -m benchmarks.feel

Each row is one formula over the same values. ``FEEL`` is ``CompiledExpression.value``, ``Python`` a hand-written function with
Decimals; both enter the 34 digits of FEEL's numbers themselves. ``in a run`` is FEEL inside a larger evaluation (as decision
tables use it), beside the same function within digits that were entered before. ``eval`` is Python's ``eval`` of the same
text. Then come thirty patterns that keep a careless regular expression engine busy for ever, in a text of 5,000 characters: the
time until each has matched, has not, or has used up its steps. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, localcontext
from operator import truediv
from statistics import median
from time import process_time
from typing import Any

from loanflow.feel import FeelBudget, FeelBudgetExceeded, FeelDate, Run, compile_expression, evaluate
from loanflow.feel.regex import Regex
from loanflow.feel.values import CONTEXT, exact_decimals
from tests.feel.regex.evil import EVIL, TEXT

D = Decimal
CONTEXT_VALUES: dict[str, Any] = {
    "p": D(30_000),
    "r": D("0.0435"),
    "n": D(36),
    "amount": D("125000.50"),
    "score": D(72),
    "grade": "B",
    "customer": {"income": D(8_000), "debts": D(2_500), "region": "华东"},
    "payments": [{"due": D(100 + i), "paid": D(100)} for i in range(12)],
    "opened": FeelDate.of(2024, 2, 29),
}


def instalment(v: dict[str, Any]) -> Any:
    p, r, n = v["p"], v["r"], v["n"]
    return (p * r / 12) / (1 - (1 + r / 12) ** -n)


def linear(v: dict[str, Any]) -> Any:
    return v["p"] * v["r"] * v["n"] / 12 + v["amount"] * D("0.015") - D(20)


def condition(v: dict[str, Any]) -> Any:
    return v["amount"] > 1000 and v["score"] >= 70 and v["grade"] == "B"


def ratio(v: dict[str, Any]) -> Any:
    customer = v["customer"]
    return "high" if customer["debts"] / customer["income"] > D("0.5") else "low"


def overdue(v: dict[str, Any]) -> Any:
    return sum((one["due"] for one in v["payments"] if one["due"] > one["paid"]), D(0))


CASES: tuple[tuple[str, str, Callable[[dict[str, Any]], Any], str], ...] = (
    ("instalment", "(p * r / 12) / (1 - (1 + r / 12) ** -n)", instalment, "(p * r / 12) / (1 - (1 + r / 12) ** -n)"),
    ("linear", "p * r * n / 12 + amount * 0.015 - 20", linear, "p * r * n / 12 + amount * D('0.015') - 20"),
    ("condition", 'amount > 1000 and score >= 70 and grade = "B"', condition, "amount > 1000 and score >= 70 and grade == 'B'"),
    (
        "ratio",
        'if customer.debts / customer.income > 0.5 then "high" else "low"',
        ratio,
        "'high' if customer['debts'] / customer['income'] > D('0.5') else 'low'",
    ),
    (
        "overdue",
        "sum(payments[due > paid].due)",
        overdue,
        "sum((one['due'] for one in payments if one['due'] > one['paid']), D(0))",
    ),
)


class Turns:
    """Several calls measured in turn, in many short stretches of processor time.

    A processor's speed comes and goes by the second: a rate is that of the best stretch, a ratio the median of those of
    neighbouring stretches.
    """

    def __init__(self, *calls: Callable[[], Any]) -> None:
        timers = [timeit.Timer(call, timer=process_time) for call in calls]
        numbers: list[int] = []
        for call, timer in zip(calls, timers, strict=True):
            call()
            numbers.append(max(1, int(0.001 / max(min(timer.repeat(repeat=5, number=5)) / 5, 1e-9))))
        rounds = [[timer.timeit(number) / number for timer, number in zip(timers, numbers, strict=True)] for _ in range(200)]
        self._seconds = list(zip(*rounds, strict=True))

    def rate(self, call: int) -> float:
        """Return how often one can be called per second."""
        return 1 / min(self._seconds[call])

    def ratio(self, one: int, other: int) -> float:
        """Return how many times longer one takes than the other."""
        return median(map(truediv, self._seconds[one], self._seconds[other]))


def _alone(plain: Callable[[dict[str, Any]], Any], values: dict[str, Any]) -> Any:
    with localcontext(CONTEXT):
        return plain(values)


def measure(text: str, plain: Callable[[dict[str, Any]], Any], python_text: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the rates and the ratios of one formula; all ways must agree first."""
    values = CONTEXT_VALUES
    compiled = compile_expression(text)
    with localcontext(CONTEXT):
        expected = plain(values)
    assert compiled.value(values) == expected == evaluate(text, values)
    alone = Turns(lambda: compiled.value(values), lambda: _alone(plain, values))
    with exact_decimals():
        # A real run lasts one decision; this one has the steps of many.
        run, part = Run(budget=FeelBudget(steps=10**15, deadline=1e9)), compiled.run
        within = Turns(lambda: part(values, run), lambda: plain(values), lambda: eval(python_text, {"D": D}, values))
    rates = {"feel": alone.rate(0), "python": alone.rate(1), "run": within.rate(0), "python_in_run": within.rate(1), "eval": within.rate(2)}
    return rates, {
        "python_over_feel": alone.ratio(0, 1),
        "python_over_feel_in_run": within.ratio(0, 1),
        "feel_over_eval": within.ratio(2, 0),
    }


def evil() -> dict[str, float]:
    """Return how many milliseconds each evil pattern takes at best, compiling not included."""
    found: dict[str, float] = {}
    for pattern in EVIL:
        regex = Regex(pattern, "")
        best = float("inf")
        for _ in range(5):
            began = process_time()
            with suppress(FeelBudgetExceeded):
                regex.found_in(TEXT, Run())
            best = min(best, process_time() - began)
        found[pattern] = 1_000 * best
    return found


def main() -> int:
    """Print the table and the JSON line."""
    heads = ("FEEL /s", "Python /s", "in a run /s", "Python /s", "eval /s", "Python/FEEL", "in a run", "FEEL/eval")
    print(f"{'formula':<12}" + "".join(f"{head:>13}" for head in heads))
    figures: dict[str, dict[str, float]] = {}
    for name, text, plain, python_text in CASES:
        rates, ratios = measure(text, plain, python_text)
        print(f"{name:<12}" + "".join(f"{rate:>13,.0f}" for rate in rates.values()) + "".join(f"{one:>12.2f}x" for one in ratios.values()))
        figures[name] = {**{key: round(rate) for key, rate in rates.items()}, **{key: round(ratio, 2) for key, ratio in ratios.items()}}
    text = CASES[0][1]
    compiles = Turns(lambda: compile_expression(text, names=[f"x {timeit.default_timer()}"])).rate(0)
    print(f"reading and compiling the instalment formula: {1e6 / compiles:,.0f} us")
    patterns = evil()
    print("evil patterns, ms: " + ", ".join(f"{pattern} {taken:.2f}" for pattern, taken in patterns.items()))
    result = {
        "benchmark": "feel",
        "formulas": figures,
        "worst_python_over_feel": max(one["python_over_feel"] for one in figures.values()),
        "worst_python_over_feel_in_run": max(one["python_over_feel_in_run"] for one in figures.values()),
        "compile_us": round(1e6 / compiles),
        "evil_patterns_ms": {pattern: round(taken, 2) for pattern, taken in patterns.items()},
        "worst_evil_pattern_ms": round(max(patterns.values()), 2),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
