"""The name that was probably meant."""

from __future__ import annotations

import pytest

from loanflow.problems import nearest


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("ammount", ["amount", "rate"], "amount"),
        ("Rate", ["rate"], "rate"),
        ("rtae", ["rate"], "rate"),
        ("款贷", ["贷款"], "贷款"),
        ("申清人", ["申请人", "利率"], "申请人"),
        ("年收人", ["年收入"], "年收入"),
        ("利息", ["利率"], None),
        ("ab", ["cd"], None),
        ("amount", ["amount"], None),
        ("FRIST", ["FIRST", "UNIQUE"], "FIRST"),
    ],
)
def test_the_nearest_name(written: str, known: list[str], meant: str | None) -> None:
    assert nearest(written, known) == meant


def test_a_limit_on_slips_keeps_what_is_not_nearly_the_same() -> None:
    assert nearest("days_overdue", ["days_over"], alike=0.8) == "days_over"
    assert nearest("days_overdue", ["days_over"], alike=0.8, slips=2) is None
