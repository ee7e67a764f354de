"""What the variables of a process are called and how their values are written, as its forms and tables have it.

The analyst names things once, in a form ("申请金额", "¥", "个月") or in a decision table; facts, lists and data pages
use the same words. A variable that appears in neither keeps its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from loanflow.dmn.model import DecisionTable
from loanflow.dmn.model import Model as DecisionFile
from loanflow.forms import Component, Form
from loanflow_web.words import mask, money, number, plain

_NATIONAL_ID = re.compile(r"[1-9]\d{16}[\dX]")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_BANK_ACCOUNT = re.compile(r"\d{16,19}")
_NAME = re.compile(r"[^\W\d]\w*(\.\w+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A variable's label, the marks around its value, and the names of its options."""

    label: str
    prefix: str = ""
    suffix: str = ""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    computed: bool = False
    """Known from a decision table only: nobody typed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of one process in one language."""

    lang: str
    words: Mapping[str, Word]

    def label(self, name: str) -> str:
        """Return what people call a variable."""
        word = self.words.get(name)
        return word.label if word and word.label else name

    def text(self, name: str, value: Any, *, option: bool = True) -> str:
        """Return a value as people read it; what identifies a person is masked."""
        word = self.words.get(name)
        if value is None or value == "":
            return "—"
        if isinstance(value, str) and (hidden := masked(value)) is not None:
            return hidden
        if word is None:
            return plain(value, self.lang)
        if word.options and option:
            if isinstance(value, list | tuple):
                names = [word.options.get(_option_key(item), plain(item, self.lang)) for item in value]
                return ("、" if self.lang == "zh" else ", ").join(names) or "—"
            if (name_of_option := word.options.get(_option_key(value))) is not None:
                return name_of_option
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            if word.prefix in ("¥", "$", "€", "£"):
                return money(value, currency=word.prefix)
            space = " " if word.suffix and word.suffix not in ("%", "‰") else ""
            return f"{word.prefix}{number(value)}{space}{word.suffix}"
        return plain(value, self.lang)


def vocabulary_of(properties: Mapping[str, str], forms: Iterable[Form], decision_files: Iterable[DecisionFile], *, lang: str) -> Vocabulary:
    """Collect the words of a process.

    Its forms come first, then columns of decision tables that are plain variables, then what the process itself says of
    variables that stand in neither (extension properties ``loanflow:variable.NAME`` and ``loanflow:variable.NAME.en``).
    """
    words: dict[str, Word] = {}
    for form in forms:
        for component in form.walk():
            if component.path and component.path not in words and component.label:
                words[component.path] = _word(component, lang)
    for file in decision_files:
        for decision in file.decisions:
            table = decision.logic
            if not isinstance(table, DecisionTable):
                continue
            for clause in table.inputs:
                text = clause.expression.text.strip()
                if clause.label and text not in words and _NAME.fullmatch(text):
                    words[text] = Word(label=clause.label, computed=True)
            for output in table.outputs:
                if output.label and output.name and output.name not in words:
                    words[output.name] = Word(label=output.label, computed=True)
    for key, text in properties.items():
        name, _dot, language = key.removeprefix("loanflow:variable.").partition(".")
        if key.startswith("loanflow:variable.") and name not in words and language == "":
            words[name] = Word(label=properties.get(f"{key}.{lang}", text), computed=True)
    return Vocabulary(lang=lang, words=words)


def masked(text: str) -> str | None:
    """Return an identity number, mobile number or bank account with its middle hidden; None for any other text.

    >>> masked("310104199001012217"), masked("13812346672"), masked("80000")
    ('3101••••2217', '138••••6672', None)
    """
    if _NATIONAL_ID.fullmatch(text):
        return mask(text, head=4, tail=4)
    if _MOBILE.fullmatch(text):
        return mask(text, head=3, tail=4)
    if _BANK_ACCOUNT.fullmatch(text):
        return mask(text, head=4, tail=4)
    return None


def masked_within(value: Any) -> Any:
    """Return a value with every identifier in it masked, however deep; for raw data on audit pages."""
    if isinstance(value, str):
        return masked(value) or value
    if isinstance(value, Mapping):
        return {key: masked_within(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_within(item) for item in value]
    return value


def _word(component: Component, lang: str) -> Word:
    options = {
        _option_key(option.value): component.properties.get(f"option.{_option_key(option.value)}.{lang}", option.label)
        for option in component.options
    }
    label = component.words(lang)
    suffix = component.suffix if not component.suffix.startswith("=") else ""
    prefix = component.prefix if not component.prefix.startswith("=") else ""
    return Word(
        label="" if label.startswith("=") or "{{" in label else label,
        prefix=prefix,
        suffix=component.properties.get(f"suffix.{lang}", suffix),
        options=options,
    )


def _option_key(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
