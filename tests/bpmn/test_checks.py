"""Each finding has diagrams that show it and diagrams that do not, and a page that explains it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loanflow import bpmn
from loanflow.problems import Problem, Severity, errors_in
from tests.bpmn.corpus import ROOT

CHECKS = Path(__file__).parent / "checks"
PAGES = ROOT / "docs" / "reference" / "problems"
CODE = re.compile(r'"((?:bpmn|deployment)/[a-z0-9-]+)"')


def _files(kind: str) -> list[Path]:
    return sorted(CHECKS.glob(f"*/{kind}-*.bpmn"))


def _code(path: Path) -> str:
    return f"bpmn/{path.parent.name.replace('_', '-')}"


def _findings(path: Path) -> tuple[Problem, ...]:
    return bpmn.inspect(path.read_bytes(), file=path.name).problems


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", _files("invalid"), ids=_name)
def test_the_invalid_diagram_shows_the_finding(path: Path) -> None:
    found = [problem for problem in _findings(path) if problem.code == _code(path)]
    assert found, [problem.code for problem in _findings(path)]
    for problem in found:
        assert problem.location.file == path.name
        assert problem.location.line
        assert problem.element_id or problem.code in FILE_LEVEL
        assert problem.found
        assert problem.hint or problem.expected


@pytest.mark.parametrize("path", _files("valid"), ids=_name)
def test_the_valid_diagram_has_no_error(path: Path) -> None:
    problems = _findings(path)
    # What execution does not run yet may be drawn rightly all the same.
    errors = [problem for problem in errors_in(problems) if problem.code != "bpmn/unsupported" or _code(path) == problem.code]
    assert not errors, "\n".join(map(str, errors))
    assert _code(path) not in [problem.code for problem in problems if problem.severity is not Severity.INFO]


FILE_LEVEL = frozenset({"bpmn/no-executable-process", "bpmn/not-bpmn", "bpmn/unknown-platform", "bpmn/drawing-number", "bpmn/missing-id"})


def _codes() -> set[str]:
    sources = [*(ROOT / "loanflow" / "bpmn").rglob("*.py"), *(ROOT / "loanflow" / "deployment").rglob("*.py")]
    return {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("code", sorted(_codes()))
def test_every_code_has_its_page(code: str) -> None:
    page = PAGES / f"{code}.md"
    assert page.is_file()
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {code}: ")
    assert "## How to mend it" in text
    assert "## Example" in text


def test_every_code_of_bpmn_has_its_diagrams() -> None:
    told = {_code(path) for path in _files("invalid")}
    assert {code for code in _codes() if code.startswith("bpmn/")} - told == {"bpmn/ignored"}


def test_every_page_belongs_to_a_code() -> None:
    pages = {f"{folder}/{page.name.split('.')[0]}" for folder in ("bpmn", "deployment") for page in (PAGES / folder).glob("*.md")}
    assert pages - _codes() - {f"deployment/unknown-{kind}" for kind in ("decision", "form", "process", "handler")} == set()


def test_all_findings_come_at_once_and_in_file_order() -> None:
    path = CHECKS / "duplicate_id" / "invalid-1.bpmn"
    problems = _findings(path)
    assert len({problem.code for problem in problems}) > 1
    lines = [problem.location.line or 0 for problem in problems]
    assert lines == sorted(lines)


def test_a_script_with_its_own_handler_is_accepted() -> None:
    data = (CHECKS / "script_language" / "invalid-1.bpmn").read_bytes()
    assert errors_in(bpmn.inspect(data, file="f", handlers=["other"]).problems)
    assert not errors_in(bpmn.inspect(data, file="f", handlers=["Sum"]).problems)


def test_reading_raises_with_the_findings_of_the_checks_too() -> None:
    from loanflow.errors import DefinitionError

    data = (CHECKS / "duplicate_id" / "invalid-1.bpmn").read_bytes()
    with pytest.raises(DefinitionError) as raised:
        bpmn.read(data, file="f.bpmn")
    assert {"bpmn/duplicate-id", "bpmn/dangling-flow"} <= {problem.code for problem in raised.value.problems}
