"""How a process or sub-process of a random process runs: its paths, its event sub-processes, who catches, what is undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from tests.execution.random_models.blocks import Activity, AdHoc, Boundary, Handler, Sequence, Terminate, first_of
from tests.execution.random_models.board import After, Board, Completed, Place, Running, Then

EVENTS = ("timer", "message", "signal", "condition")
Catching = TypeVar("Catching", Boundary, Handler)


def waits(event: Boundary | Handler) -> bool:
    """Say whether it waits for something, rather than catch what is thrown."""
    return event.triggers[0] in EVENTS


class Scopes(Board):
    def run_scope(self, scope: Place, body: Sequence, name: str, after: After, on_end: Then, handlers: tuple[Handler, ...] = ()) -> None:
        scope.on_end = on_end
        scope.paths = 1
        scope.handlers = handlers
        end = self.ender(scope)
        scope.armed = Running(scope)
        now = [(handler, kind) for handler in handlers if waits(handler) for kind in self.arm(scope, handler, after)]
        # What starts beside the flow is gone before it moves where another one interrupts at the same time.
        for handler, kind in [one for one in now if one[0].interrupting][:1] or now:
            self.start(scope, handler, kind, after)
        if scope.interrupted:
            return
        self.run(body, scope, self.note(f"{name}_start", after), lambda reached: end(self.note(f"{name}_end", reached)), end)

    def ender(self, scope: Place) -> Then:
        """Return what is done where one path of a scope has ended."""

        def end(reached: After) -> None:
            scope.ends.extend(reached)
            scope.paths -= 1
            if scope.paths == 0:
                self.leave(scope, tuple(scope.ends))

        return end

    def part(self, place: Place, after: After, lost: Then) -> Then:
        """Let a path go its own way, never to come back: no join waits for it. Return what is done where it ends."""
        scope = place.scope()
        scope.paths += 1
        lost(after)
        return self.ender(scope)

    def run_ad_hoc(self, scope: Place, block: Activity, ad_hoc: AdHoc, after: After, on_end: Then) -> None:
        """Run the ways that are chosen, at once or one after the other, until they have ended or it is enough."""
        known = {first_of(way): way for way in ad_hoc.ways}
        left = [known[name] for name in scope.visible()[block.active]]
        scope.on_end = on_end
        scope.armed = Running(scope)

        def ended(reached: After) -> None:
            scope.ends.extend(reached)
            scope.paths -= 1
            if scope.visible()[block.enough] > 0:
                left.clear()
                if ad_hoc.cancels:
                    self.empty(scope)
                    scope.paths = 0
            if scope.paths == 0 and left:
                go(left.pop(0), reached)
            elif scope.paths == 0:
                self.leave(scope, tuple(scope.ends))

        def go(way: Sequence, since: After) -> None:
            scope.paths += 1
            self.run(way, scope, since, ended, ended)

        if not left:
            self.leave(scope, after)
        elif ad_hoc.sequential:
            go(left.pop(0), after)
        else:
            chosen = tuple(left)
            left.clear()
            for way in chosen:
                go(way, after)

    def terminate(self, block: Terminate, scope: Place, after: After) -> None:
        reached = self.note(block.id, after)
        self.empty(scope)
        if scope is self.root:
            self.terminated = True
        self.leave(scope, reached)

    def leave(self, scope: Place, reached: After) -> None:
        """All its paths have ended: nothing waits there any more, and its activity goes on."""
        self.disarm(scope)
        assert scope.on_end is not None
        scope.on_end(reached)

    def arm(self, scope: Place, handler: Handler, after: After, kinds: tuple[str, ...] | None = None) -> list[str]:
        """Wait for the events that start an event sub-process; return those that happen at once."""
        assert scope.armed is not None
        return self.wait_for(
            scope.armed,
            handler,
            f"{handler.id}_start",
            scope,
            lambda kind, values: self.start(scope, handler, kind, after),
            kinds,
            anew=kinds is not None,
        )

    def start(self, scope: Place, handler: Handler, kind: str, after: After) -> None:
        self.handle(scope, handler, after)
        if not handler.interrupting and kind != "timer":
            self.arm(scope, handler, after, (kind,))

    def handle(self, scope: Place, handler: Handler, after: After) -> None:
        """Run an event sub-process, instead of all else in the scope or beside it."""
        if handler.interrupting:
            self.empty(scope)
            scope.paths = 1
            scope.interrupted = True
        else:
            scope.paths += 1
        running = self.begin(scope, handler)
        inner = Place(scope, {}, running, container=True)
        running.inner.append(inner)

        def over(reached: After) -> None:
            self.close(running)
            self.ender(scope)(self.note(handler.id, reached))

        self.run_scope(inner, handler.body, handler.id, after, over)

    def undo(self, scope: Place, after: After) -> After:
        """Undo what was completed in the scope, the youngest first."""
        entries, scope.done = scope.done, []
        return self.undo_all(entries, after)

    def undo_all(self, entries: list[Completed], after: After) -> After:
        for entry in reversed(entries):
            if entry.undo is not None:
                entry.place.assign(entry.undo.counter, entry.place.visible()[entry.undo.counter] + 1)
                after = self.note(entry.undo.id, after)
            else:
                after = self.undo_all(entry.inside, after)
        return after

    def throw(self, kind: str, source: Running | None, scope: Place, code: str, after: After) -> bool:
        """Let the nearest event that catches it go on; say whether there is one."""
        for event, catcher in self.catchers(source, scope, kind):
            if event.code not in (code, None):
                continue
            self.pass_out(scope, catcher if isinstance(catcher, Place) else catcher.place.scope())
            if isinstance(catcher, Place):
                assert isinstance(event, Handler)
                self.handle(catcher, event, after)
                return True
            assert isinstance(event, Boundary)
            if event.interrupting:
                self.close(catcher)
            else:
                catcher.place.scope().paths += 1
            assert catcher.follow is not None
            catcher.follow(event, after)
            return True
        if kind == "escalation":
            # It goes out of the case, and so do the outputs; an error that nobody catches stays where it is.
            self.pass_out(scope, None)
        return False

    def pass_out(self, scope: Place, to: Place | None) -> None:
        """Map out what each called process would at its end that something thrown leaves on its way, as Camunda 7 does."""
        while scope is not to and scope.owner is not None:
            running = scope.owner
            if running.block.kind == "call" and self.process.dialect == "camunda7":
                for name in running.block.outputs:
                    running.place.assign(name, scope.variables[name])
            scope = running.place.scope()

    def catchers(self, source: Running | None, scope: Place, kind: str) -> Iterator[tuple[Boundary | Handler, Running | Place]]:
        """Yield who may catch what is thrown, the nearest first, and at each place those of one code before those of all."""
        while True:
            if source is not None and isinstance(source.block, Activity):
                yield from ((event, source) for event in _specific_first(source.block.boundaries) if event.kind == kind)
            if not scope.interrupted:
                # What an event sub-process throws on does not start it again.
                others = (handler for handler in scope.handlers if source is None or handler is not source.block)
                yield from ((event, scope) for event in _specific_first(tuple(others)) if event.kind == kind)
            source = scope.owner
            if source is None:
                return
            scope = source.place.scope()


def _specific_first(events: tuple[Catching, ...]) -> list[Catching]:
    return sorted(events, key=lambda event: event.code is None)
