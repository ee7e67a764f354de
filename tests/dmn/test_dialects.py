"""What Camunda's engines do otherwise than the standard, each with a file as the Modeler writes it."""

from datetime import date, datetime
from decimal import Decimal as D

import pytest

from loanflow import dmn
from loanflow.errors import DefinitionError, EvaluationError
from tests.dmn.written import compiled, decision, file, literal, read, requires, table


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
    # One row is a list too, no row is nothing: then the caller's own variable of that name shows through.
    assert model.evaluate("outer", {"x": 7}).value == [{"r": ["B"]}]
    assert model.evaluate("outer", {"x": 10, "grade": "mine"}).value == [{"r": "mine"}]


@pytest.mark.parametrize(
    ("policy", "aggregation", "handed_over"),
    [
        ("COLLECT", "", [D(4)]),
        ("RULE ORDER", "", [D(4)]),
        ("COLLECT", "SUM", D(4)),
        ("COLLECT", "COUNT", D(1)),
        ("FIRST", "", D(4)),
        ("UNIQUE", "", D(4)),
    ],
)
def test_camunda_7_hands_the_one_row_of_a_collection_over_as_a_list(policy: str, aggregation: str, handed_over: object) -> None:
    inner = decision(table(["x"], ["guests"], [["1", "4"]], policy=policy, aggregation=aggregation), id="inner")
    outer = decision(literal("guests"), id="outer", requires=requires("decision:inner"), variable='<variable name="r"/>')
    assert compiled(inner + outer, dialect="camunda7").evaluate("outer", {"x": 1}).value == [{"r": handed_over}]


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
        ("boolean", "False", "false"),
        ("Integer", "5", "5"),
        ("String", 5, '"5"'),
        ("BOOLEAN", "true", "true"),
        ("date", "2026-01-31T00:00:00", 'date and time("2026-01-31T00:00:00")'),
        ("date", date(2026, 1, 31), 'date and time("2026-01-31T00:00:00")'),
        ("date", datetime.fromisoformat("2026-01-31T10:00:00"), '> date and time("2026-01-31T00:00:00")'),
    ],
)
def test_camunda_7_transforms_inputs(type_ref: str, given: object, cell: str) -> None:
    model = compiled(decision(table([("x", type_ref)], ["r"], [[cell, '"yes"']])), dialect="camunda7")
    assert model.evaluate("decision", {"x": given}).value == [{"r": "yes"}]


@pytest.mark.parametrize(
    ("type_ref", "given"),
    [
        ("integer", 5.5),
        ("integer", "five"),
        ("Long", "five"),
        ("double", True),
        ("boolean", 1),
        ("boolean", "yes"),
        ("date", "31.1.2026"),
    ],
)
def test_camunda_7_fails_on_what_cannot_be_transformed(type_ref: str, given: object) -> None:
    result = compiled(decision(table([("x", type_ref)], ["r"], [["-", '"yes"']])), dialect="camunda7").evaluate("decision", {"x": given})
    assert (result.value, result.failed, result.problems[0].code) == (None, True, "dmn/wrong-input-type")


def test_camunda_7_takes_values_of_other_types_as_they_are() -> None:
    body = decision(table([("x", "number")], ["r"], [['"5"', '"text"'], ["true", '"yes"'], ["5", '"number"']]))
    model = compiled(body, dialect="camunda7")
    assert [model.evaluate("decision", {"x": x}).value for x in ("5", True, 5)] == [[{"r": "text"}], [{"r": "yes"}], [{"r": "number"}]]


@pytest.mark.parametrize(
    ("type_ref", "given", "found"), [("string", 5, "5"), ("integer", "5", D(5)), ("double", None, None), (None, "5", "5")]
)
def test_camunda_7_transforms_the_result_of_a_literal_expression(type_ref: str | None, given: object, found: object) -> None:
    declared = f' typeRef="{type_ref}"' if type_ref else ""
    model = compiled(decision(literal("x"), variable=f'<variable name="r"{declared}/>'), dialect="camunda7")
    assert model.evaluate("decision", {"x": given}).value == [{"r": found}]


def test_camunda_7_fails_on_a_literal_expression_that_cannot_be_transformed() -> None:
    model = compiled(decision(literal("x"), variable='<variable name="r" typeRef="integer"/>'), dialect="camunda7")
    result = model.evaluate("decision", {"x": "five"})
    assert (result.value, result.failed, result.problems[0].code) == (None, True, "dmn/wrong-result-type")


