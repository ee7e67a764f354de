"""How fast expressions run: FEEL compiled against the same formula in plain Python Decimal, and against ``eval`` of text.

    python -m benchmarks.feel

Each row is one formula over the same values. ``FEEL`` is ``CompiledExpression.value``, ``Python`` a hand-written function with
Decimals; both enter the 34 digits of FEEL's numbers themselves. ``in a run`` is FEEL inside a larger evaluation (as decision
tables use it), beside the same function within digits that were entered before. ``eval`` is Python's ``eval`` of the same
text. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Callable
from decimal import Decimal, localcontext
from time import process_time
from typing import Any

from loanflow.feel import CompiledExpression, FeelDate, Run, compile_expression, evaluate
from loanflow.feel.values import CONTEXT, exact_decimals

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


def rate(call: Callable[[], Any]) -> float:
    """Return calls per second of processor time: the best of many short stretches."""
    timer = timeit.Timer(call, timer=process_time)
    call()
    number = max(1, int(0.001 / max(min(timer.repeat(repeat=5, number=5)) / 5, 1e-9)))
    return number / min(timer.repeat(repeat=200, number=number))


def _alone(plain: Callable[[dict[str, Any]], Any], values: dict[str, Any]) -> Any:
    with localcontext(CONTEXT):
        return plain(values)


def _within(compiled: CompiledExpression, values: dict[str, Any], run: Run) -> Any:
    # A real run lasts one decision; this one would use up its steps.
    run.steps = 0
    return compiled.run(values, run)


def measure(text: str, plain: Callable[[dict[str, Any]], Any], python_text: str) -> dict[str, float]:
    """Return the rates of one formula; all ways must agree first."""
    values = CONTEXT_VALUES
    compiled = compile_expression(text)
    with localcontext(CONTEXT):
        expected = plain(values)
    assert compiled.value(values) == expected == evaluate(text, values)
    feel, by_hand = rate(lambda: compiled.value(values)), rate(lambda: _alone(plain, values))
    with exact_decimals():
        run = Run()
        within, by_hand_within = rate(lambda: _within(compiled, values, run)), rate(lambda: plain(values))
        by_eval = rate(lambda: eval(python_text, {"D": D}, values))
    return {"feel": feel, "python": by_hand, "run": within, "python_in_run": by_hand_within, "eval": by_eval}


def main() -> int:
    """Print the table and the JSON line."""
    heads = ("FEEL /s", "Python /s", "in a run /s", "Python /s", "eval /s", "Python/FEEL", "in a run", "FEEL/eval")
    print(f"{'formula':<12}" + "".join(f"{head:>13}" for head in heads))
    figures: dict[str, dict[str, float]] = {}
    for name, text, plain, python_text in CASES:
        found = measure(text, plain, python_text)
        slower, within = found["python"] / found["feel"], found["python_in_run"] / found["run"]
        faster = found["feel"] / found["eval"]
        print(f"{name:<12}" + "".join(f"{rate:>13,.0f}" for rate in found.values()) + f"{slower:>12.2f}x{within:>12.2f}x{faster:>12.1f}x")
        rates = {key: round(value) for key, value in found.items()}
        ratios = {"python_over_feel": slower, "python_over_feel_in_run": within, "feel_over_eval": faster}
        figures[name] = {**rates, **{key: round(ratio, 2) for key, ratio in ratios.items()}}
    text = CASES[0][1]
    compiles = rate(lambda: compile_expression(text, names=[f"x {timeit.default_timer()}"]))
    print(f"reading and compiling the instalment formula: {1e6 / compiles:,.0f} us")
    worst = max(one["python_over_feel"] for one in figures.values())
    print(json.dumps({"benchmark": "feel", "formulas": figures, "worst_python_over_feel": worst, "compile_us": round(1e6 / compiles)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
