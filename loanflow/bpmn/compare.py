"""Two versions of a process, element by element: which is which, and what was added, removed, changed or moved.

Elements are paired as the caller says, else by id, else by similarity: same kind, in the same scope, alike in name,
neighbours and content. The comparison is data; its sentences are for people.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher
from enum import Enum, StrEnum
from typing import Any, cast

from loanflow.bpmn.model import Activity, BoundaryEvent, Container, Expression, FlowNode, Language, Process, SequenceFlow
from loanflow.bpmn.words import of_node, quoted

ALIKE = 0.6
"""From this likeness on two elements are taken for the same one; 1 is the highest."""

AHEAD = 0.05
"""By so much the best counterpart must be ahead of the next, or neither is taken."""

ALIKE_NAMES = 0.6
"""Names less alike than this are those of different things, however alike the rest: "first review" is not "final review"."""

MAX_COMPARED = 40_000
"""So many pairs of one kind in one scope are looked at; beyond, only equal names are paired."""

# Not what an element does, but where it stands; compared by pairs, not by text.
_PLACE = frozenset({"id", "name", "line", "incoming", "outgoing", "default_flow", "attached_to", "body", "different_from", "undone_by"})

_SWITCHED = {"yes": "no", "no": "yes"}
_WORDS = re.compile(r"[^\W\u2e80-\U0003ffff]+|[\u2e80-\U0003ffff]")


class Pairing(StrEnum):
    """Why two elements are taken for the same one."""

    GIVEN = "given"
    ID = "id"
    SIMILARITY = "similarity"


class Change(StrEnum):
    """What became of an element; ``moved`` is into another scope, or onto another activity."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An element of the old version and the one that stands for it in the new; ``likeness`` is 1 unless by similarity."""

    old: FlowNode
    new: FlowNode
    pairing: Pairing
    likeness: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference, ``message`` as a sentence; ``element_id`` and ``element_name`` are the new version's unless it was removed.

    For ``changed``, ``property`` names what changed, and ``old`` and ``new`` are its texts, None where there is none.
    """

    change: Change
    element_id: str
    element_name: str | None
    message: str
    property: str | None = None
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What `compare` found; ``flows`` maps ids of sequence flows, old to new."""

    pairs: Mapping[str, Pair]
    flows: Mapping[str, str]
    differences: tuple[Difference, ...]

    def counterpart(self, element_id: str) -> str | None:
        """Return the new id of an old element, or None where nothing stands for it."""
        pair = self.pairs.get(element_id)
        return None if pair is None else pair.new.id


def compare(old: Process, new: Process, *, given: Mapping[str, str | None] | None = None) -> Comparison:
    """Compare two versions of a process.

    Args:
        old: the version that came first.
        new: the version that came after it.
        given: old id -> new id of flow nodes and sequence flows, or None for "nothing stands for it"; goes before ids and
            similarity. Pairs of different kinds are kept as they are given.
    Raises:
        ValueError: an id in ``given`` is in neither version; the message names it.
    """
    pairs = _Pairs(_Side(old), _Side(new), dict(given or {}))
    pairs.find()
    return Comparison(pairs=pairs.found, flows=pairs.flows, differences=tuple(_differences(pairs)))


def likeness(old: FlowNode, new: FlowNode) -> float:
    """Say how alike two elements are in name and content, their places aside; 0 to 1.

    >>> from loanflow.bpmn.model import UserTask
    >>> likeness(UserTask(id="a", name="Review"), UserTask(id="b", name="Review"))
    1.0
    """
    return 0.6 * _alike_names(old, new) + 0.4 * _alike_content(old, new)


class _Side:
    """One version, with the scope each flow node is in (None: the process itself) and every sequence flow."""

    def __init__(self, process: Process) -> None:
        self.nodes: dict[str, FlowNode] = {}
        self.scope: dict[str, str | None] = {}
        self.inside: dict[str | None, list[FlowNode]] = {}
        self.flows: dict[str, SequenceFlow] = {}
        self._add(process.body, None)

    def _add(self, container: Container, scope: str | None) -> None:
        self.inside[scope] = list(container.nodes.values())
        self.flows.update(container.flows)
        for node in container.nodes.values():
            self.nodes[node.id] = node
            self.scope[node.id] = scope
            body = getattr(node, "body", None)
            if isinstance(body, Container):
                self._add(body, node.id)

    def neighbours(self, node: FlowNode) -> tuple[list[str], list[str]]:
        """Return the ids of what leads to the node, and of what it leads to."""
        before = [self.flows[flow].source for flow in node.incoming if flow in self.flows]
        if isinstance(node, BoundaryEvent):
            before.append(node.attached_to)
        return before, [self.flows[flow].target for flow in node.outgoing if flow in self.flows]


