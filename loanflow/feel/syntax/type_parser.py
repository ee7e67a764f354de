"""Types as they are written after ``instance of`` and in function parameters (DMN 10.3.1.2, grammar rule "type")."""

from __future__ import annotations

from loanflow.feel.syntax import tree
from loanflow.feel.syntax.cursor import Cursor

_SEVERAL_WORDS = {name: tuple(name.split()) for name in ("date and time", "days and time duration", "years and months duration")}
# What Camunda calls these types besides, token by token.
_CAMUNDA_WORDS = {
    "date and time": ("date", "time"),
    "days and time duration": ("day", "-", "time", "-", "duration"),
    "years and months duration": ("year", "-", "month", "-", "duration"),
}


def parse_type(cursor: Cursor) -> tree.Node:
    """Read a type; a name that is no built-in type is an item definition's, with dots for an import."""
    start = cursor.token.start
    word = cursor.token.text
    if word in ("list", "range") and cursor.sees_after("<"):
        cursor.at += 2
        of = parse_type(cursor)
        _close(cursor)
        kind = tree.ListType if word == "list" else tree.RangeType
        return kind(of, start=start, end=cursor.previous_end)
    if word == "context" and cursor.sees_after("<"):
        return _context_type(cursor)
    if word == "function" and cursor.sees_after("<"):
        return _function_type(cursor)
    name = _named(cursor)
    return tree.NamedType(name, start=start, end=cursor.previous_end)


def _named(cursor: Cursor) -> str:
    for names in (_SEVERAL_WORDS, _CAMUNDA_WORDS) if cursor.camunda else (_SEVERAL_WORDS,):
        for name, words in names.items():
            if tuple(token.text for token in cursor.tokens[cursor.at : cursor.at + len(words)]) == words:
                cursor.at += len(words)
                return name
    if cursor.token.kind not in ("name", "quoted", "keyword"):
        cursor.refuse("the name of a type", code="feel/missing-type")
    known = cursor.known_name() or cursor.word()
    while cursor.sees("."):
        cursor.take()
        known += "." + cursor.member()
    return known


def _context_type(cursor: Cursor) -> tree.Node:
    start = cursor.token.start
    cursor.at += 2
    entries: list[tree.FormalParameter] = []
    while entries or not cursor.sees(">"):
        at = cursor.token.start
        name = cursor.declared_name(":")
        cursor.take()
        of = parse_type(cursor)
        entries.append(tree.FormalParameter(name, of, start=at, end=cursor.previous_end))
        if not cursor.accept(","):
            break
    _close(cursor)
    return tree.ContextType(tuple(entries), start=start, end=cursor.previous_end)


def _function_type(cursor: Cursor) -> tree.Node:
    start = cursor.token.start
    cursor.at += 2
    parameters: list[tree.Node] = []
    while parameters or not cursor.sees(">"):
        parameters.append(parse_type(cursor))
        if not cursor.accept(","):
            break
    _close(cursor)
    cursor.expect("->", wanted='"->" and the type of the result')
    result = parse_type(cursor)
    return tree.FunctionType(tuple(parameters), result, start=start, end=cursor.previous_end)


def _close(cursor: Cursor) -> None:
    cursor.expect(">", wanted="> to close the type")
