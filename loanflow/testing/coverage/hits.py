"""How often tests reached what: counted per deployed file and process, kept as JSON between processes."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loanflow import bpmn
from loanflow.bpmn import model as drawn
from loanflow.engine import Engine

_REACHED = "element.entered"
_TAKEN = "flow.taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessHits:
    """One process of one version of a file, and how often its elements were entered and its flows taken."""

    model: drawn.Model
    process: drawn.Process
    elements: Counter[str]
    flows: Counter[str]

    @property
    def all_elements(self) -> tuple[str, ...]:
        """The ids of its flow nodes, those of sub-processes too."""
        return tuple(node.id for node in self.process.body.walk())

    @property
    def all_flows(self) -> tuple[str, ...]:
        """The ids of its sequence flows."""
        return tuple(flow for body in _bodies(self.process.body) for flow in body.flows)

    def flow(self, flow_id: str) -> drawn.SequenceFlow:
        """Return a sequence flow by its id."""
        return next(body.flows[flow_id] for body in _bodies(self.process.body) if flow_id in body.flows)

    @property
    def counts(self) -> tuple[int, int]:
        """How many elements and flows were reached, and how many there are."""
        hit = sum(one in self.elements for one in self.all_elements) + sum(one in self.flows for one in self.all_flows)
        return hit, len(self.all_elements) + len(self.all_flows)


@dataclass(slots=True)
class Hits:
    """What has been reached so far, by the hash of the file and the id of the process."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    reached: dict[tuple[str, str], tuple[Counter[str], Counter[str]]] = field(
        default_factory=dict[tuple[str, str], tuple[Counter[str], Counter[str]]]
    )

    def of(self, name: str, content: bytes, process_id: str) -> tuple[Counter[str], Counter[str]]:
        """Return the counters of elements and flows of a deployed process."""
        digest = hashlib.sha256(content).hexdigest()
        self.files.setdefault(digest, (name, content))
        return self.reached.setdefault((digest, process_id), (Counter(), Counter()))

    def add(self, other: Hits) -> None:
        """Add what another process of the same test run reached."""
        for digest, file in other.files.items():
            self.files.setdefault(digest, file)
        for key, (elements, flows) in other.reached.items():
            mine = self.reached.setdefault(key, (Counter(), Counter()))
            mine[0].update(elements)
            mine[1].update(flows)

    def processes(self) -> Iterator[ProcessHits]:
        """Yield every process, by the name of its file and its id."""
        for digest, process_id in sorted(self.reached, key=lambda key: (self.files[key[0]][0], key[1], key[0])):
            name, content = self.files[digest]
            model = bpmn.read(content, file=name)
            elements, flows = self.reached[digest, process_id]
            for process in model.processes:
                if process.id == process_id:
                    yield ProcessHits(model=model, process=process, elements=elements, flows=flows)

    # Between processes

    def to_json(self) -> dict[str, Any]:
        """Return plain values that pytest-xdist carries."""
        return {
            "files": {digest: [name, base64.b64encode(content).decode()] for digest, (name, content) in self.files.items()},
            "reached": [[*key, dict(elements), dict(flows)] for key, (elements, flows) in self.reached.items()],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Hits:
        """Return what `to_json` gave."""
        return cls(
            files={digest: (name, base64.b64decode(content)) for digest, (name, content) in data["files"].items()},
            reached={(digest, process): (Counter(elements), Counter(flows)) for digest, process, elements, flows in data["reached"]},
        )


def collect(engine: Engine, hits: Hits) -> None:
    """Add everything that the cases of an engine went through; a process that was deployed and never started counts too."""
    places: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for definition in engine.definitions():
        places[definition.id] = hits.of(*engine.model(definition.id), definition.key)
    after: str | None = None
    while True:
        page = engine.cases(limit=200, after=after)
        for case in page.items:
            for entry in engine.history(case.id):
                if entry.element_id is None or entry.definition_id not in places:
                    continue
                elements, flows = places[entry.definition_id]
                if entry.kind == _REACHED:
                    elements[entry.element_id] += 1
                elif entry.kind == _TAKEN:
                    flows[entry.element_id] += 1
        after = page.next
        if after is None:
            return


def _bodies(body: drawn.Container) -> Iterator[drawn.Container]:
    yield body
    for node in body.nodes.values():
        if isinstance(node, drawn.SubProcess):
            yield from _bodies(node.body)
