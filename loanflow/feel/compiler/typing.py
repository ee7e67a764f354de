"""Types in texts: ``instance of``, and the types of parameters (DMN 10.3.2.9, 10.3.2.13 Table 56 "instance of")."""

from __future__ import annotations

from loanflow.feel.compiler.scope import RUN, Frame, Scope, Step
from loanflow.feel.syntax import tree
from loanflow.feel.types import ANY, BUILT_IN_TYPES, FeelType
from loanflow.feel.values.kinds import conforms


def compile_instance_of(node: tree.InstanceOf, scope: Scope) -> Step:
    """``value instance of type``; null when there is no such type."""
    value = scope.compile(node.value)
    of = find_type(node.type, scope)
    if of is None:
        start, end = node.type.start, node.type.end
        return lambda frame: frame[RUN].null("feel/unknown-type", "there is no such type", start, end)

    # Allowed values restrict what a variable takes, not what its type is.
    of = of.unrestricted()

    def instance_of(frame: Frame) -> bool:
        return conforms(value(frame), of)

    return instance_of


def resolved(node: tree.Node, scope: Scope) -> FeelType:
    """Return the type that a node names; Any when nobody knows it."""
    return find_type(node, scope) or ANY


def find_type(node: tree.Node, scope: Scope) -> FeelType | None:
    """Return the type that a node names, None when nobody knows it."""
    match node:
        case tree.NamedType(name=name):
            found = scope.types(name) if scope.types is not None else None
            return found or BUILT_IN_TYPES.get(name)
        case tree.ListType(of=of) | tree.RangeType(of=of):
            inner = find_type(of, scope)
            return None if inner is None else FeelType("list" if isinstance(node, tree.ListType) else "range", element=inner)
        case tree.ContextType(entries=entries):
            fields = [(entry.name, find_type(entry.type, scope) if entry.type is not None else ANY) for entry in entries]
            known = tuple((name, of) for name, of in fields if of is not None)
            return FeelType("context", fields=known) if len(known) == len(fields) else None
        case tree.FunctionType(parameters=parameters, result=result):
            taken = [find_type(parameter, scope) for parameter in parameters]
            gives = find_type(result, scope)
            if gives is None or any(one is None for one in taken):
                return None
            return FeelType("function", parameters=tuple(one for one in taken if one is not None), element=gives)
        case _:
            return None
