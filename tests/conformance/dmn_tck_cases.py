"""The open cases of the DMN TCK, judged by the kit's own runner, and the list of those that pass.

python -m tests.conformance.dmn_tck_cases            says what the list lacks
python -m tests.conformance.dmn_tck_cases --update   adds what passes by now; nothing is ever taken off
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KIT = ROOT / ".." / "shared" / "dmn-tck"
PASSING = Path(__file__).with_name("dmn_passing.json")
LEVELS = ("compliance-level-2", "compliance-level-3")
TOLERANCE = Decimal("1e-8")
# A case that needs a JVM: the directory's model maps its functions to Java methods.
EXTERNAL = "0076-feel-external-java"
CLAUSE = 'DMN 10.2.1.7 "Boxed Function", kind Java: there is no JVM to call'


def present() -> bool:
    return (KIT / "runner" / "tck_run.py").exists()


def cases() -> list[Any]:
    """Return the kit's cases in its own order; none where the kit is absent."""
    if not present():
        return []
    found, problems = _runner().read_suite(str(KIT), LEVELS)
    if problems:
        raise ValueError("; ".join(problems))
    return found


def needs_java(case: Any) -> bool:
    return case.dir.endswith(EXTERNAL)


def judge(case: Any) -> tuple[str, str]:
    """Return the runner's verdict, ``pass`` or another, and what differs."""
    _runner()
    import tck_values

    from tests.conformance import dmn_tck_adapter

    inputs = {name: tck_values.decode(value) for name, value, _ in case.inputs}
    values = dmn_tck_adapter.evaluate(paths(case.dir, case.model), case.model, case.invocable, inputs)
    answer = {"ok": True, "nodes": {name: tck_values.encode(value) for name, value in values.items()}}
    status, detail, _ = _runner().judge(case, answer, TOLERANCE)
    return status, detail


@lru_cache
def paths(folder: str, model: str) -> tuple[str, ...]:
    """Return the model under test, then every other model beside it."""
    names = sorted(path.name for path in (KIT / folder).glob("*.dmn"))
    names.remove(model)
    return tuple(str(KIT / folder / name) for name in (model, *names))


def passing() -> frozenset[str]:
    """Return the ids of the cases that passed once and must pass for ever."""
    listed: dict[str, list[str]] = json.loads(PASSING.read_text(encoding="utf-8"))
    return frozenset(f"{file}#{case}" for file, ids in listed.items() for case in ids)


def write(ids: frozenset[str]) -> None:
    """Write the list: case ids by test file."""
    listed: dict[str, list[str]] = {}
    for one in sorted(ids):
        file, _, case = one.partition("#")
        listed.setdefault(file, []).append(case)
    lines = (f"  {json.dumps(file)}: {json.dumps(found, ensure_ascii=False)}" for file, found in listed.items())
    PASSING.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


@lru_cache
def _runner() -> Any:
    folder = str(KIT / "runner")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import tck_run

    return tck_run


def main(arguments: list[str]) -> int:
    if not present():
        print(f"the kit is not at {KIT}")
        return 1
    known = passing() if PASSING.exists() else frozenset[str]()
    good = frozenset(case.id for case in cases() if not needs_java(case) and _passes(case))
    for lost in sorted(known - good):
        print(f"listed, and does not pass: {lost}")
    fresh = good - known
    print(f"{len(known)} listed, {len(good)} pass, {len(fresh)} to add")
    if "--update" in arguments:
        write(known | fresh)
    return 1 if known - good else 0


def _passes(case: Any) -> bool:
    try:
        return judge(case)[0] == "pass"
    except Exception as error:
        print(f"{case.id}: {type(error).__name__}: {error}")
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
