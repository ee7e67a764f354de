"""XPath's regular expressions as a tree (XQuery and XPath Functions 5.6.1, XML Schema Part 2 appendix F)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, NoReturn

MAX_LENGTH: Final = 10_000
MAX_NESTING: Final = 60
MAX_COUNT: Final = 1_000


class PatternError(Exception):
    """A pattern, its flags or its replacement break the rules."""


@dataclass(frozen=True, slots=True)
class Members:
    """What a class holds: code point ranges, and categories (``L``, ``Nd``); ``negated`` holds all others."""

    ranges: tuple[tuple[int, int], ...] = ()
    categories: tuple[str, ...] = ()
    negated: bool = False

    def holds(self, char: str) -> bool:
        """Whether the character belongs to it."""
        code = ord(char)
        inside = any(low <= code <= high for low, high in self.ranges)
        if not inside and self.categories:
            category = unicodedata.category(char)
            inside = any(category.startswith(one) for one in self.categories)
        return inside is not self.negated


@dataclass(frozen=True, slots=True)
class CharacterClass:
    """One character of any of the parts, but none of ``minus``."""

    parts: tuple[Members, ...]
    negated: bool = False
    minus: CharacterClass | None = None

    def holds(self, char: str) -> bool:
        """Whether the character belongs to it."""
        if any(part.holds(char) for part in self.parts) is self.negated:
            return False
        return self.minus is None or not self.minus.holds(char)


@dataclass(frozen=True, slots=True)
class Anchor:
    r"""``^`` or ``$``; of Java's also ``\A``, ``\z``, ``\b`` and ``\B``."""

    sign: str


@dataclass(frozen=True, slots=True)
class Backreference:
    r"""``\\1``."""

    group: int


@dataclass(frozen=True, slots=True)
class Group:
    """A bracket; ``number`` None for ``(?:``."""

    inner: Pattern
    number: int | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """``piece{least,most}``; ``most`` None for without end."""

    piece: Pattern
    least: int
    most: int | None
    reluctant: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    pieces: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    branches: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What must follow, or stand before, without being taken: Java's ``(?=``, ``(?!``, ``(?<=`` and ``(?<!``."""

    inner: Pattern
    ahead: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Atomic:
    """What is not tried again in another way once it has matched: Java's ``(?>`` and ``a++``."""

    inner: Pattern


Pattern = CharacterClass | Anchor | Backreference | Group | Repeat | Sequence | Choice | Look | Atomic

DIGIT: Final = Members(categories=("Nd",))
SPACE: Final = Members(ranges=((9, 10), (13, 13), (32, 32)))
WORD: Final = Members(categories=("P", "Z", "C"), negated=True)
_NAME_START: Final = (
    (0x3A, 0x3A), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x37D), (0x37F, 0x1FFF),
    (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF),
)  # fmt: skip
INITIAL: Final = Members(ranges=_NAME_START)
NAME: Final = Members(ranges=(*_NAME_START, (0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040)))
_NEWLINES: Final = Members(ranges=((10, 10), (13, 13)), negated=True)
_EVERYTHING: Final = Members(ranges=((0, 0x10FFFF),))

_ESCAPED: Final = {"n": 10, "r": 13, "t": 9} | {sign: ord(sign) for sign in "\\|.-^?*+{}()[]$"}
_CLASSES: Final = {"d": DIGIT, "s": SPACE, "w": WORD, "i": INITIAL, "c": NAME}
_CATEGORIES: Final = frozenset({
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
    "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So", "C", "Cc", "Cf", "Co", "Cn", "Cs",
})  # fmt: skip
_BLOCKS: Final = {
    "BasicLatin": (0x0000, 0x007F), "Latin-1Supplement": (0x0080, 0x00FF), "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F), "IPAExtensions": (0x0250, 0x02AF), "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F), "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF), "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F), "Hebrew": (0x0590, 0x05FF), "Arabic": (0x0600, 0x06FF), "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF), "Tamil": (0x0B80, 0x0BFF), "Thai": (0x0E00, 0x0E7F), "Tibetan": (0x0F00, 0x0FFF),
    "Georgian": (0x10A0, 0x10FF), "HangulJamo": (0x1100, 0x11FF), "Mongolian": (0x1800, 0x18AF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF), "GeneralPunctuation": (0x2000, 0x206F), "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF), "LetterlikeSymbols": (0x2100, 0x214F), "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF), "BoxDrawing": (0x2500, 0x257F), "GeometricShapes": (0x25A0, 0x25FF),
    "MiscellaneousSymbols": (0x2600, 0x26FF), "Dingbats": (0x2700, 0x27BF), "CJKRadicalsSupplement": (0x2E80, 0x2EFF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F), "Hiragana": (0x3040, 0x309F), "Katakana": (0x30A0, 0x30FF), "Bopomofo": (0x3100, 0x312F),
    "EnclosedCJKLettersandMonths": (0x3200, 0x32FF), "CJKCompatibility": (0x3300, 0x33FF),
    "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF), "CJKUnifiedIdeographs": (0x4E00, 0x9FFF), "HangulSyllables": (0xAC00, 0xD7AF),
    "PrivateUse": (0xE000, 0xF8FF), "CJKCompatibilityIdeographs": (0xF900, 0xFAFF), "CJKCompatibilityForms": (0xFE30, 0xFE4F),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF), "Specials": (0xFFF0, 0xFFFF), "Emoticons": (0x1F600, 0x1F64F),
}  # fmt: skip


