"""What came of the sample applications, counted from the engine's own history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from loanflow import Engine, NotFound
from loanflow.lending.applications import ENTERPRISE, PERSONAL, Application
from loanflow.records import CaseStatus

_NAMES = {PERSONAL: ("个人信用贷", "Personal credit"), ENTERPRISE: ("企业贷款", "Enterprise credit")}
_DECIDED_BY_PEOPLE = frozenset({"Review", "SupervisorReview", "FinalDecision"})
_HANDED_BACK = frozenset({"Supplement"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFigures:
    """One product. ``returned`` counts cases that went back for missing material at least once, whatever came of them."""

    product: str
    name: str
    name_en: str
    applications: int = 0
    auto_approved: int = 0
    approved_by_people: int = 0
    declined: int = 0
    withdrawn: int = 0
    returned: int = 0
    still_open: int = 0
    median_steps: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """The table that ends a demonstration.

    ``worked`` is how many cases this run started or moved and ``seconds`` how long it took; ``median_steps`` counts the
    flow nodes a case has completed.
    """

    products: tuple[ProductFigures, ...]
    worked: int
    seconds: float

    @property
    def applications(self) -> int:
        """All applications."""
        return sum(product.applications for product in self.products)

    @property
    def cases_per_second(self) -> float:
        """Cases started or moved per second of this run; 0 if there was nothing to do."""
        return self.worked / self.seconds if self.worked and self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Fate:
    outcome: str
    returned: bool
    steps: int


def report_on(engine: Engine, samples: Iterable[Application], *, seconds: float, worked: int) -> DemoReport:
    """Count what came of the samples."""
    fates: dict[str, list[_Fate]] = {PERSONAL: [], ENTERPRISE: []}
    for sample in samples:
        fates[sample.product].append(_fate(engine, sample))
    return DemoReport(products=tuple(_figures(product, found) for product, found in fates.items() if found), worked=worked, seconds=seconds)


def _fate(engine: Engine, sample: Application) -> _Fate:
    try:
        case = engine.case(sample.key)
    except NotFound:
        return _Fate("missing", returned=False, steps=0)
    entries = engine.history(case.id)
    by_people = {entry.element_id for entry in entries if entry.kind == "task.completed"}
    steps = sum(entry.kind == "element.completed" for entry in entries)
    returned = (
        not by_people.isdisjoint(_HANDED_BACK)
        or sum(entry.kind == "element.entered" and entry.element_id == "Statements" for entry in entries) > 1
    )
    if case.status is CaseStatus.OPEN:
        outcome = "open"
    elif case.end_event == "Disbursed":
        outcome = "auto" if by_people.isdisjoint(_DECIDED_BY_PEOPLE) else "people"
    elif case.end_event == "Declined":
        outcome = "declined"
    else:
        outcome = "withdrawn"
    return _Fate(outcome, returned=returned, steps=steps)


def _figures(product: str, fates: list[_Fate]) -> ProductFigures:
    name, name_en = _NAMES[product]

    def count(outcome: str) -> int:
        return sum(fate.outcome == outcome for fate in fates)

    return ProductFigures(
        product=product,
        name=name,
        name_en=name_en,
        applications=sum(fate.outcome != "missing" for fate in fates),
        auto_approved=count("auto"),
        approved_by_people=count("people"),
        declined=count("declined"),
        withdrawn=count("withdrawn"),
        returned=sum(fate.returned for fate in fates),
        still_open=count("open"),
        median_steps=median(fate.steps for fate in fates),
    )
