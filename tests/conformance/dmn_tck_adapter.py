"""LoanFlow behind the adapter contract of the DMN TCK's runner: ``evaluate(dmn_paths, model_name, invocable, inputs)``.

Give it to the runner with the interpreter of an environment that has LoanFlow installed, or from the source tree:

    python3 tck_run.py --data DATA --adapter tests/conformance/dmn_tck_adapter.py:evaluate --python .venv/bin/python
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import tck_values

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from loanflow import dmn  # noqa: E402
from loanflow.errors import DefinitionError  # noqa: E402
from loanflow.feel import DaysTimeDuration, FeelDate, FeelDateTime, FeelTime, YearsMonthsDuration  # noqa: E402
from loanflow.feel.values import duration  # noqa: E402

_KINDS = {
    FeelDate: "date",
    FeelTime: "time",
    FeelDateTime: "dateTime",
    DaysTimeDuration: "duration",
    YearsMonthsDuration: "duration",
}
_PARSERS = {"date": FeelDate.parse, "time": FeelTime.parse, "dateTime": FeelDateTime.parse, "duration": duration}


def evaluate(dmn_paths: Sequence[str | Path], model_name: str, invocable: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of each node asked for; a null comes with the engine's reasons."""
    # Names mean what they mean in the model under test, before what it imports.
    model = load(tuple(sorted(map(str, dmn_paths), key=lambda path: Path(path).name != model_name)))
    values = {name: received(value) for name, value in inputs.items()}
    nodes: list[str] = invocable["nodes"]
    if invocable["type"] == "decisionService":
        result = model.evaluate_service(invocable["name"], values, clock=now)
        if len(nodes) == 1:
            return {nodes[0]: answered(result, result.value)}
        parts = result.value if isinstance(result.value, dict) else {}
        return {node: answered(result, parts.get(node)) for node in nodes}
    if invocable["type"] == "bkm":
        result = model.call(invocable["name"], values, clock=now)
        return {node: answered(result, result.value) for node in nodes}
    decisions = {one.id for one in model.decisions} | {one.name for one in model.decisions}
    given = {name: value for name, value in values.items() if name in decisions}
    results = {node: model.evaluate(node, values, given=given, clock=now) for node in nodes}
    return {node: answered(result, result.value) for node, result in results.items()}


@lru_cache(maxsize=256)
def load(paths: tuple[str, ...]) -> dmn.DecisionModel:
    """Return a model under test with those beside it; each is parsed once."""
    try:
        return dmn.load(*paths, dialect="spec")
    except DefinitionError as error:
        raise tck_values.Unsupported("; ".join(f"{problem.code}: {problem.message}" for problem in error.problems)) from None


def now() -> datetime:
    return datetime.now(UTC)


def answered(result: dmn.DecisionResult, value: Any) -> Any:
    if value is None and result.problems:
        return tck_values.Diagnosed(None, [problem.message for problem in result.problems])
    return sent(value)


def received(value: Any) -> Any:
    if isinstance(value, tck_values.Temporal):
        return _PARSERS[value.kind](value.text)
    if isinstance(value, list):
        return [received(item) for item in value]
    if isinstance(value, dict):
        return {name: received(item) for name, item in value.items()}
    return value


def sent(value: Any) -> Any:
    kind = _KINDS.get(type(value))
    if kind is not None:
        return tck_values.Temporal(kind, str(value))
    if isinstance(value, list):
        return [sent(item) for item in value]
    if isinstance(value, dict):
        return {name: sent(item) for name, item in value.items()}
    return value
