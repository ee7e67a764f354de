"""FEEL's built-in functions (DMN 10.3.4), a file per group; each is declared once, with its signatures.

Read `declaration.py` first. `by_name` is the table that a dialect sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from loanflow.feel.builtins import boolean, camunda, contexts, conversion, lists, numbers, ranges, strings, temporals
from loanflow.feel.builtins.declaration import BuiltIn, function_of

STANDARD: tuple[BuiltIn, ...] = (
    *conversion.BUILT_INS,
    *boolean.BUILT_INS,
    *strings.BUILT_INS,
    *lists.BUILT_INS,
    *numbers.BUILT_INS,
    *temporals.BUILT_INS,
    *ranges.BUILT_INS,
    *contexts.BUILT_INS,
)


@lru_cache(maxsize=8)
def by_name(dialect: str) -> Mapping[str, BuiltIn]:
    """Return the built-ins of a dialect; a name with signatures in the standard and in Camunda has both, Camunda's first."""
    return MappingProxyType(_merged(STANDARD if dialect == "spec" else (*STANDARD, *camunda.BUILT_INS)))


def _merged(built_ins: Iterable[BuiltIn]) -> dict[str, BuiltIn]:
    result: dict[str, BuiltIn] = {}
    for one in built_ins:
        known = result.get(one.name)
        if known is not None:
            first, last = (known, one) if known.camunda else (one, known)
            one = BuiltIn(one.name, (*first.signatures, *last.signatures), known.clause, known.about, known.camunda)
        result[one.name] = one
    return result


__all__ = ["STANDARD", "BuiltIn", "by_name", "function_of"]
