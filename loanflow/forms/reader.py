"""From a ``.form`` file to the model (Camunda Forms JSON, schema versions 1 to 19)."""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import Any, cast

from loanflow.errors import DefinitionError
from loanflow.forms.model import CHOICE_TYPES, Column, Component, ComponentType, Form, Option, Validation
from loanflow.problems import Location, Problem, Severity, errors_in, nearest

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 12
MAX_SCHEMA_VERSION = 19
_TYPES = frozenset(member.value for member in ComponentType)

# What each component may say, beside the keys of every component; anything else is reported.
_COMMON = {
    "type",
    "id",
    "key",
    "label",
    "description",
    "layout",
    "properties",
    "conditional",
    "disabled",
    "readonly",
    "validate",
    "defaultValue",
    "appearance",
}
_BY_TYPE: dict[str, set[str]] = {
    "number": {"decimalDigits", "increment", "serializeToString"},
    "datetime": {"subtype", "dateLabel", "timeLabel", "timeInterval", "timeSerializingFormat", "use24h", "disallowPassedDates"},
    "radio": {"values", "valuesKey", "valuesExpression"},
    "select": {"values", "valuesKey", "valuesExpression", "searchable"},
    "checklist": {"values", "valuesKey", "valuesExpression"},
    "taglist": {"values", "valuesKey", "valuesExpression"},
    "expression": {"expression", "computeOn"},
    "text": {"text"},
    "table": {"columns", "columnsExpression", "dataSource", "rowCount"},
    "group": {"components", "path", "showOutline", "verticalAlignment"},
    "spacer": {"height"},
    "button": {"action"},
}
_LAYOUT_ONLY = {"searchable", "timeInterval", "use24h", "rowCount", "showOutline", "verticalAlignment", "height", "action"}
_UNSUPPORTED = {
    "filepicker": "documents are not collected by forms yet",
    "documentPreview": "documents are not collected by forms yet",
    "iframe": "pages of other sites are not shown inside a form",
    "html": "use a Text view component, which takes Markdown",
    "image": "pictures are not shown inside a form",
    "dynamiclist": "repeated groups are not supported yet; draw the fields once, or use a multi-instance task",
}
_TOP_LEVEL = {
    "type",
    "id",
    "components",
    "schemaVersion",
    "executionPlatform",
    "executionPlatformVersion",
    "exporter",
    "versionTag",
    "$schema",
    "properties",
}


def read(data: bytes, *, file: str, form_id: str | None = None) -> Form:
    """Return the form of a ``.form`` file; ``form_id`` is by what a diagram holds one that has no id of its own.

    Raises:
        DefinitionError: the bytes are not a form, or hold a component that is not supported; all problems at once.
    """
    form = survey(data, file=file, form_id=form_id)
    if errors_in(form.ignored):
        raise DefinitionError(form.ignored)
    return form


def survey(data: bytes, *, file: str, form_id: str | None = None) -> Form:
    """Return a form as far as it could be read, to be checked, not filled in; what ``ignored`` tells may be errors.

    Raises:
        DefinitionError: the bytes are not a form.
    """
    return _Reader(file, data).form(form_id)


