"""Values in, variables out; or errors, field by field."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanflow.errors import InvalidValues
from loanflow.forms import GeneratedField, from_fields, from_html, read, validate
from loanflow.forms.messages import WORDS

from .test_reader import form


def load(*components: dict):
    return read(form(*components), file="f.form")


def field(kind: str, **more: object) -> dict:
    return {"type": kind, "id": "F", "key": "x", "label": "X", **more}


def submit(component: dict, value: object, context: dict | None = None):
    """Return the accepted value, or the code of the one error."""
    try:
        return validate(load(component), {"x": value}, context or {}, clock=lambda: datetime(2026, 11, 23, 6, tzinfo=UTC)).values["x"]
    except InvalidValues as error:
        ((refusal,),) = error.errors.values()
        return refusal.code


REQUIRED = {"validate": {"required": True}}
CHOICES = {"values": [{"label": "同意", "value": "approve"}, {"label": "拒绝", "value": "decline"}, {"label": "3 年", "value": 3}]}


@pytest.mark.parametrize(
    ("component", "value", "expected"),
    [
        (field("number"), "12.50", Decimal("12.50")),
        (field("number"), 7, Decimal(7)),
        (field("number"), "", None),
        (field("number"), "NaN", "not-a-number"),
        (field("number"), "1e999", "not-a-number"),
        (field("number"), True, "not-a-number"),
        (field("number", **REQUIRED), None, "required"),
        (field("number", decimalDigits=2), "1.234", "too-many-decimals"),
        (field("number", decimalDigits=0), "100", Decimal(100)),
        (field("number", increment="0.1"), "0.3", Decimal("0.3")),
        (field("number", increment="0.1"), "0.35", "not-a-step"),
        (field("number", validate={"min": 1, "max": 5}), "0", "too-small"),
        (field("number", validate={"min": 1, "max": 5}), "5", Decimal(5)),
        (field("number", validate={"min": 1, "max": 5}), "5.01", "too-large"),
        (field("number", serializeToString=True), "12.50", "12.50"),
        (field("textfield", **REQUIRED), "   ", "required"),
        (field("textfield", validate={"maxLength": 2}), "张三", "张三"),
        (field("textfield", validate={"maxLength": 2}), "𠮷三", "too-long"),
        (field("textfield", validate={"minLength": 3}), "ab", "too-short"),
        (field("textfield", validate={"pattern": "^1[3-9]\\d{9}$"}), "13812345678", "13812345678"),
        (field("textfield", validate={"pattern": "^1[3-9]\\d{9}$"}), "12345", "no-match"),
        (field("textfield", validate={"pattern": "^x$", "patternErrorMessage": "填 x"}), "y", "custom"),
        (field("textfield", validate={"validationType": "email"}), "a@b.cn", "a@b.cn"),
        (field("textfield", validate={"validationType": "email"}), "a@b", "not-an-email"),
        (field("textfield", validate={"validationType": "phone"}), "13812345678", "not-a-phone"),
        (field("textfield"), 5, "not-text"),
        (field("checkbox"), None, False),
        (field("checkbox"), "on", True),
        (field("checkbox", **REQUIRED), False, "must-be-checked"),
        (field("radio", **CHOICES), "approve", "approve"),
        (field("radio", **CHOICES), "3", Decimal(3)),
        (field("radio", **CHOICES), "other", "not-an-option"),
        (field("checklist", **CHOICES), ["approve", "3", "approve"], ["approve", Decimal(3)]),
        (field("checklist", **CHOICES, **REQUIRED), [], "required"),
        (field("checklist", **CHOICES), "approve", "not-a-list"),
        (field("datetime", subtype="date"), "2026-02-28", "2026-02-28"),
        (field("datetime", subtype="date"), "2026-02-29", "not-a-date"),
        (field("datetime", subtype="date", disallowPassedDates=True), "2026-11-22", "in-the-past"),
        (field("datetime", subtype="time"), "14:02", "14:02"),
        (field("datetime", subtype="time"), "25:00", "not-a-time"),
        (field("datetime", subtype="datetime"), "2026-11-23T14:02", "2026-11-23T14:02"),
        (field("datetime", subtype="datetime"), "2026-11-23", "not-a-datetime"),
    ],
)
def test_values_by_type(component, value, expected):
    assert submit(component, value) == expected


def test_limits_may_depend_on_the_case():
    component = field("number", validate={"max": "=limit * 2"})
    assert submit(component, "20", {"limit": Decimal(10)}) == Decimal(20)
    assert submit(component, "21", {"limit": Decimal(10)}) == "too-large"


CONDITIONAL = (
    {"type": "radio", "id": "A", "key": "decision", "label": "结论", **CHOICES, **REQUIRED},
    {"type": "textfield", "id": "B", "key": "reason", "label": "原因", "conditional": {"hide": '=decision != "decline"'}, **REQUIRED},
)


def test_a_hidden_field_is_neither_required_nor_taken():
    accepted = validate(load(*CONDITIONAL), {"decision": "approve", "reason": "smuggled"}, {})
    assert accepted.values == {"decision": "approve"}
    assert accepted.ignored == ("reason",)


def test_a_field_that_a_choice_reveals_is_required():
    with pytest.raises(InvalidValues) as refused:
        validate(load(*CONDITIONAL), {"decision": "decline"}, {})
    assert {path: [e.code for e in errors] for path, errors in refused.value.errors.items()} == {"reason": ["required"]}


def test_unknown_read_only_and_disabled_values_are_never_taken_from_the_client():
    loaded = load(
        {"type": "number", "id": "A", "key": "amount", "label": "a", "readonly": True},
        {"type": "number", "id": "B", "key": "limit", "label": "b", "disabled": True},
        {"type": "number", "id": "C", "key": "ok", "label": "c"},
    )
    accepted = validate(loaded, {"amount": 1, "limit": 2, "ok": 3, "approved": True, "__builtins__": "x"}, {"amount": Decimal(9)})
    assert accepted.values == {"ok": Decimal(3)}
    assert accepted.ignored == ("__builtins__", "amount", "approved", "limit")


def test_expressions_are_computed_by_the_server():
    loaded = load(
        {"type": "number", "id": "A", "key": "amount", "label": "a"},
        {"type": "expression", "id": "B", "key": "double", "expression": "=amount * 2"},
    )
    assert validate(loaded, {"amount": "1.5", "double": 99}, {}).values == {"amount": Decimal("1.5"), "double": Decimal("3.0")}


def test_a_group_writes_into_a_context_and_keeps_the_rest_of_it():
    loaded = load(
        {"type": "group", "id": "G", "path": "applicant", "components": [{"type": "textfield", "id": "N", "key": "name", "label": "n"}]}
    )
    accepted = validate(loaded, {"applicant": {"name": "李娜"}}, {"applicant": {"age": Decimal(30), "name": "?"}})
    assert accepted.values == {"applicant": {"age": Decimal(30), "name": "李娜"}}


def test_conditions_that_chase_each_other_end():
    loaded = load(
        {"type": "textfield", "id": "A", "key": "a", "label": "a", "conditional": {"hide": "=b = null"}},
        {"type": "textfield", "id": "B", "key": "b", "label": "b", "conditional": {"hide": "=a != null"}},
    )
    assert set(validate(loaded, {"a": "1", "b": "2"}, {}).values) <= {"a", "b"}


def test_html_posts_become_typed_values():
    loaded = load(
        {"type": "checkbox", "id": "A", "key": "ok", "label": "a"},
        {"type": "checklist", "id": "B", "key": "list", "label": "b", **CHOICES},
        {"type": "textarea", "id": "C", "key": "text", "label": "c"},
    )
    assert from_html(loaded, {"list": ["approve", ""], "text": ["a\r\nb"]}) == {"ok": False, "list": ["approve"], "text": "a\nb"}


def test_generated_fields_give_typed_dates_and_numbers():
    loaded = from_fields(
        [
            GeneratedField(id="due", type="date"),
            GeneratedField(id="months", type="long", constraints={"min": "1"}),
            GeneratedField(id="approved", type="boolean", constraints={"required": None}),
        ],
        form_id="Task_1",
    )
    values = validate(loaded, {"due": "2026-01-31", "months": "12", "approved": False}, {}).values
    assert str(values["due"]) == "2026-01-31"
    assert not isinstance(values["due"], str)
    assert (values["months"], values["approved"]) == (Decimal(12), False)


def test_every_message_exists_in_both_languages():
    assert all(set(words) == {"zh", "en"} for words in WORDS.values())


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
    kind=st.sampled_from(["number", "textfield", "checkbox", "radio", "checklist", "datetime"]),
)
def test_whatever_is_submitted_is_accepted_or_refused_never_an_accident(value, kind):
    more = CHOICES if kind in ("radio", "checklist") else {"subtype": "date"} if kind == "datetime" else {}
    with suppress(InvalidValues):
        assert set(validate(load(field(kind, **more)), {"x": value}, {}).values) == {"x"}
