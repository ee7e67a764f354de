"""What a page shows of a form."""

from decimal import Decimal

import pytest

from loanflow.errors import InvalidValues
from loanflow.forms import read, validate, view

from .test_reader import form
from .test_submission import CHOICES, CONDITIONAL


def test_values_come_from_the_draft_then_the_case_then_the_default():
    loaded = read(form(*({"type": "number", "id": key, "key": key, "label": key, "defaultValue": 1} for key in "abc")), file="f.form")
    shown = view(loaded, {"b": Decimal(2), "c": Decimal(2)}, submitted={"c": "3"})
    assert [c.value for c in shown.components] == ["1", "2", "3"]


def test_texts_are_computed_and_translated():
    loaded = read(
        form(
            {"type": "text", "id": "T", "text": "{{applicant}} 申请 {{amount}} 元"},
            {"type": "number", "id": "N", "key": "n", "label": "金额", "properties": {"label.en": "Amount"}},
        ),
        file="f.form",
    )
    shown = view(loaded, {"applicant": "李娜", "amount": Decimal(80000)}, lang="en")
    assert shown.components[0].text == "李娜 申请 80000 元"
    assert shown.components[1].label == "Amount"


def test_errors_are_sentences_in_the_reader_s_language():
    loaded = read(form(*CONDITIONAL), file="f.form")
    with pytest.raises(InvalidValues) as refused:
        validate(loaded, {"decision": "decline"}, {})
    shown = view(loaded, {}, submitted={"decision": "decline"}, errors=refused.value.errors, lang="zh")
    assert shown.errors == {"reason": ("此项必填",)}
    assert [c.name for c in shown.components] == ["decision", "reason"]
    assert [chosen for _, _, chosen in shown.components[0].options] == [False, True, False]


def test_a_hidden_component_is_not_there():
    assert [c.name for c in view(read(form(*CONDITIONAL), file="f.form"), {}, submitted={"decision": "approve"}).components] == ["decision"]


def test_a_table_shows_rows_of_the_case():
    loaded = read(
        form(
            {
                "type": "table",
                "id": "T",
                "label": "票",
                "dataSource": "=votes",
                "columns": [{"key": "by", "label": "委员"}, {"key": "vote", "label": "意见"}],
            }
        ),
        file="f.form",
    )
    shown = view(loaded, {"votes": [{"by": "陈", "vote": "同意"}, {"by": "王"}]})
    assert shown.components[0].rows == (("陈", "同意"), ("王", ""))


def test_options_may_come_from_the_case():
    loaded = read(
        form({"type": "select", "id": "S", "key": "s", "label": "s", "valuesExpression": "=for m in members return {value: m, label: m}"}),
        file="f.form",
    )
    shown = view(loaded, {"members": ["a", "b"]}, submitted={"s": "b"})
    assert shown.components[0].options == (("a", "a", False), ("b", "b", True))
    assert CHOICES
