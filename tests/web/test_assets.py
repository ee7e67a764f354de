"""What the browser loads is all there, small, and says what the drawings say."""

import json
import re
from pathlib import Path

import pytest

from loanflow import drawing

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "web" / "loanflow_web" / "static"


def test_the_sheet_of_drawings_is_served_below_our_own_layers(bank):
    visitor = bank.visitor()
    address = re.search(r'href="(/static/drawing\.css\?v=\w+)"', visitor.get("/login").text)[1]
    answer = visitor.get(address)
    assert answer.text.startswith("@layer components {")
    assert drawing.stylesheet() in answer.text
    assert "immutable" in answer.headers["Cache-Control"]


def test_style_sheets_hold_to_old_engines():
    for sheet in (STATIC / "css").glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"light-dark\(|color-mix\(|@container|@scope|:has\(", text), sheet.name
        assert not re.search(r"url\(\s*['\"]?(https?:|//|data:)", text), sheet.name
        assert "italic" not in text, sheet.name
        assert not re.search(r"letter-spacing:\s*-", text), sheet.name


def test_light_and_dark_have_the_same_tokens():
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    dark = [re.findall(r"(--[\w-]+):([^;]+);", block) for block in re.findall(r"color-scheme: dark;(.*?)\}", text, re.DOTALL)]
    assert len(dark) == 2
    assert dark[0] == dark[1]


def test_everything_together_is_small():
    weight = sum(file.stat().st_size for file in STATIC.rglob("*") if file.suffix in (".css", ".js"))
    assert weight < 80_000


def test_the_font_comes_with_its_licence():
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_the_lock_file_names_no_registry(name):
    text = (ROOT / "web" / "frontend" / name).read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert "registry" not in text
    json.loads(text)