def parse(text: str, flags: str) -> tuple[Pattern, int]:
    """Return the tree of a pattern and how many groups it has.

    Raises:
        PatternError: it breaks the rules, or is nested too deeply.
    """
    checked(text)
    if "x" in flags:
        text = without_blanks(text)
    reader = Reader(text, dot_takes_all="s" in flags)
    return reader.whole(), reader.groups


def checked(text: str) -> None:
    """Refuse a pattern that is too long.

    Raises:
        PatternError: it is.
    """
    if len(text) > MAX_LENGTH:
        raise PatternError(f"a pattern has at most {MAX_LENGTH} characters")


def literal(text: str) -> Pattern:
    """Return a pattern that takes the text as it stands (flag ``q``)."""
    return Sequence(tuple(one_character(ord(char)) for char in text))


def one_character(code: int) -> CharacterClass:
    """Return the class of that character alone."""
    return CharacterClass((Members(ranges=((code, code),)),))


def without_blanks(text: str) -> str:
    """Return a pattern without the blanks outside its classes (flag ``x``)."""
    kept: list[str] = []
    depth = 0
    for index, char in enumerate(text):
        escaped = index > 0 and text[index - 1] == "\\"
        if char in "[]" and not escaped:
            depth += 1 if char == "[" else -1
        if depth > 0 or char not in " \t\n\r":
            kept.append(char)
    return "".join(kept)


