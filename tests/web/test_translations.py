"""Every text of the pages has its Chinese; nothing in the catalogue is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment

from loanflow_web.translation import catalogue, read_catalogue

PACKAGE = Path(__file__).parents[2] / "web" / "loanflow_web"
NAMES = {"_", "gettext", "ngettext"}


def texts_of_code() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def texts_of_templates() -> Iterator[str]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in (PACKAGE / "templates").rglob("*.html"):
        for _line, _function, message in environment.extract_translations(path.read_text(encoding="utf-8")):
            yield message[0] if isinstance(message, tuple) else message


def test_every_text_has_its_chinese():
    used = {*texts_of_code(), *texts_of_templates()}
    assert not sorted(used - catalogue("zh").keys())


def test_nothing_is_left_over():
    used = {*texts_of_code(), *texts_of_templates()}
    assert not sorted(catalogue("zh").keys() - used)


def test_placeholders_agree():
    for english, chinese in catalogue("zh").items():
        assert set(re.findall(r"%\(\w+\)s", chinese)) <= set(re.findall(r"%\(\w+\)s", english)), english


def test_chinese_has_full_width_punctuation_and_no_exclamation_marks():
    for english, chinese in catalogue("zh").items():
        assert "!" not in chinese, english
        assert "！" not in chinese, english
        assert not re.search(r"[一-鿿][,;:?]", chinese), chinese


def test_a_broken_catalogue_names_file_and_line():
    with pytest.raises(ValueError, match=r"zh\.po:2"):
        read_catalogue('msgid "a"\nmsgstr b', file="zh.po")
