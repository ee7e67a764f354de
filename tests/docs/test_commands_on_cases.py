"""Every refusal and every verb on a running case is in the reference, in both languages."""

import re
from pathlib import Path

import pytest

from loanflow.cli.approval import approval
from loanflow.cli.main import COMMANDS
from loanflow.engine.approvals import Approvals
from loanflow.errors import CommandError

ROOT = Path(__file__).parents[2]
PAGES = ["docs/reference/commands-on-cases.md", "docs/reference/commands-on-cases.zh-CN.md"]
ROOMS = [ROOT / "loanflow" / "engine", ROOT / "loanflow" / "execution"]


def codes() -> set[str]:
    """The codes of refused commands; those of incidents and findings in files are others."""
    refused = re.compile(r"(?:CommandError|Conflict|NotPermitted|NotFound)\(\s*(?:[^()]|\([^()]*\))*?code=\"([a-z-]+)\"", re.DOTALL)
    found = {code for room in ROOMS for path in room.rglob("*.py") for code in refused.findall(path.read_text())}
    kinds = [CommandError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return found | {kind.default_code for kind in kinds if kind.__module__ == "loanflow.errors"}


@pytest.mark.parametrize("page", PAGES)
def test_every_code_is_explained(page):
    text = (ROOT / page).read_text()
    assert len(codes()) > 50
    assert [code for code in sorted(codes()) if f"`{code}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_and_command_is_named(page):
    text = (ROOT / page).read_text()
    verbs = [name for name, member in vars(Approvals).items() if callable(member) and not name.startswith("_")]
    assert [verb for verb in verbs if verb not in text] == []
    assert [name for name in approval.commands if name not in text] == []
    here = {"approval", "modify", "suspend", "resume", "cancel", "incidents", "retry", "resolve"}
    assert here <= set(COMMANDS)
    assert [name for name in here if name not in text] == []


def test_both_pages_have_the_same_rows():
    first, second = ([len(row.split("|")) for row in (ROOT / page).read_text().splitlines() if row.startswith("|")] for page in PAGES)
    assert first == second
