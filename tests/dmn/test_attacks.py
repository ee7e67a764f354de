"""Hostile and careless models: each ends soon, in a finding or in an error that names the budget."""

from __future__ import annotations

import pytest

from loanflow import dmn
from loanflow.errors import DefinitionError
from loanflow.feel import FeelBudget, FeelBudgetExceeded
from tests.dmn.written import compiled, decision, file, literal, requires, table


def knowledge(id: str, body: str, *needs: str) -> str:
    """A business knowledge model of one parameter, x."""
    needed = "".join(f'<knowledgeRequirement><requiredKnowledge href="#{need}"/></knowledgeRequirement>' for need in needs)
    logic = f'<encapsulatedLogic><formalParameter name="x"/>{literal(body)}</encapsulatedLogic>'
    return f'<businessKnowledgeModel id="{id}" name="{id}">{logic}{needed}</businessKnowledgeModel>'


FOREVER = knowledge("f", "f(x + 1)", "f") + decision(literal("f(1)"), requires=requires("knowledge:f"))
EACH_OTHER = knowledge("f", "g(x + 1)", "g") + knowledge("g", "f(x + 1)", "f") + decision(literal("f(1)"), requires=requires("knowledge:f"))
TWICE_EACH = knowledge("f", "[f(x + 1), f(x + 1)]", "f") + decision(literal("f(1)"), requires=requires("knowledge:f"))
TREE = knowledge("f", "if x = 0 then 1 else f(x - 1) + f(x - 1)", "f") + decision(literal("f(60)"), requires=requires("knowledge:f"))


@pytest.mark.parametrize(
    ("body", "budget"),
    [
        (FOREVER, "depth"),
        (EACH_OTHER, "depth"),
        (TWICE_EACH, "depth"),
        (TREE, "steps"),
        (decision(literal("for i in 1..10**12 return i")), "list_size"),
        (decision(literal("some a in 1..10000, b in 1..10000 satisfies a + b = 0")), "steps"),
        (decision(literal('for i in 1..60 return if i = 1 then "aaaaaaaaaa" else partial[-1] + partial[-1]')), "string_size"),
        (
            decision(table(["x"], ["r"], [["some a in 1..10000, b in 1..10000 satisfies a + b = ?", "1"], ["-", "2"]], policy="FIRST")),
            "steps",
        ),
        (decision(table(["x"], ["r"], [["-", "count(for i in 1..10**12 return i)"]])), "list_size"),
    ],
)
@pytest.mark.parametrize("trace", [False, True])
def test_the_budget_that_ran_out_is_named(body: str, budget: str, trace: bool) -> None:
    model = compiled(body)
    small = FeelBudget(steps=30_000) if budget == "steps" else FeelBudget()
    with pytest.raises(FeelBudgetExceeded) as caught:
        model.evaluate("decision", {"x": 0}, trace=trace, budget=small)
    assert caught.value.budget == budget


def test_a_recursion_that_ends_is_no_attack() -> None:
    factorial = knowledge("f", "if x <= 1 then 1 else x * f(x - 1)", "f") + decision(literal("f(30)"), requires=requires("knowledge:f"))
    assert str(compiled(factorial).evaluate("decision", {}).value) == "265252859812191058636308480000000"


def test_one_budget_holds_for_a_decision_with_all_that_it_requires() -> None:
    chain = decision(literal("count(for i in 1..900 return i)"), id="d0")
    for number in range(1, 10):
        chain += decision(
            literal(f"count(for i in 1..900 return i) + d{number - 1}"), id=f"d{number}", requires=requires(f"decision:d{number - 1}")
        )
    model = compiled(chain)
    assert model.evaluate("d0", {}, budget=FeelBudget(steps=5_000)).value == 900
    with pytest.raises(FeelBudgetExceeded, match="budget steps"):
        model.evaluate("d9", {}, budget=FeelBudget(steps=5_000))


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa">]><definitions>&a;</definitions>',
        b'<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><definitions/>',
        b"<definitions>" + b"<context>" * 5_000,
        file(decision("<context>" + "<contextEntry><context>" * 400 + "</context></contextEntry>" * 400 + "</context>")),
        file(decision(literal("(" * 20_000))),
        file(decision(table(["x"], ["r"], [["[" * 20_000, "1"]]))),
        b"",
        b"\xff\xfe\x00",
        b"<definitions",
    ],
)
def test_files_that_are_refused_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(DefinitionError) as caught:
        dmn.compile_model(dmn.read(data, file="evil.dmn"))
    assert caught.value.problems[0].location.file == "evil.dmn"
