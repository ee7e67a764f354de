"""Requirements, business knowledge models, services, types, imports (DMN clauses 6, 7 and 10.4)."""

from __future__ import annotations

import threading
from decimal import Decimal as D
from pathlib import Path

import pytest

from loanflow import dmn
from loanflow.errors import DefinitionError, NotFound
from loanflow.feel import FeelBudgetExceeded
from tests.dmn.written import compiled, decision, file, literal, read, requires, table

INPUT = '<inputData id="income" name="Monthly income"><variable name="Monthly income" typeRef="number"/></inputData>'


def test_names_with_spaces_are_names() -> None:
    model = compiled(INPUT + decision(literal("Monthly income * 12"), requires=requires("input:income")))
    assert model.evaluate("decision", {"Monthly income": 1000}).value == D(12000)
    assert model.reads("decision") == {"Monthly income"}


def test_input_data_of_the_wrong_type_is_null_with_a_reason() -> None:
    model = compiled(INPUT + decision(literal("Monthly income"), requires=requires("input:income")))
    result = model.evaluate("decision", {"Monthly income": "lots"})
    assert result.value is None
    assert not result.failed
    assert "Monthly income" in result.problems[0].message


def test_undeclared_names_come_from_the_caller() -> None:
    assert compiled(decision(literal("a + b"))).evaluate("decision", {"a": 1, "b": 2}).value == D(3)


def test_decisions_are_found_by_id_and_by_name() -> None:
    model = compiled(decision(literal("1"), id="risk", name="风险等级"))
    assert model.evaluate("risk").value == model.evaluate("风险等级").value == D(1)
    with pytest.raises(NotFound, match="did you mean 'risk'"):
        model.evaluate("risks")
    assert [(one.id, one.name) for one in model.decisions] == [("risk", "风险等级")]


def test_a_decision_can_be_given() -> None:
    body = decision(literal("1"), id="inner", name="inner") + decision(
        literal("inner + 1"), id="outer", requires=requires("decision:inner")
    )
    model = compiled(body)
    assert model.evaluate("outer").value == D(2)
    assert model.evaluate("outer", given={"inner": 41}).value == D(42)
    # A variable of the same name is not the decision: it is computed anew.
    assert model.evaluate("outer", {"inner": 41}).value == D(2)


def test_a_diamond_evaluates_its_top_once() -> None:
    parts = [decision(literal("x"), id="top")]
    parts += [decision(literal("top + 1"), id=name, requires=requires("decision:top")) for name in ("left", "right")]
    parts.append(decision(literal("left + right"), id="bottom", requires=requires("decision:left", "decision:right")))
    trace = compiled("".join(parts)).evaluate("bottom", {"x": 1}, trace=True).trace
    assert trace is not None
    assert [one.decision_id for one in trace.decisions] == ["top", "left", "right", "bottom"]


KNOWLEDGE = (
    '<businessKnowledgeModel id="instalment" name="instalment"><variable name="instalment"/><encapsulatedLogic>'
    '<formalParameter name="amount" typeRef="number"/><formalParameter name="months" typeRef="number"/>'
    "<literalExpression><text>amount / months</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
)


def test_a_business_knowledge_model_is_a_function() -> None:
    model = compiled(KNOWLEDGE + decision(literal("instalment(1200, 12)"), requires=requires("knowledge:instalment")))
    assert model.evaluate("decision").value == D(100)
    assert model.call("instalment", {"amount": 600, "months": 6}).value == D(100)


def test_an_invocation_binds_by_name() -> None:
    invocation = (
        "<invocation><literalExpression><text>instalment</text></literalExpression>"
        '<binding><parameter name="months"/><literalExpression><text>12</text></literalExpression></binding>'
        '<binding><parameter name="amount"/><literalExpression><text>{amount}</text></literalExpression></binding></invocation>'
    )
    body = KNOWLEDGE + decision(invocation.format(amount="1200"), requires=requires("knowledge:instalment"))
    assert compiled(body).evaluate("decision").value == D(100)
    wrong = KNOWLEDGE + decision(invocation.format(amount='"a"'), requires=requires("knowledge:instalment"))
    assert compiled(wrong).evaluate("decision").value is None