class _Pairs:
    def __init__(self, old: _Side, new: _Side, given: dict[str, str | None]) -> None:
        self.old, self.new, self.given = old, new, given
        self.found: dict[str, Pair] = {}
        self.taken: set[str] = set()
        self.flows: dict[str, str] = {}
        for place, target in given.items():
            if place not in old.nodes and place not in old.flows:
                raise ValueError(f"the old version has no element {place!r}")
            known = new.nodes if place in old.nodes else new.flows
            if target is not None and target not in known:
                raise ValueError(f"the new version has no {'element' if place in old.nodes else 'sequence flow'} {target!r}")

    def find(self) -> None:
        """Pair nodes, outer scopes before inner ones, then flows."""
        for place, target in self.given.items():
            if place in self.old.nodes and target is not None:
                self._take(self.old.nodes[place], self.new.nodes[target], Pairing.GIVEN)
        for node in self.old.nodes.values():
            same = self.new.nodes.get(node.id)
            if same is not None and self._is_free(node, same) and of_node(node) == of_node(same):
                self._take(node, same, Pairing.ID)
        for scope, inside in self.old.inside.items():
            counterpart: str | None = None
            if scope is not None:
                if scope not in self.found:
                    continue
                counterpart = self.found[scope].new.id
            others = self.new.inside.get(counterpart)
            if others is not None:
                self._pair_similar([n for n in inside if not isinstance(n, BoundaryEvent)], others)
                self._pair_similar([n for n in inside if isinstance(n, BoundaryEvent)], others)
        self._pair_flows()

    def counterpart(self, element_id: str) -> str | None:
        """Return the new id of an old element, or None."""
        pair = self.found.get(element_id)
        return None if pair is None else pair.new.id

    def _is_free(self, old: FlowNode, new: FlowNode) -> bool:
        return old.id not in self.found and old.id not in self.given and new.id not in self.taken

    def _take(self, old: FlowNode, new: FlowNode, pairing: Pairing, alike: float = 1.0) -> None:
        self.found[old.id] = Pair(old=old, new=new, pairing=pairing, likeness=round(alike, 2))
        self.taken.add(new.id)

    def _pair_similar(self, olds: list[FlowNode], news: list[FlowNode]) -> None:
        # What one round pairs makes neighbours known to the next.
        while True:
            kinds: dict[str, tuple[list[FlowNode], list[FlowNode]]] = defaultdict(lambda: ([], []))
            for node in olds:
                if node.id not in self.found and node.id not in self.given:
                    kinds[of_node(node)][0].append(node)
            for node in news:
                if node.id not in self.taken:
                    kinds[of_node(node)][1].append(node)
            paired = [self._pair_kind(left, right) for left, right in kinds.values() if left and right]
            if True not in paired:
                return

    def _pair_kind(self, olds: list[FlowNode], news: list[FlowNode]) -> bool:
        if len(olds) * len(news) > MAX_COMPARED:
            return self._pair_equal_names(olds, news)
        scores = [(self._score(old, new), old, new) for old in olds for new in news]
        best_of: dict[str, list[float]] = defaultdict(list)
        for score, old, new in scores:
            best_of[f"old {old.id}"].append(score)
            best_of[f"new {new.id}"].append(score)
        clear = {name: max(found) for name, found in best_of.items() if sum(s > max(found) - AHEAD for s in found) == 1}
        some = False
        for score, old, new in scores:
            if score >= ALIKE and clear.get(f"old {old.id}") == score == clear.get(f"new {new.id}"):
                self._take(old, new, Pairing.SIMILARITY, score)
                some = True
        return some

    def _pair_equal_names(self, olds: list[FlowNode], news: list[FlowNode]) -> bool:
        by_name: dict[str, tuple[list[FlowNode], list[FlowNode]]] = defaultdict(lambda: ([], []))
        for side, nodes in enumerate((olds, news)):
            for node in nodes:
                by_name[_name(node)][side].append(node)
        some = False
        for name, (left, right) in by_name.items():
            if name and len(left) == len(right) == 1:
                self._take(left[0], right[0], Pairing.SIMILARITY)
                some = True
        return some

    def _score(self, old: FlowNode, new: FlowNode) -> float:
        if isinstance(old, BoundaryEvent) and isinstance(new, BoundaryEvent) and self.counterpart(old.attached_to) != new.attached_to:
            return 0.0
        if _alike_names(old, new) < (ALIKE_NAMES if _name(old) or _name(new) else 0.0):
            return 0.0
        return 0.7 * likeness(old, new) + 0.3 * self._alike_neighbours(old, new)

    def _alike_neighbours(self, old: FlowNode, new: FlowNode) -> float:
        shared = known = 0
        for before, after in zip(self.old.neighbours(old), self.new.neighbours(new), strict=True):
            expected = {counterpart for one in before if (counterpart := self.counterpart(one)) is not None}
            there = {one for one in after if one in self.taken}
            shared += len(expected & there)
            known += len(expected | there)
        # Neighbours none of whom is paired yet say nothing, for or against.
        return shared / known if known else 0.5

    def _pair_flows(self) -> None:
        free = dict(self.new.flows)

        def take(flow: str, other: str) -> None:
            self.flows[flow] = other
            free.pop(other, None)

        for flow, target in self.given.items():
            if flow in self.old.flows and target is not None:
                take(flow, target)
        left = [flow for flow in self.old.flows.values() if flow.id not in self.given]
        ends = {flow.id: (self.counterpart(flow.source), self.counterpart(flow.target)) for flow in left}
        for flow in left:
            same = free.get(flow.id)
            if same is not None and same.target == ends[flow.id][1]:
                take(flow.id, same.id)
        for flow in left:
            if flow.id not in self.flows and None not in ends[flow.id]:
                same_ends = [other.id for other in free.values() if (other.source, other.target) == ends[flow.id]]
                if len(same_ends) == 1:
                    take(flow.id, same_ends[0])
        # A join's one flow whose source was replaced is the one that is new there.
        for pair in self.found.values():
            olds = [flow for flow in pair.old.incoming if flow in ends and flow not in self.flows]
            news = [flow for flow in pair.new.incoming if flow in free]
            if len(olds) == len(news) == 1:
                take(olds[0], news[0])


