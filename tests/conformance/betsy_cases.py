"""betsy's behaviour tests in three dialects, judged as its runner judges them, and the list of those that pass.

python -m tests.conformance.betsy_cases            says what the list lacks
python -m tests.conformance.betsy_cases --update   adds what passes by now; nothing is ever taken off

A test passes if all its cases leave the expected trace, in the expected order. Its control is the same model with every
throwing event made plain: no handler may run any more.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KIT = ROOT / ".." / "shared" / "betsy"
PASSING = Path(__file__).with_name("betsy_passing.json")
DIALECTS = ("Plain", "Camunda7", "Camunda8")
SECONDS = 20
"""How long one case may take, by the computer's clock."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour test of the kit, or its negative control, in one dialect."""

    dialect: str
    test: Any
    cases: Any
    control: bool = False

    @property
    def id(self) -> str:
        control = "#control" if self.control else ""
        return f"{self.dialect}/{self.test['group']}/{self.test['name']}{control}"


def present() -> bool:
    return (KIT / "runner" / "betsy_runner").is_dir()


def behaviours() -> list[Behaviour]:
    """Return the kit's tests and controls in its own order, one dialect after the other; none where the kit is absent."""
    if not present():
        return []
    _on_the_path()
    from betsy_runner.model import load_cases

    found: list[Behaviour] = []
    for dialect in DIALECTS:
        for test, cases in load_cases():
            found.append(Behaviour(dialect, test, cases))
            if "control" in test:
                expected = tuple(test["control"]["expected"])
                found.append(Behaviour(dialect, test, [replace(cases[0], expected=expected)], control=True))
    return found


def judge(behaviour: Behaviour) -> list[dict[str, Any]]:
    """Run a test's cases; return what the runner says of those that are not as expected."""
    _on_the_path()
    from betsy_runner.run import run_one
    from betsy_runner.translate import neutralise_throws

    xml = (KIT / behaviour.test["file"]).read_bytes()
    order = behaviour.test.get("order", ())
    if behaviour.control:
        xml, order = neutralise_throws(xml), ()
    verdicts = [run_one(_adapter(behaviour.dialect), xml, case, SECONDS, order) for case in behaviour.cases]
    return [verdict for verdict in verdicts if not (verdict["ok"] and verdict["order_ok"])]


def passing() -> frozenset[str]:
    """Return the ids of the tests that passed once and must pass for ever."""
    listed: dict[str, list[str]] = json.loads(PASSING.read_text(encoding="utf-8"))
    return frozenset(f"{dialect}/{name}" for dialect, names in listed.items() for name in names)


def write(ids: frozenset[str]) -> None:
    """Write the list: tests and controls by dialect."""
    listed = {dialect: sorted(one.partition("/")[2] for one in ids if one.startswith(f"{dialect}/")) for dialect in DIALECTS}
    PASSING.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


@lru_cache
def _adapter(dialect: str) -> Any:
    from tests.conformance import betsy_adapter

    return getattr(betsy_adapter, dialect)()


def _on_the_path() -> None:
    folder = str(KIT / "runner")
    if folder not in sys.path:
        sys.path.insert(0, folder)


def main(arguments: list[str]) -> int:
    if not present():
        print(f"the kit is not at {KIT}")
        return 1
    known = passing() if PASSING.exists() else frozenset[str]()
    good: set[str] = set()
    for behaviour in behaviours():
        wrong = judge(behaviour)
        if not wrong:
            good.add(behaviour.id)
        elif behaviour.id in known or "--all" in arguments:
            first = wrong[0]
            print(f"{behaviour.id}: expected {first['expected']}, got {first['got']} [{first['state']}] {first['detail']}")
    fresh = good - known
    print(f"{len(known)} listed, {len(good)} pass, {len(fresh)} to add")
    if "--update" in arguments:
        write(known | good)
    return 1 if known - good else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
