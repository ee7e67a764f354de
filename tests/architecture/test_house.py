"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = sorted(p for p in (ROOT / "loanflow").rglob("*.py"))
SERVICE = sorted(p for p in (ROOT / "web" / "loanflow_web").rglob("*.py"))
TRACKED_TEXT = {".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".json", ".bpmn", ".dmn", ".form", ".po", ".ini", ".mako", ""}
SKIPPED = {
    ".git",
    ".venv",
    "node_modules",
    "var",
    "__pycache__",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
    "build",
    "dist",
}


def project_files():
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in TRACKED_TEXT and not SKIPPED & set(path.relative_to(ROOT).parts):
            yield path


def calls(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


@pytest.mark.parametrize("path", LIBRARY + SERVICE, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_evaluates_text_as_python(path):
    forbidden = {"eval", "exec", "compile", "__import__", "pickle.loads", "pickle.load", "marshal.loads", "yaml.load"}
    assert [f"{path.name}:{node.lineno} {name}" for node, name in calls(path) if name in forbidden] == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_clock_asks_the_time(path):
    if path.name == "clock.py":
        return
    asked = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now", "datetime.date.today"}
    assert [f"{path.name}:{node.lineno} {name}" for node, name in calls(path) if name in asked] == []


@pytest.mark.parametrize("path", LIBRARY + SERVICE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_one_subject(path):
    assert len(path.read_text().splitlines()) <= 600


@pytest.mark.parametrize("room", sorted(p.parent for p in (ROOT / "loanflow").glob("*/__init__.py")), ids=lambda p: p.name)
def test_a_room_s_door_says_what_the_room_is_for(room):
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text()))


@pytest.mark.parametrize("room", ["loanflow.feel", "loanflow.dmn", "loanflow.drawing"])
def test_decisions_load_nothing_of_the_engine(room):
    foreign = ["sqlalchemy", "alembic", "flask", "SpiffWorkflow", "marshmallow", "click", "openpyxl", "rich"]
    above = ["loanflow.store", "loanflow.engine", "loanflow.execution", "loanflow.records", "loanflow.worker", "loanflow.cli"]
    code = f"import sys, {room}; print([name for name in {foreign + above!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_machine_path_and_no_registry_host_in_any_file():
    machine = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root)/[A-Za-z.]")
    registry = re.compile(r"pypi\.org|registry\.npmjs|files\.pythonhosted|\"resolved\": *\"|^ *--(extra-)?index-url", re.MULTILINE)
    found = []
    for path in project_files():
        if path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        found += [str(path.relative_to(ROOT)) for pattern in (machine, registry) if pattern.search(text)]
    assert found == []


def test_every_problem_code_of_a_file_check_has_a_page():
    pages = {f"{p.parent.name}/{p.stem}" for p in (ROOT / "docs" / "reference" / "problems").rglob("*.md")}
    code = re.compile(r'"((?:bpmn|dmn|form|feel|xml|file|deployment)/[a-z0-9-]+)"')
    used = {match for path in LIBRARY for match in code.findall(path.read_text())}
    assert sorted(used - pages) == []