class _Reader:
    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.dialect = "camunda8"
        if len(data) > MAX_BYTES:
            raise self._fatal("form/too-large", f"the form is larger than {MAX_BYTES // 1024 // 1024} MB")
        try:
            self.text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self._fatal("form/not-json", "the file is not UTF-8 text", hint="save the form again in Camunda Modeler") from None
        try:
            self.json: Any = json.loads(self.text, object_pairs_hook=_no_duplicates, parse_float=str)
        except RecursionError:
            raise self._fatal("form/too-deep", "the form is nested too deeply") from None
        except ValueError as error:
            line = getattr(error, "lineno", None)
            raise self._fatal("form/not-json", "the file is not a Camunda form", line=line, found=str(error)) from None

    def form(self, form_id: str | None) -> Form:
        root = _mapping(self.json)
        if not isinstance(root.get("components"), list):
            raise self._fatal("form/not-a-form", "the file is not a Camunda form", expected='an object with "components"')
        own_id: Any = root.get("id") or form_id
        if not isinstance(own_id, str):
            own_id = ""
            self._error(
                "form/missing-id", "the form has no id, so no task can refer to it", hint='open the form in Camunda Modeler and set "ID"'
            )
        version = root.get("schemaVersion", 1)
        if not isinstance(version, int) or version > MAX_SCHEMA_VERSION:
            self._error(
                "form/schema-version",
                "the form was written by a newer Camunda Modeler",
                expected=f"schemaVersion up to {MAX_SCHEMA_VERSION}",
                found=str(version),
            )
        self.dialect = "camunda7" if root.get("executionPlatform") == "Camunda Platform" else "camunda8"
        for key in root.keys() - _TOP_LEVEL:
            self._note("form/unknown-property", f'"{key}" is not part of a Camunda form', Severity.WARNING)
        components = self._components(root["components"], prefix="", depth=1)
        return Form(
            id=own_id,
            file=self.file,
            components=components,
            dialect=self.dialect,
            version_tag=root.get("versionTag"),
            ignored=tuple(self.problems),
        )

    def _components(self, items: Any, *, prefix: str, depth: int) -> tuple[Component, ...]:
        if depth > MAX_DEPTH:
            self._error("form/too-deep", f"components nested more than {MAX_DEPTH} deep")
            return ()
        found: list[Component] = []
        for item in _list(items):
            if isinstance(item, dict) and (component := self._component(_mapping(item), prefix, depth)):
                found.append(component)
        return tuple(found)

    def _component(self, item: dict[str, Any], prefix: str, depth: int) -> Component | None:
        kind = str(item.get("type", ""))
        ident = str(item.get("id") or item.get("key") or kind)
        line = self._line_of(ident)
        where: dict[str, Any] = {
            "element_id": ident,
            "element_name": _text(item.get("label")) or None,
            "element_type": f"{kind or 'form'} component",
            "line": line,
        }
        if kind not in _TYPES:
            known = ", ".join(member.value for member in ComponentType)
            meant = nearest(kind, _TYPES, alike=0.75)
            self._error(
                "form/unsupported-component",
                f'the component type "{kind}" is not supported',
                expected=f"one of {known}",
                found=kind,
                hint=_UNSUPPORTED.get(kind) or (f"did you mean {meant}?" if meant else None),
                **where,
            )
            return None
        type_ = ComponentType(kind)
        for key in item.keys() - _COMMON - _BY_TYPE.get(kind, set()):
            self._note("form/unknown-property", f'"{key}" is not a property of a {kind}', Severity.WARNING, **where)
        for key in item.keys() & _LAYOUT_ONLY:
            self._note("form/ignored-property", f'"{key}" only affects how Camunda draws the component', Severity.INFO, **where)
        rules = _mapping(item.get("validate"))
        for key in rules.keys() - {"required", "min", "max", "minLength", "maxLength", "pattern", "patternErrorMessage", "validationType"}:
            self._error("form/unknown-validation", f'the validation "{key}" is not supported', property="Validation", **where)
        look = _mapping(item.get("appearance"))
        layout = _mapping(item.get("layout"))
        key = _text(item.get("key"))
        path = _text(item.get("path")) if type_ is ComponentType.GROUP else ""
        inner = ".".join(part for part in (prefix, path) if part)
        if type_ is ComponentType.DATETIME and item.get("subtype") not in ("date", "time", "datetime"):
            self._error(
                "form/datetime-subtype",
                "a date/time field needs a subtype",
                property="Subtype",
                expected="date, time or datetime",
                found=str(item.get("subtype")),
                **where,
            )
        return Component(
            id=ident,
            type=type_,
            path=".".join(part for part in (prefix, key) if part) if key else None,
            label=_text(item.get("label")) or _text(item.get("dateLabel")) or _text(item.get("timeLabel")),
            description=_text(item.get("description")),
            text=_text(item.get("text")),
            hide=_text(_mapping(item.get("conditional")).get("hide")) or None,
            readonly=item.get("readonly", False),
            disabled=bool(item.get("disabled", False)),
            default=item.get("defaultValue"),
            validation=Validation(
                required=bool(rules.get("required", False)),
                minimum=_optional(rules.get("min")),
                maximum=_optional(rules.get("max")),
                min_length=_optional(rules.get("minLength")),
                max_length=_optional(rules.get("maxLength")),
                pattern=_text(rules.get("pattern")) or None,
                pattern_message=_text(rules.get("patternErrorMessage")) or None,
                kind=_text(rules.get("validationType")) if rules.get("validationType") in ("email", "phone") else None,
            ),
            options=self._options(item.get("values"), where) if type_ in CHOICE_TYPES else (),
            options_expression=_text(item.get("valuesExpression")) or (f"={item['valuesKey']}" if item.get("valuesKey") else None),
            subtype=_text(item.get("subtype")) or None,
            decimal_digits=item.get("decimalDigits"),
            increment=_optional(item.get("increment")),
            as_string=bool(item.get("serializeToString", False)),
            not_in_past=bool(item.get("disallowPassedDates", False)),
            expression=_text(item.get("expression")) or None,
            prefix=_text(look.get("prefixAdorner")),
            suffix=_text(look.get("suffixAdorner")),
            columns=tuple(
                Column(key=_text(column.get("key")), label=_text(column.get("label")))
                for column in map(_mapping, _list(item.get("columns")))
            ),
            data_source=_text(item.get("dataSource")) or None,
            row=_text(layout.get("row")) or None,
            width=layout.get("columns"),
            components=self._components(item.get("components"), prefix=inner, depth=depth + 1) if type_ is ComponentType.GROUP else (),
            properties=MappingProxyType({str(k): str(v) for k, v in _mapping(item.get("properties")).items()}),
            line=line,
        )

    def _options(self, values: Any, where: dict[str, Any]) -> tuple[Option, ...]:
        found: list[Option] = []
        for value in _list(values):
            choice = _mapping(value)
            if choice:
                found.append(Option(choice.get("value"), _text(choice.get("label")) or str(choice.get("value"))))
            else:
                self._error(
                    "form/missing-options",
                    "an option is no value with a label",
                    property="Static options",
                    expected='{"label": "...", "value": "..."}',
                    found=json.dumps(value, ensure_ascii=False)[:60],
                    **where,
                )
        return tuple(found)

    def _line_of(self, ident: str) -> int | None:
        # JSON keeps no positions; a component's id is unique and stands literally in the file.
        match = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(ident, ensure_ascii=False))}', self.text)
        return self.text.count("\n", 0, match.start()) + 1 if match else None

    def _error(self, code: str, message: str, *, line: int | None = None, **more: Any) -> None:
        self.problems.append(Problem(code=code, message=message, location=Location(file=self.file, line=line), **more))

    def _note(self, code: str, message: str, severity: Severity, *, line: int | None = None, **more: Any) -> None:
        self.problems.append(Problem(code=code, message=message, severity=severity, location=Location(file=self.file, line=line), **more))

    def _fatal(self, code: str, message: str, *, line: int | None = None, **more: Any) -> DefinitionError:
        return DefinitionError([Problem(code=code, message=message, location=Location(file=self.file, line=line), **more)])


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)!r} stands twice in one object")
    return found


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _optional(value: Any) -> str | None:
    # Numbers arrive as int or (by parse_float) as their own digits, so decimals stay exact.
    return None if value is None or value == "" else str(value)