def _differences(pairs: _Pairs) -> Iterator[Difference]:
    for node in pairs.old.nodes.values():
        if node.id not in pairs.found:
            same = pairs.new.nodes.get(node.id)
            if same is not None and of_node(node) != of_node(same):
                yield _difference(Change.REMOVED, node, f"was {of_node(node)}, and is now {of_node(same)}")
            else:
                yield _difference(Change.REMOVED, node, "is no longer there")
    for node in pairs.new.nodes.values():
        if node.id not in pairs.taken:
            yield _difference(Change.ADDED, node, "is new")
    for pair in pairs.found.values():
        yield from _moved(pairs, pair)
        yield from _changed(pairs, pair)
    yield from _flow_differences(pairs)


def _moved(pairs: _Pairs, pair: Pair) -> Iterator[Difference]:
    before, after = pairs.old.scope[pair.old.id], pairs.new.scope[pair.new.id]
    if (None if before is None else pairs.counterpart(before)) != after or (before is None) != (after is None):
        yield _difference(
            Change.MOVED, pair.new, f"is now in {_scope_words(pairs.new, after)}; it was in {_scope_words(pairs.old, before)}"
        )
    if isinstance(pair.old, BoundaryEvent) and isinstance(pair.new, BoundaryEvent):
        host = pairs.new.nodes.get(pair.new.attached_to)
        if pairs.counterpart(pair.old.attached_to) != pair.new.attached_to and host is not None:
            yield _difference(Change.MOVED, pair.new, f"is now attached to {_words(host)}")


def _changed(pairs: _Pairs, pair: Pair) -> Iterator[Difference]:
    old, new = pair.old, pair.new
    if of_node(old) != of_node(new):
        yield _difference(Change.CHANGED, new, f"is now {of_node(new)}; it was {of_node(old)}", "kind", of_node(old), of_node(new))
    if (old.name or "") != (new.name or ""):
        yield _change(new, "name", old.name, new.name)
    before, after = _content(old), _content(new)
    for name in dict.fromkeys((*before, *after)):
        left, right = before.get(name), after.get(name)
        if left != right:
            # A switch left as it is by default is not in the content.
            yield _change(new, name, left or _SWITCHED.get(right or ""), right or _SWITCHED.get(left or ""))
    excluded = [_ids(getattr(node, "different_from", ())) for node in (old, new)]
    if [pairs.counterpart(one) or one for one in excluded[0]] != excluded[1]:
        yield _change(new, "different from", ", ".join(excluded[0]) or None, ", ".join(excluded[1]) or None)
    default = old.default_flow and pairs.flows.get(old.default_flow)
    if default != new.default_flow:
        yield _change(new, "default flow", old.default_flow, new.default_flow)


