"""A marshmallow field per input component: from submitted value to FEEL-ready Python value, or a coded error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from marshmallow import ValidationError, fields

from loanflow.feel import evaluate
from loanflow.forms.messages import FieldError
from loanflow.forms.model import LIST_TYPES, Component, ComponentType, Form, Option
from loanflow.forms.state import options_of, same_choice
from loanflow.forms.texts import Clock, compute, is_expression

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9][0-9][0-9 \-]{4,17}")
_MAX_DIGITS = 34


def field_for(component: Component, data: Mapping[str, Any], form: Form, clock: Clock | None) -> fields.Field[Any]:
    """Return the field that loads one component's value; limits given as FEEL are computed over ``data`` first."""

    def limit(text: str | None) -> Decimal | None:
        if text is None:
            return None
        if is_expression(text):
            value = compute(text[1:], data, dialect=form.dialect, clock=clock)
            return value if isinstance(value, Decimal) else None
        return Decimal(text)

    options = options_of(component, data, form, clock) if component.type in _CHOICES else ()
    return _Field(component, _LOADERS[component.type], limit, options, clock)


class _Field(fields.Field[Any]):
    """Empty or required first, then the component's own loader."""

    def __init__(
        self,
        component: Component,
        loader: Callable[[_Field, Any], Any],
        limit: Callable[[str | None], Decimal | None],
        options: tuple[Option, ...],
        clock: Clock | None,
    ) -> None:
        super().__init__(allow_none=True)  # pyright: ignore[reportUnknownMemberType]
        self.component = component
        self.loader = loader
        self.limit = limit
        self.options = options
        self.clock = clock

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        rules = self.component.validation
        if isinstance(value, str) and not value.strip():
            value = None
        if value is None or value == []:
            if rules.required:
                raise ValidationError([FieldError("required")])  # type: ignore[arg-type]
            return [] if self.component.type in LIST_TYPES else False if self.component.type is ComponentType.CHECKBOX else None
        return self.loader(self, value)


def _refuse(code: str, **parameters: Any) -> ValidationError:
    return ValidationError([FieldError(code, **parameters)])  # type: ignore[arg-type]


def _text(field: _Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _refuse("not-text")
    rules = field.component.validation
    length = len(value.strip().encode("utf-16-le")) // 2
    shortest, longest = field.limit(rules.min_length), field.limit(rules.max_length)
    if shortest is not None and length < shortest:
        raise _refuse("too-short", limit=shortest)
    if longest is not None and length > longest:
        raise _refuse("too-long", limit=longest)
    if rules.pattern and evaluate("matches(input, pattern)", {"input": value, "pattern": rules.pattern}) is not True:
        raise _refuse("custom", message=rules.pattern_message) if rules.pattern_message else _refuse("no-match")
    if rules.kind == "email" and not _EMAIL.fullmatch(value):
        raise _refuse("not-an-email")
    if rules.kind == "phone" and not _PHONE.fullmatch(value):
        raise _refuse("not-a-phone")
    return value


def _number(field: _Field, value: Any) -> Decimal | str:
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or len(number.as_tuple().digits) > _MAX_DIGITS or abs(number.adjusted()) > _MAX_DIGITS:
        raise _refuse("not-a-number")
    component, rules = field.component, field.component.validation
    exponent = cast("int", number.normalize().as_tuple().exponent)
    if component.decimal_digits is not None and -exponent > component.decimal_digits:
        raise _refuse("too-many-decimals", digits=component.decimal_digits)
    step = field.limit(component.increment)
    if step and number % step:
        raise _refuse("not-a-step", increment=step)
    smallest, largest = field.limit(rules.minimum), field.limit(rules.maximum)
    if smallest is not None and number < smallest:
        raise _refuse("too-small", limit=smallest)
    if largest is not None and number > largest:
        raise _refuse("too-large", limit=largest)
    return format(number, "f") if component.as_string else number


def _boolean(field: _Field, value: Any) -> bool:
    if value not in (True, False, "true", "false", "on", "1", "0"):
        raise _refuse("not-a-boolean")
    checked = value in (True, "true", "on", "1")
    if field.component.validation.required and not checked:
        raise _refuse("must-be-checked")
    return checked


def _choice(field: _Field, value: Any) -> Any:
    for option in field.options:
        if same_choice(option.value, value):
            return option.value
    raise _refuse("not-an-option")


def _choices(field: _Field, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _refuse("not-a-list")
    chosen = [_choice(field, item) for item in cast("list[Any]", value)]
    return [item for index, item in enumerate(chosen) if item not in chosen[:index]]


def _temporal(field: _Field, value: Any) -> Any:
    subtype = field.component.subtype
    try:
        if subtype == "time":
            return time.fromisoformat(value).isoformat(timespec="minutes") if isinstance(value, str) else _no(value)
        if subtype == "datetime":
            return value if isinstance(value, str) and datetime.fromisoformat(value) and "T" in value else _no(value)
        day = value if isinstance(value, date) else date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else _no(value)
    except ValueError:
        raise _refuse(f"not-a-{subtype}") from None
    if field.component.not_in_past and field.clock is not None and day < field.clock().date():
        raise _refuse("in-the-past")
    return day if field.component.typed else day.isoformat()


def _no(value: Any) -> Any:
    raise ValueError(value)


_LOADERS: dict[ComponentType, Callable[[_Field, Any], Any]] = {
    ComponentType.TEXTFIELD: _text,
    ComponentType.TEXTAREA: _text,
    ComponentType.NUMBER: _number,
    ComponentType.CHECKBOX: _boolean,
    ComponentType.RADIO: _choice,
    ComponentType.SELECT: _choice,
    ComponentType.CHECKLIST: _choices,
    ComponentType.TAGLIST: _choices,
    ComponentType.DATETIME: _temporal,
}
_CHOICES = frozenset({ComponentType.RADIO, ComponentType.SELECT, ComponentType.CHECKLIST, ComponentType.TAGLIST})
