"""What a case migration would mean: two versions compared, and every open case looked at, page by page; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from loanflow import store
from loanflow.bpmn.compare import Comparison, compare
from loanflow.bpmn.model import CallActivity
from loanflow.engine.command import Command, Runner
from loanflow.engine.definitions import CompiledProcess
from loanflow.engine.host import CaseHost
from loanflow.errors import CommandError, LoanFlowError, NotFound
from loanflow.execution import Examination, Finding, Verdict, VersionChange, examine
from loanflow.records import Case, ProcessDefinition

PAGE = 500
"""So many cases are looked at in one transaction."""

LISTED = 1_000
"""So many cases that are not safe are listed one by one."""

Mapped = Mapping[str, str | None]
NO_MAPPING: Mapped = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFinding:
    """A finding with the number of cases it was made in, and the business key or id of one of them."""

    verdict: str
    element_id: str
    element_name: str | None
    message: str
    cases: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCase:
    """A case that is not safe to migrate, and why."""

    case_id: str
    business_key: str | None
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMigrationPlan:
    """What migrating every open case of ``old`` to ``new`` would mean.

    ``counts`` has the number of cases by verdict: ``safe``, ``needs-mapping``, ``impossible``. ``findings`` are the reasons, the
    worst first; those with the verdict ``safe`` are notes. ``cases`` lists the first thousand that are not safe.
    """

    old: ProcessDefinition
    new: ProcessDefinition
    comparison: Comparison
    dropped: tuple[str, ...]
    counts: Mapping[str, int]
    findings: tuple[PlannedFinding, ...]
    cases: tuple[PlannedCase, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan JSON-ready; ``mapping`` in it can be edited and given back."""
        return {
            "process": self.old.key,
            "from": {"version": self.old.version, "definition_id": self.old.id},
            "to": {"version": self.new.version, "definition_id": self.new.id},
            "mapping": {old: pair.new.id for old, pair in self.comparison.pairs.items()} | dict.fromkeys(self.dropped),
            "pairs": [
                {"from": old, "to": pair.new.id, "by": pair.pairing.value, "likeness": pair.likeness}
                for old, pair in self.comparison.pairs.items()
            ],
            "differences": [
                {
                    "change": difference.change.value,
                    "element_id": difference.element_id,
                    "element_name": difference.element_name,
                    "property": difference.property,
                    "old": difference.old,
                    "new": difference.new,
                    "message": difference.message,
                }
                for difference in self.comparison.differences
            ],
            "counts": dict(self.counts),
            "findings": [asdict(finding) for finding in self.findings],
            "cases": [asdict(case) for case in self.cases],
        }