@pytest.mark.parametrize(("dialect", "value"), [("spec", None), ("camunda7", [{"r": "5"}]), ("camunda8", "5")])
def test_only_the_standard_looks_at_the_type_of_input_data(dialect: str, value: object) -> None:
    body = '<inputData id="i" name="x"><variable name="x" typeRef="number"/></inputData>' + decision(
        literal("x"), requires=requires("input:i"), variable='<variable name="r"/>'
    )
    assert compiled(body, dialect=dialect).evaluate("decision", {"x": "5"}).value == value


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


@pytest.mark.parametrize("dialect", ["spec", "camunda8"])
def test_only_camunda_7_names_the_input_in_its_cells(dialect: str) -> None:
    body = decision(table(["x"], ["r"], [["cellInput > 5", '"named"'], ["? > 5", '"asked"']], policy="FIRST"))
    assert compiled(body, dialect=dialect).evaluate("decision", {"x": 6}).value == "asked"
    body = decision(table(["x"], ["r"], [["amount > 5", '"named"'], ["? > 5", '"asked"']], policy="FIRST"))
    marked = body.replace('<input id="input1"', '<input id="input1" camunda:inputVariable="amount"')
    assert compiled(marked, dialect="camunda8").evaluate("decision", {"x": 6}).value == "asked"


@pytest.mark.parametrize(("dialect", "nothing", "default"), [("spec", None, D(7)), ("camunda7", [], []), ("camunda8", None, D(7))])
@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY", "COLLECT", "RULE ORDER"])
def test_no_rule_matches(dialect: str, nothing: object, default: object, policy: str) -> None:
    plain = decision(table(["x"], ["r"], [["1", "2"]], policy=policy))
    assert compiled(plain, dialect=dialect).evaluate("decision", {"x": 0}).value == nothing
    defaulted = decision(table(["x"], [{"name": "r", "default": "7"}], [["1", "2"]], policy=policy))
    assert compiled(defaulted, dialect=dialect).evaluate("decision", {"x": 0}).value == default


@pytest.mark.parametrize(("dialect", "ranks"), [("spec", True), ("camunda8", False)])
def test_camunda_8_ranks_texts_and_numbers_only(dialect: str, ranks: bool) -> None:
    output = {"name": "r", "values": 'date("2026-01-02"), date("2026-01-01")'}
    rules = [["-", 'date("2026-01-01")'], ["-", 'date("2026-01-02")']]
    body = decision(table(["x"], [output], rules, policy="PRIORITY"))
    if ranks:
        assert str(compiled(body, dialect=dialect).evaluate("decision", {"x": 1}).value) == "2026-01-02"
    else:
        with pytest.raises(DefinitionError, match="dmn/hit-policy"):
            compiled(body, dialect=dialect)


@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
def test_camunda_knows_names_with_blanks_in_backticks_only(dialect: str) -> None:
    body = decision(table(["`Annual income`"], ["r"], [["> `The limit`", '"more"'], ["-", '"less"']], policy="FIRST"))
    model = compiled(body, dialect=dialect)
    rows = [model.evaluate("decision", {"Annual income": n, "The limit": 10}).value for n in (11, 10)]
    assert rows == (["more", "less"] if dialect == "camunda8" else [[{"r": "more"}], [{"r": "less"}]])
    with pytest.raises(DefinitionError, match="feel/unexpected-token"):
        compiled(decision(table(["Annual income"], ["r"], [["-", "1"]])), dialect=dialect)


def test_the_standard_knows_the_names_in_scope() -> None:
    body = '<inputData id="i" name="Annual income"><variable name="Annual income" typeRef="number"/></inputData>' + decision(
        table(["Annual income"], ["r"], [["> 10", '"more"']]), requires=requires("input:i")
    )
    assert compiled(body).evaluate("decision", {"Annual income": 11}).value == "more"


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize(
    ("cell", "matches"),
    [
        ("large", True),  # true
        ("small", False),
        ("five", True),  # equal to the input
        ("six", False),
        ("[five, six]", True),  # a list that holds the input
        ("[six]", False),
        ("? > 4 and ? < 6", True),
        ("list contains([5, 6], ?)", True),
    ],
)
def test_a_cell_may_be_an_expression(dialect: str, cell: str, matches: bool) -> None:
    body = decision(table(["x"], ["r"], [[cell, "true"], ["-", "false"]], policy="FIRST"))
    value = compiled(body, dialect=dialect).evaluate("decision", {"x": 5, "large": True, "small": False, "five": 5, "six": 6}).value
    assert value == ([{"r": matches}] if dialect == "camunda7" else matches)


