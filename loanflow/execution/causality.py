"""What led to what in a case: read from its history, so that an act can be undone together with all that came of it.

A case's past is an occurrence net: what happened (a flow node was left, an activity was interrupted) consumed tokens and
produced tokens. To go back to an activity is to undo its completion and, with it, everything that depends on it, no more and
no less. What is left is a state the case could have been in: no token is lost, none is doubled, and a join has the tokens
of the branches that were not undone. The tokens that were taken from them are put back (`modification.Reinstate`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loanflow.bpmn.model import Activity
from loanflow.errors import CommandError
from loanflow.execution.case import TokenView
from loanflow.execution.flow_nodes.activities import ActivitySpec, JobTaskSpec, ReceiveTaskSpec, UserTaskSpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import CallActivitySpec, SubProcessSpec
from loanflow.execution.flow_nodes.events import CatchSpec, ThrowSpec
from loanflow.execution.modification import Cancel, Forget, Instruction, Reinstate, container_of
from loanflow.execution.past import Past, PastEvent, PastToken, drawn_kind, unexplained


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A way back: to the activity ``element_id``, which token ``token`` completed.

    ``instructions`` carry it out. ``reopened`` maps the numbers of tokens that are put back to their elements, the
    activity's own first. ``undone`` are the elements that will be passed again, in the order they were left; ``repeated``
    those among them whose work is done by a handler. ``refusal`` says why it cannot be, None where it can.
    """

    token: int
    element_id: str
    program: str
    instructions: tuple[Instruction, ...] = ()
    reopened: Mapping[int, str] = field(default_factory=dict[int, str])
    undone: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    acts: tuple[int, ...] = ()
    happenings: tuple[str, ...] = ()
    cancelled: tuple[int, ...] = ()
    refusal: CommandError | None = None


