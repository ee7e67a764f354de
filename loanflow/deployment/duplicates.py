"""Two files that define the same thing: which one runs would be chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loanflow.deployment.files import FileContent
from loanflow.problems import Location, Problem


@dataclass(frozen=True, slots=True)
class _Definition:
    kind: str
    key: str
    name: str | None
    location: Location


def find_duplicates(contents: Sequence[FileContent]) -> Iterator[Problem]:
    """Yield a finding for each process, decision or form id that an earlier file has already."""
    seen: dict[tuple[str, str], _Definition] = {}
    for content in contents:
        for one in _definitions(content):
            first = seen.setdefault((one.kind, one.key), one)
            if first is one:
                continue
            yield Problem(
                code="deployment/duplicate-definition",
                message=f"the {one.kind} {one.key} is defined twice",
                location=one.location,
                element_id=one.key,
                element_name=one.name,
                element_type=one.kind,
                expected=f"one {one.kind} of that id",
                found=f"another one at {first.location}",
                hint="change the id of one of the two, or leave one file out",
            )


def _definitions(content: FileContent) -> Iterator[_Definition]:
    if content.process_model is not None:
        for process in content.process_model.processes:
            if process.executable:
                yield _Definition("process", process.id, process.name, Location(file=content.name, line=process.line))
    if content.decision_model is not None:
        for decision in content.decision_model.decisions:
            yield _Definition("decision", decision.id, decision.name, Location(file=content.name, line=decision.line))
    if content.form is not None and content.form.id:
        yield _Definition("form", content.form.id, None, Location(file=content.name))
