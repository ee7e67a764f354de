"""Activities that run more than once: what every kind of repetition does, and the standard loop.

The activity's token waits while instances run in its body scope; each instance is a token with a number and a scope of
its own that holds ``loopCounter``. Multi-instance is in `multi_instance`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from loanflow.errors import CommandError
from loanflow.execution.expressions import Formula
from loanflow.execution.tokens import Scope, Stage, Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine


class Repetition:
    """How often an activity runs; immutable. ``first`` is the first value of ``loopCounter``."""

    first: int = 0
    body_nodes: int = 1
    sequential: bool = True
    output_collection: str | None = None

    def __init__(self, words: str) -> None:
        self.words = words

    def begin(self, machine: Machine, token: Token) -> bool:
        """Start the first instance, or all of them; True where there is nothing to do."""
        raise NotImplementedError

    def instance_ended(self, machine: Machine, token: Token) -> None:
        """One instance is done: start the next, or let the activity go on."""
        raise NotImplementedError

    def hand_over(self, machine: Machine, token: Token) -> None:
        """All instances are done: write outside what they gave together."""
        del machine
        token.memo = None

    # Conditions on the border

    def border(self, token: Token) -> Scope:
        """Return the scope from which conditions on the border of the activity look out."""
        return token.variables

    def seen_at_border(self, token: Token) -> dict[str, Any]:
        """Return the variables such a condition sees."""
        return self.border(token).visible()

    # By hand

    def add(self, machine: Machine, body: Token, item: Any) -> None:
        """Let one more instance run, with this item.

        Raises:
            CommandError: the number of instances is not for people to say.
        """
        raise CommandError(
            f"{self.words} repeats by its loop condition: there are no instances to add",
            code="not-multi-instance",
            zh=f"{self.words}按循环条件重复，不能增加实例",
        )

    def removed(self, machine: Machine, body: Token, index: int) -> None:
        """An instance was taken off the board: the activity goes on."""
        machine.proceed(body, Stage.FINISHING)

    # Instances

    def open_body(self, token: Token) -> Scope:
        """Make the scope that the instances live in."""
        token.body = Scope(program=token.scope.program, parent=token.scope, owner=token, depth=token.scope.depth)
        return token.body

    def start_instance(self, machine: Machine, token: Token, index: int, variables: dict[str, Any]) -> None:
        """Put a token on the instance with this number, counted from 0."""
        assert token.body is not None
        instance = machine.new_token(token.task_spec, token.body)
        instance.index = index
        variables = {"loopCounter": Decimal(self.first + index), **variables}
        instance.own = Scope(program=token.scope.program, parent=token.body, owner=instance, variables=variables, depth=token.scope.depth)
        machine.grant_steps(self.body_nodes)
        machine.ready.append(instance)


class Loop(Repetition):
    """A standard loop (BPMN 2.0.2, 13.3.6 "Loop Activity"): again while ``condition`` holds, at most ``maximum`` times.

    ``test_before`` looks at the condition before the first run too.
    """

    condition: Formula | None = None
    maximum: int | None = None
    test_before: bool = False

    def begin(self, machine: Machine, token: Token) -> bool:
        """Run it the first time, unless the condition says otherwise."""
        if self.test_before and not self._again(machine, token, token.scope, 0):
            return True
        self.open_body(token)
        token.wait = Wait.MULTI_INSTANCE
        self.start_instance(machine, token, 0, {})
        return False

    def instance_ended(self, machine: Machine, token: Token) -> None:
        """Run it again, or go on."""
        body = token.scope.owner
        assert body is not None
        assert token.index is not None
        done = token.index + 1
        again = self._again(machine, token, token.variables, done)
        machine.record("element.completed", token, {"instance": token.index})
        machine.drop(token)
        if again:
            self.start_instance(machine, body, done, {})
        else:
            machine.proceed(body, Stage.FINISHING)

    def _again(self, machine: Machine, token: Token, scope: Scope, done: int) -> bool:
        if self.maximum is not None and done >= self.maximum:
            return False
        seen = {**scope.visible(), "loopCounter": Decimal(self.first + done)}
        return self.condition is None or self.condition.holds(seen, machine)
