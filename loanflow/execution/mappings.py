"""Input and output mappings: values carried over the border of an activity.

Camunda 7 evaluates every input outside; Camunda 8 lets a later line see the targets of earlier ones. Outputs are
read inside, see the targets of earlier ones, and are written where the variable lives outside, else to the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loanflow.execution.expressions import Formula, Variables

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine
    from loanflow.execution.tokens import Token


class MappingLine:
    """One line: ``path`` is where the value goes, first the variable, then keys of nested contexts."""

    __slots__ = ("entries", "items", "path", "source")

    def __init__(
        self,
        path: tuple[str, ...],
        *,
        source: Formula | None = None,
        items: tuple[Formula | MappingLine, ...] | None = None,
        entries: tuple[tuple[Formula, Formula | MappingLine], ...] | None = None,
    ) -> None:
        self.path = path
        self.source = source
        self.items = items
        self.entries = entries

    def value(self, seen: Variables, machine: Machine) -> Any:
        """Return what the line carries."""
        if self.source is not None:
            return self.source.value(seen, machine)
        if self.items is not None:
            return [item.value(seen, machine) for item in self.items]
        if self.entries is not None:
            return {key.string(seen, machine) or "": entry.value(seen, machine) for key, entry in self.entries}
        return None


class CallLine:
    """One ``camunda:in`` or ``camunda:out``: everything, the business key, or one mapped value."""

    __slots__ = ("all_variables", "business_key", "line", "local")

    def __init__(
        self, line: MappingLine | None, *, all_variables: bool = False, business_key: Formula | None = None, local: bool = False
    ) -> None:
        self.line = line
        self.all_variables = all_variables
        self.business_key = business_key
        self.local = local

    def values(self, seen: Variables, machine: Machine) -> Variables:
        """Return the variables it carries."""
        if self.all_variables:
            return seen
        return {} if self.line is None else {self.line.path[0]: self.line.value(seen, machine)}


class Mappings:
    """The input or the output mapping of one element; ``cumulative`` lets lines see the targets of earlier ones."""

    __slots__ = ("cumulative", "lines")

    def __init__(self, lines: tuple[MappingLine, ...], *, cumulative: bool) -> None:
        self.lines = lines
        self.cumulative = cumulative

    def read_in(self, token: Token, machine: Machine) -> dict[str, Any]:
        """Return the local variables the input mapping makes; nothing is changed yet."""
        return self.collect(token.visible(), machine)

    def collect(self, seen: Variables, machine: Machine) -> dict[str, Any]:
        """Return what the lines carry, by variable."""
        values: dict[str, Any] = {}
        inside = dict(seen) if self.cumulative and len(self.lines) > 1 else seen
        for line in self.lines:
            value = line.value(inside, machine)
            name = line.path[0]
            values[name] = nested(values.get(name), line.path[1:], value)
            if isinstance(inside, dict) and inside is not seen:
                inside[name] = values[name]
        return values

    def write_out(self, token: Token, machine: Machine) -> None:
        """Read the lines inside the activity and write them outside, keeping other keys of contexts they go into."""
        seen = token.visible()
        if len(self.lines) > 1:
            seen = dict(seen)
        # An instance of a multi-instance activity writes to its own scope first: the result that is collected lives there.
        scope = token.scope if token.index is None else token.variables
        values: dict[str, Any] = {}
        for line in self.lines:
            name = line.path[0]
            old = values.get(name, scope.holder(name).variables.get(name)) if len(line.path) > 1 else None
            values[name] = nested(old, line.path[1:], line.value(seen, machine))
            if len(self.lines) > 1:
                seen[name] = values[name]
        machine.assign(token, scope, values)


def nested(old: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return ``old`` with ``value`` at ``path``: a new context, other keys kept.

    >>> nested({"a": 1, "b": {"c": 2}}, ("b", "d"), 3)
    {'a': 1, 'b': {'c': 2, 'd': 3}}
    """
    if not path:
        return value
    kept: dict[str, Any] = dict(old) if isinstance(old, dict) else {}  # pyright: ignore[reportUnknownArgumentType]
    kept[path[0]] = nested(kept.get(path[0]), path[1:], value)
    return kept
