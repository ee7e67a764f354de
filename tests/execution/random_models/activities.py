"""How an activity of a random process runs: what waits on its border, its instances, what is inside."""

from __future__ import annotations

from tests.execution.random_models.blocks import Activity, Boundary, Instances, Repeat
from tests.execution.random_models.board import After, Completed, Event, Place, Running, Then, Values, loops_of
from tests.execution.random_models.scopes import Scopes, waits


class Activities(Scopes):
    def activity(self, block: Activity, place: Place, after: After, then: Then, lost: Then) -> None:
        if block.save_point:
            running = self.begin(place, block)

            def resume(values: Values) -> None:
                self.close(running)
                self.enter(block, place, after, then, lost)

            self.offer(running, "continuation", block.id, place, resume)
        else:
            self.enter(block, place, after, then, lost)

    def enter(self, block: Activity, place: Place, after: After, then: Then, lost: Then) -> None:
        running = self.begin(place, block)
        running.after = after

        def follow(boundary: Boundary, reached: After) -> None:
            # The path on a border goes on instead of the activity, or beside it.
            reached = self.note(boundary.id, reached)
            over = lost
            if not boundary.interrupting:
                over = self.ender(place.scope())
            elif not boundary.rejoins:
                over = self.part(place, reached, lost)
            done = then if boundary.rejoins else lambda ends: over(self.note(f"{boundary.id}_end", ends))
            self.run(boundary.path, place, reached, done, over)

        running.follow = follow
        now = [(event, kind) for event in block.boundaries if waits(event) for kind in self.watch(running, event, after)]
        for event, kind in now:
            if self.alive(running):
                self.strike(running, event, kind, after)
        if not self.alive(running):
            return

        def done(reached: After) -> None:
            self.close(running)
            if block.undo is not None or running.done:
                place.scope().done.append(Completed(block.undo, place, running.done))
            then(self.note(block.id, reached))

        match block.instances:
            case None:
                self.once(running, place, None, after, done)
            case Instances():
                self.many(running, place, after, done)
            case Repeat():
                self.repeat(running, place, after, done)

    def watch(self, running: Running, event: Boundary, after: After, kinds: tuple[str, ...] | None = None) -> list[str]:
        """Wait for an event on the border; return its triggers that happen at once."""
        return self.wait_for(
            running,
            event,
            event.id,
            running.place,
            lambda kind, values: self.strike(running, event, kind, after),
            kinds,
            anew=kinds is not None,
        )

    def strike(self, running: Running, event: Boundary, kind: str, after: After) -> None:
        """The event on the border has happened."""
        assert running.follow is not None
        if event.interrupting:
            self.close(running)
        else:
            running.place.scope().paths += 1
            if kind != "timer":
                self.watch(running, event, after, (kind,))
        running.follow(event, after)

    def once(self, running: Running, place: Place, number: int | None, after: After, done: Then) -> None:
        """One instance; ``place`` holds its own variables."""
        block: Activity = running.block
        if block.kind in ("user", "service"):
            self.ask(running, "task" if block.kind == "user" else "job", place, after, done)
            return
        called = block.kind == "call"
        inner = Place(None if called else place, place.visible() if called else {}, running, container=True)
        running.inner.append(inner)

        def over(reached: After) -> None:
            running.inner.remove(inner)
            running.done = inner.done if block.kind != "call" else []
            if block.kind == "call":
                for name in block.outputs:
                    place.assign(name, inner.variables[name])
            done(reached)

        if block.ad_hoc is not None:
            self.run_ad_hoc(inner, block, block.ad_hoc, after, over)
        else:
            assert block.body is not None
            self.run_scope(inner, block.body, block.id, after, over, block.handlers)

    def ask(self, running: Running, kind: str, place: Place, after: After, done: Then) -> None:
        """Offer a task or job, until it is completed."""

        def complete(values: Values) -> None:
            self.set(place, values)
            if offer in self.offers:
                self.offers.remove(offer)
                done(after)

        offer = self.offer(running, kind, running.block.id, place, complete, lasting=True)
        offer.again = lambda: self.ask(running, kind, place, after, done)

    def many(self, running: Running, place: Place, after: After, done: Then) -> None:
        block: Activity = running.block
        instances = block.instances
        assert isinstance(instances, Instances)
        items = place.visible()[block.collection]
        body = Place(place)
        reached: list[Event] = []
        completed = 0

        def start(number: int, since: After) -> None:
            own = {block.item: items[number]} | ({loop.counter: 0 for loop in loops_of(block)} if block.kind != "call" else {})
            self.once(running, Place(body, own), number, since, lambda ends: ended(number, ends))

        def ended(number: int, ends: After) -> None:
            nonlocal completed
            completed += 1
            reached.extend(self.note(block.id, ends, number))
            if completed == len(items) or (instances.enough is not None and completed >= instances.enough):
                self.clear(running, keep_border=True)
                done(tuple(reached))
            elif instances.sequential:
                start(completed, tuple(reached))

        if not items:
            done(after)
        elif instances.sequential:
            start(0, after)
        else:
            for number in range(len(items)):
                start(number, after)

    def repeat(self, running: Running, place: Place, after: After, done: Then) -> None:
        block: Activity = running.block
        repeat = block.instances
        assert isinstance(repeat, Repeat)
        body = Place(place)

        def ended(number: int, ends: After) -> None:
            reached = self.note(block.id, ends, number)
            if number + 1 < repeat.maximum and place.visible()[block.again] > 0:
                start(number + 1, reached)
            else:
                done(reached)

        def start(number: int, since: After) -> None:
            self.once(running, Place(body), number, since, lambda ends: ended(number, ends))

        if repeat.test_before and place.visible()[block.again] <= 0:
            done(after)
        else:
            start(0, after)