class Reader:
    """Reads XPath's patterns; `java.py` reads others by other answers to some of its questions."""

    def __init__(self, text: str, *, dot_takes_all: bool) -> None:
        self.text = text
        self.at = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.dot = CharacterClass((_EVERYTHING if dot_takes_all else _NEWLINES,))

    def whole(self) -> Pattern:
        """Read all of the text."""
        pattern = self.choice(0)
        if self.at < len(self.text):
            self.refuse("this bracket was never opened")
        return pattern

    def take(self) -> str:
        """Step over the next character."""
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong here.

        Raises:
            PatternError: always.
        """
        raise PatternError(f"the pattern {self.text[:60]!r} at {self.at + 1}: {why}")

    def peek(self) -> str:
        """Return the next character."""
        return self.text[self.at : self.at + 1]

    def check_nesting(self, depth: int) -> None:
        """Refuse what is nested too deeply."""
        if depth > MAX_NESTING:
            self.refuse("it is nested too deeply")

    def choice(self, depth: int) -> Pattern:
        """Read up to the closing bracket."""
        self.check_nesting(depth)
        branches = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self, depth: int) -> Pattern:
        """Read one branch."""
        pieces: list[Pattern] = []
        while self.peek() not in ("", "|", ")"):
            pieces.append(self.repeated(self.atom(depth)))
        return Sequence(tuple(pieces))

    def repeated(self, piece: Pattern) -> Pattern:
        """Read how often a piece is repeated, if it is."""
        sign = self.peek()
        if sign not in ("?", "*", "+", "{") or not sign:
            return piece
        if isinstance(piece, Anchor):
            self.refuse("an anchor is not repeated")
        least, most = self.counts() if sign == "{" else {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
        if sign != "{":
            self.at += 1
        reluctant = self.peek() == "?"
        self.at += reluctant
        if self.repeats_again():
            self.refuse("there is nothing to repeat")
        return Repeat(piece, least, most, reluctant)

    def repeats_again(self) -> bool:
        """Whether a sign follows that repeats what is repeated already."""
        return self.peek() in ("*", "+", "{", "?") and bool(self.peek())

    def counts(self) -> tuple[int, int | None]:
        """Read ``{least,most}``."""
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at + 1 : end].partition(",")
        if end < 0 or not least.isascii() or not least.isdigit() or (most and not (most.isascii() and most.isdigit())):
            self.refuse("{ needs a number and }")
        low, high = int(least[:9]), (int(most[:9]) if most else None) if comma else int(least[:9])
        if low > MAX_COUNT or (high or 0) > MAX_COUNT or (high is not None and high < low):
            self.refuse(f"a count goes up to {MAX_COUNT}, the smaller number first")
        self.at = end + 1
        return low, high

    def atom(self, depth: int) -> Pattern:
        """Read one piece."""
        char = self.peek()
        self.at += 1
        if char == "(":
            return self.group(depth)
        if char == "[":
            return self.char_class(depth)
        if char == ".":
            return self.dot
        if char in "^$":
            return Anchor(char)
        if char == "\\":
            return self.escape()
        if char in "?*+{}]":
            self.at -= 1
            self.refuse(f"{char} needs a backslash here")
        return one_character(ord(char))

    def group(self, depth: int) -> Pattern:
        """Read a bracket, which has been taken."""
        number: int | None = None
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.peek() == "?":
            self.unknown_group()
        else:
            self.groups += 1
            number = self.groups
        inner = self.bracketed(depth)
        if number is not None:
            self.closed.add(number)
        return Group(inner, number)

    def bracketed(self, depth: int) -> Pattern:
        """Read on to the end of a bracket."""
        inner = self.choice(depth + 1)
        if self.peek() != ")":
            self.refuse("this bracket is never closed")
        self.at += 1
        return inner

    def unknown_group(self) -> NoReturn:
        """Refuse a kind of bracket."""
        self.refuse("(? is not known, but for (?:")

    def escape(self) -> Pattern:
        """Read what follows a backslash outside a class."""
        if self.peek() in tuple("123456789"):
            number = int(self.peek())
            self.at += 1
            while self.peek().isdigit() and self.peek().isascii() and number * 10 + int(self.peek()) <= self.groups:
                number = number * 10 + int(self.peek())
                self.at += 1
            if number not in self.closed:
                self.refuse(f"there is no group {number} before")
            return Backreference(number)
        return CharacterClass((self.escaped(),))

    def escaped(self) -> Members:
        """Read what follows a backslash anywhere."""
        char = self.peek()
        self.at += 1
        if char in _ESCAPED:
            code = _ESCAPED[char]
            return Members(ranges=((code, code),))
        if char in _CLASSES:
            return _CLASSES[char]
        if char and char.lower() in _CLASSES:
            plain = _CLASSES[char.lower()]
            return Members(plain.ranges, plain.categories, not plain.negated)
        if char in ("p", "P"):
            return self.category(char == "P")
        self.at -= 1
        self.refuse(f"\\{char} is not known")

    def category(self, negated: bool) -> Members:
        r"""Read the name after ``\p``."""
        end = self.text.find("}", self.at)
        if self.peek() != "{" or end < 0:
            self.refuse("\\p needs {...}")
        name = self.text[self.at + 1 : end]
        self.at = end + 1
        found = self.named_category(name)
        if found is not None:
            return Members(categories=found.categories, negated=negated)
        block = _BLOCKS.get(name.removeprefix("Is")) if name.startswith("Is") else None
        if block is None:
            self.refuse(f"there is no category or block {name!r}")
        return Members(ranges=(block,), negated=negated)

    def named_category(self, name: str) -> Members | None:
        """Return a category of Unicode."""
        return Members(categories=(name,)) if name in _CATEGORIES else None

    def char_class(self, depth: int) -> CharacterClass:
        """Read a class; its bracket has been taken."""
        self.check_nesting(depth)
        negated = self.peek() == "^"
        self.at += negated
        parts: list[Members] = []
        minus: CharacterClass | None = None
        first = True
        while self.peek() != "]" or first:
            if not self.peek() or self.peek() == "]":
                self.refuse("this class is never closed, or empty")
            if self.text.startswith("-[", self.at) and not first:
                self.at += 2
                minus = self.char_class(depth + 1)
                if self.peek() != "]":
                    self.refuse("a subtraction ends its class")
                break
            parts.append(self.class_part(first))
            first = False
        self.at += 1
        return CharacterClass(tuple(parts), negated, minus)

    def class_part(self, first: bool) -> Members:
        """Read a character of a class, or a range."""
        start = self.class_char(first)
        if not isinstance(start, int):
            return start
        if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", "[", ""):
            self.at += 1
            stop = self.class_char(False)
            if not isinstance(stop, int) or stop < start:
                self.refuse("a range goes from a smaller to a greater character")
            return Members(ranges=((start, stop),))
        return Members(ranges=((start, start),))

    def class_char(self, first: bool) -> int | Members:
        """Read a character of a class, or an escape that holds several."""
        char = self.peek()
        self.at += 1
        if char == "\\":
            members = self.escaped()
            single = len(members.ranges) == 1 and members.ranges[0][0] == members.ranges[0][1] and not members.negated
            return members.ranges[0][0] if single else members
        if char == "[":
            self.at -= 1
            self.refuse("[ needs a backslash here")
        if char == "-" and not first and self.peek() != "]":
            self.lone_hyphen()
        return ord(char)

    def lone_hyphen(self) -> None:
        """Refuse a hyphen that makes no range."""
        self.at -= 1
        self.refuse("- needs a backslash here")
