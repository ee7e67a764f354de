"""Why a decision came out so, as HTML: any logic, the nearest rule that missed, both languages; well-formed, escaped, nothing inline."""

from __future__ import annotations

import re

import pytest

from loanflow import dmn
from loanflow.drawing import (
    boxed_expression_stylesheet,
    decision_table_stylesheet,
    draw_explanation,
    draw_explanation_page,
    explanation_stylesheet,
)
from tests.dmn.written import compiled, decision, literal, requires, table
from tests.drawing.test_decision_table import Reader

RATE = decision(
    table(["score", "term"], ["rate"], [["> 700", "<= 12", "4.35"], ["> 700", "> 12", "4.75"], ["<= 700", "-", "9"]]), id="rate"
)
COST = decision(literal('rate * amount // "<b>"'), id="cost", name="Cost <i>", requires=requires("decision:rate"))
BOXED = {
    "context": (
        "<context><contextEntry><variable name='a'/><literalExpression><text>1</text></literalExpression></contextEntry>"
        "<contextEntry><literalExpression><text>a + 1</text></literalExpression></contextEntry></context>",
        ['<th scope="row">a</th>', "a + 1"],
    ),
    "invocation": (
        "<invocation><literalExpression><text>abs</text></literalExpression><binding><parameter name='n'/>"
        "<literalExpression><text>-5</text></literalExpression></binding></invocation>",
        ["abs", '<th scope="row">n</th>', "-5"],
    ),
    "relation": (
        "<relation><column name='c'/><row><literalExpression><text>7</text></literalExpression></row></relation>",
        ['<th scope="col">c</th>', "7"],
    ),
    "list": ("<list><literalExpression><text>7</text></literalExpression></list>", ["<li>", "7"]),
    "function definition": (
        "<functionDefinition><formalParameter name='x' typeRef='number'/><literalExpression><text>x * 2</text></literalExpression>"
        "</functionDefinition>",
        ["function(x: number)", "x * 2"],
    ),
    "conditional": (
        "<conditional><if><literalExpression><text>1 &lt; 2</text></literalExpression></if><then><literalExpression><text>3</text>"
        "</literalExpression></then><else><literalExpression><text>4</text></literalExpression></else></conditional>",
        ['<th scope="row">if</th>', "1 &lt; 2", '<th scope="row">then</th>', '<th scope="row">else</th>'],
    ),
    "filter": (
        "<filter><in><literalExpression><text>[1, 2]</text></literalExpression></in><match><literalExpression><text>item > 1</text>"
        "</literalExpression></match></filter>",
        ['<th scope="row">in</th>', '<th scope="row">match</th>', "item &gt; 1"],
    ),
    "for": (
        "<for iteratorVariable='i'><in><literalExpression><text>[1, 2]</text></literalExpression></in><return><literalExpression>"
        "<text>i * 2</text></literalExpression></return></for>",
        ['<th scope="row">for i in</th>', '<th scope="row">return</th>'],
    ),
    "some": (
        "<some iteratorVariable='i'><in><literalExpression><text>[1, 2]</text></literalExpression></in><satisfies><literalExpression>"
        "<text>i > 1</text></literalExpression></satisfies></some>",
        ['<th scope="row">some i in</th>', '<th scope="row">satisfies</th>'],
    ),
}


def explanation(model: dmn.DecisionModel, name: str, inputs: dict, language: str = "en") -> str:
    result = model.evaluate(name, inputs, trace=True)
    assert result.trace is not None
    return draw_explanation(result.trace, model.models, language=language)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "from the decision “rate”",
                "given",
                "Rule 2 matched → 4.75",
                "If score were 50 lower (≤ 700), rule 3 would decide",
                "came closest",
            ],
        ),
        ("zh", ["由决策“rate”得出", "由调用方给出", "规则 2 命中 → 4.75", "若score再低 50（≤ 700），将命中规则 3", "最接近命中"]),
    ],
)
def test_the_answer_its_inputs_the_rules_and_what_would_change_it(language: str, words: list[str]) -> None:
    html = explanation(compiled(RATE + COST), "cost", {"score": 750, "term": 24, "amount": 100}, language)
    assert [word for word in words if word not in html] == []
    assert html.index("Cost &lt;i&gt;") < html.index("Rule 2" if language == "en" else "规则 2"), "the decision that was asked stands first"
    assert html.count("lf-dt-nearest") == 1
    assert html.count("lf-dt-blocking") == 1


@pytest.mark.parametrize("kind", BOXED)
def test_every_boxed_expression_is_drawn(kind: str) -> None:
    body, pieces = BOXED[kind]
    html = explanation(compiled(decision(body), version="1.4"), "decision", {})
    Reader(html)
    assert [piece for piece in pieces if piece not in html] == []


def test_a_context_is_shown_entry_by_entry_and_a_null_with_its_reasons() -> None:
    html = explanation(compiled(decision(literal('{sum: 1 + 2, none: "a" * 2}'))), "decision", {})
    assert re.search(r"<dl class=\"lf-ex-answer\"><div><dt>sum</dt><dd>3</dd></div><div><dt>none</dt><dd>null</dd></div>", html)
    assert "Why there is no value" in explanation(compiled(decision(literal('"a" * 2'))), "decision", {})


def test_a_trace_alone_is_drawn_without_the_logic() -> None:
    result = compiled(RATE).evaluate("rate", {"score": 1, "term": 1}, trace=True)
    assert result.trace is not None
    html = draw_explanation(dmn.Trace.from_dict(result.trace.to_dict()), ())
    assert "9" in html
    assert "<table" not in html


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_and_nothing_in_it_runs(language: str) -> None:
    model = compiled(RATE + COST)
    result = model.evaluate("cost", {"score": 750, "term": 24, "amount": "<script>alert(1)</script>"}, trace=True)
    assert result.trace is not None
    page = draw_explanation_page(result.trace, model.models, language=language)  # pyright: ignore[reportArgumentType]
    body = page[page.index("<main>") : page.index("</main>") + 7]
    tags = Reader(body).tags
    assert not {"script", "link", "img", "style"} & {tag for tag, _ in tags}
    assert not any(name.startswith("on") or name in ("style", "src", "href") for _, attributes in tags for name in attributes)
    assert "prefers-color-scheme: dark" in page
    assert "http" not in page


def test_the_style_sheets_know_every_class() -> None:
    html = explanation(compiled(RATE + COST), "cost", {"score": 750, "term": 24, "amount": 100})
    for body, _ in BOXED.values():
        html += explanation(compiled(decision(body), version="1.4"), "decision", {})
    sheets = explanation_stylesheet() + boxed_expression_stylesheet() + decision_table_stylesheet()
    classes = {name for _, attributes in Reader(html).tags for name in (attributes.get("class") or "").split()}
    plain = {"lf-dt-input", "lf-dt-unevaluated", "lf-dt-key-unevaluated"}
    assert {name for name in classes if f".{name}" not in sheets} <= plain
