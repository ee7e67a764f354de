"""What a random process must do: which events may happen next, and what each of them brings about.

Blocks go on when the one before is done: no tokens, no flows, no diagram. What happens is noted with what it happened after,
so that a trace can be held to the order that the process demands and to no other.
"""

from __future__ import annotations

from tests.execution.random_models.activities import Activities
from tests.execution.random_models.blocks import (
    Activity,
    Block,
    Cancel,
    Catch,
    Choice,
    Compensate,
    Escalate,
    Link,
    Loop,
    Meet,
    Parallel,
    Pass,
    Race,
    RandomProcess,
    Script,
    Send,
    Sequence,
    Several,
    Stop,
    Terminate,
    Throw,
    exits,
)
from tests.execution.random_models.board import After, Key, Offer, Place, Then, Values


class Expectation(Activities):
    """A process under way."""

    def __init__(self, process: RandomProcess, variables: Values) -> None:
        super().__init__(process, variables)
        self.ended = False
        self.run_scope(self.root, process.body, "process", (), self._end, process.handlers)

    def _begin_step(self) -> None:
        self.events, self.sent = [], []

    def happen(self, key: Key, values: Values) -> None:
        """Let it happen; ``values`` are what a person or message gives."""
        self._begin_step()
        next(offer for offer in self.offers if offer.key == key).happen(values)

    def change(self, offer: Offer, values: Values) -> None:
        """Someone sets variables, as seen from where this waits."""
        self._begin_step()
        self.set(offer.place, values)

    def catches(self, offer: Offer) -> list[str]:
        """Return the error codes that someone around the task or job would catch."""
        return sorted({event.code or "E_other" for event, _ in self.catchers(offer.owner, offer.place.scope(), "error")})

    def fail(self, offer: Offer, code: str) -> None:
        """Let a person, or the handler of a job, throw an error; uncaught it is there until someone tries again."""
        self._begin_step()
        if not self.throw("error", offer.owner, offer.place.scope(), code, offer.owner.after):
            self.offers.remove(offer)
            assert offer.again is not None
            again = offer.again
            self.offer(offer.owner, "incident", offer.key.element, offer.place, lambda values: again())

    def _end(self, after: After) -> None:
        self.ended = True

    def run(self, block: Block, place: Place, after: After, then: Then, lost: Then) -> None:
        """Run a block; ``then`` follows it, ``lost`` is called where it ends for good."""
        match block:
            case Sequence(blocks):
                self.sequence(list(blocks), place, after, then, lost)
            case Pass():
                then(self.note(block.id, after))
            case Script():
                place.assign(block.counter, place.visible()[block.counter] + 1)
                then(self.note(block.id, after))
            case Catch():
                self.catch(block, place, after, then)
            case Link():
                then(self.note(f"{block.id}_in", self.note(f"{block.id}_out", after)))
            case Send():
                self.send(block, place, after, lost if block.ends else then)
            case Choice():
                self.choice(block, place, after, then, lost)
            case Parallel():
                self.parallel(block, place, after, then, lost)
            case Several():
                self.several(block, place, after, then, lost)
            case Loop():
                self.loop(block, place, after, then, lost)
            case Race():
                self.race(block, place, after, then, lost)
            case Meet():
                self.meet(block, place, after, lost)
            case Activity():
                self.activity(block, place, after, then, lost)
            case Stop():
                lost(self.note(block.id, after))
            case Throw():
                self.fault(block, place, after)
            case Escalate():
                before = place.scope().cancellations
                self.throw("escalation", None, place.scope(), block.code, after)
                if place.scope().cancellations == before:
                    (lost if block.ends else then)(self.note(block.id, after))
            case Compensate():
                then(self.note(block.id, self.undo(place.scope(), after)))
            case Cancel():
                scope = place.scope()
                self.empty(scope)
                after = self.note(block.id, self.undo(scope, after))
                self.throw("cancel", None, scope, "", after)
            case Terminate():
                self.terminate(block, place.scope(), after)

    def catch(self, block: Catch, place: Place, after: After, then: Then) -> None:
        running = self.begin(place, block)
        missing = set(block.triggers)

        def happen(kind: str, values: Values) -> None:
            missing.discard(kind)
            if not missing or not block.every:
                self.go_on(running, block.id, after, then)

        for kind in self.wait_for(running, block, block.id, place, happen):
            happen(kind, {})

    def send(self, block: Send, place: Place, after: After, then: Then) -> None:
        if block.work:
            running = self.begin(place, block)
            running.after = after
            self.ask(running, "job", place, after, lambda reached: self.go_on(running, block.id, reached, then))
        else:
            self.sent.append(block.id)
            then(self.note(block.id, after))

    def fault(self, block: Throw, place: Place, after: After) -> None:
        running = self.begin(place, block)

        def attempt(values: Values) -> None:
            if not self.throw("error", None, place.scope(), block.code, after):
                self.offer(running, "incident", block.id, place, attempt)

        attempt({})

    def choice(self, block: Choice, place: Place, after: After, then: Then, lost: Then) -> None:
        value = place.visible()[block.variable]
        last = len(block.branches) - 1
        number = next((number for number in range(last) if value <= number), last)
        taken = block.branches[number]

        def met(reached: After) -> None:
            then(self.note(f"{block.id}_in", self.note(f"{block.id}_out{number}", reached)) if block.meeting == "link" else reached)

        self.run(taken, place, after, met, lost if exits(taken) else self.part(place, after, lost))

    def meet(self, block: Meet, place: Place, after: After, lost: Then) -> None:
        scope = place.scope()
        scope.paths += len(block.branches) - 1
        left = len(block.branches)
        task = Activity(block.task, "user")

        def gone(reached: After) -> None:
            nonlocal left
            left -= 1
            (self.ender(scope) if left else lost)(reached)

        def end(reached: After) -> None:
            gone(self.note(f"{block.id}_end", reached))

        for branch in block.branches:
            self.run(branch, place, after, lambda reached: self.run(task, place, reached, end, gone), gone)

    def sequence(self, blocks: list[Block], place: Place, after: After, then: Then, lost: Then) -> None:
        if not blocks:
            then(after)
        else:
            self.run(blocks[0], place, after, lambda reached: self.sequence(blocks[1:], place, reached, then, lost), lost)

    def parallel(self, block: Parallel, place: Place, after: After, then: Then, lost: Then) -> None:
        after = after if block.gateway else self.note(block.id, after)
        scope = place.scope()
        scope.paths += len(block.branches) - 1
        arrived: list[After] = []
        wanted = sum(map(exits, block.branches))

        def arrive(reached: After) -> None:
            arrived.append(reached)
            if len(arrived) == wanted:
                scope.paths -= wanted - 1
                then(tuple(event for each in arrived for event in each))

        for branch in block.branches:
            # A branch that never arrives is no loss to the join: it is not drawn to it.
            self.run(branch, place, after, arrive, self.ender(scope))

    def several(self, block: Several, place: Place, after: After, then: Then, lost: Then) -> None:
        after = after if block.gateway else self.note(block.id, after)
        seen = place.visible()
        taken = [branch for number, branch in enumerate(block.branches[:-1]) if number >= block.always and seen[block.variable(number)] > 0]
        taken = [*block.branches[: block.always], *(taken or block.branches[-1:])]
        scope = place.scope()
        scope.paths += len(taken) - 1
        arrived: list[After] = []
        left = len(taken)

        def settle() -> None:
            nonlocal left
            left -= 1
            if left == 0 and arrived:
                scope.paths -= len(arrived) - 1
                then(tuple(event for each in arrived for event in each))

        def arrive(reached: After) -> None:
            arrived.append(reached)
            settle()

        def lose(reached: After) -> None:
            # Only the last of them takes the whole block along.
            if left == 1 and not arrived:
                lost(reached)
            else:
                self.ender(scope)(reached)
                settle()

        for branch in taken:
            self.run(branch, place, after, arrive, lose)

    def loop(self, block: Loop, place: Place, after: After, then: Then, lost: Then) -> None:
        place.assign(block.counter, 0)

        def round_done(reached: After) -> None:
            place.assign(block.counter, place.visible()[block.counter] + 1)
            reached = self.note(f"{block.id}_count", reached)
            seen = place.visible()
            if seen[block.counter] < seen[block.limit]:
                self.run(block.body, place, reached, round_done, lost)
            else:
                then(reached)

        self.run(block.body, place, self.note(f"{block.id}_start", after), round_done, lost)

    def race(self, block: Race, place: Place, after: After, then: Then, lost: Then) -> None:
        running = self.begin(place, block)
        now: list[tuple[Catch, Sequence]] = []

        def happen(catch: Catch, path: Sequence) -> None:
            self.go_on(running, catch.id, after, lambda reached: self.run(path, place, reached, then, lost))

        for catch, path in block.branches:
            if self.wait_for(running, catch, catch.id, place, lambda kind, values, one=catch, way=path: happen(one, way)):
                now.append((catch, path))
        for catch, path in now[:1]:
            happen(catch, path)
