"""A table of ten thousand rules is read; a file beyond the budgets is refused by name."""

from __future__ import annotations

import gc

import pytest

from loanflow import dmn, xmltree
from loanflow.dmn.compiler.decision_tables import TABLE_BUDGET
from loanflow.dmn.reader import files
from loanflow.errors import DefinitionError
from tests.dmn import written


def test_ten_thousand_rules_of_five_inputs_stay_below_the_budgets() -> None:
    rules = [["-", "-", "-", "-", f"{number}", f"{number}"] for number in range(10_000)]
    data = written.file(written.decision(written.table([f"x{n}" for n in range(5)], ["r"], rules, policy="FIRST")))
    model = dmn.read(data, file="rates.dmn")
    table = model.decisions[0].logic
    assert isinstance(table, dmn.DecisionTable)
    assert len(table.rules) == 10_000


@pytest.mark.parametrize(
    ("budget", "message"),
    [("MAX_BYTES", "the file is larger than 0 MB"), ("MAX_ELEMENTS", "more than 100 elements")],
)
def test_a_file_beyond_a_budget_is_refused(monkeypatch: pytest.MonkeyPatch, budget: str, message: str) -> None:
    monkeypatch.setattr(files, budget, 100)
    rules = [["1", "1"]] * 100
    with pytest.raises(DefinitionError) as refused:
        written.read(written.decision(written.table(["x"], ["r"], rules)))
    assert [(problem.code, problem.message) for problem in refused.value.problems] == [("xml/too-large", message)]


def test_other_rooms_keep_the_smaller_budget() -> None:
    data = b"<a>" + b"<b/>" * xmltree.MAX_ELEMENTS + b"</a>"
    with pytest.raises(DefinitionError, match="100,000 elements"):
        xmltree.read(data, file="x.bpmn")


def test_elements_share_their_names_and_prefixes() -> None:
    root = xmltree.read(b'<a xmlns="urn:one" xmlns:p="urn:two"><p:b/><p:b x="1"/><c xmlns:q="urn:three"/></a>', file="x.xml")
    first, second, third = root.children
    assert first.name is second.name
    assert first.namespaces is root.namespaces
    assert dict(third.namespaces) == {None: "urn:one", "p": "urn:two", "q": "urn:three"}


def test_ten_thousand_rules_load_decide_and_are_examined_within_their_budgets() -> None:
    rules = [[f"[{number}..{number + 1})", f"> {number % 900}", f'"{number % 50}"', "-", "< 18", f"{number}"] for number in range(10_000)]
    inputs = [(f"x{n}", "string" if n == 2 else "number") for n in range(5)]
    model = dmn.read(written.file(written.decision(written.table(inputs, ["r"], rules, policy="UNIQUE"))), file="rates.dmn")
    compiled = dmn.compile_model(model)
    rows = [{"x0": number + 0.5, "x1": 1_000, "x2": str(number % 50), "x4": 17.5} for number in (0, 4_999, 9_999, 10_000)]
    assert [result.value for result in compiled.evaluate_many("decision", rows)] == [0, 4_999, 9_999, None]
    found = [problem for problem in dmn.check(model) if problem.code == "dmn/analysis-incomplete"]
    assert [problem.message for problem in found] == ["the table is too large to look for gaps, overlaps and unreachable rules"]


def test_masks_of_one_table_stay_within_their_budget() -> None:
    # Every number is an end of its own, so each column has 20,000 cuts.
    rules = [[*[f"[{3 * number}..{3 * number + 1}]"] * 6, f"{number}"] for number in range(10_000)]
    compiled = written.compiled(written.decision(written.table([(f"x{n}", "number") for n in range(6)], ["r"], rules, policy="FIRST")))
    table = compiled._program("decision").table  # pyright: ignore[reportPrivateUsage]
    assert table is not None
    sizes = [column.index.size for column in table.columns if column.index is not None]
    assert len(sizes) == 5
    assert sum(sizes) <= TABLE_BUDGET
    assert compiled.evaluate("decision", {f"x{n}": 15_001 for n in range(6)}).value == 5_000


@pytest.mark.parametrize("on", [True, False])
def test_loading_leaves_the_garbage_collector_as_it_was(on: bool) -> None:
    before = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        dmn.compile_model(dmn.read(written.file(written.decision(written.table(["x"], ["r"], [["1", "2"]]))), file="a.dmn"))
        assert gc.isenabled() is on
        with pytest.raises(DefinitionError):
            dmn.read(b"<definitions/>", file="b.dmn")
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()