def _flow_differences(pairs: _Pairs) -> Iterator[Difference]:
    for flow in pairs.old.flows.values():
        if flow.id not in pairs.flows:
            words = f"sequence flow {_way(pairs.old, flow)} is no longer there"
            yield Difference(change=Change.REMOVED, element_id=flow.id, element_name=flow.name, message=words)
    paired = {new: old for old, new in pairs.flows.items()}
    for flow in pairs.new.flows.values():
        before = pairs.old.flows.get(paired.get(flow.id, ""))
        if before is None:
            words = f"sequence flow {_way(pairs.new, flow)} is new"
            yield Difference(change=Change.ADDED, element_id=flow.id, element_name=flow.name, message=words)
        elif _text(before.condition) != _text(flow.condition):
            old, new = _text(before.condition), _text(flow.condition)
            words = f"sequence flow {_way(pairs.new, flow)}: condition {_shown(old)} became {_shown(new)}"
            yield Difference(
                change=Change.CHANGED, element_id=flow.id, element_name=flow.name, message=words, property="condition", old=old, new=new
            )


def _difference(
    change: Change, node: FlowNode, what: str, named: str | None = None, old: str | None = None, new: str | None = None
) -> Difference:
    return Difference(
        change=change, element_id=node.id, element_name=node.name, message=f"{_words(node)} {what}", property=named, old=old, new=new
    )


def _change(node: FlowNode, name: str, old: str | None, new: str | None) -> Difference:
    return Difference(
        change=Change.CHANGED,
        element_id=node.id,
        element_name=node.name,
        message=f"{_words(node)}: {name} {_shown(old)} became {_shown(new)}",
        property=name,
        old=old,
        new=new,
    )


def _words(node: FlowNode) -> str:
    name = quoted(node.name, node.id)
    return f"{of_node(node)} {name} ({node.id})" if node.name else f"{of_node(node)} {name}"


def _scope_words(side: _Side, scope: str | None) -> str:
    return "the process itself" if scope is None else _words(side.nodes[scope])


def _way(side: _Side, flow: SequenceFlow) -> str:
    ends = [side.nodes.get(end) for end in (flow.source, flow.target)]
    named = " -> ".join(quoted(node.name, node.id) if node is not None else "?" for node in ends)
    return f"{flow.id} ({named})"


def _shown(text: str | None) -> str:
    return "nothing" if text is None else f'"{text}"'


# Content


def _name(node: FlowNode) -> str:
    return " ".join((node.name or "").split()).casefold()


def _alike_names(old: FlowNode, new: FlowNode) -> float:
    left, right = _name(old), _name(new)
    if not left or not right:
        return 0.5 if left == right else 0.0
    # Word by word, Chinese and its neighbours character by character.
    return 1.0 if left == right else SequenceMatcher(None, _WORDS.findall(left), _WORDS.findall(right), autojunk=False).ratio()


def _alike_content(old: FlowNode, new: FlowNode) -> float:
    left, right = _content(old), _content(new)
    names = left.keys() | right.keys()
    return sum(left.get(name) == right.get(name) for name in names) / len(names) if names else 1.0


def _content(node: FlowNode) -> dict[str, str]:
    """Say in words and texts what a node holds beside its place: ``{"candidate groups": "clerks"}``."""
    found: dict[str, str] = {}
    for field in fields(node):
        if field.name not in _PLACE:
            _put(found, field.name.replace("_", " "), getattr(node, field.name), field.default)
    if isinstance(node, Activity) and node.multi_instance is not None:
        del found["multi instance sequential"]
        found["multi instance"] = "sequential" if node.multi_instance.sequential else "parallel"
    return found


def _put(found: dict[str, str], name: str, value: Any, default: Any = None) -> None:
    if isinstance(value, Expression):
        found[name] = _text(value) or ""
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in ("id", "line"):
                inner = field.name.replace("_", " ")
                _put(found, name if inner == "value" else f"{name} {inner}", getattr(value, field.name), field.default)
    elif isinstance(value, Mapping):
        for key, entry in cast("Mapping[str, Any]", value).items():
            _put(found, f"{name} {key}", entry)
    elif isinstance(value, tuple):
        parts = cast("tuple[Any, ...]", value)
        if all(isinstance(part, str) for part in parts):
            if parts:
                found[name] = ", ".join(parts)
        else:
            for number, part in enumerate(parts, 1):
                _put(found, f"{name} {number}", part)
    elif isinstance(value, Enum):
        if value is not default:
            found[name] = str(value.value)
    elif value is not None and value != default:
        found[name] = "yes" if value is True else "no" if value is False else str(value)


def _text(expression: Expression | None) -> str | None:
    if expression is None:
        return None
    return f"={expression.text}" if expression.language is Language.FEEL else expression.text


def _ids(value: Any) -> list[str]:
    return list(value)
