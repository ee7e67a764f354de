"""The auditor's page: every chain checked, link by link."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for

from loanflow_web.desk import desk
from loanflow_web.translation import current_language
from loanflow_web.views.cases import Chain, chain_of, state_of

blueprint = Blueprint("audit", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedCase:
    """A case with the state of its chain."""

    href: str
    key: str
    product: str
    state: str
    tone: str
    entries: int
    chain: Chain


@blueprint.get("/audit")
def index() -> str:
    """List the latest cases; each chain is read and checked now, nothing is taken from a cache."""
    engine, library, lang = desk().engine, desk().library, current_language()
    page = engine.cases(limit=desk().settings.page_size, after=request.args.get("after", "")[:200] or None)
    rows: list[AuditedCase] = []
    for case in page.items:
        state, tone = state_of(case, engine.tokens(case.id), library, lang)
        rows.append(
            AuditedCase(
                href=url_for("case.audit", case_id=case.id),
                key=case.business_key or case.id[:13],
                product=library.product_name(case.process_definition_id, lang),
                state=state,
                tone=tone,
                entries=case.audit_seq,
                chain=chain_of(desk(), case),
            )
        )
    broken = sum(1 for row in rows if not row.chain.holds)
    more = url_for("audit.index", after=page.next) if page.next else None
    return render_template("audit.html", rows=rows, broken=broken, more=more, area="audit")
