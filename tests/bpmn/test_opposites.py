"""Conditions of which exactly one holds need no default flow."""

from __future__ import annotations

import pytest

from loanflow.bpmn.checks.opposites import are_opposite
from loanflow.bpmn.model import Dialect, Expression, Language


@pytest.mark.parametrize(
    ("first", "second", "opposite"),
    [
        ("${approved}", "${!approved}", True),
        ("${approved}", "${approved == false}", True),
        ("${approved == true}", "${not approved}", True),
        ("${amount > 5}", "${amount <= 5}", True),
        ("${grade == 'A'}", "${grade != 'A'}", True),
        ("${approved}", "${declined}", False),
        ("${amount > 5}", "${amount < 5}", False),
        ("${grade == 'A'}", "${grade == 'B'}", False),
        ("approved", "not(approved)", True),
        ("amount >= 5", "amount < 5", True),
        ("amount >= 5", "amount < 6", False),
        ("amount >=", "amount < 6", False),
    ],
)
def test_opposites(first: str, second: str, opposite: bool) -> None:
    language = Language.JUEL if first.startswith("$") else Language.FEEL
    dialect = Dialect.CAMUNDA7 if language is Language.JUEL else Dialect.CAMUNDA8
    one, other = (Expression(text=text, language=language) for text in (first, second))
    assert are_opposite(one, other, dialect) is opposite
    assert are_opposite(other, one, dialect) is opposite
