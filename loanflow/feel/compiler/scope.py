"""What a name means while a tree is compiled: a slot of the frame, an entry of a filtered item, a variable, a built-in.

A frame is a list: the variables' mapping, the run, then one slot for each name that the text itself introduces.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from loanflow.feel.builtins.declaration import BuiltIn
from loanflow.feel.syntax import tree
from loanflow.feel.types import FeelType

Frame = list[Any]
Step = Callable[[Frame], Any]
Types = Callable[[str], FeelType | None]

VARIABLES, RUN, FIRST_SLOT = 0, 1, 2
CAMUNDA: Final = frozenset({"camunda7", "camunda8"})


class Item:
    """The level of a filter: names are looked up among the item's entries when it runs."""

    __slots__ = ("slot",)

    def __init__(self, slot: int) -> None:
        self.slot = slot


class Scope:
    """The names in scope at one place; shared by the whole text, grown and shrunk as the tree is walked."""

    def __init__(
        self,
        compilers: Mapping[type[tree.Node], Callable[[Any, Scope], Step]],
        *,
        built_ins: Mapping[str, BuiltIn],
        declared: frozenset[str],
        dialect: str,
        types: Types | None,
    ) -> None:
        self._compilers = compilers
        self.built_ins = built_ins
        self.declared = declared
        self.dialect = dialect
        self.camunda = dialect in CAMUNDA
        self.types = types
        self.levels: list[Item | dict[str, int]] = []
        self.size = FIRST_SLOT
        self.reads: set[str] = set()

    def compile(self, node: tree.Node) -> Step:
        """Return the function that evaluates a node."""
        return self._compilers[type(node)](node, self)

    def new_slot(self) -> int:
        """Reserve a slot of the frame."""
        self.size += 1
        return self.size - 1

    @contextmanager
    def names(self, slots: dict[str, int]) -> Generator[dict[str, int]]:
        """Know these names inside the block."""
        self.levels.append(slots)
        try:
            yield slots
        finally:
            self.levels.pop()

    @contextmanager
    def item(self, slot: int) -> Generator[None]:
        """Know the entries of the item in that slot inside the block."""
        self.levels.append(Item(slot))
        try:
            yield
        finally:
            self.levels.pop()

    def find(self, name: str) -> tuple[tuple[int, ...], int | None]:
        """Return the slots of items to ask first, innermost first, and the name's own slot, None for a variable."""
        items: list[int] = []
        for level in reversed(self.levels):
            if isinstance(level, Item):
                items.append(level.slot)
            elif name in level:
                return tuple(items), level[name]
        return tuple(items), None

    def built_in(self, name: str) -> BuiltIn | None:
        """Return the built-in of that name; a variable of the same name, when there is one, is read as well."""
        if name in self.declared and name in self.built_ins:
            self.reads.add(name)
        return self.built_ins.get(name)