def test_a_function_that_calls_itself_stops_at_its_budget() -> None:
    body = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>f(n + 1)</text></literalExpression></encapsulatedLogic>"
        '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement></businessKnowledgeModel>'
        + decision(literal("f(1)"), requires=requires("knowledge:f"))
    )
    with pytest.raises(FeelBudgetExceeded, match="depth"):
        compiled(body).evaluate("decision")


def test_functions_in_java_are_refused() -> None:
    body = KNOWLEDGE.replace("<encapsulatedLogic>", '<encapsulatedLogic kind="Java">')
    with pytest.raises(DefinitionError, match="dmn/external-function"):
        compiled(body)


SERVICE = (
    '<inputData id="x" name="x"><variable name="x" typeRef="number"/></inputData>'
    + decision(literal("x + 1"), id="plus", requires=requires("input:x"))
    + decision(literal("plus * 10"), id="times", requires=requires("decision:plus"))
    + '<decisionService id="service" name="service"><outputDecision href="#times"/>{more}</decisionService>'
)


def test_a_decision_service_takes_inputs_or_decisions() -> None:
    model = compiled(SERVICE.format(more='<encapsulatedDecision href="#plus"/><inputData href="#x"/>'))
    assert model.evaluate_service("service", {"x": 1}).value == D(20)
    model = compiled(SERVICE.format(more='<inputDecision href="#plus"/>'))
    assert model.evaluate_service("service", {"plus": 5}).value == D(50)


def test_a_decision_calls_a_service() -> None:
    body = SERVICE.format(more='<inputData href="#x"/>') + decision(
        literal("service(4)"), id="caller", requires=requires("knowledge:service")
    )
    assert compiled(body).evaluate("caller").value == D(50)


def test_a_service_with_several_outputs_answers_a_context() -> None:
    model = compiled(SERVICE.format(more='<outputDecision href="#plus"/><inputData href="#x"/>'))
    assert model.evaluate_service("service", {"x": 1}).value == {"times": D(20), "plus": D(2)}


TYPES = (
    '<itemDefinition name="tGrade"><typeRef>string</typeRef><allowedValues><text>"A","B"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="tPerson"><itemComponent name="Full name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="grade"><typeRef>tGrade</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("type_ref", "given", "value"),
    [
        ("tGrade", "A", "A"),
        ("tGrade", "C", None),
        ("tPerson", {"Full name": "Li", "grade": "A"}, {"Full name": "Li", "grade": "A"}),
        ("tPerson", {"Full name": "Li", "grade": "C"}, None),
        ("tPerson", {"Full name": "Li"}, None),
        ("tPeople", [{"Full name": "Li", "grade": "B"}], [{"Full name": "Li", "grade": "B"}]),
        ("tPeople", [{"Full name": "Li", "grade": 1}], None),
    ],
)
def test_values_are_held_against_their_types(type_ref: str, given: object, value: object) -> None:
    body = (
        TYPES
        + f'<inputData id="p" name="p"><variable name="p" typeRef="{type_ref}"/></inputData>'
        + decision(literal("p"), requires=requires("input:p"))
    )
    assert compiled(body).evaluate("decision", {"p": given}).value == value


def test_components_with_spaces_are_reached_by_path() -> None:
    body = (
        TYPES
        + '<inputData id="p" name="p"><variable name="p" typeRef="tPerson"/></inputData>'
        + decision(literal("p.Full name"), requires=requires("input:p"))
    )
    assert compiled(body).evaluate("decision", {"p": {"Full name": "Li", "grade": "A"}}).value == "Li"


def test_the_result_is_held_against_the_variables_type() -> None:
    body = TYPES + decision(literal('"C"'), variable='<variable name="decision" typeRef="tGrade"/>')
    assert compiled(body).evaluate("decision").value is None
    tabled = TYPES + decision(table(["x"], ["r"], [["-", '"C"']], policy="FIRST"), variable='<variable name="decision" typeRef="tGrade"/>')
    assert compiled(tabled).evaluate("decision", {"x": 1}).value is None


