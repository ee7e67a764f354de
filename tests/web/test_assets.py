"""What the browser loads is all there, small, and says what the drawings say."""

import json
import re
from pathlib import Path

import pytest

from loanflow import drawing
from loanflow.drawing.decision_table import decision_table_stylesheet

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "web" / "loanflow_web" / "static"


def test_the_sheet_of_drawings_is_the_drawing_rooms_own():
    expected = "@layer components {\n" + drawing.stylesheet() + decision_table_stylesheet() + "}\n"
    assert (STATIC / "css" / "drawing.css").read_text(encoding="utf-8") == expected


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
