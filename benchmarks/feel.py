"""How fast expressions run: FEEL compiled against the same formula in plain Python Decimal, and against ``eval`` of text.

    python -m benchmarks.feel

Each row is one formula over the same values. ``FEEL`` is ``CompiledExpression.value``, ``in a run`` the same inside a
larger evaluation (as decision tables use it), ``Python`` a hand-written function with Decimals under the same 34 digits,
``eval`` Python's ``eval`` of the same text. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Callable
from decimal import Decimal, localcontext
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
    """Return calls per second: the best of five short runs."""
    timer = timeit.Timer(call)
    number, seconds = timer.autorange()
    number = max(1, int(number * 0.1 / max(seconds, 1e-9)))
    return number / min(timer.repeat(repeat=5, number=number))


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
    feel = rate(lambda: compiled.value(values))
    with exact_decimals():
        run = Run()
        within = rate(lambda: _within(compiled, values, run))
        by_hand = rate(lambda: plain(values))
        by_eval = rate(lambda: eval(python_text, {"D": D}, values))
    return {"feel": feel, "run": within, "python": by_hand, "eval": by_eval}


def main() -> int:
    """Print the table and the JSON line."""
    heads = (
        ("FEEL /s", 12),
        ("in a run /s", 13),
        ("Python /s", 12),
        ("eval /s", 12),
        ("Python/FEEL", 13),
        ("Python/run", 12),
        ("FEEL/eval", 11),
    )
    print(f"{'formula':<12}" + "".join(f"{head:>{width}}" for head, width in heads))
    figures: dict[str, dict[str, float]] = {}
    for name, text, plain, python_text in CASES:
        found = measure(text, plain, python_text)
        slower, within, faster = found["python"] / found["feel"], found["python"] / found["run"], found["feel"] / found["eval"]
        print(
            f"{name:<12}{found['feel']:>12,.0f}{found['run']:>13,.0f}{found['python']:>12,.0f}{found['eval']:>12,.0f}"
            f"{slower:>12.2f}x{within:>11.2f}x{faster:>10.1f}x"
        )
        rates = {key: round(value) for key, value in found.items()}
        figures[name] = {**rates, "python_over_feel": round(slower, 2), "feel_over_eval": round(faster, 2)}
    text = CASES[0][1]
    compiles = rate(lambda: compile_expression(text, names=[f"x {timeit.default_timer()}"]))
    print(f"reading and compiling the instalment formula: {1e6 / compiles:,.0f} us")
    worst = max(one["python_over_feel"] for one in figures.values())
    print(json.dumps({"benchmark": "feel", "formulas": figures, "worst_python_over_feel": worst, "compile_us": round(1e6 / compiles)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