class Causality(Past):
    """The past of one case, and the ways back in it.

    Raises:
        CommandError: the history does not say where a token came from.
    """

    def check(self, tokens: Iterable[TokenView]) -> None:
        """Refuse a history that does not lead to where the case stands.

        Raises:
            CommandError: it does not.
        """
        if any(token.compensates for token in self._live()):
            raise CommandError(
                "the case is undoing what was done: send it back once that is over",
                code="undoing",
                zh="案件正在补偿已完成的工作；请在补偿结束后再退回",
            )
        stands = {view.token: view.element_id for view in tokens if not view.boundary}
        told = {token.number: token.element_id for token in self._live()}
        if stands != told:
            raise unexplained(f"it leads to {_words(told)}, but the case stands at {_words(stands)}")

    def returns(self, number: int) -> tuple[Return, ...]:
        """Return every activity that was done before the token came to be, the latest first, legal or not."""
        found: dict[tuple[str, int], PastEvent] = {}
        for event in self._past(self._known(number)):
            if not self._is_work(event):
                continue
            place = (event.element_id, id(event.owner))
            if place not in found or found[place].order < event.order:
                found[place] = event
        latest = sorted(found.values(), key=lambda event: -event.order)
        return tuple(self._way_back(event) for event in latest if not event.took[0].instance)

    def undoing(self, number: int) -> Return:
        """Return what it takes to undo that the token's activity was completed.

        Raises:
            CommandError: it was not completed, or has been undone.
        """
        token = self._known(number)
        event = token.end
        if event is None or event.undone or event.kind != "completed" or token.number != number:
            raise CommandError(
                "this was not completed, or has been sent back since", code="not-completed", zh="该环节尚未完成，或之后已被退回"
            )
        return self._way_back(event)

    def concurrent(self, number: int) -> tuple[str, ...]:
        """Return the activities that were done beside the token's way, not before it: there is no way back to them."""
        past = set(map(id, self._past(self._known(number))))
        return tuple(dict.fromkeys(event.element_id for event in self._events if id(event) not in past and self._is_work(event)))

    # Ways back

    def _way_back(self, event: PastEvent) -> Return:
        undone, dead = self._depending_on(event)
        restored = [token for each in undone for token in each.took if id(token) not in dead]
        ids = {id(token) for token in restored}
        roots = [token for token in restored if token.owner is None or id(token.owner) not in ids]
        refusal = next(filter(None, (self._refusal(token, ids) for token in restored)), None) or self._compensated(undone)
        gone = [token for token in self._live() if id(token) in dead and (token.owner is None or id(token.owner) not in dead)]
        first = event.took[0]
        roots.sort(key=lambda token: first is not token)
        passed = [each for each in undone if each.kind == "completed"]
        specs = [(each, self._spec(each)) for each in passed]
        forgotten = self._forgotten(passed)
        return Return(
            token=first.number,
            element_id=event.element_id,
            program=event.program,
            instructions=(
                *(Cancel(token.number) for token in gone),
                *(
                    Forget(None if owner is None else owner.number, names)
                    for owner, names in forgotten.values()
                    if self._stays(owner, dead)
                ),
                *(self._reinstate(token, restored, forgotten, top=True) for token in roots),
            ),
            reopened={token.number: token.element_id for token in sorted(restored, key=lambda token: first is not token)},
            undone=tuple(dict.fromkeys(each.element_id for each in passed)),
            repeated=tuple(dict.fromkeys(each.element_id for each, spec in specs if _calls_a_handler(spec))),
            acts=tuple(token.number for each, spec in specs if isinstance(spec, UserTaskSpec) for token in each.took),
            happenings=tuple(
                dict.fromkeys(
                    [each.element_id for each, spec in specs if isinstance(spec, CatchSpec | ReceiveTaskSpec) or _calls_a_handler(spec)]
                    + [each.element_id for each in undone if each.kind in ("interrupted", "modified") and each.made]
                )
            ),
            cancelled=tuple(token.number for token in self._live() if id(token) in dead),
            refusal=refusal,
        )

    def _forgotten(self, passed: list[PastEvent]) -> dict[int, tuple[PastToken | None, tuple[str, ...]]]:
        """Return, for each activity (None: the process itself), what was completed in it and could be undone, and counts no longer."""
        found: dict[int, tuple[PastToken | None, tuple[str, ...]]] = {}
        for event in passed:
            spec, owner = self._spec(event), event.owner
            if not isinstance(spec, ActivitySpec) or not spec.compensable or event.is_compensated:
                continue
            if event.took[0].instance != spec.undone_each:
                continue
            if spec.undone_each and owner is not None and owner.end is not None:
                # All of them are done, and what they left was handed on.
                owner = owner.owner
            found[id(owner)] = (owner, (*found.get(id(owner), (None, ()))[1], event.element_id))
        return found

    def _stays(self, owner: PastToken | None, dead: set[int]) -> bool:
        return owner is None or (owner.end is None and id(owner) not in dead)

    def _compensated(self, undone: list[PastEvent]) -> CommandError | None:
        """Refuse to undo a compensation unless everything that it undid is done anew."""
        again = set(map(id, undone))
        for event in undone:
            for act in event.compensated:
                if id(act) not in again:
                    words = self._spec(act).words
                    return CommandError(
                        f"{words} was undone by compensation since, and would not be done again; go back to it, or to a place before it",
                        code="compensated-since",
                        zh=f"{words}此后已被补偿，不会重新办理；请退回到它或它之前",
                    )
        return None

    def _reinstate(
        self,
        token: PastToken,
        restored: list[PastToken],
        forgotten: Mapping[int, tuple[PastToken | None, tuple[str, ...]]],
        *,
        top: bool = False,
    ) -> Reinstate:
        return Reinstate(
            stands_for=token.number,
            element_id=token.element_id,
            flow=token.flow,
            within=token.owner.number if top and token.owner is not None else None,
            inside=tuple(self._reinstate(inner, restored, forgotten) for inner in restored if inner.owner is token),
            forgotten=forgotten.get(id(token), (None, ()))[1],
        )

    def _refusal(self, token: PastToken, restored: set[int]) -> CommandError | None:
        spec = self._program(token.program).nodes[token.element_id]
        if self._is_of_another_version(token):
            return CommandError(
                f"{spec.words} is not in the version that the case runs now as it was; go back to another place",
                code="version-changed",
                zh=f"案件现在运行的版本中没有原来的{spec.words}；请退回到其他环节",
            )
        if token.instance:
            return CommandError(
                f"{spec.words} is a multi-instance activity: what its other instances gave would be lost; go back to a place before it",
                code="inside-instances",
                zh=f"{spec.words}是多实例活动，其他实例的结果会丢失；请退回到它之前",
            )
        if not any(id(inner) in restored for inner in token.inside):
            return None
        if isinstance(spec, CallActivitySpec):
            return CommandError(
                f"{spec.words} has ended, and the called process with it; go back to a place before it, or to itself",
                code="called-process-ended",
                zh=f"{spec.words}调用的流程已经结束；请退回到它之前",
            )
        if not isinstance(spec, SubProcessSpec) or spec.instances is not None or drawn_kind(spec) not in ("embedded", "transaction"):
            return CommandError(
                f"{spec.words} has ended and cannot be entered anew by hand; go back to a place before it",
                code="scope-ended",
                zh=f"{spec.words}已经结束，无法重新进入；请退回到它之前",
            )
        return None

    def _past(self, token: PastToken) -> list[PastEvent]:
        events: dict[int, PastEvent] = {}
        seen: set[int] = set()
        todo = [token]
        while todo:
            here = todo.pop()
            if id(here) in seen:
                continue
            seen.add(id(here))
            if here.owner is not None:
                todo.append(here.owner)
            causes = [] if here.cause is None else [here.cause]
            if here.end is not None:
                # It is over, so all that happened inside it came before.
                causes += self._within.get(id(here), [])
            for event in causes:
                if id(event) not in events:
                    events[id(event)] = event
                    todo += [*event.took, *event.saw]
        return list(events.values())

    def _is_of_another_version(self, token: PastToken) -> bool:
        """Say whether the token has no place in the version that runs where it was."""
        program = self._program(token.program)
        container = container_of(program, token.element_id)
        owner = token.owner.owner if token.instance and token.owner is not None else token.owner
        if container != program.process_id:
            return owner is None or (owner.program, owner.element_id) != (program.id, container)
        return program.id != (self._first_program if owner is None else owner.calls)

    def _is_work(self, event: PastEvent) -> bool:
        # A task that is passed through is no place to go back to, nor is what only holds others.
        spec = self._spec(event)
        works = (
            isinstance(spec, ActivitySpec) and type(spec) is not ActivitySpec and not isinstance(spec, SubProcessSpec | CallActivitySpec)
        ) and not (isinstance(spec.node, Activity) and spec.node.for_compensation)
        return works and event.kind == "completed" and not event.undone


def _calls_a_handler(spec: FlowNodeSpec) -> bool:
    return isinstance(spec, JobTaskSpec) or (isinstance(spec, ThrowSpec) and spec.job is not None)


def _words(places: Mapping[int, str]) -> str:
    return ", ".join(f"{element} (token {number})" for number, element in sorted(places.items())) or "nowhere"