@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
@pytest.mark.parametrize(
    ("cell", "x", "matches"),
    [
        ("large", None, True),  # an expression that is true is fitted by anything
        ("large", False, True),
        ("even(4)", None, True),
        ("small", False, True),  # equal to the input
        ("small", None, False),
        ("true", None, False),  # the value true is fitted by true alone
        ("true", 5, False),
        ("true", "yes", False),
        ("true", True, True),
        ("?", 5, False),  # what reads the input must say true or false
        ("? = null", None, True),
        ("missing", None, True),
        ("missing", 5, False),
    ],
)
def test_camunda_takes_an_expression_that_is_true_for_any_input(dialect: str, cell: str, x: object, matches: bool) -> None:
    body = decision(table(["x"], ["r"], [[cell, "true"], ["-", "false"]], policy="FIRST"))
    value = compiled(body, dialect=dialect).evaluate("decision", {"x": x, "large": True, "small": False}).value
    assert value == ([{"r": matches}] if dialect == "camunda7" else matches)


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize(
    ("cell", "matches"),
    [
        ("< a + 1", True),
        ("[a - 1..a]", True),
        ("[a..a + 1)", True),
        ("]4..6[", True),
        ("]5..6]", False),
        ("> a", False),
    ],
)
def test_end_points_are_free_expressions(dialect: str, cell: str, matches: bool) -> None:
    body = decision(table(["x"], ["r"], [[cell, "true"], ["-", "false"]], policy="FIRST"))
    value = compiled(body, dialect=dialect).evaluate("decision", {"x": 5, "a": 5}).value
    assert value == ([{"r": matches}] if dialect == "camunda7" else matches)


@pytest.mark.parametrize(
    ("text", "exact", "camunda"),
    [
        ('@"P1D" * 1.5', "P1DT12H", "P1D"),
        ('1.5 * @"P1Y"', "P1Y6M", "P1Y"),
        ('@"P1D" * -1.9', "-P1DT21H36M", "-P1D"),
        ('@"P1D" / 1.5', "PT16H", "PT16H"),
        ('@"PT1S" / 3', "PT0.333333333S", "PT0.333S"),
        ('@"P1Y" / 5', "P2M", "P2M"),
    ],
)
def test_durations_times_numbers(text: str, exact: str, camunda: str) -> None:
    shown = {
        dialect: compiled(decision(literal(f"string({text})"), variable='<variable name="r"/>'), dialect=dialect)
        .evaluate("decision", {})
        .value
        for dialect in ("spec", "camunda7", "camunda8")
    }
    assert shown == {"spec": exact, "camunda7": [{"r": camunda}], "camunda8": camunda}


