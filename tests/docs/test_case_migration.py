"""The page on case migrations names every command and option there is, and no other."""

import re
from pathlib import Path

import pytest

from loanflow.cli.migrate import migrate
from loanflow.records import CaseMigrationStatus, MigrationOutcome

ROOT = Path(__file__).parents[2]
PAGES = [(ROOT / f"docs/reference/case-migration{language}.md").read_text() for language in ("", ".zh-CN")]
IN_BOTH = pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
HOWTOS = [ROOT / "docs/howto" / f"change-a-process-with-open-cases{language}.md" for language in ("", ".zh-CN")]


def lines(page: str) -> dict[str, str]:
    return dict(re.findall(r"\| `loanflow migrate (\w+)[^`]*` \| (.*) \|", page))


@IN_BOTH
def test_every_command_is_there(page):
    assert set(lines(page)) == set(migrate.commands)


@IN_BOTH
@pytest.mark.parametrize("name", migrate.commands)
def test_every_option_is_there(name, page):
    options = {option for parameter in migrate.commands[name].params for option in parameter.opts if option.startswith("--")}
    assert set(re.findall(r"`(--[\w-]+)`", lines(page)[name])) == options


@IN_BOTH
def test_every_word_is_there(page):
    assert [word for word in (*CaseMigrationStatus, *MigrationOutcome) if f"`{word}`" not in page] == []


@pytest.mark.parametrize("page", HOWTOS, ids=lambda page: page.name)
def test_the_walk_through_uses_commands_there_are(page):
    used = re.findall(r"loanflow migrate (\w+)([^\n`]*)", page.read_text())
    assert {name for name, _ in used} == {"plan", "run", "pause", "resume", "revert", "forget"}
    for name, rest in used:
        known = {option for parameter in migrate.commands[name].params for option in parameter.opts}
        assert [option for option in re.findall(r"--[\w-]+", rest) if option not in known] == []


def test_both_languages_show_the_same():
    first, second = (re.findall(r"```(.*?)```", page.read_text(), re.DOTALL) for page in HOWTOS)
    assert [re.sub(r'"[^"]*"\n', "", block) for block in first] == [re.sub(r'"[^"]*"\n', "", block) for block in second]
