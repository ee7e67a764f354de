"""Calls and function literals (DMN 10.3.2.12 "Function invocation", 10.3.2.13.2 "User-defined functions")."""

from __future__ import annotations

from typing import Any

from loanflow.feel.builtins.declaration import LEFT_OUT, BuiltIn, arranged, compute, refuse
from loanflow.feel.calls import call_registered, invoke
from loanflow.feel.compiler.scope import RUN, VARIABLES, Frame, Scope, Step
from loanflow.feel.compiler.typing import resolved
from loanflow.feel.run import Run
from loanflow.feel.syntax import tree
from loanflow.feel.types import ANY
from loanflow.feel.values.functions import Function, Parameter


def compile_call(node: tree.Call, scope: Scope) -> Step:
    """``callee(arguments)``: a built-in where one is named and nothing hides it, else whatever the callee gives."""
    if isinstance(node.callee, tree.Name):
        built = scope.built_in(node.callee.name)
        if built is not None:
            own = scope.find(node.callee.name)[1]
            if own is None or scope.camunda:
                return _built_in_call(node, built, scope, own)
    callee = scope.compile(node.callee)
    arguments = tuple(map(scope.compile, node.arguments))
    names, start, end = node.names, node.start, node.end
    registered_name = node.callee.name if scope.dialect == "juel" and isinstance(node.callee, tree.Name) else None

    def call(frame: Frame) -> Any:
        run: Run = frame[RUN]
        function = callee(frame)
        if type(function) is not Function:
            registered = run.functions(registered_name) if registered_name is not None and run.functions is not None else None
            if registered is not None and registered_name is not None:
                return call_registered(run, registered_name, registered, [argument(frame) for argument in arguments])
            return run.null("feel/not-a-function", f"{_written(node.callee)} is no function", start, end)
        return invoke(run, function, [argument(frame) for argument in arguments], names)

    return call


def _written(node: tree.Node) -> str:
    return f"{node.name!r}" if isinstance(node, tree.Name | tree.Path) else "this"


def _built_in_call(node: tree.Call, built: BuiltIn, scope: Scope, own: int | None) -> Step:
    # ``own`` is the slot of what the text itself calls so: in Camunda's FEEL only a function hides the built-in of its name.
    arguments = tuple(map(scope.compile, node.arguments))
    names, start, end = node.names, node.start, node.end
    name = built.name
    signatures = built.choose(len(arguments), names)
    in_order: tuple[Step, ...] = arguments
    if names and signatures:
        signatures = signatures[:1]
        in_order = tuple(arranged(signatures[0], list(arguments), names, left_out=_left_out))
    # An only argument of just these types, as most functions have, needs no check and no conversion.
    only = in_order[0] if signatures and len(in_order) == 1 else None
    plain = signatures[0].formal(0).plain if only is not None else frozenset[type]()

    def built_in_call(frame: Frame) -> Any:
        run: Run = frame[RUN]
        if name in frame[VARIABLES]:
            hidden = frame[VARIABLES][name]
            if type(hidden) is Function:
                return invoke(run, hidden, [argument(frame) for argument in arguments], names)
        before = len(run.noted or ())
        if not signatures:
            refuse(run, built, len(arguments), names)
            value = None
        elif only is not None:
            run.spend()
            one = only(frame)
            value = signatures[0].compute(run, one) if type(one) in plain else compute(run, built, signatures, [one])
        else:
            run.spend()
            value = compute(run, built, signatures, [argument(frame) for argument in in_order])
        if value is None and len(run.noted or ()) > before:
            _place(run, before, start, end)
        return value

    if own is None:
        return built_in_call

    def own_or_built_in(frame: Frame) -> Any:
        function = frame[own]
        if type(function) is Function:
            return invoke(frame[RUN], function, [argument(frame) for argument in arguments], names)
        return built_in_call(frame)

    return own_or_built_in


def _left_out(frame: Frame) -> Any:
    return LEFT_OUT


def _place(run: Run, before: int, start: int, end: int) -> None:
    # A built-in does not know where it stands in the text; its caller does.
    for index in range(before, len(run.reasons)):
        reason = run.reasons[index]
        if reason.start is None:
            run.reasons[index] = type(reason)(reason.code, reason.message, start, end)


def compile_function(node: tree.FunctionLiteral, scope: Scope) -> Step:
    """``function(a, b) body``: a function that remembers the names around it."""
    return compile_named_function(node, scope, None, None)


def compile_named_function(node: tree.FunctionLiteral, scope: Scope, name: str | None, own: int | None) -> Step:
    """The same, for an entry of a context: the function sees itself in the slot ``own``."""
    names = [one.name for one in node.parameters]
    repeated = next((parameter for parameter in names if names.count(parameter) > 1), None)
    if repeated is not None:
        start, end = node.start, node.end
        return lambda frame: frame[RUN].null("feel/duplicate-parameter", f"the function has two parameters {repeated!r}", start, end)
    parameters = tuple(Parameter(one.name, resolved(one.type, scope) if one.type is not None else ANY) for one in node.parameters)
    result_type = resolved(node.result, scope) if node.result is not None else ANY
    slots = {parameter.name: scope.new_slot() for parameter in parameters}
    if node.external:
        return _external(name, parameters, node)
    with scope.names(slots):
        body = scope.compile(node.body)
    filled, lenient = tuple(slots.values()), scope.camunda

    def new_function(frame: Frame) -> Function:
        remembered = frame.copy()

        def call(run: Run, arguments: list[Any]) -> Any:
            run.enter()
            inner = remembered.copy()
            inner[RUN] = run
            for slot, value in zip(filled, arguments, strict=True):
                inner[slot] = value
            try:
                return body(inner)
            finally:
                run.leave()

        function = Function(name, parameters, call, result_type, lenient=lenient)
        if own is not None:
            remembered[own] = function
        return function

    return new_function


def _external(name: str | None, parameters: tuple[Parameter, ...], node: tree.FunctionLiteral) -> Step:
    def call(run: Run, arguments: list[Any]) -> None:
        return run.null("feel/external-function", "external functions (Java, PMML) are not called", node.start, node.end)

    function = Function(name, parameters, call)
    return lambda frame: function
