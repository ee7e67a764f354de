"""Calling a function value: arguments are put in order, converted to the parameters' types, and the result is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loanflow.errors import HandlerError
from loanflow.feel.run import Run
from loanflow.feel.values.functions import Function
from loanflow.feel.values.kinds import coerced, kind, only_disallowed
from loanflow.feel.values.python import to_feel, to_python


def invoke(run: Run, function: Any, arguments: list[Any], names: tuple[str, ...] = ()) -> Any:
    """Return what a function gives for these arguments; null, with the reason, when it cannot be called so."""
    if type(function) is not Function:
        return run.null("feel/not-a-function", f"{kind(function)} cannot be called")
    if function.dispatch is not None:
        return function.dispatch(run, arguments, names)
    bound = bind(run, function, arguments, names)
    if bound is None:
        return None
    value = function.call(run, bound)
    if function.result.kind == "Any" and function.result.allowed is None:
        return value
    fits, value = coerced(value, function.result)
    return value if fits else run.null("feel/wrong-result-type", f"{called(function)} does not give {function.result}")


def bind(run: Run, function: Function, arguments: list[Any], names: tuple[str, ...]) -> list[Any] | None:
    """Return one value per parameter, in their order; None, with the reason, when they do not fit."""
    parameters = function.parameters
    if names:
        given = dict(zip(names, arguments, strict=True))
        known = {parameter.name for parameter in parameters}
        strange = next((name for name in names if name not in known), None)
        if strange is not None or len(given) != len(names):
            run.null("feel/unknown-parameter", f"{called(function)} has no parameter {strange or names!r}")
            return None
        if not function.lenient and any(parameter.name not in given and not parameter.optional for parameter in parameters):
            run.null("feel/missing-argument", f"{called(function)} needs {', '.join(parameter.name for parameter in parameters)}")
            return None
        arguments = [given.get(parameter.name) for parameter in parameters]
    elif len(arguments) != len(parameters):
        required = sum(not parameter.optional for parameter in parameters)
        if not required <= len(arguments) <= len(parameters):
            run.null("feel/wrong-number-of-arguments", f"{called(function)} takes {len(parameters)} arguments, not {len(arguments)}")
            return None
        arguments = arguments + [None] * (len(parameters) - len(arguments))
    bound: list[Any] = []
    for parameter, value in zip(parameters, arguments, strict=True):
        fits, converted = coerced(value, parameter.type)
        if not fits:
            if only_disallowed(value, parameter.type):
                run.null("feel/wrong-argument-type", f"{parameter.name} of {called(function)} is not among the allowed values of its type")
            else:
                run.null("feel/wrong-argument-type", f"{parameter.name} of {called(function)} is {parameter.type}")
            return None
        bound.append(converted)
    return bound


def called(function: Function) -> str:
    """Return a function's name for messages."""
    return f"{function.name}()" if function.name else "the function"


def call_registered(run: Run, name: str, function: Callable[..., Any], values: list[Any]) -> Any:
    """Call a Python function that the embedding program registered; what it raises is a null with the reason."""
    run.spend()
    try:
        return to_feel(function(*(to_python(value) for value in values)))
    except HandlerError:
        # These steer the case, they are no slips: the engine must see them.
        raise
    except Exception as error:  # a registered function may raise anything, and FEEL never raises on data
        return run.null("feel/function-failed", f"{name} raised {type(error).__name__}: {error}")
