"""The bounded fallback for patterns that a linear engine cannot run: matching with a budget of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from loanflow.feel.errors import FeelBudgetExceeded
from loanflow.feel.regex.pattern import (
    Anchor,
    Atomic,
    Backreference,
    CharacterClass,
    Choice,
    Group,
    Look,
    Pattern,
    Repeat,
    Sequence,
)

MAX_STEPS: Final = 3_000

Groups = tuple[tuple[int, int] | None, ...]
State = tuple[int, Groups]
Walk = Callable[["Search", State], Iterator[State]]


class Search:
    """One search in one text; counts its steps."""

    __slots__ = ("folds", "multiline", "steps", "text")

    def __init__(self, text: str, *, folds: bool, multiline: bool) -> None:
        self.text = text
        self.folds = folds
        self.multiline = multiline
        self.steps = 0

    def step(self) -> None:
        """Count a step.

        Raises:
            FeelBudgetExceeded: the pattern tries too many ways.
        """
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise FeelBudgetExceeded("steps", MAX_STEPS, "the regular expression tries too many ways")

    def find(self, walk: Walk, groups: int, start: int) -> tuple[int, State] | None:
        """Return where the first match begins, and its end and groups."""
        for at in range(start, len(self.text) + 1):
            self.step()
            for state in walk(self, (at, (None,) * groups)):
                return at, state
        return None


def walk_of(pattern: Pattern) -> Walk:
    """Return the pattern as a function that yields every way to go on from a place."""
    match pattern:
        case CharacterClass():
            return _character(pattern)
        case Anchor(sign=sign):
            return _ANCHORS[sign]
        case Backreference(group=group):
            return _again(group)
        case Group(inner=inner, number=number):
            return _group(walk_of(inner), number)
        case Look(inner=inner, ahead=ahead, negated=negated):
            return _look(walk_of(inner), ahead, negated)
        case Atomic(inner=inner):
            return _atomic(walk_of(inner))
        case Sequence(pieces=pieces):
            return _sequence(tuple(map(walk_of, pieces)))
        case Choice(branches=branches):
            return _choice(tuple(map(walk_of, branches)))
        case Repeat(piece=CharacterClass() as one, least=least, most=most, reluctant=reluctant):
            return _run(one, least, most, reluctant)
        case Repeat(piece=piece, least=least, most=most, reluctant=reluctant):
            return _repeat(walk_of(piece), least, most, reluctant)


def _holder(one: CharacterClass) -> Callable[[str, bool], bool]:
    """Return whether a class holds a character, also in another case; a text repeats its characters, so they are asked once."""

    @lru_cache(maxsize=256)
    def holds(char: str, folds: bool) -> bool:
        return one.holds(char) or (
            folds and any(len(other) == 1 and one.holds(other) for other in (char.lower(), char.upper(), char.casefold()))
        )

    return holds


def _character(one: CharacterClass) -> Walk:
    holds = _holder(one)

    def character(search: Search, state: State) -> Iterator[State]:
        search.step()
        at, groups = state
        if at < len(search.text) and holds(search.text[at], search.folds):
            yield at + 1, groups

    return character


def _at_start(search: Search, state: State) -> Iterator[State]:
    at = state[0]
    if at == 0 or (search.multiline and search.text[at - 1] == "\n"):
        yield state


def _at_end(search: Search, state: State) -> Iterator[State]:
    at = state[0]
    if at == len(search.text) or (search.multiline and search.text[at] == "\n"):
        yield state


def _at_very_start(search: Search, state: State) -> Iterator[State]:
    if state[0] == 0:
        yield state


def _at_very_end(search: Search, state: State) -> Iterator[State]:
    if state[0] == len(search.text):
        yield state


def _at_edge_of_word(search: Search, state: State) -> Iterator[State]:
    if _is_edge(search.text, state[0]):
        yield state


def _off_edge_of_word(search: Search, state: State) -> Iterator[State]:
    if not _is_edge(search.text, state[0]):
        yield state


def _is_edge(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at : at + 1]
    return _in_word(before) is not _in_word(after)


def _in_word(char: str) -> bool:
    return char == "_" or (char.isascii() and char.isalnum())


_ANCHORS: dict[str, Walk] = {
    "^": _at_start,
    "$": _at_end,
    "\\A": _at_very_start,
    "\\z": _at_very_end,
    "\\b": _at_edge_of_word,
    "\\B": _off_edge_of_word,
}


def _look(inner: Walk, ahead: bool, negated: bool) -> Walk:
    def seen(search: Search, state: State) -> State | None:
        at, groups = state
        if ahead:
            return next(inner(search, state), None)
        for start in range(at, -1, -1):
            search.step()
            for found in inner(search, (start, groups)):
                if found[0] == at:
                    return found
        return None

    def look(search: Search, state: State) -> Iterator[State]:
        search.step()
        found = seen(search, state)
        if negated and found is None:
            yield state
        elif not negated and found is not None:
            yield state[0], found[1]

    return look


def _atomic(inner: Walk) -> Walk:
    def atomic(search: Search, state: State) -> Iterator[State]:
        search.step()
        found = next(inner(search, state), None)
        if found is not None:
            yield found

    return atomic


def _again(group: int) -> Walk:
    def again(search: Search, state: State) -> Iterator[State]:
        search.step()
        at, groups = state
        span = groups[group - 1]
        wanted = "" if span is None else search.text[span[0] : span[1]]
        found = search.text[at : at + len(wanted)]
        if found == wanted or (search.folds and found.casefold() == wanted.casefold()):
            yield at + len(wanted), groups

    return again


def _group(inner: Walk, number: int | None) -> Walk:
    if number is None:
        return inner

    def group(search: Search, state: State) -> Iterator[State]:
        start = state[0]
        for end, groups in inner(search, state):
            yield end, (*groups[: number - 1], (start, end), *groups[number:])

    return group


def _sequence(walks: tuple[Walk, ...]) -> Walk:
    def sequence(search: Search, state: State) -> Iterator[State]:
        if not walks:
            yield state
            return
        # A stack of half-used walks instead of recursion: patterns are long, Python's stack is not.
        stack = [walks[0](search, state)]
        while stack:
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
            elif len(stack) == len(walks):
                yield found
            else:
                stack.append(walks[len(stack)](search, found))

    return sequence


def _choice(walks: tuple[Walk, ...]) -> Walk:
    def choice(search: Search, state: State) -> Iterator[State]:
        for walk in walks:
            search.step()
            yield from walk(search, state)

    return choice


def _run(one: CharacterClass, least: int, most: int | None, reluctant: bool) -> Walk:
    """Return a repeated character: its longest run is measured once, then every length of it is a way to go on."""
    holds = _holder(one)

    def run(search: Search, state: State) -> Iterator[State]:
        at, groups = state
        text = search.text
        furthest = len(text) if most is None else min(len(text), at + most)
        if reluctant:
            for end in range(at, furthest + 1):
                search.step()
                if end >= at + least:
                    yield end, groups
                if end == furthest or not holds(text[end], search.folds):
                    return
            return
        end = at
        while end < furthest and holds(text[end], search.folds):
            search.step()
            end += 1
        while end >= at + least:
            search.step()
            yield end, groups
            end -= 1

    return run


def _repeat(piece: Walk, least: int, most: int | None, reluctant: bool) -> Walk:
    def repeat(search: Search, state: State) -> Iterator[State]:
        # Each place reached, with the ways to go one round on; its index is the number of rounds done.
        stack: list[tuple[State, Iterator[State]]] = [(state, iter(()) if most == 0 else piece(search, state))]
        if reluctant and least == 0:
            yield state
        while stack:
            search.step()
            place, ways = stack[-1]
            found = next(ways, None)
            if found is None:
                stack.pop()
                if not reluctant and len(stack) >= least:
                    yield place
                continue
            rounds = len(stack)
            if reluctant and rounds >= least:
                yield found
            ends = rounds == most or (found[0] == place[0] and rounds >= least)
            stack.append((found, iter(()) if ends else piece(search, found)))

    return repeat
