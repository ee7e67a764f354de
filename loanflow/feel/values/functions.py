"""Functions as values: built-ins, lambdas, and what other rooms add (BKMs, decision services)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loanflow.feel.types import ANY, FeelType


@dataclass(frozen=True, slots=True)
class Parameter:
    """A formal parameter; an optional one may be left out, a variadic one takes all that is left."""

    name: str
    type: FeelType = ANY
    optional: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A FEEL function. ``call(run, arguments)`` gets one value per parameter, already coerced to its type.

    A built-in has ``dispatch(run, arguments, names)`` besides, which chooses among its signatures.

    Two functions are the same only when they are the same object.
    """

    name: str | None
    parameters: tuple[Parameter, ...]
    call: Callable[[Any, list[Any]], Any]
    result: FeelType = ANY
    dispatch: Callable[[Any, list[Any], tuple[str, ...]], Any] | None = None

    @property
    def type(self) -> FeelType:
        """The function type that its declaration promises."""
        return FeelType("function", parameters=tuple(p.type for p in self.parameters), element=self.result)