def test_an_unknown_type_is_said_and_taken_as_any() -> None:
    model = compiled(TYPES + decision(literal("1"), variable='<variable name="decision" typeRef="tGrad"/>'))
    assert model.evaluate("decision").value == D(1)
    assert [(one.code, one.severity, one.hint) for one in model.problems] == [("dmn/unknown-type", "warning", "did you mean tGrade?")]


def boxed(text: str, **inputs: object) -> object:
    return compiled(decision(text)).evaluate("decision", inputs).value


def test_boxed_contexts() -> None:
    entries = "".join(
        f'<contextEntry><variable name="{name}"/>{literal(text)}</contextEntry>' for name, text in (("a", "x + 1"), ("b", "a * 2"))
    )
    assert boxed(f"<context>{entries}</context>", x=1) == {"a": D(2), "b": D(4)}
    assert boxed(f"<context>{entries}<contextEntry>{literal('a + b')}</contextEntry></context>", x=1) == D(6)


def test_boxed_lists_and_relations() -> None:
    assert boxed(f"<list>{literal('x')}{literal('2')}</list>", x=1) == [D(1), D(2)]
    rows = "".join(f"<row>{literal(a)}{literal(b)}</row>" for a, b in (("1", '"one"'), ("x", '"two"')))
    assert boxed(f'<relation><column name="n"/><column name="t"/>{rows}</relation>', x=2) == [
        {"n": D(1), "t": "one"},
        {"n": D(2), "t": "two"},
    ]


def test_boxed_conditionals_filters_and_iterators() -> None:
    conditional = f"<conditional><if>{literal('x > 1')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"
    assert [boxed(conditional, x=x) for x in (2, 1, None)] == [D(1), D(2), D(2)]
    items = [{"n": 1}, {"n": 5}]
    assert boxed(f"<filter><in>{literal('xs')}</in><match>{literal('n > 2')}</match></filter>", xs=items) == [{"n": D(5)}]
    assert boxed(f'<for iteratorVariable="i"><in>{literal("xs")}</in><return>{literal("i.n * 2")}</return></for>', xs=items) == [
        D(2),
        D(10),
    ]
    some = f'<some iteratorVariable="i"><in>{literal("xs")}</in><satisfies>{literal("i.n > 2")}</satisfies></some>'
    assert (boxed(some, xs=items), boxed(some.replace("some", "every"), xs=items), boxed(some, xs=[])) == (True, False, False)


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        ("[1..3]", [D(2), D(4), D(6)]),
        ("(1..4)", [D(4), D(6)]),
        ("7", [D(14)]),
        ('["a".."c"]', None),
        ("(< 3)", None),
        ("null", None),
    ],
)
def test_a_boxed_iterator_goes_through_what_feels_own_goes_through(domain: str, value: list[D] | None) -> None:
    assert boxed(f'<for iteratorVariable="i"><in>{literal(domain)}</in><return>{literal("i * 2")}</return></for>') == value
    some = boxed(f'<some iteratorVariable="i"><in>{literal(domain)}</in><satisfies>{literal("i = 3")}</satisfies></some>')
    assert some is (None if value is None else D(6) in value)


def test_a_boxed_iterator_keeps_within_its_budget() -> None:
    with pytest.raises(FeelBudgetExceeded):
        boxed(f'<for iteratorVariable="i"><in>{literal("[1..1e12]")}</in><return>{literal("i")}</return></for>')


def test_an_entry_called_item_hides_the_item_in_a_boxed_filter() -> None:
    boxed_filter = f"<filter><in>{literal('xs')}</in><match>{literal('item > 1')}</match></filter>"
    assert boxed(boxed_filter, xs=[{"item": 1}, {"item": 2}]) == [{"item": D(2)}]
    assert boxed(boxed_filter, xs=[1, 2]) == [D(2)]


def test_boxed_functions_remember_their_scope() -> None:
    function = '<functionDefinition><formalParameter name="n" typeRef="number"/>' + literal("n + x") + "</functionDefinition>"
    context = (
        f'<context><contextEntry><variable name="f"/>{function}</contextEntry><contextEntry>{literal("f(1)")}</contextEntry></context>'
    )
    assert boxed(context, x=10) == D(11)


