"""Who somebody was: people by their names, programs by what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loanflow_web.accounts import Accounts, User
from loanflow_web.translation import gettext as _


@dataclass(frozen=True, slots=True)
class People:
    """The people of a page, looked up with one query."""

    known: dict[str, User]
    lang: str

    @classmethod
    def among(cls, accounts: Accounts, ids: Iterable[str | None], lang: str) -> People:
        """Look up everyone among these ids."""
        return cls(accounts.names({each for each in ids if each}), lang)

    def name(self, user_id: str | None) -> str:
        """Return what somebody is called; an id nobody here has stands for itself."""
        if user_id is None:
            return ""
        if user_id == "worker":
            return _("System")
        user = self.known.get(user_id)
        return user.words(self.lang) if user else user_id

    def initial(self, user_id: str) -> str:
        """Return the letter of the round mark."""
        user = self.known.get(user_id)
        return user.initial(self.lang) if user else user_id[:1].upper()

    def is_person(self, user_id: str) -> bool:
        """Whether this is somebody rather than a program."""
        return user_id in self.known
