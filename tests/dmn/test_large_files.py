"""A table of ten thousand rules is read; a file beyond the budgets is refused by name."""

from __future__ import annotations

import pytest

from loanflow import dmn, xmltree
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