def test_a_table_inside_a_context() -> None:
    inner = table(["x"], ["r"], [["< 5", '"low"'], [">= 5", '"high"']])
    assert boxed(f'<context><contextEntry><variable name="level"/>{inner}</contextEntry></context>', x=7) == {"level": "high"}


def test_models_import_each_other(tmp_path: Path) -> None:
    lib = file(KNOWLEDGE + decision(literal("7"), id="seven")).replace(b"http://loanflow.test/dmn", b"http://lib")
    main = file(
        '<import name="lib" namespace="http://lib" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        + decision(
            literal("lib.instalment(lib.seven * 2, 2)"),
            requires='<informationRequirement><requiredDecision href="http://lib#seven"/></informationRequirement>'
            '<knowledgeRequirement><requiredKnowledge href="http://lib#instalment"/></knowledgeRequirement>',
        )
    )
    (tmp_path / "lib.dmn").write_bytes(lib)
    (tmp_path / "main.dmn").write_bytes(main)
    assert dmn.load(tmp_path / "main.dmn", tmp_path / "lib.dmn").evaluate("decision").value == D(7)
    with pytest.raises(DefinitionError, match="dmn/missing-import"):
        dmn.load(tmp_path / "main.dmn")


def _importing(namespace: str, imports: dict[str, str], content: str) -> dmn.Model:
    """Return a model that imports others by name, each from its namespace."""
    kind = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    lines = "".join(f'<import name="{name}" namespace="{other}" importType="{kind}"/>' for name, other in imports.items())
    data = file(lines + content).replace(b'namespace="http://loanflow.test/dmn"', f'namespace="{namespace}"'.encode())
    return dmn.read(data, file=f"{namespace}.dmn")


def _needs(*decisions: str) -> str:
    return "".join(f'<informationRequirement><requiredDecision href="{href}"/></informationRequirement>' for href in decisions)


def test_an_imported_model_is_given_values_by_the_names_of_the_imports() -> None:
    person = (
        '<inputData id="in" name="Person name"><variable name="Person name" typeRef="string"/></inputData>'
        '<decision id="greet" name="Greet the Person"><variable name="Greet the Person"/>'
        '<informationRequirement><requiredInput href="#in"/></informationRequirement>' + literal('"Hello, " + Person name') + "</decision>"
    )
    says = (
        '<decision id="says" name="Say"><variable name="Say"/>'
        + _needs("a#greet")
        + literal('"%s: " + model A.Greet the Person')
        + "</decision>"
    )
    both = (
        '<decision id="both" name="Both"><variable name="Both"/>'
        + _needs("b1#says", "b2#says", "b1#says")
        + literal("Model B.Say + Model B2.Say")
        + "</decision>"
    )
    model = dmn.compile_model(
        _importing("c", {"Model B": "b1", "Model B2": "b2"}, both),
        _importing("b1", {"model A": "a"}, says % "B"),
        _importing("b2", {"model A": "a"}, says % "B2"),
        _importing("a", {}, person),
    )
    own = {"Model B": {"model A": {"Person name": "Ann"}}, "Model B2": {"model A": {"Person name": "Bo"}}}
    assert model.evaluate("both", own).value == "B: Hello, AnnB2: Hello, Bo"
    # What is not given by an import's name is looked for among the rest.
    assert (
        model.evaluate("both", {"Person name": "Cy", "Model B2": {"model A": {"Person name": "Bo"}}}).value == "B: Hello, CyB2: Hello, Bo"
    )
    assert model.evaluate("both", {"Person name": "Cy"}).value == "B: Hello, CyB2: Hello, Cy"
    assert {"Person name", "Model B", "Model B2", "model A"} <= model.reads("both")


def test_what_is_imported_without_a_name_stands_beside_the_own_elements() -> None:
    lib = '<itemDefinition id="t" name="tGrade"><typeRef>string</typeRef></itemDefinition>' + KNOWLEDGE + decision(literal("7"), id="seven")
    main = (
        '<decision id="d" name="d"><variable name="d" typeRef="number"/>'
        + _needs("lib#seven")
        + '<knowledgeRequirement><requiredKnowledge href="lib#instalment"/></knowledgeRequirement>'
        + literal('if "A" instance of tGrade then instalment(seven * 2, 2) else 0')
        + "</decision>"
    )
    assert dmn.compile_model(_importing("main", {"": "lib"}, main), _importing("lib", {}, lib)).evaluate("d").value == D(7)


