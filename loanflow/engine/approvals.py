"""The approval verbs: what people in a bank do with a task besides completing it, each with a ``can_...()`` that says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from loanflow.engine import copies, delegation, sending_back, signers
from loanflow.engine.actor import Actor
from loanflow.engine.command import Command, House, Runner
from loanflow.engine.refusal import Refusal, refusal_of
from loanflow.engine.sending_back import Round, Target
from loanflow.records import Case, Copy, Signing, Task
from loanflow.store import Page

By = str | Actor
_NOTHING: Mapping[str, Any] = {}


class Approvals:
    """Sending back, recalling, adding signers, passing on, copying and urging.

    Every verb is one command: done whole or refused whole, with an entry in the case's history. Every ``can_...`` gives the
    `Refusal` that the verb would give now, with a stable code and words in English and Chinese, or None where it may be done;
    pages ask them, the commands decide for themselves.
    """

    def __init__(self, runner: Runner, house: House) -> None:
        self._runner = runner
        self._house = house

    # Send back (退回), recall (撤回), withdraw (撤件)

    def send_back_targets(self, task_id: str) -> tuple[Target, ...]:
        """Return where a task's case can be sent back to, the latest first, and why other places are closed."""
        return self._runner.read(lambda command: sending_back.targets(command, task_id))

    def send_back(self, task_id: str, to: str | None = None, *, by: By, reason: str, if_version: int | None = None) -> Case:
        """Send a case back to an activity (its element id) that was done before the task; None: the last one a person did.

        Everything that came of it is undone, also behind joins; what runs beside it stays. Another round begins, and whoever
        did the activity has it again.
        """
        return self._runner.run(lambda command: sending_back.send_back(command, task_id, to, reason, if_version), by=_actor(by))

    def can_send_back(self, task_id: str, to: str | None = None, *, by: By) -> Refusal | None:
        """Say why someone may not send a case back there."""
        return self._can(lambda command: sending_back.check_send_back(command, task_id, to), by)

    def recall(self, task_id: str, *, by: By, reason: str = "") -> Task:
        """Take back what one has completed, while nobody has built on it; return the task that is open again.

        Where listeners of the model come before it opens, the task that was done is returned.
        """
        return self._runner.run(lambda command: sending_back.recall(command, task_id, reason), by=_actor(by))

    def can_recall(self, task_id: str, *, by: By) -> Refusal | None:
        """Say why someone may not recall what they completed."""
        return self._can(lambda command: sending_back.check_recall(command, task_id), by)

    def withdraw(self, case: str, *, by: By, reason: str = "") -> Case:
        """End a case that one has started oneself, while nobody else works on it."""
        return self._runner.run(lambda command: sending_back.withdraw(command, case, reason), by=_actor(by))

    def can_withdraw(self, case: str, *, by: By) -> Refusal | None:
        """Say why someone may not withdraw a case."""
        return self._can(lambda command: sending_back.check_withdraw(command, case), by)

    def rounds(self, case: str) -> tuple[Round, ...]:
        """Return a case's rounds in order: who began each, why, and what changed in it."""
        return self._runner.read(lambda command: sending_back.rounds(command, case))

    # Add and remove signers (加签, 减签)

    def add_signer(
        self, task_id: str, *people: str, position: str | Signing, by: By, rule: str | None = None, reason: str = ""
    ) -> tuple[Task, ...]:
        """Ask people to sign ``before``, ``after`` or in ``parallel`` with the task's holder; return their tasks.

        ``rule`` says how many must: ``all`` (default), ``any``, or a share such as ``0.6``; in parallel the holder counts
        with them. At a parallel multi-instance activity a signer in parallel is one more instance of it.
        """
        where = Signing(position)
        return self._runner.run(lambda command: signers.add(command, task_id, people, where, rule, reason), by=_actor(by))

    def can_add_signer(self, task_id: str, *people: str, position: str | Signing, by: By, rule: str | None = None) -> Refusal | None:
        """Say why someone may not add these signers."""
        return self._can(lambda command: signers.check_add(command, task_id, people, Signing(position), rule), by)

    def remove_signer(self, task_id: str, *, by: By, reason: str) -> Task:
        """Do without a signer who was added, or an instance of a multi-instance activity; the count shrinks."""
        return self._runner.run(lambda command: signers.remove(command, task_id, reason), by=_actor(by))

    def can_remove_signer(self, task_id: str, *, by: By) -> Refusal | None:
        """Say why someone may not remove a signer."""
        return self._can(lambda command: signers.check_remove(command, task_id), by)

    # Transfer (转办), delegate (委派)

    def transfer(self, task_id: str, to: By, *, by: By, reason: str, if_version: int | None = None) -> Task:
        """Give a task to somebody who does it in one's place."""
        return self._runner.run(lambda command: delegation.transfer(command, task_id, to, reason, if_version), by=_actor(by))

    def can_transfer(self, task_id: str, to: By | None = None, *, by: By) -> Refusal | None:
        """Say why someone may not transfer a task, to anybody or to that person."""
        return self._can(lambda command: delegation.check_transfer(command, task_id, to), by)

    def delegate(self, task_id: str, to: By, *, by: By, reason: str = "", if_version: int | None = None) -> Task:
        """Ask somebody for their opinion on a task; it comes back with it."""
        return self._runner.run(lambda command: delegation.delegate(command, task_id, to, reason, if_version), by=_actor(by))

    def can_delegate(self, task_id: str, to: By | None = None, *, by: By) -> Refusal | None:
        """Say why someone may not delegate a task, to anybody or to that person."""
        return self._can(lambda command: delegation.check_delegate(command, task_id, to), by)

    def resolve(self, task_id: str, opinion: Mapping[str, Any] = _NOTHING, *, by: By, if_version: int | None = None) -> Task:
        """Give a delegated task back to its owner, with an opinion."""
        return self._runner.run(lambda command: delegation.resolve(command, task_id, opinion, if_version), by=_actor(by))

    def can_resolve(self, task_id: str, *, by: By) -> Refusal | None:
        """Say why someone may not give a task back."""
        return self._can(lambda command: delegation.check_resolve(command, task_id), by)

    # Carbon copy (抄送), urge (催办)

    def copy_to(self, case: str, *people: str, by: By, task_id: str | None = None, note: str = "") -> tuple[Copy, ...]:
        """Bring a case, or one task of it, to people's notice; an unread copy is not doubled."""
        return self._runner.run(lambda command: copies.copy_to(command, case, people, task_id=task_id, note=note), by=_actor(by))

    def can_copy(self, case: str, *, by: By) -> Refusal | None:
        """Say why someone may not send copies of a case."""
        return self._can(lambda command: copies.check_copy(command, case), by)

    def read_copy(self, copy_id: str, *, by: By) -> Copy:
        """Note that one has looked at a copy."""
        return self._runner.run(lambda command: copies.read(command, copy_id), by=_actor(by))

    def copies(self, user: By, *, unread: bool = False, limit: int = 50, after: str | None = None) -> Page[Copy]:
        """List the copies somebody got, newest first."""
        return self._runner.read(lambda command: copies.page(command.transaction, _actor(user).id, unread=unread, limit=limit, after=after))

    def copies_of(self, case: str) -> tuple[Copy, ...]:
        """Return who was told of a case, and whether they have looked."""
        return self._runner.read(lambda command: copies.of_case(command, case))

    def urge(self, task_id: str, *, by: By, note: str = "") -> Task:
        """Remind whoever has a task that somebody waits for it; counted, and not too often."""
        return self._runner.run(lambda command: copies.urge(command, task_id, note), by=_actor(by))

    def can_urge(self, task_id: str, *, by: By) -> Refusal | None:
        """Say why someone may not urge a task now."""
        return self._can(lambda command: copies.check_urge(command, task_id), by)

    def _can(self, check: Callable[[Command], object], by: By) -> Refusal | None:
        # Commands decide as the actor who asks; a look runs as nobody.
        return self._runner.read(lambda command: refusal_of(lambda: check(replace(command, actor=_actor(by)))))


def _actor(by: By) -> Actor:
    return by if isinstance(by, Actor) else Actor(by)
