"""People who may log in, with their roles; and the demonstration people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from loanflow_web.database import users

ROLES = ("officer", "reviewer", "committee", "approver", "auditor", "admin")
DEMO_PASSWORD = "loanflow-demo"  # noqa: S105 - printed on the log-in page of a demonstration, on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person: ``id`` is what the history records, ``roles`` say what they may do, ``groups`` which tasks they are offered.

    Roles are groups, too; ``extra_groups`` are finer ones that only diagrams know, such as an approval level.
    """

    id: str
    name: str
    name_en: str
    roles: tuple[str, ...]
    extra_groups: tuple[str, ...] = ()
    branch: str = ""
    branch_en: str = ""
    disabled: bool = False
    featured: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """Every group the person is in, as the engine compares them with a task's candidates."""
        return (*self.roles, *self.extra_groups)

    def words(self, lang: str) -> str:
        """Return the name as this language writes it."""
        return self.name if lang == "zh" else self.name_en

    def branch_words(self, lang: str) -> str:
        """Return the branch as this language writes it."""
        return self.branch if lang == "zh" else self.branch_en

    def initial(self, lang: str) -> str:
        """Return the one or two letters of the round mark."""
        if lang == "zh":
            return self.name[:1]
        return "".join(word[:1] for word in self.name_en.split()[:2]).upper()


class Accounts:
    """The table of people."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def find(self, user_id: str) -> User | None:
        """Return a person, disabled or not, or None."""
        with self._database.connect() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
        return None if row is None else _user(row)

    def names(self, user_ids: Collection[str]) -> dict[str, User]:
        """Return the people among these ids, by id."""
        if not user_ids:
            return {}
        with self._database.connect() as connection:
            return {row.id: _user(row) for row in connection.execute(select(users).where(users.c.id.in_(sorted(user_ids))))}

    def everyone(self) -> tuple[User, ...]:
        """Return all people in the order of their ids."""
        with self._database.connect() as connection:
            return tuple(_user(row) for row in connection.execute(select(users).order_by(users.c.id)))

    def password_hash(self, user_id: str) -> str | None:
        """Return the stored hash, for the log-in desk alone."""
        with self._database.connect() as connection:
            return connection.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar_one_or_none()

    def add(self, user: User, *, password: str) -> bool:
        """Store a new person with a password and return True; False if the id is taken, and nothing changes.

        Raises:
            ValueError: a role that does not exist, or a password under 8 characters.
        """
        if unknown := set(user.roles) - set(ROLES):
            raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
        if len(password) < 8:
            raise ValueError("a password needs at least 8 characters")
        return self._insert(user, PasswordHasher().hash(password))

    def add_demo_users(self) -> None:
        """Make sure the demonstration people exist; those who do are left as they are.

        They share one known password, so one hash does for all of them.
        """
        known = {user.id for user in self.everyone()}
        missing = [user for user in demo_users() if user.id not in known]
        hashed = PasswordHasher().hash(DEMO_PASSWORD) if missing else ""
        for user in missing:
            self._insert(user, hashed)

    def _insert(self, user: User, password_hash: str) -> bool:
        row = {
            "id": user.id,
            "name": user.name,
            "name_en": user.name_en,
            "branch": user.branch,
            "branch_en": user.branch_en,
            "roles": list(user.roles),
            "extra_groups": list(user.extra_groups),
            "disabled": user.disabled,
            "password_hash": password_hash,
        }
        try:
            with self._database.begin() as connection:
                connection.execute(insert(users).values(row))
        except IntegrityError:
            return False
        return True

    def change_roles(self, user_id: str, roles: Collection[str]) -> None:
        """Give a person other roles; they count from the next request on."""
        with self._database.begin() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(roles=list(roles)))

    def disable(self, user_id: str) -> None:
        """Shut a person out; the next request of an open session is refused."""
        with self._database.begin() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(disabled=True))


def demo_users() -> tuple[User, ...]:
    """Return the demonstration bank's staff, and an administrator; ``featured`` are one for each role, two officers."""
    from loanflow.lending import STAFF

    seen: dict[tuple[str, ...], int] = {}
    people: list[User] = []
    for person in STAFF:
        roles = tuple(group for group in person.groups if group in ROLES)
        # The loan officer who starts a case may not check it: two of them show the four eyes.
        limit = 2 if roles in (("officer",), ("committee",)) else 1
        seen[person.groups] = seen.get(person.groups, 0) + 1
        people.append(
            User(
                id=person.id,
                name=person.name,
                name_en=person.name_en,
                roles=roles,
                extra_groups=tuple(group for group in person.groups if group not in ROLES),
                branch=person.title,
                featured=seen[person.groups] <= limit,
            )
        )
    people.append(User(id="admin", name="管理员", name_en="Administrator", roles=("admin",), branch="", featured=True))
    return tuple(people)


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        roles=tuple(row.roles),
        extra_groups=tuple(row.extra_groups),
        branch=row.branch,
        branch_en=row.branch_en,
        disabled=row.disabled,
    )