def test_the_dialect_can_be_chosen() -> None:
    model = read(decision(table(["x"], ["r"], [["-", "1"]])))
    assert dmn.compile_model(model).evaluate("decision", {"x": 1}).value == D(1)
    assert dmn.compile_model(model, dialect="camunda7").evaluate("decision", {"x": 1}).value == [{"r": D(1)}]


def test_an_input_without_a_feel_counterpart_is_the_callers_slip() -> None:
    with pytest.raises(TypeError, match="input 'x'"):
        compiled(decision(table(["x"], ["r"], [["-", "1"]]))).evaluate("decision", {"x": object()})
    # What the decision does not read is not looked at.
    assert compiled(decision(literal("1"))).evaluate("decision", {"x": object()}).value == D(1)


def test_evaluate_many_is_evaluate_for_each_row() -> None:
    model = compiled(decision(table(["x"], ["r"], [["< 5", '"a"'], ["< 9", '"b"']], policy="FIRST")))
    rows = [{"x": x} for x in (1, 7, 9.5, None, "text", D("4.999"))]
    assert model.evaluate_many("decision", rows) == [model.evaluate("decision", row) for row in rows]
    assert [result.value for result in model.evaluate_many("decision", rows)] == ["a", "b", None, None, None, "a"]


def test_threads_share_a_model() -> None:
    model = compiled(decision(table(["x"], ["r"], [[f"[{n}..{n + 1})", f"x + {n}"] for n in range(50)])))
    wrong: list[object] = []

    def work(offset: int) -> None:
        for n in range(50):
            x = (n + offset) % 50
            value = model.evaluate("decision", {"x": x}, trace=n % 10 == 0).value
            if value != D(2 * x):
                wrong.append((x, value))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    ("age", "why"),
    [
        ("200", "is 200, which is not among the allowed values of its type"),
        ('"old"', 'is "old", which is not of type number'),
        ("f(200)", "age of f() is not among the allowed values of its type"),
        ('f("old")', "age of f() is number"),
    ],
)
def test_what_a_type_does_not_allow_is_told_from_what_is_of_another_type(age: str, why: str) -> None:
    types = '<itemDefinition name="age"><typeRef>number</typeRef><allowedValues><text>[0..120]</text></allowedValues></itemDefinition>'
    knowledge = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic><formalParameter name="age" typeRef="age"/>'
        "<literalExpression><text>age</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    inner = decision(literal(age), requires=requires("knowledge:f")).replace(
        "<literalExpression", '<variable name="decision" typeRef="age"/><literalExpression'
    )
    result = compiled(types + knowledge + inner).evaluate("decision")
    assert result.value is None
    assert why in result.problems[0].message
    entry = f'<context><contextEntry><variable name="a" typeRef="age"/>{literal("200")}</contextEntry></context>'
    problems = compiled(types + decision(entry)).evaluate("decision").problems
    assert [one.message for one in problems] == ["the value of entry 'a' is not among the allowed values of its type"]


@pytest.mark.parametrize("trace", [False, True])
def test_an_input_that_is_taken_as_null_is_told_of_whatever_the_result(trace: bool) -> None:
    grade = '<itemDefinition name="grade"><typeRef>string</typeRef><allowedValues><text>"A", "B"</text></allowedValues></itemDefinition>'
    data = '<inputData id="g" name="g"><variable name="g" typeRef="grade"/></inputData>'
    model = dmn.compile_model(read(grade + data + decision(literal('if g = "A" then 1 else 2'), requires=requires("input:g"))))
    for value, why in (("Z", '"Z", which is not among the allowed values of its type'), (5, "5, which is not of type string")):
        result = model.evaluate("decision", {"g": value}, trace=trace)
        assert result.value == 2
        assert [(one.code, one.message) for one in result.problems] == [("dmn/wrong-type", f"input 'g' is {why}; it counts as null")]
