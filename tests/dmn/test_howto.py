"""The how-to on using decisions alone runs as written, in both languages, and its case file passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from loanflow.cli import main

ROOT = Path(__file__).parents[2]
PAGES = ("decide-without-the-engine.md", "decide-without-the-engine.zh-CN.md")
RUNNABLE = re.compile(r"<!-- run -->\n```python\n(.*?)```", re.DOTALL)


def text(page: str) -> str:
    return (ROOT / "docs" / "howto" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_code_runs_one_block_after_the_other(page: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {"__name__": "howto"}
    blocks = RUNNABLE.findall(text(page))
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    printed = capsys.readouterr().out
    assert "[{'base_rate': Decimal('6.20')}]" in printed
    assert "[Decimal('4.35'), Decimal('5.60'), Decimal('8.40')]" in printed
    assert "0.3\nTrue\nFalse\n" in printed


@pytest.mark.parametrize("page", PAGES)
def test_the_case_file_passes(page: str, tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    (rows,) = re.findall(r"```\n(case,.*?)```", text(page), re.DOTALL)
    cases.write_text(rows, encoding="utf-8")
    arguments = ["test", str(ROOT / "decision_tables" / "pricing.dmn"), str(cases), "--decision", "base_rate"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert "2 passed, 0 failed" in result.output


def test_both_pages_have_the_same_commands() -> None:
    first, second = (re.findall(r"`(loanflow [^`]+)`", " ".join(text(page).split())) for page in PAGES)
    assert first == second


def test_decisions_load_nothing_of_the_engine() -> None:
    code = (
        "import sys, loanflow.dmn\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sqlalchemy', 'flask', 'SpiffWorkflow', 'click', 'openpyxl'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
