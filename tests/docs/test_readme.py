"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNABLE = re.compile(r"<!-- run -->\n```python\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
READMES = ("README.md", "README.zh-CN.md")


@pytest.mark.parametrize("name", READMES)
def test_the_embedding_code_runs_and_stands_at_a_person_s_task(name, capsys):
    (code,) = RUNNABLE.findall((ROOT / name).read_text())
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    exec(compile(code, name, "exec"), {"__name__": "readme"})
    assert "无征信户核实" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*READMES, "ARCHITECTURE.md", "CHANGELOG.md"])
def test_every_link_leads_somewhere(name):
    assert [target for target in LINK.findall((ROOT / name).read_text()) if not (ROOT / target).exists()] == []


def test_both_readmes_hold_the_same_commands_and_links():
    def bones(name):
        text = (ROOT / name).read_text()
        commands = re.findall(r"`((?:make|loanflow) [^`]+)`", text)
        links = [t.replace(".zh-CN", "") for t in LINK.findall(text) if not t.startswith("README")]
        return commands, links

    assert bones("README.md") == bones("README.zh-CN.md")
