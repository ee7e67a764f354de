"""Findings as text, as JSON, and as the overlays that bpmn-js draws on its canvas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from loanflow.problems import Problem, Severity

_CATEGORIES = {Severity.ERROR: "error", Severity.WARNING: "warn", Severity.INFO: "info"}


def to_text(problems: Iterable[Problem]) -> str:
    """Return the findings for a person, a block each with an empty line between."""
    return "\n\n".join(str(problem) for problem in problems)


def to_json(problems: Iterable[Problem]) -> str:
    """Return the findings as a JSON list; each object has every key of ``Problem.to_dict``, and is a lint report of bpmn-js besides."""
    return json.dumps([{**problem.to_dict(), **_report(problem)} for problem in problems], ensure_ascii=False, indent=2)


def to_lint(problems: Iterable[Problem]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings as bpmn-js linting takes them: element id to reports with rule, id, message and category.

    Findings without an element are left out: they have no place on the canvas.
    """
    reports: dict[str, list[dict[str, Any]]] = {}
    for problem in problems:
        if problem.element_id is None:
            continue
        message = problem.message if problem.hint is None else f"{problem.message}; {problem.hint}"
        reports.setdefault(problem.element_id, []).append({**_report(problem), "message": message})
    return reports


def _report(problem: Problem) -> dict[str, Any]:
    """Return what bpmn-js linting needs besides the message."""
    return {"rule": problem.code, "id": problem.element_id, "category": _CATEGORIES[problem.severity]}
