"""What a form tells the person who filled it in: codes with their words in Chinese and English."""

from __future__ import annotations

from typing import Any


class FieldError(str):
    """One refused value: an English sentence as a string, its ``code`` and ``parameters``, and ``text(lang)`` in both languages."""

    code: str
    parameters: dict[str, Any]

    def __new__(cls, code: str, **parameters: Any) -> FieldError:
        """Make the error for a code of ``WORDS``; ``custom`` takes the author's own ``message``."""
        self = super().__new__(cls, WORDS[code]["en"].format(**parameters))
        self.code = code
        self.parameters = parameters
        return self

    def text(self, lang: str) -> str:
        """Return the sentence in ``zh`` or ``en``."""
        words = WORDS[self.code]
        return words.get(lang, words["en"]).format(**self.parameters)


WORDS: dict[str, dict[str, str]] = {
    "required": {"zh": "此项必填", "en": "This field is required"},
    "must-be-checked": {"zh": "须勾选此项", "en": "Tick this box to go on"},
    "not-a-number": {"zh": "须为数字", "en": "Enter a number"},
    "too-many-decimals": {"zh": "最多 {digits} 位小数", "en": "At most {digits} decimal places"},
    "not-a-step": {"zh": "须为 {increment} 的倍数", "en": "Must be a multiple of {increment}"},
    "too-small": {"zh": "不得小于 {limit}", "en": "Must be at least {limit}"},
    "too-large": {"zh": "不得大于 {limit}", "en": "Must be at most {limit}"},
    "too-short": {"zh": "至少 {limit} 个字", "en": "Use at least {limit} characters"},
    "too-long": {"zh": "最多 {limit} 个字", "en": "Use at most {limit} characters"},
    "no-match": {"zh": "格式不符", "en": "The format is not right"},
    "custom": {"zh": "{message}", "en": "{message}"},
    "not-an-email": {"zh": "须为有效的电子邮箱", "en": "Enter an e-mail address"},
    "not-a-phone": {
        "zh": "须为国际格式的电话号码，如 +8613812345678",
        "en": "Enter a phone number with its country code, such as +8613812345678",
    },
    "not-an-option": {"zh": "须选择列出的选项", "en": "Choose one of the options"},
    "not-a-list": {"zh": "须为多项选择", "en": "Choose from the list"},
    "not-a-date": {"zh": "须为有效日期，如 2026-11-23", "en": "Enter a date such as 2026-11-23"},
    "not-a-time": {"zh": "须为有效时间，如 14:02", "en": "Enter a time such as 14:02"},
    "not-a-datetime": {"zh": "须为有效日期和时间，如 2026-11-23T14:02", "en": "Enter a date and time such as 2026-11-23T14:02"},
    "in-the-past": {"zh": "不得早于今天", "en": "Must not be in the past"},
    "not-text": {"zh": "须为文字", "en": "Enter text"},
    "not-a-boolean": {"zh": "须为是或否", "en": "Answer yes or no"},
}
