"""What the reader takes, notes and refuses."""

import json

import pytest

from loanflow.errors import DefinitionError
from loanflow.forms import check, read
from loanflow.problems import Severity


def form(*components: dict, **top: object) -> bytes:
    root = {"type": "default", "id": "review", "schemaVersion": 16, "components": list(components), **top}
    return json.dumps(root, ensure_ascii=False, indent=2).encode()


def codes(data: bytes) -> list[str]:
    try:
        return [p.code for p in check(read(data, file="review.form")) if p.severity is Severity.ERROR]
    except DefinitionError as error:
        return [p.code for p in error.problems]


NUMBER = {"type": "number", "id": "Field_amount", "key": "amount", "label": "金额"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (form(NUMBER), []),
        (b"", ["form/not-json"]),
        (b"\xff\xfe\x00", ["form/not-json"]),
        (b"[1, 2]", ["form/not-a-form"]),
        (b'{"components": [], "components": []}', ["form/not-json"]),
        (b"[" * 100_000, ["form/too-deep"]),
        (form(NUMBER, id=""), ["form/missing-id"]),
        (form(NUMBER, schemaVersion=99), ["form/schema-version"]),
        (form({"type": "filepicker", "id": "F", "key": "file"}), ["form/unsupported-component"]),
        (form({"type": "iframe", "id": "F"}, {"type": "html", "id": "G"}), ["form/unsupported-component"] * 2),
        (form(NUMBER, {**NUMBER, "id": "Other"}), ["form/duplicate-key"]),
        (form(NUMBER, {**NUMBER, "key": "b"}), ["form/duplicate-id"]),
        (form({"type": "number", "id": "F", "label": "x"}), ["form/missing-key"]),
        (form({**NUMBER, "key": "a b"}), ["form/invalid-key"]),
        (form({"type": "radio", "id": "F", "key": "a", "label": "x"}), ["form/missing-options"]),
        (form({**NUMBER, "validate": {"min": "ten"}}), ["form/invalid-limit"]),
        (form({**NUMBER, "validate": {"minimum": 1}}), ["form/unknown-validation"]),
        (form({"type": "textfield", "id": "F", "key": "a", "label": "x", "validate": {"pattern": "("}}), ["form/invalid-pattern"]),
        (form({"type": "datetime", "id": "F", "key": "a", "label": "x"}), ["form/datetime-subtype"]),
        (form({"type": "text", "id": "F", "text": "{{#if a}}x{{/if}}"}), ["form/unsupported-template"]),
    ],
)
def test_findings(data, expected):
    assert codes(data) == expected


def test_a_syntax_error_in_a_condition_names_the_component_and_its_line():
    data = form(NUMBER, {"type": "textfield", "id": "Field_why", "key": "why", "label": "原因", "conditional": {"hide": "=amount >"}})
    (problem,) = check(read(data, file="review.form"))
    assert problem.element_id == "Field_why"
    assert problem.element_name == "原因"
    assert problem.property == "Condition > Hide if"
    assert problem.location.line == data.decode()[: data.decode().index("Field_why")].count("\n") + 1


def test_what_only_affects_looks_is_noted_not_dropped():
    loaded = read(
        form({"type": "select", "id": "F", "key": "a", "label": "x", "searchable": True, "values": [{"label": "A", "value": "a"}]}),
        file="f.form",
    )
    assert [(p.code, p.severity) for p in loaded.ignored] == [("form/ignored-property", Severity.INFO)]


def test_an_unknown_property_is_a_warning_by_name():
    loaded = read(form({**NUMBER, "colour": "red"}), file="f.form")
    assert [p.message for p in loaded.ignored] == ['"colour" is not a property of a number']
