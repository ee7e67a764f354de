"""Messages on their way between the cases of one run, delivered as the engine does.

A message that an event or a send task throws is empty and finds its case by name: by its correlation key where the model computes one,
else the case that threw it goes before the only other one that waits. Where nobody waits it starts a case; where nothing starts with it
either, it is kept if it has a key, and lost if not. What a stub sends along a message flow is filled, goes where the flow is drawn to,
and is kept until somebody waits there, as handlers know whom they write to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from loanflow.bpmn import model as bpmn
from loanflow.execution import RaiseIncident, Subscribe, ThrowMessage
from loanflow.testing.rehearsal.cases import OpenCase, Played
from loanflow.testing.rehearsal.sites import PlaceId
from loanflow.testing.rehearsal.stage import Stage

CHAIN = 50
"""So many messages may bring each other about with nothing else in between."""


class Recipients(Protocol):
    """Whom the post goes to."""

    cases: list[OpenCase]

    def receive(self, case: OpenCase, request: Subscribe, *, filled: bool) -> None:
        """Give a case the message it waits for."""
        ...

    def start_by_message(self, process_id: str, start_event: str, *, filled: bool) -> None:
        """Start a case by a message."""
        ...


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message on its way: thrown as ``request`` says, or sent by a stub to ``target``."""

    sender: PlaceId
    played: Played
    name: str
    request: ThrowMessage | None = None
    target: PlaceId | None = None
    chain: int = 1


class Post:
    """The messages of one run, delivered one after the other."""

    def __init__(self, stage: Stage, recipients: Recipients) -> None:
        self._stage = stage
        self._recipients = recipients
        self._known = frozenset[str]().union(*stage.exchange.caught.values())
        self._letters: deque[_Letter] = deque()
        self._kept: list[_Letter] = []
        self._chain = 0

    def throw(self, case: OpenCase, request: ThrowMessage) -> None:
        """Take a message that a case throws; one too many in a chain is an incident where it is thrown."""
        if self._chain >= CHAIN:
            message = f"{CHAIN} messages in a row have brought each other about with no person, job or due time in between"
            self._stop(case.played, request, "chain-budget", f'{message}; the last is "{request.name}"')
            return
        sender = (request.program, request.element_id)
        self._letters.append(_Letter(sender, case.played, request.name, request=request, chain=self._chain + 1))

    def hand_over(self, played: Played, sender: PlaceId) -> None:
        """Take what the stub of an element sends along its message flow."""
        target = self._stage.exchange.drawn[sender]
        name = min(self._stage.exchange.caught.get(target, ()), default=target[1])
        self._letters.append(_Letter(sender, played, name, target=target))

    def deliver_next(self) -> bool:
        """Deliver a message whose turn it is; False where there is none."""
        for number, letter in enumerate(self._kept):
            waiting = next(self._waiting(letter), None)
            if waiting is not None:
                del self._kept[number]
                self._give(letter, *waiting)
                return True
        if not self._letters:
            self._chain = 0
            return False
        self._deliver(self._letters.popleft())
        return True

    def close(self) -> None:
        """Note what was kept for nobody."""
        for letter in self._kept:
            self._note(letter, "kept")

    def _deliver(self, letter: _Letter) -> None:
        self._chain = letter.chain
        waiting, starts = list(self._waiting(letter)), list(self._starts(letter))
        if letter.request is not None and len({id(case) for case, _ in waiting}) > 1:
            self._stop(letter.played, letter.request, "retries-used-up", f'more than one case waits for the message "{letter.name}"')
        elif waiting:
            self._give(letter, *waiting[0])
        elif letter.request is not None and len(starts) > 1:
            named = ", ".join(process_id for process_id, _ in starts)
            self._stop(
                letter.played,
                letter.request,
                "retries-used-up",
                f'more than one process starts with the message "{letter.name}": {named}',
            )
        elif starts:
            self._note(letter, "started")
            self._recipients.start_by_message(*starts[0], filled=letter.request is None)
        elif letter.request is None or letter.request.correlation_key is not None:
            self._kept.append(letter)
        else:
            self._note(letter, "lost")

    def _give(self, letter: _Letter, case: OpenCase, request: Subscribe) -> None:
        self._chain = letter.chain
        self._note(letter, "delivered")
        self._recipients.receive(case, request, filled=letter.request is None)

    def _waiting(self, letter: _Letter) -> Iterator[tuple[OpenCase, Subscribe]]:
        """Yield who waits for it, oldest first."""
        found = [
            (case, request)
            for case in self._recipients.cases
            for request in case.open.values()
            if isinstance(request, Subscribe) and request.kind == "message" and _fits(letter, request)
        ]
        thrown = letter.request
        if thrown is not None and thrown.correlation_key is None and thrown.business_key is not None:
            found = [(case, request) for case, request in found if case.business_key == thrown.business_key] or found
        yield from found

    def _starts(self, letter: _Letter) -> Iterator[tuple[str, str]]:
        """Yield the processes and start events that it starts."""
        if letter.target is not None:
            place = self._stage.places[letter.target]
            if isinstance(place.node, bpmn.StartEvent) and place.parent is None:
                yield letter.target
            return
        for process_id in self._stage.process_ids:
            for trigger in self._stage.files.programs[process_id].start_events:
                if trigger.kind == "message" and trigger.name == letter.name:
                    yield process_id, trigger.element_id

    def _note(self, letter: _Letter, fate: str) -> None:
        if letter.target is None and letter.name not in self._known and fate in ("kept", "lost"):
            # It is drawn for the world outside.
            return
        letter.played.messages.append((letter.sender, letter.name, fate))

    def _stop(self, played: Played, request: ThrowMessage, code: str, message: str) -> None:
        stop = RaiseIncident(token=request.token, element_id=request.element_id, program=request.program, code=code, message=message)
        played.incidents.append(stop)


def _fits(letter: _Letter, request: Subscribe) -> bool:
    if letter.target is not None:
        return (request.program, request.element_id) == letter.target
    key = letter.request.correlation_key if letter.request is not None else None
    return request.name == letter.name and (key is None or request.correlation_key == key)
