"""What is wrong with a model, found before it runs; each check with a model that has it and one that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from loanflow import dmn
from loanflow.errors import DefinitionError
from tests.dmn.written import VERSIONS, decision, literal, read, requires, table

GOOD = decision(table([("x", "number")], ["r"], [["< 5", '"a"'], [">= 5", '"b"']]))

INPUT = '<inputData id="amount" name="amount"><variable name="amount" typeRef="number"/></inputData>'

KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><formalParameter name="x"/><literalExpression><text>x * 2</text>'
    "</literalExpression></encapsulatedLogic></businessKnowledgeModel>"
)
CONDITIONAL = f"<conditional><if>{literal('true')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"


def codes(body: str, **options: str) -> list[tuple[str, str]]:
    """Return what is found apart from gaps, which most of these small tables have; `test_coverage.py` is about them."""
    problems = dmn.check(read(body, **options))
    return [(problem.code, problem.severity.value) for problem in problems if problem.severity != "info" and problem.code != "dmn/gap"]


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_a_good_table_has_no_finding(dialect: str) -> None:
    assert codes(GOOD, dialect=dialect) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (GOOD + GOOD.replace('name="decision"', 'name="other"'), ("dmn/duplicate-id", "error")),
        (GOOD + GOOD.replace('id="decision"', 'id="other"'), ("dmn/duplicate-name", "error")),
        (decision(literal("1"), requires=requires("decision:nowhere")), ("dmn/missing-requirement", "error")),
        (decision(literal("1"), requires=requires("input:decision")), ("dmn/missing-requirement", "error")),
        (
            decision(literal("1"), id="a", requires=requires("decision:b"))
            + decision(literal("1"), id="b", requires=requires("decision:a")),
            ("dmn/requirement-cycle", "error"),
        ),
        (decision(literal("1"), id="a", requires=requires("decision:a")), ("dmn/requirement-cycle", "error")),
        (decision(table(["x"], ["a", "b"], [["-", "1", "2"]], policy="COLLECT", aggregation="SUM")), ("dmn/hit-policy", "error")),
        (decision(table(["x"], ["a"], [["-", "1"]], policy="FIRST", aggregation="SUM")), ("dmn/hit-policy", "error")),
        (decision(table(["x"], ["a"], [["-", "1"]], policy="PRIORITY")), ("dmn/hit-policy", "error")),
        (decision(table(["x"], ["a"], [["-", "1"]], policy="OUTPUT ORDER")), ("dmn/hit-policy", "error")),
        (decision(table(["x"], [], [["-"]])), ("dmn/missing-output", "error")),
        (decision(table(["x"], ["a", "a"], [["-", "1", "2"]])), ("dmn/output-name", "error")),
        (decision(table(["x"], ["a", {"label": "b"}], [["-", "1", "2"]])), ("dmn/output-name", "error")),
        (decision(table(["x"], ["a"], [["-", ""]])), ("dmn/missing-output-entry", "warning")),
        (decision(table([""], ["a"], [["-", "1"]])), ("dmn/missing-input-expression", "error")),
        (decision(""), ("dmn/missing-logic", "warning")),
        (decision(literal(" ")), ("dmn/missing-logic", "warning")),
        (decision(table(["x"], ["a"], [["1", "1"], ["1", "2"]])), ("dmn/duplicate-rule", "error")),
        (decision(table(["x"], ["a"], [["1", "1"], [" 1 ", "2"]], policy="FIRST")), ("dmn/duplicate-rule", "warning")),
        (decision(table([("x", "number")], ["a"], [['"1"', "1"]])), ("dmn/cell-type", "warning")),
        (decision(table([("x", "string")], ["a"], [["> 5", "1"]])), ("dmn/cell-type", "warning")),
        (decision(table(["x"], [{"name": "a", "typeRef": "number"}], [["-", '"1"']])), ("dmn/cell-type", "warning")),
        (decision(table(["x"], [{"name": "a", "typeRef": "boolean"}], [["-", "1"]])), ("dmn/cell-type", "warning")),
        (
            decision(table(["x"], [{"name": "a", "typeRef": "string"}], [["-", '"1"']], policy="COLLECT", aggregation="SUM")),
            ("dmn/hit-policy", "error"),
        ),
        (decision(table(["amount"], ["a"], [["-", "amuont * 2"]])), ("dmn/unknown-name", "warning")),
        (decision(table(["x"], ["a"], [['contians(?, "a")', "1"]])), ("dmn/unknown-name", "warning")),
        (decision(table(["x"], [{"name": "a", "typeRef": "string", "values": '"A", "B"'}], [["-", '"C"']])), ("dmn/cell-type", "warning")),
        (INPUT + decision(table(["amuont"], ["a"], [["-", "1"]]), requires=requires("input:amount")), ("dmn/unknown-name", "warning")),
        (INPUT + decision(table(["x + Amount"], ["a"], [["-", "1"]])), ("dmn/unknown-name", "warning")),
        (INPUT + decision(literal("amonut"), requires=requires("input:amount")), ("dmn/unknown-name", "warning")),
        (INPUT + decision(literal("quite_another"), requires=requires("input:amount")), ("dmn/unknown-name", "warning")),
        (decision(table([("x", "nummber")], ["a"], [["> 5", "1"]])), ("dmn/unknown-type", "warning")),
        (
            decision('<literalExpression expressionLanguage="groovy"><text>1</text></literalExpression>'),
            ("dmn/expression-language", "error"),
        ),
    ],
)
def test_what_is_wrong_is_found(body: str, found: tuple[str, str]) -> None:
    assert set(codes(body)) == {found}


@pytest.mark.parametrize(
    ("body", "dialect", "found"),
    [
        (decision(""), "camunda8", ("dmn/missing-logic", "error")),
        (decision(table(["x"], ["a"], [["-", ""]])), "camunda8", ("dmn/missing-output-entry", "error")),
        (decision(literal("1")), "camunda7", ("dmn/missing-variable", "warning")),
        (decision(f"<list>{literal('1')}</list>"), "camunda7", ("dmn/dialect-logic", "warning")),
        (GOOD + GOOD.replace('id="decision"', 'id="other"'), "camunda7", ("dmn/duplicate-name", "warning")),
        (KNOWLEDGE + GOOD, "camunda7", ("dmn/dialect-logic", "warning")),
        (decision(table(["x"], [{"name": "r", "default": "1"}], [["1", "2"]])), "camunda7", ("dmn/dialect-logic", "warning")),
        (
            GOOD + '<decisionService id="s" name="s"><outputDecision href="#decision"/></decisionService>',
            "camunda8",
            ("dmn/dialect-logic", "warning"),
        ),
        (f'<import name="i" namespace="http://x" importType="{VERSIONS["1.3"]}"/>{GOOD}', "camunda8", ("dmn/dialect-logic", "warning")),
        (decision(CONDITIONAL), "camunda8", ("dmn/dialect-logic", "warning")),
    ],
)
def test_what_is_wrong_in_a_dialect(body: str, dialect: str, found: tuple[str, str]) -> None:
    assert set(codes(body, dialect=dialect)) == {found}


def test_an_empty_output_cell_is_fine_in_camunda_7() -> None:
    assert codes(decision(table(["x"], ["a"], [["-", ""]])), dialect="camunda7") == []


def test_a_slip_in_a_cell_is_shown_with_a_caret() -> None:
    body = decision(table(["x", "y"], ["r"], [["1", "2", "3"], ["-", "[2000..5000", "4"]]), name="准入")
    problem = dmn.check(read(body))[0]
    text = str(problem)
    assert problem.code.startswith("feel/")
    assert problem.element_id == "cell_2_2"
    assert 'decision, rule 2, input "y" "准入" (cell_2_2)' in text
    assert "[2000..5000" in text
    assert "^" in text


def test_near_names_are_suggested() -> None:
    body = decision(literal("1"), id="grade") + decision(literal("1"), id="b", requires=requires("decision:grad"))
    assert dmn.check(read(body))[0].hint == "did you mean #grade?"


def test_the_nearest_known_name_is_suggested() -> None:
    body = INPUT + decision(table([("amount", "number")], ["r"], [["< limit", "1"], ["> ammount", "2"]]), requires=requires("input:amount"))
    problems = sorted((one for one in dmn.check(read(body)) if one.code == "dmn/unknown-name"), key=lambda one: one.message, reverse=True)
    assert [(one.message.partition(":")[0], one.hint) for one in problems] == [
        ("nothing here is called 'limit'", "draw the requirement that gives it"),
        ("nothing here is called 'ammount'", "did you mean 'amount'?"),
    ]
    assert 'rule 2, input "amount"' in str(problems[1])


@pytest.mark.parametrize(
    ("column", "cell", "hint"),
    [
        ("rate", "> rtae", "did you mean 'rate'?"),
        ("贷款", "> 款贷", "did you mean '贷款'?"),
        ("贷款金额", "> 代款金额", "did you mean '贷款金额'?"),
    ],
)
def test_short_names_are_suggested_too(column: str, cell: str, hint: str) -> None:
    body = decision(table([(column, "number")], ["r"], [[cell, "1"]]))
    camunda = read(body, dialect="camunda8")
    assert [one.hint for one in dmn.check(camunda) if one.code == "dmn/unknown-name"] == [hint]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("5-8", "[5..8]"),
        ("8-5", "[5..8]"),
        ("18 - 60.5", "[18..60.5]"),
        ("[8..5]", "[5..8]"),
        ("(8..-5]", "(-5..8]"),
        ("[5..8]", None),
        ("-5", None),
    ],
)
def test_what_looks_like_an_interval_and_is_none_is_told(cell: str, meant: str | None) -> None:
    problems = dmn.check(read(decision(table([("x", "number")], ["r"], [[cell, "1"], ["-", "2"]], policy="FIRST"))))
    assert [one.expected for one in problems if one.code == "dmn/cell-type"] == ([meant] if meant else [])


def test_a_mistyped_function_is_told_blanks_and_all() -> None:
    (problem,) = dmn.check(read(decision(literal("date and tme(stamp)")), dialect="camunda8"))
    assert (problem.message, problem.hint) == ("nothing here is called 'date and tme'", "did you mean 'date and time'?")


@pytest.mark.parametrize(("written", "hint"), [("FRIST", "FIRST"), ("COLECT", "COLLECT"), ("RULEORDER", "RULE ORDER")])
def test_a_mistyped_hit_policy_is_told_which_was_meant(written: str, hint: str) -> None:
    body = decision(table([("x", "number")], ["r"], [["-", "1"]], policy=written))
    with pytest.raises(DefinitionError) as refused:
        read(body)
    assert [problem.hint for problem in refused.value.problems] == [f"did you mean {hint}?"]


def test_a_bare_word_in_a_column_of_texts_lacks_its_quotes() -> None:
    outputs = [{"name": "r", "typeRef": "string"}]
    problems = dmn.check(read(decision(table([("x", "string")], outputs, [["A, B", "通过"], ["-", "x"]]))))
    assert [(one.message, one.element_id, one.hint) for one in problems if one.code == "dmn/unknown-name"] == [
        ("nothing here is called 'A'", "cell_1_1", 'a text stands in quotes: "A"'),
        ("nothing here is called 'B'", "cell_1_1", 'a text stands in quotes: "B"'),
        ("nothing here is called '通过'", "cell_1_2", 'a text stands in quotes: "通过"'),
    ]


@pytest.mark.parametrize(
    "body",
    [
        decision(table(["amount"], ["r"], [["> limit", "bonus"]])),  # process variables, which no file declares
        INPUT + decision(table(["amount_of_loan_wanted", "amount_of_loan_granted"], ["r"], [["-", "-", "1"]])),
        INPUT.replace("amount", "enterprise_points") + decision(table(["enterprise_report"], ["r"], [["-", "1"]])),
        decision(table(["amount1"], ["r"], [["> amount2", "1"]])),
        INPUT + decision(literal("amount[item > 1 and dept = 2]"), requires=requires("input:amount")),
        INPUT + decision(literal("for amuont in [amount] return amuont"), requires=requires("input:amount")),
    ],
)
def test_names_that_a_file_need_not_declare_are_no_finding(body: str) -> None:
    assert [code for code in codes(body) if code[0] == "dmn/unknown-name"] == []


@pytest.mark.parametrize("name", ["annualIncome", "annual_income", "AnnualIncome"])
@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
def test_input_data_of_camunda_is_a_word_on_the_drawing(dialect: str, name: str) -> None:
    body = '<inputData id="annualIncome_id" name="Annual income"/>' + decision(
        table([name], ["r"], [["> 5", "1"]]), requires=requires("input:annualIncome_id")
    )
    assert [code for code in codes(body, dialect=dialect) if code[0] == "dmn/unknown-name"] == []


def test_nobody_is_told_to_write_an_id() -> None:
    body = '<inputData id="income_id" name="What is earned"/>' + decision(literal("income_i"), requires=requires("input:income_id"))
    assert [one.hint for one in dmn.check(read(body))] == ["draw the requirement that gives it"]


def test_a_long_chain_of_requirements_is_walked_without_recursion() -> None:
    parts = [decision(literal("1"), id="d0")]
    parts += [decision(literal("1"), id=f"d{n}", requires=requires(f"decision:d{n - 1}")) for n in range(1, 60)]
    assert codes("".join(parts)) == []


def test_every_code_has_its_page() -> None:
    root = Path(__file__).parents[2]
    pages = {f"dmn/{page.stem}" for page in (root / "docs/reference/problems/dmn").glob("*.md") if "." not in page.stem}
    used: set[str] = set()
    for source in (root / "loanflow/dmn").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        used |= {part.split('"')[0] for part in text.split('"dmn/')[1:]}
    assert {f"dmn/{code}" for code in used} == pages
