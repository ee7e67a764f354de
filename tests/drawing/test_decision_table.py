"""A decision table as HTML: accessible, escaped, without script or inline style, marked by what happened."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from loanflow import dmn
from loanflow.dmn.model import DecisionTable, InputClause, LiteralExpression, OutputClause, Rule, UnaryTests
from loanflow.drawing.decision_table import decision_table_stylesheet, draw_decision_table

TABLE = DecisionTable(
    hit_policy=dmn.HitPolicy.FIRST,
    inputs=(
        InputClause(label="信用评分", expression=LiteralExpression(text="score")),
        InputClause(label='<b>"Ratio"</b>', expression=LiteralExpression(text="ratio")),
    ),
    outputs=(OutputClause(name="route", label="审批路径"), OutputClause(name="grade", label="风险等级")),
    rules=tuple(
        Rule(
            index=number,
            id=f"rule{number}",
            inputs=tuple(UnaryTests(text=cell) for cell in cells[:2]),
            outputs=tuple(LiteralExpression(text=cell) for cell in cells[2:]),
            description=note,
        )
        for number, (cells, note) in enumerate(
            [
                (("< 560", "-", '"reject"', '"E"'), "评分低于准入线"),
                (("[560..620)", "<= 0.55", '"manual"', '"D"'), "<script>alert(1)</script>"),
                (("", "", '"manual"', '"C"'), ""),
            ],
            start=1,
        )
    ),
)
TRACE = {
    "rules": [
        {"index": 1, "hit": False, "cells": [{"text": "< 560", "result": False, "any": False}, {"text": "-", "result": None, "any": True}]},
        {"index": 2, "hit": True, "cells": [{"text": "", "result": True, "any": False}, {"text": "", "result": True, "any": False}]},
        {"index": 3, "hit": False, "cells": [{"text": "", "result": None, "any": True}, {"text": "", "result": None, "any": True}]},
    ]
}


class Reader(HTMLParser):
    """Collects tags, and the classes and texts of cells by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[tuple[str, str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert not self.open, "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append((dict(attrs).get("class") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            kind, text = self.rows[-1][-1]
            self.rows[-1][-1] = (kind, text + data)


def test_cells_show_what_happened() -> None:
    page = Reader(draw_decision_table(TABLE, name="审批路径", trace=TRACE))
    kinds = [[kind.split()[-1] for kind, _ in row[1:3]] for row in page.rows[1:]]
    assert kinds == [["lf-dt-false", "lf-dt-unevaluated"], ["lf-dt-true", "lf-dt-true"], ["lf-dt-unevaluated", "lf-dt-unevaluated"]]
    assert page.rows[1][1][1] == "< 560 ✕ 条件不满足"
    assert page.rows[2][1][1] == "[560..620) ✓ 条件满足"
    rows = [attributes for tag, attributes in page.tags if tag == "tr"][1:]
    assert [row.get("class") for row in rows] == [None, "lf-dt-hit", "lf-dt-stopped"]
    assert [row.get("data-rule") for row in rows] == ["rule1", "rule2", "rule3"]


@pytest.mark.parametrize(
    ("language", "heads"),
    [
        ("zh", ["F", "当 信用评分", '且 <b>"Ratio"</b>', "则 审批路径", "且 风险等级", "说明"]),
        ("en", ["F", "When 信用评分", 'And <b>"Ratio"</b>', "Then 审批路径", "And 风险等级", "Note"]),
    ],
)
def test_headers_read_as_a_sentence(language: str, heads: list[str]) -> None:
    page = Reader(draw_decision_table(TABLE, name="审批路径", language=language))  # pyright: ignore[reportArgumentType]
    assert [text for _, text in page.rows[0]] == heads


def test_everything_is_escaped_and_nothing_is_inline() -> None:
    html = draw_decision_table(TABLE, name='"><script>', trace=TRACE, version="v<12>")
    tags = {tag for tag, _ in Reader(html).tags}
    assert tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "abbr"}
    assert not any(name.startswith("on") or name == "style" for _, attributes in Reader(html).tags for name in attributes)


def test_a_table_alone_has_no_marks() -> None:
    html = draw_decision_table(TABLE, name="审批路径")
    assert "✓" not in html
    assert "lf-dt-legend" not in html


def test_every_header_has_its_scope() -> None:
    page = Reader(draw_decision_table(TABLE, name="审批路径", trace=TRACE))
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    assert "caption" in {tag for tag, _ in page.tags}


def test_annotation_columns_stand_after_the_outputs() -> None:
    table = DecisionTable(
        inputs=TABLE.inputs[:1],
        outputs=TABLE.outputs[:1],
        annotations=("Reason code",),
        rules=(Rule(index=1, inputs=(UnaryTests(text="-"),), outputs=(LiteralExpression(text="1"),), annotations=("R01",)),),
    )
    page = Reader(draw_decision_table(table, name="x", language="en"))
    assert ([text for _, text in page.rows[0]][-1], page.rows[1][-1][1]) == ("Reason code", "R01")


def test_the_style_sheet_knows_every_class() -> None:
    html = draw_decision_table(TABLE, name="审批路径", trace=TRACE, version="v1")
    classes = {name for _, attributes in Reader(html).tags for name in (attributes.get("class") or "").split()}
    missing = {name for name in classes if f".{name}" not in decision_table_stylesheet()}
    assert missing <= {"lf-dt-cell", "lf-dt-input", "lf-dt-unevaluated", "lf-dt-key-unevaluated"}
