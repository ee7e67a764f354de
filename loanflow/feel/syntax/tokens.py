"""Text to tokens, by one regular expression (DMN 10.3.1.2, grammar rules 27 to 39: names, literals, comments)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from loanflow.feel.errors import FeelSyntaxError

MAX_LENGTH: Final = 200_000

KEYWORDS: Final = frozenset({
    "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "instance", "of", "function", "external",
    "and", "or", "between", "true", "false", "null",
})  # fmt: skip


class Token(NamedTuple):
    """A piece of the text; ``kind`` is name, keyword, number, string, at, quoted (backticks), op, other or end."""

    kind: str
    text: str
    start: int
    end: int


_WORD_START: Final = r"(?:[^\W\d]|[\u00b7\u200c\u200d\u2070-\u218f\u2c00-\u2fef\U00010000-\U000EFFFF])"
_WORD_PART: Final = r"[\w\u00b7\u0300-\u036f\u200c\u200d\u203f\u2040\U00010000-\U000EFFFF]"
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>(?:[\s\ufeff\u0085\u180e\u200b]|//[^\n\r]*|/\*(?s:.*?)\*/)+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>{_WORD_START}{_WORD_PART}*)
  | (?P<at>@\s*"(?:[^"\\]|\\(?s:.))*")
  | (?P<string>"(?:[^"\\]|\\(?s:.))*")
  | (?P<quoted>`[^`]*`)
  | (?P<op>\.\.|\*\*|<=|>=|!=|->|[-+*/=<>()\[\]{{}},:.?])
  | (?P<other>.)
    """,
    re.VERBOSE,
)

_ESCAPE: Final = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|([nrtbf"\'\\/]))')
_SIMPLE: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_FULL_WIDTH: Final = dict(zip("，。：；（）［］｛｝＜＞＝＋－＊／“”‘’【】、", ",.:;()[]{}<>=+-*/\"\"''[],", strict=True))


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text, an ``end`` token last.

    Raises:
        FeelSyntaxError: a string, a comment or a backtick name is never closed.
    """
    if len(text) > MAX_LENGTH:
        raise FeelSyntaxError(
            "feel/too-long", f"this text is longer than {MAX_LENGTH} characters", text=text[:200], offset=0, found=f"{len(text)} characters"
        )
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        if kind == "space":
            continue
        piece = found.group()
        if kind == "name" and piece in KEYWORDS:
            kind = "keyword"
        elif kind == "other" or (kind == "op" and piece == "/" and text.startswith("/*", found.start())):
            _refuse_unclosed(text, found.start())
        tokens.append(Token(kind, piece, found.start(), found.end()))
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def unescape(body: str) -> str:
    r"""Return the characters of a string literal's inside; ``\d`` and other unknown escapes stay, for regular expressions."""
    if "\\" not in body:
        return body
    result = _ESCAPE.sub(_unescaped, body)
    if any("\ud800" <= char <= "\udfff" for char in result):
        # \ud83d\udc0e is one character written as two; a half alone is none.
        result = result.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return result


def describe(token: Token) -> str:
    """Return a token in the words of a message."""
    if token.kind == "end":
        return "the end of the text"
    if token.text in _FULL_WIDTH:
        return f"the full-width character {token.text}"
    return f'"{token.text if len(token.text) <= 40 else token.text[:37] + "..."}"'


def hint_for(token: Token) -> str | None:
    """Return what to do about a character that FEEL does not know."""
    if token.text in _FULL_WIDTH:
        return f"switch the keyboard to half-width and write {_FULL_WIDTH[token.text]} instead of {token.text}"
    if token.text == "'":
        return 'texts stand in double quotes: "approved"'
    if token.text in ("&", "|"):
        return "FEEL writes the words and, or"
    if token.text == "!":
        return "FEEL writes not(...) and !="
    if token.text in ("$", "#"):
        return "${...} is JUEL, Camunda 7's language; FEEL needs no brackets around an expression"
    return None


def _unescaped(found: re.Match[str]) -> str:
    four, six, simple = found.groups()
    if simple is not None:
        return _SIMPLE.get(simple, found.group())
    code = int(four or six, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _refuse_unclosed(text: str, start: int) -> None:
    opening = text[start]
    if opening == '"':
        raise FeelSyntaxError(
            "feel/unclosed-string",
            "this text is never closed",
            text=text,
            offset=start,
            expected='" at its end',
            found="the end of the text",
        )
    if opening == "`":
        raise FeelSyntaxError(
            "feel/unclosed-name", "this name is never closed", text=text, offset=start, expected="` at its end", found="the end of the text"
        )
    if text.startswith("/*", start):
        raise FeelSyntaxError(
            "feel/unclosed-comment",
            "this comment is never closed",
            text=text,
            offset=start,
            expected="*/ at its end",
            found="the end of the text",
        )