def plan(runner: Runner, old: str, new: str, mapping: Mapped = NO_MAPPING) -> CaseMigrationPlan:
    """Look at every open case, page by page; nothing is changed."""

    def settled(command: Command) -> tuple[Versions, list[str]]:
        versions = Versions.named(command, old, new, mapping)
        return versions, definitions_to_search(command, versions.old.definition)

    versions, definitions = runner.read(settled)
    tally = _Tally()
    for definition_id in definitions:
        after = ""
        while True:
            page = runner.read(lambda command, d=definition_id, a=after: _examined(command, versions, d, a))
            for case, examination in page.found:
                tally.add(case, examination)
            if page.last is None:
                break
            after = page.last
    return CaseMigrationPlan(
        old=versions.old.definition,
        new=versions.new.definition,
        comparison=versions.comparison,
        dropped=tuple(sorted(versions.change.dropped)),
        counts={verdict.word: tally.counts.get(verdict, 0) for verdict in Verdict},
        findings=tally.findings(),
        cases=tuple(tally.listed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Two versions of one process, compared."""

    old: CompiledProcess
    new: CompiledProcess
    comparison: Comparison
    change: VersionChange

    @classmethod
    def named(cls, command: Command, old: str, new: str, mapping: Mapped) -> Versions:
        """Compare two versions named as people name them."""
        processes = [command.house.definitions.process(command.transaction, _definition(command, name).id) for name in (old, new)]
        before, after = processes
        if before.definition.key != after.definition.key:
            raise CommandError(
                f"a case is migrated to another version of its own process: "
                f"{before.definition.key!r} and {after.definition.key!r} are two processes"
            )
        if before.definition.id == after.definition.id:
            raise CommandError(f"{old} and {new} are the same version: there is nothing to migrate")
        return cls.compared(before, after, mapping)

    @classmethod
    def compared(cls, before: CompiledProcess, after: CompiledProcess, mapping: Mapped) -> Versions:
        """Compare two compiled versions."""
        try:
            comparison = compare(before.process, after.process, given=mapping)
        except ValueError as error:
            raise CommandError(f"the mapping does not fit: {error}") from error
        elements = {one: pair.new.id for one, pair in comparison.pairs.items()}
        dropped = [one for one, other in mapping.items() if other is None and one in before.nodes]
        change = VersionChange(before.program, after.program, elements=elements, flows=comparison.flows, dropped=dropped)
        return cls(old=before, new=after, comparison=comparison, change=change)


def _definition(command: Command, name: str) -> ProcessDefinition:
    """Find a definition by id, ``key:version``, ``key:tag`` or ``key`` (the newest)."""
    definitions, transaction = store.definitions, command.transaction
    found = definitions.get(transaction, ProcessDefinition, name) or definitions.latest(transaction, ProcessDefinition, name)
    key, _, which = name.rpartition(":")
    if found is None and key:
        if which.isdecimal():
            found = definitions.version(transaction, ProcessDefinition, key, int(which))
        found = found or definitions.tagged(transaction, ProcessDefinition, key, which)
    if found is None:
        versions = definitions.versions(transaction, ProcessDefinition, key or name)
        known = ", ".join(f"{each.key}:{each.version}" for each in versions) or "nothing of that key"
        raise NotFound(f"no version {name!r} is deployed; there is {known}")
    return found


def definitions_to_search(command: Command, old: ProcessDefinition) -> list[str]:
    """List the definitions whose open cases may run ``old``: itself, and whatever calls other processes."""
    found: list[str] = []
    for definition_id in store.cases.running_definitions(command.transaction):
        process = command.house.definitions.process(command.transaction, definition_id)
        if definition_id == old.id or any(isinstance(node, CallActivity) for node in process.nodes.values()):
            found.append(definition_id)
    return sorted(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Cases of one page, and the id of the last one looked at; None where there are no more."""

    found: list[tuple[Case, Examination]]
    last: str | None


def _examined(command: Command, versions: Versions, definition_id: str, after: str) -> _Page:
    rows = store.cases.running_on_definition(command.transaction, definition_id, after_id=after, limit=PAGE)
    found = [(case, _examine(command, versions, case, state)) for case, state in rows if may_run(versions.old, state)]
    return _Page(found=found, last=rows[-1][0].id if len(rows) == PAGE else None)


def may_run(process: CompiledProcess, state: bytes) -> bool:
    """Say whether a case in that state may run the process: its snapshot names its programs, and looking spares reading it."""
    return process.definition.id.encode() in state


def _examine(command: Command, versions: Versions, case: Case, state: bytes) -> Examination:
    try:
        return examine(state, versions.change, host=CaseHost(command, case.id))
    except LoanFlowError as error:
        definition = versions.old.definition
        finding = Finding(verdict=Verdict.IMPOSSIBLE, element_id=definition.key, element_name=definition.name, message=str(error))
        return Examination(findings=(finding,))


class _Tally:
    def __init__(self) -> None:
        self.counts: dict[Verdict, int] = {}
        self.listed: list[PlannedCase] = []
        self._found: dict[Finding, tuple[int, str]] = {}

    def add(self, case: Case, examination: Examination) -> None:
        """Count one case."""
        verdict = examination.verdict
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        for finding in examination.findings:
            cases, example = self._found.get(finding, (0, case.business_key or case.id))
            self._found[finding] = (cases + 1, example)
        if verdict is not Verdict.SAFE and len(self.listed) < LISTED:
            reasons = tuple(finding.message for finding in examination.findings if finding.verdict is not Verdict.SAFE)
            self.listed.append(PlannedCase(case_id=case.id, business_key=case.business_key, verdict=verdict.word, reasons=reasons))

    def findings(self) -> tuple[PlannedFinding, ...]:
        """Return what was found, the worst and most frequent first."""
        ranked = sorted(self._found.items(), key=lambda entry: (-entry[0].verdict, -entry[1][0], entry[0].message))
        return tuple(
            PlannedFinding(
                verdict=finding.verdict.word,
                element_id=finding.element_id,
                element_name=finding.element_name,
                message=finding.message,
                cases=cases,
                example=example,
            )
            for finding, (cases, example) in ranked
        )
