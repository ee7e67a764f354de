"""A decision may not require itself, not even by way of others: nobody could say which comes first."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import Decision, Model
from loanflow.problems import Problem


def find(model: Model) -> Iterator[Problem]:
    """Yield one finding for each cycle, at the decision of it that comes first in the file."""
    decisions = {decision.id: decision for decision in model.decisions}
    finished: set[str] = set()
    for start in model.decisions:
        # Depth first, without recursion: a hostile file may have a very long chain.
        path: list[str] = []
        waiting: list[tuple[str, bool]] = [(start.id, False)]
        while waiting:
            key, leaving = waiting.pop()
            if leaving:
                finished.add(path.pop())
                continue
            if key in finished or key not in decisions:
                continue
            if key in path:
                yield _cycle(model, decisions, path[path.index(key) :])
                continue
            path.append(key)
            waiting.append((key, True))
            waiting.extend((reference.id, False) for reference in reversed(decisions[key].decisions) if reference.namespace is None)


def _cycle(model: Model, decisions: dict[str, Decision], keys: list[str]) -> Problem:
    first = min((decisions[key] for key in keys), key=lambda decision: decision.line)
    at = keys.index(first.id)
    names = [decisions[key].name for key in [*keys[at:], *keys[:at], first.id]]
    return finding(
        model,
        first,
        "dmn/requirement-cycle",
        "this decision requires itself",
        expected="requirements without a circle",
        found=" requires ".join(f'"{name}"' for name in names),
        hint="delete one of these requirements in the diagram",
    )
