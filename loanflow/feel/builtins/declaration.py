"""How a built-in is declared: once, with its signatures as the standard writes them, and the function that computes it.

``@built_in("substring(string: string, start position: number, length?: number): string")`` declares parameters with
their types; ``?`` marks one that may be left out, ``...`` one that takes all that is left, ``|`` a choice of types.
Null is refused for every parameter that is not ``Any`` or ``...|null``: the result is then null, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from loanflow.feel.run import Run
from loanflow.feel.types import ANY, BUILT_IN_TYPES, FeelType
from loanflow.feel.values.functions import Function, Parameter
from loanflow.feel.values.kinds import PYTHON_TYPES, coerced, conforms, kind

Compute = Callable[..., Any]

_SIGNATURE: Final = re.compile(r"(?P<name>[^(]+)\((?P<parameters>.*)\)\s*:\s*(?P<result>.+)\Z", re.DOTALL)
_LIST_OF: Final = re.compile(r"(list|range)<(.+)>\Z")


@dataclass(frozen=True, slots=True)
class FormalType:
    """What a parameter takes: any of several types, and null or not."""

    types: tuple[FeelType, ...]
    nullable: bool
    plain: frozenset[Any] = frozenset()

    def accept(self, value: Any) -> tuple[bool, Any]:
        """Return whether a value fits, and the value converted."""
        if type(value) in self.plain:
            return True, value
        if value is None:
            return self.nullable, None
        for one in self.types:
            if conforms(value, one):
                return True, value
        for one in self.types:
            fits, converted = coerced(value, one)
            if fits:
                return True, converted
        return False, None


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in."""

    text: str
    parameters: tuple[Parameter, ...]
    accepts: tuple[FormalType, ...]
    result: FeelType
    compute: Compute

    @property
    def required(self) -> int:
        """How many arguments there must be at least."""
        return sum(not (parameter.optional or parameter.variadic) for parameter in self.parameters)

    @property
    def variadic(self) -> bool:
        """Whether the last parameter takes all that is left."""
        return bool(self.parameters) and self.parameters[-1].variadic

    def formal(self, index: int) -> FormalType:
        """Return what the argument at that index may be; the last parameter may take several."""
        return self.accepts[min(index, len(self.accepts) - 1)]

    def takes(self, count: int, names: tuple[str, ...]) -> bool:
        """Whether it can be called with so many arguments, or with these names."""
        if names:
            known = {parameter.name for parameter in self.parameters if not parameter.variadic}
            needed = {parameter.name for parameter in self.parameters if not (parameter.optional or parameter.variadic)}
            return len(set(names)) == len(names) and needed <= set(names) <= known
        return max(self.required, 1 if self.variadic else 0) <= count and (self.variadic or count <= len(self.parameters))


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A built-in function: its signatures, tried in order, and where the standard (or Camunda) has it.

    ``since`` is the first Camunda version with it; empty for what Camunda always had, and for the standard's own.
    """

    name: str
    signatures: tuple[Signature, ...]
    clause: str
    about: str
    camunda: bool = False
    since: str = ""

    def choose(self, count: int, names: tuple[str, ...]) -> tuple[Signature, ...]:
        """Return the signatures that can be called so, in the order in which they are tried."""
        return tuple(one for one in self.signatures if one.takes(count, names))


def built_in(*signatures: str, clause: str, camunda: bool = False, since: str = "") -> Callable[[Compute], BuiltIn]:
    """Declare a built-in: the function below computes it, from ``run`` and one value per parameter."""

    def declared(compute: Compute) -> BuiltIn:
        read = tuple(_signature(text, compute) for text in signatures)
        return BuiltIn(read[0][0], tuple(one for _, one in read), clause, (compute.__doc__ or "").strip(), camunda, since)

    return declared


def arranged(signature: Signature, arguments: list[Any], names: tuple[str, ...], *, left_out: Any = None) -> list[Any]:
    """Return the arguments in the order of the parameters; for those left out in between stands ``left_out``."""
    if not names:
        return arguments
    given = dict(zip(names, arguments, strict=True))
    ordered = [parameter.name for parameter in signature.parameters]
    last = max(ordered.index(name) for name in names)
    return [given.get(name, left_out) for name in ordered[: last + 1]]


class _LeftOut:
    """The type of ``LEFT_OUT``."""


LEFT_OUT: Final = _LeftOut()


def compute(run: Run, built: BuiltIn, signatures: tuple[Signature, ...], arguments: list[Any]) -> Any:
    """Check and convert the arguments, then compute; null, with the reason, when they fit no signature."""
    for signature in signatures:
        values = _accepted(signature, arguments)
        if values is not None:
            return signature.compute(run, *values)
    signature = signatures[0]
    for index, value in enumerate(arguments):
        formal = signature.formal(index)
        if value is not LEFT_OUT and not formal.accept(value)[0]:
            wanted = " or ".join(map(str, formal.types))
            name = signature.parameters[min(index, len(signature.parameters) - 1)].name
            return run.null("feel/wrong-argument-type", f"{name} of {built.name}() is {wanted}, not {kind(value)}")
    return None


def _accepted(signature: Signature, arguments: list[Any]) -> list[Any] | None:
    values: list[Any] = []
    for index, value in enumerate(arguments):
        if value is LEFT_OUT:
            values.append(None)
            continue
        formal = signature.formal(index)
        if type(value) not in formal.plain:
            fits, value = formal.accept(value)
            if not fits:
                return None
        values.append(value)
    return values


def function_of(built: BuiltIn) -> Function:
    """Return a built-in as a function value, to hand to ``sort`` and the like."""
    first = built.signatures[0]

    def dispatch(run: Run, arguments: list[Any], names: tuple[str, ...]) -> Any:
        signatures = built.choose(len(arguments), names)
        if not signatures:
            return refuse(run, built, len(arguments), names)
        return compute(run, built, signatures, arranged(signatures[0], arguments, names, left_out=LEFT_OUT))

    def call(run: Run, arguments: list[Any]) -> Any:
        return dispatch(run, arguments, ())

    more = tuple((one.parameters, one.result) for one in built.signatures[1:])
    return Function(built.name, first.parameters, call, first.result, dispatch, more)


def refuse(run: Run, built: BuiltIn, count: int, names: tuple[str, ...]) -> None:
    """Say how a built-in is called."""
    ways = " or ".join(one.text for one in built.signatures)
    found = ", ".join(names) if names else f"{count} arguments"
    return run.null("feel/wrong-arguments", f"{built.name}() cannot be called with {found}: {ways}")


def _signature(text: str, compute: Compute) -> tuple[str, Signature]:
    found = _SIGNATURE.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no signature")
    parameters: list[Parameter] = []
    accepts: list[FormalType] = []
    for piece in filter(None, (part.strip() for part in _split(found["parameters"]))):
        name, _, written = piece.partition(":")
        formal = _formal(written.strip())
        optional, variadic = name.endswith("?"), name.startswith("...")
        of = formal.types[0] if len(formal.types) == 1 else ANY
        parameters.append(Parameter(name.strip("?. "), of, optional, variadic))
        accepts.append(formal)
    signature = Signature(text, tuple(parameters), tuple(accepts), _type(found["result"].strip()), compute)
    return found["name"].strip(), signature


def _split(text: str) -> list[str]:
    return re.split(r",(?![^<]*>)", text)


def _formal(text: str) -> FormalType:
    choices = [choice.strip() for choice in text.split("|")]
    types = tuple(_type(choice) for choice in choices if choice != "null")
    # Types that their Python class decides alone are looked up.
    plain = frozenset(python for one in types if one.element is None for python, name in PYTHON_TYPES.items() if name == one.kind)
    return FormalType(types, "null" in choices or types == (ANY,), plain)


def _type(text: str) -> FeelType:
    found = _LIST_OF.match(text)
    if found is not None:
        return FeelType(found[1], element=_type(found[2]))
    return BUILT_IN_TYPES[text]
