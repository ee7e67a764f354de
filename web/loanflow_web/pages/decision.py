"""Why a decision came out as it did."""

from __future__ import annotations

from flask import Blueprint, render_template

from loanflow.errors import NotFound
from loanflow.records import Case, DecisionRecord
from loanflow_web.desk import desk
from loanflow_web.pages.case import case_of, head_for
from loanflow_web.translation import current_language
from loanflow_web.views.decisions import explained

blueprint = Blueprint("decision", __name__)


@blueprint.get("/cases/<case_id>/decisions")
def index(case_id: str) -> str:
    """Explain the latest decision of a case."""
    case = case_of(case_id)
    records = _traced(case)
    return _page(case, records[-1] if records else None, records)


@blueprint.get("/cases/<case_id>/decisions/<decision_id>")
def show(case_id: str, decision_id: str) -> str:
    """Explain one decision of a case."""
    case = case_of(case_id)
    records = _traced(case)
    record = next((each for each in records if each.id == decision_id), None)
    if record is None:
        raise NotFound(f"case {case_id} has no decision {decision_id}")
    return _page(case, record, records)


def _page(case: Case, record: DecisionRecord | None, records: list[DecisionRecord]) -> str:
    decision = (
        explained(
            record, all_records=records, process_definition_id=case.process_definition_id, library=desk().library, lang=current_language()
        )
        if record
        else None
    )
    return render_template("case_decision.html", case=head_for(case, tab="decisions"), decision=decision, area="cases")


def _traced(case: Case) -> list[DecisionRecord]:
    return [record for record in desk().engine.decisions(case.id) if record.trace]