def test_camunda_7_evaluates_a_business_knowledge_model_all_the_same() -> None:
    knowledge = (
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><formalParameter name="x"/><literalExpression><text>x * 2</text>'
        "</literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    body = knowledge + decision(literal("k(3)"), requires=requires("knowledge:k"), variable='<variable name="r"/>')
    assert compiled(body, dialect="camunda7").evaluate("decision", {}).value == [{"r": D(6)}]


@pytest.mark.parametrize(
    "type_ref", ["string", "boolean", "number", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration", "Any"]
)
def test_camunda_8_has_its_own_words_for_types(type_ref: str) -> None:
    model = compiled(decision(literal("x"), variable=f'<variable name="r" typeRef="{type_ref}"/>'), dialect="camunda8")
    assert [problem.code for problem in model.problems] == []
    assert model.evaluate("decision", {"x": None}).value is None


@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
def test_a_type_that_nobody_knows_is_any(dialect: str) -> None:
    model = compiled(decision(table([("x", "wunderbar")], ["r"], [['"a"', "1"], ["5", "2"]])), dialect=dialect)
    assert [problem.code for problem in model.problems] == ["dmn/unknown-type"]
    assert model.evaluate("decision", {"x": 5}).value in (D(2), [{"r": D(2)}])


@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
def test_what_the_modeler_writes_beside_the_logic_is_no_finding(dialect: str) -> None:
    body = (
        '<decision id="decision" name="决策" camunda:historyTimeToLive="P180D" camunda:versionTag="1.2">'
        '<extensionElements><zeebe:versionTag value="1.2"/><biodi:bounds xmlns:biodi="http://bpmn.io/schema/dmn/biodi/1.0" x="1" y="2"/>'
        '</extensionElements><variable id="v" name="r" typeRef="Any"/>'
        + table(["x"], [{"typeRef": "number"}], [["< 5", "1"], ["", "2"]], policy="FIRST", descriptions=["少于五", "其余"])
        + '</decision><textAnnotation id="note"><text>说明</text></textAnnotation>'
        '<dmndi:DMNDI xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"><dmndi:DMNDiagram id="d"/></dmndi:DMNDI>'
    )
    model = compiled(body, dialect=dialect, attributes='exporter="Camunda Modeler" exporterVersion="5.30.0"')
    assert [problem for problem in model.problems if problem.severity != "info"] == []
    result = model.evaluate("decision", {"x": 7}, trace=True)
    assert result.value in (D(2), [{"output1": D(2)}])
    assert result.trace is not None
    assert result.trace.decision.reason_codes == ("其余",)
    assert model.decisions[0].version_tag == "1.2"


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


NO_EXPRESSION = table([""], ["r"], [["{cell}", "1"]])


@pytest.mark.parametrize(("cell", "rows"), [("", 1), ("-", 1), ("10", 0), ("null", 1), ("large", 1)])
def test_camunda_7_takes_an_input_without_an_expression_for_null(cell: str, rows: int) -> None:
    model = compiled(decision(NO_EXPRESSION.replace("{cell}", cell)), dialect="camunda7")
    assert [(problem.code, problem.severity) for problem in model.problems] == [("dmn/missing-input-expression", "warning")]
    assert model.evaluate("decision", {"large": True}).value == [{"r": D(1)}] * rows


@pytest.mark.parametrize("dialect", ["spec", "camunda8"])
def test_elsewhere_an_input_without_an_expression_is_refused(dialect: str) -> None:
    with pytest.raises(DefinitionError, match="dmn/missing-input-expression"):
        compiled(decision(NO_EXPRESSION.replace("{cell}", "-")), dialect=dialect)


def test_camunda_7_looks_at_the_input_variable_where_there_is_no_expression() -> None:
    body = decision(NO_EXPRESSION.replace("{cell}", "[6..9]")).replace('<input id="input1"', '<input id="input1" camunda:inputVariable="x"')
    model = compiled(body, dialect="camunda7")
    assert model.problems == ()
    assert [model.evaluate("decision", {"x": x}).value for x in (6, 5)] == [[{"r": D(1)}], []]


def test_camunda_7_leaves_a_decision_without_logic_out() -> None:
    body = decision("", id="draft") + decision(table(["x"], ["r"], [["-", "1"]]))
    model = compiled(body, dialect="camunda7")
    assert [(problem.code, problem.severity) for problem in model.problems] == [("dmn/missing-logic", "warning")]
    assert model.evaluate("decision", {"x": 1}).value == [{"r": D(1)}]
    result = model.evaluate("draft", {})
    assert (result.value, result.failed, result.problems[0].code) == (None, True, "dmn/missing-logic")


@pytest.mark.parametrize(
    "body",
    [
        decision("", id="draft") + decision(literal("1"), requires=requires("decision:draft"), variable='<variable name="r"/>'),
        decision("", id="draft", requires=requires("decision:decision")) + decision(literal("1"), variable='<variable name="r"/>'),
    ],
)
def test_camunda_7_refuses_requirements_of_a_decision_without_logic(body: str) -> None:
    with pytest.raises(DefinitionError, match="dmn/missing-logic"):
        compiled(body, dialect="camunda7")


def test_an_empty_literal_expression_is_null_in_camunda_7() -> None:
    model = compiled(decision(literal(""), variable='<variable name="r"/>'), dialect="camunda7")
    assert [(problem.code, problem.severity) for problem in model.problems] == [("dmn/missing-logic", "warning")]
    assert model.evaluate("decision", {}).value == [{"r": None}]


@pytest.mark.parametrize(
    ("aggregation", "values"), [("SUM", [{}, {"a": D(12)}, {"a": D(33)}]), ("COUNT", [{"a": D(0)}, {"a": D(1)}, {"a": D(2)}])]
)
def test_camunda_7_aggregates_the_output_that_each_rule_fills_in(aggregation: str, values: list[dict]) -> None:
    rules = [["[1..2]", "12", ""], ["2", "", "21"]]
    model = compiled(decision(table(["x"], ["a", "b"], rules, policy="COLLECT", aggregation=aggregation)), dialect="camunda7")
    assert [model.evaluate("decision", {"x": x}).value for x in (0, 1, 2)] == [[row] if row else [] for row in values]


@pytest.mark.parametrize("aggregation", ["SUM", "COUNT"])
def test_camunda_7_aggregates_one_output_a_rule(aggregation: str) -> None:
    with pytest.raises(DefinitionError, match="dmn/hit-policy"):
        compiled(decision(table(["x"], ["a", "b"], [["-", "1", "2"]], policy="COLLECT", aggregation=aggregation)), dialect="camunda7")


@pytest.mark.parametrize(
    ("dialect", "given", "value"),
    [
        ("camunda7", ["10", 20], [{"r": D(30)}]),
        ("camunda8", ["10", 20], None),
        ("camunda7", ["ten", 20], None),
        ("camunda7", [True, 20], None),
        ("camunda7", [None, 20], None),
    ],
)
def test_camunda_7_adds_up_numbers_that_are_written_as_texts(dialect: str, given: list, value: object) -> None:
    body = decision(table(["x"], ["r"], [["-", "one"], ["-", "other"]], policy="COLLECT", aggregation="SUM"))
    result = compiled(body, dialect=dialect).evaluate("decision", {"x": 1, "one": given[0], "other": given[1]})
    assert (result.value, [problem.code for problem in result.problems]) == (value, [] if value else ["dmn/aggregation-failed"])


@pytest.mark.parametrize(("dialect", "value"), [("spec", "a"), ("camunda7", None), ("camunda8", None)])
def test_the_least_of_texts_is_known_to_the_standard_alone(dialect: str, value: object) -> None:
    body = decision(table(["x"], ["r"], [["-", '"b"'], ["-", '"a"']], policy="COLLECT", aggregation="MIN"))
    result = compiled(body, dialect=dialect).evaluate("decision", {"x": 1})
    assert (result.value, result.failed) == (value, value is None)


@pytest.mark.parametrize(("aggregation", "value"), [("SUM", D(3)), ("MIN", D(1)), ("MAX", D(2))])
def test_camunda_8_aggregates_whatever_type_the_column_has(aggregation: str, value: D) -> None:
    output = {"name": "r", "typeRef": "string"}
    body = decision(table(["x"], [output], [["-", "1"], ["-", "2"]], policy="COLLECT", aggregation=aggregation))
    assert compiled(body, dialect="camunda8").evaluate("decision", {"x": 1}).value == value
    with pytest.raises(DefinitionError, match="dmn/hit-policy"):
        compiled(body, dialect="camunda7")


def test_camunda_8_invokes_by_a_name_with_blanks() -> None:
    knowledge = (
        '<businessKnowledgeModel id="k" name="Double it"><encapsulatedLogic><formalParameter name="x"/>'
        f"{literal('x * 2')}</encapsulatedLogic></businessKnowledgeModel>"
    )
    invocation = f'<invocation>{literal("Double it")}<binding><parameter name="x"/>{literal("y")}</binding></invocation>'
    model = compiled(knowledge + decision(invocation, requires=requires("knowledge:k")), dialect="camunda8")
    assert model.evaluate("decision", {"y": 3}).value == D(6)


@pytest.mark.parametrize(
    ("flag", "limit", "camunda", "standard"),
    [
        (True, 3, "low", "low"),
        (True, 9, "flagged", "flagged"),
        (False, 3, "low", "low"),
        # The condition is false, as the value is.
        (False, 9, "low", "other"),
        # The condition has no answer, nor is there a value.
        (None, None, "low", "other"),
        (False, None, "other", "other"),
    ],
)
def test_a_condition_that_does_not_read_its_column_fits_the_value_that_it_gives(
    flag: bool | None, limit: int | None, camunda: str, standard: str
) -> None:
    body = decision(table(["flag"], ["r"], [["limit < 5", '"low"'], ["true", '"flagged"'], ["-", '"other"']], policy="FIRST"))
    inputs = {"flag": flag, "limit": limit}
    assert compiled(body, dialect="spec").evaluate("decision", inputs).value == standard
    for dialect, expected in (("camunda7", [{"r": camunda}]), ("camunda8", camunda)):
        model = compiled(body, dialect=dialect)
        assert model.evaluate("decision", inputs).value == expected
        assert [result.value for result in model.evaluate_many("decision", [inputs, inputs])] == [expected, expected]


def test_what_is_found_of_an_input_without_an_expression_is_about_null() -> None:
    rules = [["", "30", "1"], ["", ">= 25", "2"], ["5", "-", "3"]]
    body = decision(table(["x", ""], ["r"], rules).replace('label=""', 'label="Age"'))
    found = {(problem.code, problem.message) for problem in dmn.check(read(body, dialect="camunda7"))}
    assert found == {
        ("dmn/missing-input-expression", "this input says not what it looks at; Camunda 7 takes it for null"),
        ("dmn/unreachable-rule", "no value that Age can have passes this rule's condition"),
        ("dmn/gap", "no rule decides x = 4, Age = null"),
    }
