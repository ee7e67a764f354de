"""Messages that a case throws: whoever receives one does so in a transaction of its own."""

from __future__ import annotations

from datetime import datetime

from loanflow import store
from loanflow.engine.backoff import OWN_TRIES
from loanflow.execution import ThrowMessage
from loanflow.records import Case, Job, JobKind


def job_for(case: Case, message: ThrowMessage, now: datetime) -> Job:
    """Return the job that delivers it; it is the definition's, as the case may be over by then."""
    return Job(
        id=store.new_id_for(message.program),
        case_id=message.program,
        token=message.token,
        kind=JobKind.CONTINUATION,
        process_key=case.process_key,
        process_definition_id=message.program,
        element_id=message.element_id,
        due_at=now,
        created_at=now,
        max_attempts=OWN_TRIES,
        headers={
            "message": message.name,
            "correlation_key": message.correlation_key,
            "business_key": message.business_key,
            "thrown_by": case.id,
        },
    )
