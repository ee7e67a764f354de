"""Functions as values: built-ins, lambdas, and what other rooms add (BKMs, decision services)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

    A ``lenient`` one takes null for the parameters that a call by names leaves out.

    A built-in has ``dispatch(run, arguments, names)`` besides, which chooses among its signatures; ``more`` are the
    parameters and results of those after the first.

    Two functions are the same only when they are the same object.
    """

    name: str | None
    parameters: tuple[Parameter, ...]
    call: Callable[[Any, list[Any]], Any]
    result: FeelType = ANY
    dispatch: Callable[[Any, list[Any], tuple[str, ...]], Any] | None = None
    more: tuple[tuple[tuple[Parameter, ...], FeelType], ...] = ()
    lenient: bool = False

    def types(self, count: int) -> Iterator[FeelType]:
        """Give the function types that its declarations promise to a caller with that many arguments."""
        for parameters, result in ((self.parameters, self.result), *self.more):
            variadic = bool(parameters) and parameters[-1].variadic
            needed = sum(not (parameter.optional or parameter.variadic) for parameter in parameters)
            if max(needed, variadic) <= count and (variadic or count <= len(parameters)):
                taken = tuple(parameters[min(index, len(parameters) - 1)].type for index in range(count))
                yield FeelType("function", parameters=taken, element=result)
