"""What Camunda's engines do otherwise than the standard, each with a file as the Modeler writes it."""

from datetime import date, datetime
from decimal import Decimal as D

import pytest

from loanflow import dmn
from loanflow.errors import DefinitionError, EvaluationError
from tests.dmn.written import compiled, decision, file, literal, requires, table


@pytest.mark.parametrize(
    ("body", "options", "dialect"),
    [
        ("", {"dialect": "camunda7"}, "camunda7"),
        ("", {"dialect": "camunda8"}, "camunda8"),
        ('<decision id="a" name="a" camunda:historyTimeToLive="30"/>', {}, "camunda7"),
        ('<decision id="a" name="a"><extensionElements><zeebe:versionTag value="1"/></extensionElements></decision>', {}, "camunda8"),
    ],
)
def test_the_dialect_comes_from_the_file(body: str, options: dict, dialect: str) -> None:
    assert dmn.read(file(body, **options), file="a.dmn").dialect == dialect


def test_without_any_mark_the_standard_holds() -> None:
    data = b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.com"/>'
    assert dmn.read(data, file="a.dmn").dialect == "spec"


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER"])
def test_camunda_7_refuses_priorities(policy: str) -> None:
    body = decision(table(["x"], [{"name": "n", "values": "1,2"}], [["-", "1"]], policy=policy))
    with pytest.raises(DefinitionError, match="dmn/hit-policy"):
        compiled(body, dialect="camunda7")


def test_camunda_8_refuses_an_empty_output_cell() -> None:
    with pytest.raises(DefinitionError, match="dmn/missing-output-entry"):
        compiled(decision(table(["x"], ["a", "b"], [["-", "1", ""]])), dialect="camunda8")


REQUIRED = decision(
    table(["x"], ["grade", "points"], [["< 5", '"A"', "1"], ["< 9", '"B"', "2"]], policy="{policy}"), id="inner", name="Inner"
)


def test_camunda_7_hands_results_over_by_output_name() -> None:
    body = REQUIRED.format(policy="FIRST") + decision(
        table(["grade", "points"], ["r"], [['"A"', "1", '"good"']]), id="outer", requires=requires("decision:inner")
    )
    assert compiled(body, dialect="camunda7").evaluate("outer", {"x": 3}).value == [{"r": "good"}]


def test_camunda_7_hands_several_rows_over_as_lists() -> None:
    body = REQUIRED.format(policy="COLLECT") + decision(
        literal("grade"), id="outer", requires=requires("decision:inner"), variable='<variable name="r"/>'
    )
    model = compiled(body, dialect="camunda7")
    assert model.evaluate("outer", {"x": 3}).value == [{"r": ["A", "B"]}]
    # One row is a value, no row is nothing: then the caller's own variable of that name shows through.
    assert model.evaluate("outer", {"x": 7}).value == [{"r": "B"}]
    assert model.evaluate("outer", {"x": 10, "grade": "mine"}).value == [{"r": "mine"}]


@pytest.mark.parametrize(("variable", "name"), [('<variable name="innerResult"/>', "innerResult"), ("", "inner")])
def test_camunda_8_hands_results_over_by_variable_else_by_id(variable: str, name: str) -> None:
    body = decision(literal("x + 1"), id="inner", name="Inner decision", variable=variable) + decision(
        literal(f"{name} * 2"), id="outer", requires=requires("decision:inner")
    )
    assert compiled(body, dialect="camunda8").evaluate("outer", {"x": 1}).value == D(4)


def test_the_standard_hands_results_over_by_name() -> None:
    body = decision(literal("x + 1"), id="inner", name="Inner decision", variable='<variable name="Inner decision"/>') + decision(
        literal("Inner decision * 2"), id="outer", requires=requires("decision:inner")
    )
    assert compiled(body).evaluate("outer", {"x": 1}).value == D(4)


@pytest.mark.parametrize(
    ("type_ref", "given", "cell"),
    [
        ("integer", "5", "5"),
        ("long", 5, "5"),
        ("double", "5.5", "5.5"),
        ("string", 5, '"5"'),
        ("boolean", "TRUE", "true"),
        ("date", "2026-01-31T00:00:00", 'date and time("2026-01-31T00:00:00")'),
        ("date", date(2026, 1, 31), 'date and time("2026-01-31T00:00:00")'),
        ("date", datetime.fromisoformat("2026-01-31T10:00:00"), '> date and time("2026-01-31T00:00:00")'),
    ],
)
def test_camunda_7_transforms_inputs(type_ref: str, given: object, cell: str) -> None:
    model = compiled(decision(table([("x", type_ref)], ["r"], [[cell, '"yes"']])), dialect="camunda7")
    assert model.evaluate("decision", {"x": given}).value == [{"r": "yes"}]


@pytest.mark.parametrize(
    ("type_ref", "given"), [("integer", 5.5), ("integer", "five"), ("double", True), ("boolean", 1), ("date", "31.1.2026")]
)
def test_camunda_7_fails_on_what_cannot_be_transformed(type_ref: str, given: object) -> None:
    result = compiled(decision(table([("x", type_ref)], ["r"], [["-", '"yes"']])), dialect="camunda7").evaluate("decision", {"x": given})
    assert (result.value, result.failed, result.problems[0].code) == (None, True, "dmn/wrong-input-type")


