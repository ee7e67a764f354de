"""Who gives a command: a person or a program, as it will stand in the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or service that commands.

    ``id`` is what assignments, four eyes and the history compare. ``groups`` are the groups the embedding program
    vouches for. ``source`` says where the command came from (``web:10.1.2.3``, ``cli``, ``worker``); it goes into the
    history. ``is_system`` marks a program acting for nobody: it is not held to candidate lists.

    >>> Actor("li.na", groups=("reviewer",), source="web:10.1.2.3").groups
    ('reviewer',)
    """

    id: str
    groups: tuple[str, ...] = ()
    source: str | None = None
    is_system: bool = False

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("an actor needs an id: the history has to say who it was")

    @classmethod
    def of(cls, by: str | Actor) -> Actor:
        """Return who commands: a bare id is a person of whom nothing more is known."""
        return by if isinstance(by, Actor) else cls(by)

    @classmethod
    def system(cls, name: str, *, source: str | None = None) -> Self:
        """Return a program that acts for nobody, such as the worker."""
        return cls(id=name, source=source or name, is_system=True)
