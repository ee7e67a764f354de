"""Multi-instance activities (BPMN 2.0.2, 13.3.7 "Multi-Instance Characteristics" of clause 13.3 "Activities").

The activity's token waits while its instances run. Its body scope holds the counters, named as the dialect names them, in Camunda 8
the results so far instead; each instance has a scope of its own with ``loopCounter`` and its item. The body's memo is
``[instances, started, completed, terminated, results, items]``; results only where they are not in the scope, items only where
instances start one after the other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from loanflow.execution import conditions
from loanflow.execution.expressions import Formula, Stuck
from loanflow.execution.flow_nodes.repetition import Repetition
from loanflow.execution.tokens import Scope, Stage, Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine

CAMUNDA7_COUNTERS = ("nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances", "nrOfTerminatedInstances")
CAMUNDA8_COUNTERS = ("numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances")

_TOTAL, _STARTED, _COMPLETED, _TERMINATED, _RESULTS, _ITEMS = range(6)
_ALL, _ACTIVE, _COMPLETED_OF_ALL = range(3)


class Instances(Repetition):
    """How often an activity runs at once or in sequence, and what becomes of the results; immutable."""

    sequential: bool = False
    cardinality: Formula | None = None
    collection: Formula | None = None
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: Formula | None = None
    output_local: str | None = None
    completion_condition: Formula | None = None
    counters: tuple[tuple[str, str, str, str], ...] = (CAMUNDA7_COUNTERS,)
    counts_are_variables: bool = True
    """Whether the instances see the counters, and conditions on the border their changes; in Camunda 8 only completion conditions do."""
    results_are_variable: bool = False
    """Whether the instances see the results so far, as in Camunda 8."""

    def begin(self, machine: Machine, token: Token) -> bool:
        """Start the first instance, or all of them; True where there is nothing to do."""
        items, total = self._items(machine, token)
        limit = machine.limits.instances
        if total > limit:
            raise Stuck("instance-budget", f"{self.words}: {total} instances are more than the limit of {limit}")
        if total > machine.instances_left:
            raise Stuck("instance-budget", f"{self.words}: {total} more instances in one command are more than the limit of {limit * 3}")
        machine.instances_left -= 1 if self.sequential else total
        token.memo = [total, 0, 0, 0, None, items if self.sequential else None]
        self.open_body(token)
        if self.output_collection:
            self._keep(token, [None] * total)
        assert token.body is not None
        self._count(token, token.body.variables)
        if not total:
            return True
        token.wait = Wait.MULTI_INSTANCE
        for index in range(1 if self.sequential else total):
            self._start(machine, token, index, items[index] if items is not None else None)
        self._count(token, token.body.variables)
        self._tell(machine, token, _ALL, _COMPLETED_OF_ALL, _ACTIVE, is_new=True)
        if self.sequential:
            self._tell_item(machine, token, is_new=True)
        return False

    def instance_ended(self, machine: Machine, token: Token) -> None:
        """One instance is done: keep its result, look at the completion condition, start the next or finish."""
        body = token.scope.owner
        assert body is not None
        assert body.body is not None
        assert token.index is not None
        memo = body.memo
        seen = token.visible()
        results = self._with_result(
            body, token.index, self.output_element.value(seen, machine) if self.output_element is not None else None
        )
        enough = self._enough(machine, body, dict(seen), results)
        machine.record("element.completed", token, {"instance": token.index})
        machine.drop(token)
        memo[_COMPLETED] += 1
        if results is not None:
            self._keep(body, results)
        if enough:
            memo[_TERMINATED] += memo[_TOTAL] - memo[_COMPLETED] if not self.sequential else 0
            machine.interrupt_inside(body.body, f"{self.words}: the completion condition holds")
        elif memo[_STARTED] < memo[_TOTAL] and self.sequential:
            self._start_next(machine, body)
        self._count(body, body.body.variables)
        # What the last one in sequence changes is not looked at: the activity is left already.
        if not self.sequential:
            self._tell(machine, body, _COMPLETED_OF_ALL, _ACTIVE)
        elif body.body.tokens:
            self._tell(machine, body, _COMPLETED_OF_ALL)
            self._tell_item(machine, body)
        if not body.body.tokens:
            machine.proceed(body, Stage.FINISHING)

    # Conditions on the border

    def border(self, token: Token) -> Scope:
        """Return the scope that holds the counters, once there is one."""
        return super().border(token) if token.body is None or not self.counts_are_variables else token.body

    def seen_at_border(self, token: Token) -> dict[str, Any]:
        """Return the counters too and, in sequence, number and item of the instance that runs."""
        seen = super().seen_at_border(token)
        if not self.sequential or token.body is None or not self.counts_are_variables:
            return seen
        index, items = token.memo[_STARTED] - 1, token.memo[_ITEMS]
        item = {self.element_variable: items[index]} if self.element_variable and items is not None else {}
        return {**seen, "loopCounter": Decimal(self.first + index), **item}

    def _tell(self, machine: Machine, body: Token, *counts: int, is_new: bool = False) -> None:
        if machine.conditional and self.counts_are_variables:
            assert body.body is not None
            for names in self.counters:
                for count in counts:
                    conditions.changed(machine, body.body, names[count], is_new=is_new)

    def _tell_item(self, machine: Machine, body: Token, *, is_new: bool = False) -> None:
        if machine.conditional and self.counts_are_variables:
            assert body.body is not None
            for name in ("loopCounter", self.element_variable if self.collection is not None else None):
                if name:
                    conditions.changed(machine, body.body, name, is_new=is_new)

    # By hand

    def add(self, machine: Machine, body: Token, item: Any) -> None:
        """Let one more instance run, with this item; where they run one after the other, it comes next."""
        memo = body.memo
        limit = machine.limits.instances
        if memo[_TOTAL] >= limit:
            raise Stuck("instance-budget", f"{self.words}: one more instance is more than the limit of {limit}")
        memo[_TOTAL] += 1
        results = self._results(body)
        if results is not None:
            self._keep(body, [*results, None])
        if not self.sequential:
            self._start(machine, body, memo[_STARTED], item)
        elif memo[_ITEMS] is not None:
            memo[_ITEMS].insert(memo[_STARTED], item)
        assert body.body is not None
        self._count(body, body.body.variables)
        self._tell(machine, body, _ALL, _ACTIVE)

    def removed(self, machine: Machine, body: Token, index: int) -> None:
        """An instance was taken off the board: there is one less to count, and perhaps enough are done now."""
        assert body.body is not None
        memo = body.memo
        memo[_TOTAL] -= 1
        if self.sequential:
            # The next one takes its place.
            memo[_STARTED] -= 1
            results = self._results(body)
            if results is not None:
                self._keep(body, results[:index] + results[index + 1 :])
            if memo[_ITEMS] is not None:
                memo[_ITEMS].pop(index)
        else:
            memo[_TERMINATED] += 1
        self._count(body, body.body.variables)
        if body.body.tokens and self._enough_without(machine, body):
            memo[_TERMINATED] += len(body.body.tokens)
            machine.interrupt_inside(body.body, f"{self.words}: the completion condition holds")
        elif self.sequential and memo[_STARTED] < memo[_TOTAL]:
            self._start_next(machine, body)
        self._count(body, body.body.variables)
        self._tell(machine, body, _ALL, _ACTIVE)
        if not body.body.tokens:
            machine.proceed(body, Stage.FINISHING)

    def _enough_without(self, machine: Machine, body: Token) -> bool:
        condition = self.completion_condition
        if condition is None or not body.memo[_COMPLETED]:
            return False
        assert body.body is not None
        memo = body.memo
        seen = self._with_counts(dict(body.body.visible()), memo[_STARTED] - memo[_TERMINATED] - memo[_COMPLETED], memo[_COMPLETED], memo)
        if self.output_collection:
            seen[self.output_collection] = self._results(body)
        try:
            return condition.holds(seen, machine)
        except Stuck:
            # It speaks of what an instance has just answered; it is asked again when the next one is done.
            return False

    def hand_over(self, machine: Machine, token: Token) -> None:
        """Write the collected results outside."""
        if self.output_collection:
            machine.assign(token, token.scope, {self.output_collection: self._results(token)})
        token.memo = None

    # Results

    def begins_to_collect(self, token: Token, before: Instances) -> bool:
        """Say whether it gathers results, and ``before``, its former version, did not."""
        return bool(self.output_collection) and before._results(token) is None

    def take_over(self, token: Token, before: Instances) -> None:
        """Go on with the results that its former version has gathered; those it has not are null."""
        results = before._results(token)
        token.memo[_RESULTS] = None
        if before.output_collection and token.body is not None:
            token.body.variables.pop(before.output_collection, None)
        if self.output_collection:
            self._keep(token, [None] * token.memo[_TOTAL] if results is None else results)

    def _results(self, body: Token) -> list[Any] | None:
        kept: list[Any] | None = body.memo[_RESULTS]
        if kept is not None or body.body is None or not self.output_collection or not self.results_are_variable:
            return kept
        return body.body.variables.get(self.output_collection)

    def _keep(self, body: Token, results: list[Any]) -> None:
        if self.results_are_variable and body.memo[_RESULTS] is None and self.output_collection and body.body is not None:
            body.body.variables[self.output_collection] = results
        else:
            body.memo[_RESULTS] = results

    def _with_result(self, body: Token, index: int, result: Any) -> list[Any] | None:
        if not self.output_collection:
            return None
        results: Any = self._results(body)
        if not isinstance(results, list) or index >= len(results):  # pyright: ignore[reportUnknownArgumentType]
            raise Stuck(
                "expression-failed",
                f"{self.words}: the output collection {self.output_collection!r} has no place for the result of instance {index + 1}; "
                "expected nothing inside the activity to write over it",
            )
        return [*results[:index], result, *results[index + 1 :]]

    def _start_next(self, machine: Machine, body: Token) -> None:
        index, items = body.memo[_STARTED], body.memo[_ITEMS]
        self._start(machine, body, index, items[index] if items is not None else None)

    def _start(self, machine: Machine, token: Token, index: int, item: Any) -> None:
        variables: dict[str, Any] = {}
        if self.output_local is not None:
            variables[self.output_local] = None
        if self.element_variable and self.collection is not None:
            variables[self.element_variable] = item
        self.start_instance(machine, token, index, variables)
        token.memo[_STARTED] += 1

    def _items(self, machine: Machine, token: Token) -> tuple[list[Any] | None, int]:
        seen = token.visible()
        if self.collection is not None:
            items = self.collection.required(seen, machine)
            if not isinstance(items, list):
                raise self.collection.failed("gave no list of items")
            return list(items), len(items)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        assert self.cardinality is not None
        total = self.cardinality.integer(seen, machine)
        if total < 0:
            raise self.cardinality.failed(f"gave {total} instances")
        return None, total

    def _enough(self, machine: Machine, body: Token, seen: dict[str, Any], results: list[Any] | None) -> bool:
        condition = self.completion_condition
        if condition is None:
            return False
        memo = body.memo
        active = memo[_STARTED] - memo[_TERMINATED] - memo[_COMPLETED] - 1
        self._with_counts(seen, active, memo[_COMPLETED] + 1, memo)
        if results is not None and self.output_collection:
            seen[self.output_collection] = results
        return condition.holds(seen, machine)

    def _with_counts(self, seen: dict[str, Any], active: int, completed: int, memo: list[Any]) -> dict[str, Any]:
        # Camunda 8 counts instances as they are made.
        total = memo[_STARTED] if self.sequential and not self.counts_are_variables else memo[_TOTAL]
        for names in self.counters:
            seen.update(zip(names, map(Decimal, (total, active, completed, memo[_TERMINATED])), strict=True))
        return seen

    def _count(self, body: Token, variables: dict[str, Any]) -> None:
        if not self.counts_are_variables:
            return
        memo = body.memo
        active = memo[_STARTED] - memo[_COMPLETED] - memo[_TERMINATED]
        counts = (memo[_TOTAL], max(active, 0), memo[_COMPLETED], memo[_TERMINATED])
        for names in self.counters:
            variables.update(zip(names, map(Decimal, counts), strict=True))
