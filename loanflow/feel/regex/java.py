"""Java's regular expressions, which Camunda's engines run: read where XPath's dialect has no meaning for a pattern.

Not read: flags inside a pattern but at its beginning, scripts by name (but for Han), and what comments a pattern.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from loanflow.feel.regex.pattern import (
    DIGIT,
    Anchor,
    Atomic,
    Backreference,
    CharacterClass,
    Choice,
    Group,
    Look,
    Members,
    Pattern,
    Reader,
    Repeat,
    Sequence,
    checked,
    one_character,
    without_blanks,
)

_FLAGS_BEFORE: Final = re.compile(r"\(\?([ismx]+)\)", re.ASCII)
_NAME: Final = re.compile(r"\?<([A-Za-z][A-Za-z0-9]*)>", re.ASCII)
_NAMED_BEFORE: Final = re.compile(r"k<([A-Za-z][A-Za-z0-9]*)>", re.ASCII)
_LOOKS: Final = {"?=": (True, False), "?!": (True, True), "?<=": (False, False), "?<!": (False, True)}

_ASCII_DIGIT: Final = Members(ranges=((48, 57),))
_UPPER, _LOWER = (65, 90), (97, 122)
_HORIZONTAL: Final = Members(ranges=((9, 9), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x180E, 0x180E), (0x2000, 0x200A), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000)))  # fmt: skip
_VERTICAL: Final = Members(ranges=((10, 13), (0x85, 0x85), (0x2028, 0x2029)))
_CLASSES: Final = {
    "d": _ASCII_DIGIT,
    "w": Members(ranges=((48, 57), _UPPER, (95, 95), _LOWER)),
    "s": Members(ranges=((9, 13), (32, 32))),
    "h": _HORIZONTAL,
    "v": _VERTICAL,
}
_NAMED: Final = {
    "Lower": Members(ranges=(_LOWER,)),
    "Upper": Members(ranges=(_UPPER,)),
    "Alpha": Members(ranges=(_UPPER, _LOWER)),
    "Digit": _ASCII_DIGIT,
    "Alnum": Members(ranges=((48, 57), _UPPER, _LOWER)),
    "Punct": Members(ranges=((33, 47), (58, 64), (91, 96), (123, 126))),
    "Graph": Members(ranges=((33, 126),)),
    "Print": Members(ranges=((32, 126),)),
    "Blank": Members(ranges=((9, 9), (32, 32))),
    "Cntrl": Members(ranges=((0, 31), (127, 127))),
    "XDigit": Members(ranges=((48, 57), (65, 70), (97, 102))),
    "Space": _CLASSES["s"],
    "ASCII": Members(ranges=((0, 127),)),
    "IsAlphabetic": Members(categories=("L", "Nl")),
    "IsLetter": Members(categories=("L",)),
    "IsDigit": DIGIT,
    "IsUppercase": Members(categories=("Lu",)),
    "IsLowercase": Members(categories=("Ll",)),
    "IsPunctuation": Members(categories=("P",)),
    "IsWhite_Space": Members(ranges=((9, 13), (32, 32), (0x85, 0x85)), categories=("Z",)),
    "IsHan": Members(ranges=((0x2E80, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF), (0xF900, 0xFAD9), (0x20000, 0x323AF))),
}  # fmt: skip
_CONTROLS: Final = {"n": 10, "r": 13, "t": 9, "f": 12, "a": 7, "e": 27}
_LINE_BREAK: Final = Group(
    Choice((Sequence((one_character(13), one_character(10))), CharacterClass((_VERTICAL,)))),
    None,
)


def parse_java(text: str, flags: str) -> tuple[Pattern, int, dict[str, int], str]:
    """Return the tree of a pattern, how many groups it has, their names, and its flags, those at its beginning included.

    Raises:
        PatternError: it breaks the rules, or is nested too deeply.
    """
    checked(text)
    before = _FLAGS_BEFORE.match(text)
    if before is not None:
        flags, text = flags + before[1], text[before.end() :]
    if "x" in flags:
        text = without_blanks(text)
    reader = _JavaReader(text, dot_takes_all="s" in flags)
    return reader.whole(), reader.groups, reader.names, flags


class _JavaReader(Reader):
    def __init__(self, text: str, *, dot_takes_all: bool) -> None:
        super().__init__(text, dot_takes_all=dot_takes_all)
        self.names: dict[str, int] = {}

    def sequence(self, depth: int) -> Pattern:
        pieces: list[Pattern] = []
        while self.peek() not in ("", "|", ")"):
            if self.text.startswith("\\Q", self.at):
                pieces.extend(self._quoted())
            else:
                pieces.append(self.repeated(self.atom(depth)))
        return Sequence(tuple(pieces))

    def _quoted(self) -> list[Pattern]:
        start = self.at + 2
        end = self.text.find("\\E", start)
        stop = len(self.text) if end < 0 else end
        self.at = stop if end < 0 else stop + 2
        return [one_character(ord(char)) for char in self.text[start:stop]]

    def repeated(self, piece: Pattern) -> Pattern:
        if isinstance(piece, Look) and self.peek() in ("?", "*", "+", "{") and self.peek():
            self.refuse("an anchor is not repeated")
        found = super().repeated(piece)
        if isinstance(found, Repeat) and found is not piece and not found.reluctant and self.peek() == "+":
            self.at += 1
            return Atomic(found)
        return found

    def repeats_again(self) -> bool:
        return self.peek() in ("*", "{", "?")

    def atom(self, depth: int) -> Pattern:
        if self.peek() in ("]", "}"):
            return one_character(ord(self.take()))
        return super().atom(depth)

    def group(self, depth: int) -> Pattern:
        for sign, (ahead, negated) in _LOOKS.items():
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                return Look(self.bracketed(depth), ahead, negated)
        if self.text.startswith("?>", self.at):
            self.at += 2
            return Atomic(self.bracketed(depth))
        named = _NAME.match(self.text, self.at)
        if named is not None:
            if named[1] in self.names:
                self.refuse(f"two groups are called {named[1]!r}")
            self.at = named.end()
            self.names[named[1]] = self.groups + 1
        return super().group(depth)

    def unknown_group(self) -> NoReturn:
        self.refuse("(? is not known, but for (?:, (?=, (?!, (?<=, (?<!, (?> and (?<name>; (?i) stands at the beginning")

    def escape(self) -> Pattern:
        char = self.peek()
        if char in tuple("bBAzZ"):
            self.at += 1
            return Anchor({"A": "\\A", "z": "\\z", "Z": "\\z"}.get(char, f"\\{char}"))
        name = _NAMED_BEFORE.match(self.text, self.at)
        if name is not None and self.names.get(name[1]) in self.closed:
            self.at = name.end()
            return Backreference(self.names[name[1]])
        if char == "R":
            self.at += 1
            return _LINE_BREAK
        return super().escape()

    def escaped(self) -> Members:
        char = self.peek()
        if char.isascii() and char and not char.isalnum():
            return _members(ord(self.take()))
        if char in _CONTROLS:
            self.at += 1
            return _members(_CONTROLS[char])
        if char in ("x", "u"):
            self.at += 1
            return _members(self._code(char))
        if char in _CLASSES:
            return _CLASSES[self.take()]
        if char and char.lower() in _CLASSES:
            plain = _CLASSES[self.take().lower()]
            return Members(plain.ranges, plain.categories, not plain.negated)
        if char in ("p", "P"):
            return super().escaped()
        self.refuse(f"\\{char} is not known")

    def _code(self, sign: str) -> int:
        found = re.compile(r"\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2})" if sign == "x" else r"(?!)()|([0-9A-Fa-f]{4})").match(
            self.text, self.at
        )
        code = int(found[1] or found[2], 16) if found is not None else 0x110000
        if found is None or code > 0x10FFFF:
            self.refuse(f"\\{sign} needs the number of a character")
        self.at = found.end()
        return code

    def category(self, negated: bool) -> Members:
        if self.peek() != "{":
            name = self.take()
        else:
            end = self.text.find("}", self.at)
            if end < 0:
                self.refuse("\\p needs {...}")
            name = self.text[self.at + 1 : end]
            self.at = end + 1
        found = _NAMED.get(name) or self.named_category(name) or self.named_category(name.removeprefix("Is"))
        if found is None:
            self.refuse(f"there is no category or block {name!r}")
        return Members(found.ranges, found.categories, negated)

    def char_class(self, depth: int) -> CharacterClass:
        self.check_nesting(depth)
        negated = self.peek() == "^"
        self.at += negated
        parts: list[Members] = []
        minus: CharacterClass | None = None
        first = True
        while self.peek() != "]" or first:
            if not self.peek() or self.peek() == "]":
                self.refuse("this class is never closed, or empty")
            if self.text.startswith("&&", self.at):
                self.at += 2
                minus = self._complement_of_rest(depth, negated)
                break
            if self.peek() == "[":
                self.at += 1
                parts.extend(self._members_of(self.char_class(depth + 1)))
            else:
                parts.append(self.class_part(first))
            first = False
        self.at += 1
        return CharacterClass(tuple(parts), negated, minus)

    def _complement_of_rest(self, depth: int, negated: bool) -> CharacterClass:
        # a-z&&[^b]: what is left when all that the rest does not hold is taken away.
        if negated:
            self.refuse("a class with && begins with no ^")
        if self.peek() == "[":
            self.at += 1
            rest = self.char_class(depth + 1)
        else:
            parts: list[Members] = []
            while self.peek() not in ("]", "[", "&", ""):
                parts.append(self.class_part(not parts))
            rest = CharacterClass(tuple(parts))
        if self.peek() != "]" or rest.minus is not None:
            self.refuse("what follows && ends its class")
        return CharacterClass(rest.parts, not rest.negated)

    def _members_of(self, inner: CharacterClass) -> tuple[Members, ...]:
        if inner.minus is not None or (inner.negated and len(inner.parts) != 1):
            self.refuse("this class stands in no other")
        if not inner.negated:
            return inner.parts
        (one,) = inner.parts
        return (Members(one.ranges, one.categories, not one.negated),)

    def lone_hyphen(self) -> None:
        """A hyphen stands for itself anywhere that it makes no range."""


def _members(code: int) -> Members:
    return Members(ranges=((code, code),))
