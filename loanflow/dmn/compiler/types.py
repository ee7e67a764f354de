"""From item definitions to FEEL types (DMN 7.3.2 "ItemDefinition", 10.3.2.9 "Type conformance").

A type that contains itself is taken as any from the second time on: its values are trees, its declaration need not end.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from loanflow.dmn.compiler.findings import Findings, Place
from loanflow.dmn.model import Dialect, ItemDefinition, Model, UnaryTests
from loanflow.feel import ANY, BUILT_IN_TYPES, CompiledUnaryTests, FeelSyntaxError, FeelType, FeelValue, compile_unary_tests
from loanflow.problems import Severity

# Camunda 7's names for types, by what FEEL calls them; Modeler 5 offers them for either platform.
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "integer": "number",
        "long": "number",
        "double": "number",
        "dateTime": "date and time",
        "dayTimeDuration": "days and time duration",
        "yearMonthDuration": "years and months duration",
        "days and time duration": "days and time duration",
        "years and months duration": "years and months duration",
        "any": "Any",
        "Any": "Any",
    }
)


class Types:
    """The types that a model's names may mean: FEEL's own, its item definitions, and those it imports by a name or without one."""

    def __init__(self, model: Model, *, imported: Sequence[tuple[str, Types]], findings: Findings, names: frozenset[str]) -> None:
        self._definitions = {definition.name: definition for definition in model.item_definitions}
        self._model = model
        self._imported = imported
        self._findings = findings
        self._names = names
        self._known: dict[str, FeelType] = {}

    def build(self) -> None:
        """Build every type, so that what is wrong with one is noted even where nobody uses it."""
        for definition in self._model.item_definitions:
            self._defined(definition.name, frozenset())

    def find(self, name: str | None) -> FeelType | None:
        """Return the type of that name; any for None, None where there is no such type."""
        return self._find(name, frozenset())

    def finder(self) -> Callable[[str], FeelType | None] | None:
        """Return how ``instance of`` finds types; None where FEEL's own are all there are, which lets FEEL share its work.

        ``instance of`` goes by structure: allowed values do not matter to it.
        """
        return self._unrestricted if self._definitions or self._imported else None

    def _unrestricted(self, name: str) -> FeelType | None:
        found = self.find(name)
        return None if found is None else found.unrestricted()

    def declares(self, name: str | None) -> bool:
        """Say whether a name is a type of this model or its imports, not one of FEEL's own."""
        return name is not None and (name in self._definitions or "." in name)

    def suggestions(self) -> Iterable[str]:
        """Return the names that could have been meant."""
        return (*self._definitions, *(name for name in BUILT_IN_TYPES if name not in ("Null", "range", "list")))

    def _find(self, name: str | None, visiting: frozenset[str]) -> FeelType | None:
        if name is None:
            return ANY
        if name in self._definitions:
            return self._defined(name, visiting)
        for prefix, types in self._imported:
            if not prefix and types.declares(name):
                return types.find(name)
            if prefix and name.startswith(f"{prefix}."):
                return types.find(name[len(prefix) + 1 :])
        found = BUILT_IN_TYPES.get(_ALIASES.get(name, name))
        if found is None and self._model.dialect is Dialect.CAMUNDA7:
            # Camunda 7 does not mind the case of a type: "Integer" and "String" stand in many an older file.
            found = BUILT_IN_TYPES.get(_ALIASES.get(name.lower(), name.lower()))
        return found

    def _defined(self, name: str, visiting: frozenset[str]) -> FeelType:
        if name in visiting:
            return ANY
        known = self._known.get(name)
        if known is None:
            built = self._build(self._definitions[name], visiting | {name})
            # Only the outermost visit sees the whole type.
            if visiting:
                return built
            known = self._known[name] = built
        return known

    def _build(self, definition: ItemDefinition, visiting: frozenset[str]) -> FeelType:
        place = Place(
            file=self._model.file,
            line=definition.line,
            element_type="data type",
            element_id=definition.id,
            element_name=definition.name,
        )
        if definition.components:
            base = FeelType(
                "context",
                fields=tuple((component.name, self._build(component, visiting)) for component in definition.components),
            )
        elif definition.function_item is not None:
            item = definition.function_item
            base = FeelType(
                "function",
                parameters=tuple(self._found(parameter.type_ref, place, visiting) for parameter in item.parameters),
                element=self._found(item.output_type_ref, place, visiting),
            )
        else:
            base = self._found(definition.type_ref, place, visiting)
        base = self._restricted(base, definition.allowed_values, place, per_item=True)
        if definition.is_collection:
            base = FeelType("list", element=base)
        return self._restricted(base, definition.type_constraint, place, per_item=False)

    def _found(self, name: str | None, place: Place, visiting: frozenset[str]) -> FeelType:
        found = self._find(name, visiting)
        if found is None:
            unknown_type(name or "", place, self, self._findings)
            return ANY
        return found

    def _restricted(self, base: FeelType, tests: UnaryTests | None, place: Place, *, per_item: bool) -> FeelType:
        if tests is None:
            return base
        try:
            compiled = compile_unary_tests(tests.text, dialect=self._model.dialect.value, names=self._names, types=self.finder())
        except FeelSyntaxError as error:
            self._findings.syntax(error, place.at(tests.line, inside="allowed values"))
            return base
        # A list by reference is restricted item by item (allowed values), or as a whole (constraint).
        if per_item and base.kind == "list" and base.element is not None:
            return FeelType("list", element=_narrowed(base.element, compiled), allowed=base.allowed)
        return _narrowed(base, compiled)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values a type is narrowed to: those that pass every one of its tests."""

    tests: tuple[CompiledUnaryTests, ...]

    def __call__(self, value: FeelValue) -> bool:
        """Say whether a value is allowed."""
        return all(tests.test(value, {}) is True for tests in self.tests)


def _narrowed(base: FeelType, tests: CompiledUnaryTests) -> FeelType:
    before = base.allowed.tests if isinstance(base.allowed, Allowed) else ()
    return FeelType(base.kind, element=base.element, fields=base.fields, parameters=base.parameters, allowed=Allowed((*before, tests)))


def unknown_type(name: str, place: Place, types: Types, findings: Findings) -> None:
    """Note a type that nobody declared; it is taken as any, so this is a warning."""
    near = difflib.get_close_matches(name, list(types.suggestions()), n=1)
    findings.report(
        "dmn/unknown-type",
        f"there is no type {name!r}; any value is accepted",
        place,
        severity=Severity.WARNING,
        property="typeRef",
        expected="a type of FEEL or a data type of this model",
        found=name,
        hint=f"did you mean {near[0]}?" if near else None,
    )
