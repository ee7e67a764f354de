"""A cursor over tokens: what stands next, what must stand next, and which names are known here."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import NoReturn

from loanflow.feel.errors import FeelSyntaxError
from loanflow.feel.syntax.scope import Names, normalized
from loanflow.feel.syntax.tokens import Token, describe, hint_for, tokenize

PROPERTIES = ("time offset", "start included", "end included")
_NAME_SIGNS = frozenset("+-*/'.’–?")
_CLOSERS = {"]": "feel/unclosed-list", ")": "feel/unclosed-parenthesis", "}": "feel/unclosed-context"}


class Cursor:
    """Where a parser stands in its text."""

    def __init__(self, text: str, *, names: Iterable[str] | None, built_ins: Names, joins_words: bool, camunda: bool = False) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0
        known = tuple(names or ())
        self.members = Names((*PROPERTIES, *known))
        self.levels = [built_ins, Names(known)]
        self.joins_words = joins_words and names is None
        self.camunda = camunda

    # --- what stands here

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    @property
    def previous_end(self) -> int:
        """Where the last token taken ended."""
        return self.tokens[self.at - 1].end if self.at else 0

    def sees(self, text: str) -> bool:
        """Whether the next token is this sign or keyword."""
        token = self.tokens[self.at]
        return token.text == text and token.kind in ("op", "keyword")

    def sees_after(self, text: str, distance: int = 1) -> bool:
        """Whether this sign or keyword stands some tokens further on."""
        index = min(self.at + distance, len(self.tokens) - 1)
        return self.tokens[index].text == text and self.tokens[index].kind in ("op", "keyword")

    def take(self) -> Token:
        """Step over the next token."""
        token = self.tokens[self.at]
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        """Step over the next token if it is this one."""
        if self.sees(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str, *, code: str = "feel/unexpected-token", wanted: str | None = None, hint: str | None = None) -> Token:
        """Step over the next token, which must be this one."""
        if not self.sees(text):
            if self.token.kind == "end" and code == "feel/unexpected-token":
                code = _CLOSERS.get(text, code)
            self.refuse(wanted or f'"{text}"', code=code, hint=hint)
        return self.take()

    def refuse(self, expected: str, *, code: str | None = None, hint: str | None = None, message: str | None = None) -> NoReturn:
        """Raise what is wrong with the next token.

        Raises:
            FeelSyntaxError: always.
        """
        token = self.token
        ended = token.kind == "end"
        if code is None or code == "feel/unexpected-token":
            code = "feel/unexpected-end" if ended else "feel/unexpected-character" if token.kind == "other" else "feel/unexpected-token"
        raise FeelSyntaxError(
            code,
            message or ("this text ends too early" if ended else f"{describe(token)} cannot stand here"),
            text=self.text,
            offset=token.start,
            expected=expected,
            found=describe(token),
            hint=hint or hint_for(token),
        )

    # --- names

    @contextmanager
    def level(self, *names: str) -> Generator[Names]:
        """Know more names inside the block."""
        added = Names(names)
        self.levels.append(added)
        try:
            yield added
        finally:
            self.levels.pop()

    @contextmanager
    def item_level(self) -> Generator[None]:
        """Know the names of all members inside the block: a filter's condition sees its item's entries."""
        self.levels.append(self.members)
        try:
            yield
        finally:
            self.levels.pop()

    def known_name(self) -> str | None:
        """Step over the longest known name of several words, if one begins here."""
        best: tuple[int, str] | None = None
        for names in self.levels:
            found = names.longest(self.tokens, self.at)
            if found is not None and names is self.levels[0] and self._is_junction(found.rest):
                # "date and time" without a call is "date" and "time".
                continue
            if found is not None and (best is None or len(found.rest) > best[0]):
                best = (len(found.rest), found.name)
        if best is None:
            return None
        self.at += best[0] + 1
        return best[1]

    def word(self) -> str:
        """Step over one word, and the words beside it where nobody has said which names there are."""
        token = self.take()
        if token.kind == "quoted":
            return token.text[1:-1]
        if self.joins_words and token.kind == "name":
            words = [token.text]
            while self.token.kind == "name":
                words.append(self.take().text)
            return " ".join(words)
        return token.text

    def member(self) -> str:
        """Step over the name after a dot."""
        found = self.members.longest(self.tokens, self.at)
        if found is not None:
            self.at += len(found.rest) + 1
            return found.name
        if self.token.kind not in ("name", "quoted", "keyword"):
            self.refuse("the name of an entry", code="feel/missing-name")
        return self.word()

    def declared_name(self, *ends: str) -> str:
        """Step over a name that is declared here: all tokens up to one of the ends."""
        start = self.at
        if self.token.kind == "quoted":
            self.take()
        else:
            while self._in_declared_name(ends):
                self.at += 1
        if self.at == start or not any(self.sees(end) for end in ends):
            self.refuse("a name, then " + " or ".join(f'"{end}"' for end in ends), code="feel/missing-name")
        if self.tokens[start].kind == "quoted":
            return self.tokens[start].text[1:-1]
        return normalized(self.text[self.tokens[start].start : self.previous_end])

    def named_argument(self) -> str | None:
        """Step over ``name:`` before an argument, if there is one."""
        start = self.at
        if self.token.kind == "quoted" and self.sees_after(":"):
            name = self.take().text[1:-1]
            self.take()
            return name
        while self._in_declared_name((":",)):
            self.at += 1
        if self.at > start and self.tokens[start].kind in ("name", "keyword") and self.sees(":"):
            name = normalized(self.text[self.tokens[start].start : self.previous_end])
            self.take()
            return name
        self.at = start
        return None

    def _is_junction(self, rest: tuple[tuple[str, bool], ...]) -> bool:
        return any(text in ("and", "or") for text, _ in rest) and not self.sees_after("(", len(rest) + 1)

    def _in_declared_name(self, ends: tuple[str, ...]) -> bool:
        token = self.token
        if token.text in ends and token.kind in ("op", "keyword"):
            return False
        return token.kind in ("name", "keyword", "number") or token.text in _NAME_SIGNS
