"""Values made up for variables and form fields, from what the model tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from loanflow import forms
from loanflow.errors import InvalidValues
from loanflow.feel import evaluate
from loanflow.forms import Component, ComponentType, FieldError, Form
from loanflow.testing.rehearsal.clues import LIST, Clue, Clues, lengths
from loanflow.testing.rehearsal.draws import Draws
from loanflow.testing.rehearsal.patterns import text_like

_DEEPEST = 6
_ROUNDS = 6
_AGES = (30, 45, 22, 18, 65, 66, 17, 10, 80)
_FILLED = 0.85


class Guesses:
    """Makes up values within one run. ``fixed`` are the values the analyst set: under those names nothing is made up."""

    def __init__(self, clues: Clues, draws: Draws, fixed: Mapping[str, Any]) -> None:
        self._clues = clues
        self._draws = draws
        self._fixed = fixed

    def variable(self, name: str, now: datetime) -> Any:
        """Return a FEEL value for a variable."""
        return self._fixed[name] if name in self._fixed else self.value(name, self._clues.variable(name), now)

    def function(self, name: str, now: datetime) -> Any:
        """Return what a registered function might give."""
        return self.value(f"{name}()", self._clues.function(name), now)

    def value(self, what: str, clue: Clue, now: datetime, depth: int = 0) -> Any:
        """Return a value that the clue speaks for; a text where it says nothing."""
        kin = clue.kin()
        kinds = {kind for one in kin for kind in one.kinds}
        parts = {name: part for one in reversed(kin) for name, part in one.parts.items()}
        # Beside a context or a list only those plain values count that the model names.
        pool = clue.pool(now) if not (parts or LIST in kinds) or any(one.values for one in kin) else ()
        ways = [weight for weight, there in ((2, parts), (2, LIST in kinds), (1, pool)) if there]
        if not ways or depth > _DEEPEST:
            return "text"
        way = [way for way, there in (("parts", parts), ("list", LIST in kinds), ("pool", pool)) if there][
            self._draws.weighted(what, ways) if len(ways) > 1 else 0
        ]
        if way == "parts":
            return {name: self.value(f"{what}.{name}", part, now, depth + 1) for name, part in parts.items()}
        if way == "list":
            items = next((one.items for one in kin if one.items is not None), Clue())
            count = self._draws.of(f"{what}[]", lengths(clue))
            return [self.value(f"{what}[]", items, now, depth + 1) for _ in range(count)]
        return self._draws.of(what, pool)

    # Forms

    def answers(self, form: Form, context: Mapping[str, Any], now: datetime) -> tuple[Mapping[str, Any], bool]:
        """Return the variables that a filled-in form sets, and whether the form accepted them.

        What the form refuses is made up again by what the refusal says; after some rounds the rest is left unchecked.
        """
        fields = {c.path: c for c in form.walk() if c.path is not None and c.type in _INPUTS and not c.disabled}
        given: dict[str, Any] = {path: self._answer(field, context, now) for path, field in fields.items()}
        for _ in range(_ROUNDS):
            try:
                return forms.validate(form, given, context, clock=lambda: now).values, True
            except InvalidValues as refused:
                for path, errors in refused.errors.items():
                    given[path] = self._mended(fields[path], given.get(path), cast("FieldError", errors[0]), context, given, now)
        return {path: value for path, value in given.items() if "." not in path}, False

    def _answer(self, field: Component, context: Mapping[str, Any], now: datetime) -> Any:
        path = cast("str", field.path)
        if path in self._fixed:
            return self._fixed[path]
        rules = field.validation
        if not rules.required and field.type is not ComponentType.CHECKBOX and not self._draws.whether(f"{path}?", _FILLED):
            return None
        clue = self._at(path)
        match field.type:
            case ComponentType.CHECKBOX:
                return rules.required or self._draws.of(path, (True, False))
            case ComponentType.SELECT | ComponentType.RADIO | ComponentType.CHECKLIST | ComponentType.TAGLIST:
                return self._choice(field, context)
            case ComponentType.NUMBER:
                return self._number(field, clue, now)
            case ComponentType.DATETIME:
                return self._date(field, now)
            case _:
                return self._text(field, clue, now)

    def _at(self, path: str) -> Clue:
        head, *rest = path.split(".")
        clue = self._clues.variable(head)
        for part in rest:
            clue = clue.part(part)
        return clue

    def _choice(self, field: Component, context: Mapping[str, Any]) -> Any:
        path = cast("str", field.path)
        options = [option.value for option in field.options]
        if field.options_expression is not None:
            listed = evaluate(field.options_expression.removeprefix("="), context, dialect="camunda8")
            items = cast("list[Any]", listed) if isinstance(listed, list) else []
            options = [cast("dict[str, Any]", item).get("value") if isinstance(item, dict) else item for item in items]
        if not options:
            return None
        if field.type in (ComponentType.SELECT, ComponentType.RADIO):
            return self._draws.of(path, options)
        return [option for option in options if self._draws.whether(path, 0.5)] or [options[0]]

    def _number(self, field: Component, clue: Clue, now: datetime) -> Any:
        path, rules = cast("str", field.path), field.validation
        low, high = (_plain(rules.minimum), _plain(rules.maximum))
        wished = [value for value in clue.pool(now) if isinstance(value, Decimal)]
        bounds = [bound for bound in (low, high) if bound is not None]
        if low is not None and high is not None:
            # Between the limits as well, closer to the lower one: amounts are rarely near the most that is allowed.
            bounds += [low + (high - low) * share for share in (Decimal("0.03"), Decimal("0.1"), Decimal("0.3"), Decimal("0.6"))]
        fitting = [v for v in (*wished, *bounds) if (low is None or v >= low) and (high is None or v <= high)]
        return self._stepped(field, self._draws.of(path, fitting or [Decimal(1)]))

    def _stepped(self, field: Component, value: Decimal) -> Decimal:
        step = _plain(field.increment)
        if step:
            value = (value / step).to_integral_value() * step
        if field.decimal_digits is not None:
            value = value.quantize(Decimal(1).scaleb(-field.decimal_digits))
        return value

    def _date(self, field: Component, now: datetime) -> str:
        days = self._draws.of(cast("str", field.path), (30, 1, 0, 400) if field.not_in_past else (30, 1, 0, -30, -400, 400, -9000))
        at = now + timedelta(days=days)
        match field.subtype:
            case "time":
                return f"{at:%H:%M}"
            case "datetime":
                return f"{at:%Y-%m-%dT%H:%M}"
            case _:
                return f"{at:%Y-%m-%d}"

    def _text(self, field: Component, clue: Clue, now: datetime) -> str:
        path, rules = cast("str", field.path), field.validation
        if rules.kind == "email":
            return "person@example.com"
        if rules.kind == "phone":
            return "+8613812345678"
        text = text_like(rules.pattern, self._draws, path) if rules.pattern else None
        if text is None:
            texts = [value for value in clue.pool(now) if isinstance(value, str)]
            text = self._draws.of(path, texts or [field.label or "text"])
        return self._born(text, clue, path, now)

    def _born(self, text: str, clue: Clue, path: str, now: datetime) -> str:
        """Write a believable date of birth where the model reads one out of the text."""
        born = next((one.born for one in clue.kin() if one.born is not None), None)
        if born is None:
            return text
        day = f"{now - timedelta(days=365.25 * self._draws.of(f'{path} age', _AGES)):%Y%m%d}"
        letters = list(text.ljust(max(born) + 1, "0"))
        for start, digits in zip(born, (day[:4], day[4:6], day[6:]), strict=True):
            letters[start - 1 : start - 1 + len(digits)] = digits
        return "".join(letters)

    def _mended(
        self, field: Component, value: Any, error: FieldError, context: Mapping[str, Any], given: Mapping[str, Any], now: datetime
    ) -> Any:
        limit = error.parameters.get("limit")
        match error.code:
            case "too-small" | "too-large" if limit is not None:
                return self._stepped(field, Decimal(limit)) if error.code == "too-large" else limit
            case "too-short" if limit is not None:
                return str(value).ljust(int(limit), "x")
            case "too-long" if limit is not None:
                return str(value)[: int(limit)]
            case "too-many-decimals" | "not-a-step" if isinstance(value, Decimal):
                return self._stepped(field, value)
            case "must-be-checked":
                return True
            case "in-the-past":
                return f"{now + timedelta(days=30):%Y-%m-%d}"
            case _:
                found = self._answer(field, {**context, **given}, now)
                return found if found is not None else self._answer_required(field, context, now)

    def _answer_required(self, field: Component, context: Mapping[str, Any], now: datetime) -> Any:
        match field.type:
            case ComponentType.SELECT | ComponentType.RADIO | ComponentType.CHECKLIST | ComponentType.TAGLIST:
                return self._choice(field, context)
            case ComponentType.NUMBER:
                return self._number(field, self._at(cast("str", field.path)), now)
            case ComponentType.DATETIME:
                return self._date(field, now)
            case _:
                return self._text(field, self._at(cast("str", field.path)), now)


_INPUTS = frozenset(
    {
        ComponentType.TEXTFIELD,
        ComponentType.TEXTAREA,
        ComponentType.NUMBER,
        ComponentType.DATETIME,
        ComponentType.CHECKBOX,
        ComponentType.RADIO,
        ComponentType.SELECT,
        ComponentType.CHECKLIST,
        ComponentType.TAGLIST,
    }
)


def _plain(text: str | None) -> Decimal | None:
    """Return a limit that is written as a number; one that is computed shows when the form refuses."""
    return None if text is None or text.startswith("=") else Decimal(text)