def test_the_standard_checks_inputs_and_camunda_8_does_not() -> None:
    body = decision(table([("x", "number")], ["r"], [['"5"', '"text"'], ["null", '"null"'], ["5", '"number"']], policy="FIRST"))
    assert compiled(body).evaluate("decision", {"x": "5"}).value == "null"
    assert compiled(body, dialect="camunda8").evaluate("decision", {"x": "5"}).value == "text"


def test_camunda_8_checks_the_decisions_variable() -> None:
    model = compiled(decision(literal("x"), variable='<variable name="r" typeRef="number"/>'), dialect="camunda8")
    assert model.evaluate("decision", {"x": 1}).value == D(1)
    assert model.evaluate("decision", {"x": None}).value is None
    assert not model.evaluate("decision", {"x": None}).failed
    assert model.evaluate("decision", {"x": "1"}).problems[0].code == "dmn/wrong-result-type"


@pytest.mark.parametrize("cell", ["cellInput > 5", "amount > 5", "? > 5"])
def test_camunda_7_names_the_input_in_its_cells(cell: str) -> None:
    body = decision(table(["x"], ["r"], [[cell, '"more"'], ["-", '"less"']], policy="FIRST")).replace(
        '<input id="input1"', '<input id="input1" camunda:inputVariable="amount"'
    )
    model = compiled(body, dialect="camunda7")
    assert [model.evaluate("decision", {"x": x, "amount": 0}).value for x in (6, 5)] == [[{"r": "more"}], [{"r": "less"}]]


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_missing_variables_are_null(dialect: str) -> None:
    body = decision(table(["x"], ["r"], [["null", '"none"'], ["-", '"some"']], policy="FIRST"))
    value = compiled(body, dialect=dialect).evaluate("decision", {}).value
    assert value in ("none", [{"r": "none"}])


def test_an_output_without_a_name_goes_by_its_id() -> None:
    body = decision(table(["x"], [{"label": "Result"}], [["-", "1"]]))
    assert compiled(body).evaluate("decision", {"x": 1}).value == D(1)
    assert compiled(body, dialect="camunda7").evaluate("decision", {"x": 1}).value == [{"output1": D(1)}]


def test_a_literal_expression_of_camunda_7_is_one_row() -> None:
    model = compiled(decision(literal("x + 1"), variable='<variable name="sum"/>'), dialect="camunda7")
    assert model.evaluate("decision", {"x": 1}).value == [{"sum": D(2)}]


@pytest.mark.parametrize("language", ["juel", "javascript", "groovy", "http://www.jcp.org/javaee/juel"])
def test_other_languages_are_refused_by_cell(language: str) -> None:
    body = decision(table(["x"], ["r"], [["-", "1"]])).replace(
        '<outputEntry id="cell_1_2">', f'<outputEntry id="cell_1_2" expressionLanguage="{language}">'
    )
    with pytest.raises(DefinitionError) as caught:
        compiled(body, dialect="camunda7")
    problem = caught.value.problems[0]
    assert (problem.code, problem.element_id, problem.found) == ("dmn/expression-language", "cell_1_2", language)
    assert "rule 1" in (problem.element_type or "")


@pytest.mark.parametrize(
    "language", ["feel", "FEEL", "https://www.omg.org/spec/DMN/20191111/FEEL/", "http://www.omg.org/spec/FEEL/20140401"]
)
def test_feel_has_many_names(language: str) -> None:
    body = decision(f'<literalExpression expressionLanguage="{language}"><text>1</text></literalExpression>')
    assert compiled(body).evaluate("decision", {}).value == D(1)


@pytest.mark.parametrize(
    ("rows", "mapper", "value"),
    [
        ([{"a": D(1)}], "singleEntry", D(1)),
        ([], "singleEntry", None),
        ([{"a": D(1), "b": D(2)}], "singleResult", {"a": D(1), "b": D(2)}),
        ([], "singleResult", None),
        ([{"a": D(1)}, {"a": D(2)}], "collectEntries", [D(1), D(2)]),
        ([{"a": D(1)}, {"a": D(2)}], "resultList", [{"a": D(1)}, {"a": D(2)}]),
        ([{"a": D(1)}], None, [{"a": D(1)}]),
        (D(1), "singleEntry", D(1)),
        (None, "singleEntry", None),
        ({"a": D(1), "b": D(2)}, "singleResult", {"a": D(1), "b": D(2)}),
        ([D(1), D(2)], "collectEntries", [D(1), D(2)]),
    ],
)
def test_results_are_mapped(rows: list, mapper: str | None, value: object) -> None:
    assert dmn.map_result(rows, mapper) == value


@pytest.mark.parametrize(
    ("rows", "mapper"),
    [
        ([{"a": D(1)}, {"a": D(2)}], "singleEntry"),
        ([{"a": D(1), "b": D(2)}], "singleEntry"),
        ([{"a": D(1)}, {"a": D(2)}], "singleResult"),
        ([{"a": D(1)}, {"b": D(2)}], "collectEntries"),
        ([], "firstEntry"),
    ],
)
def test_results_that_do_not_fit_their_mapper(rows: list, mapper: str) -> None:
    with pytest.raises(EvaluationError, match="dmn/result-does-not-fit"):
        dmn.map_result(rows, mapper)
