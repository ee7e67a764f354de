"""Jobs: claimed under a lease, run outside any transaction, finished under their fence together with their effect.

`run` is the one function that runs a job, whoever executes it. What a handler answers is applied in one transaction that
also removes the job: a worker that lost its lease meanwhile finds the job gone or under another fence, and its effect is
rolled back.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from loanflow import store
from loanflow.clock import SystemClock
from loanflow.engine import messages, starts
from loanflow.engine.actor import Actor
from loanflow.engine.advance import CaseFile
from loanflow.engine.backoff import RetryCycle
from loanflow.engine.command import Command, FencedOut, House, Runner, Suspended
from loanflow.engine.handlers import DEFAULT_BACKOFF, Handler
from loanflow.engine.handlers import Job as HeldJob
from loanflow.engine.values import from_stored, to_values
from loanflow.errors import BpmnError, Busy, HandlerMissing, InvalidValues, Retry, RetryAt, TooLarge
from loanflow.execution import CaseExecution
from loanflow.feel import FeelValue, from_json, to_json, to_python
from loanflow.records import Case, CaseStatus, Incident, Job, JobKind, JobState

BATCH = 20
SUSPENDED_WAIT = timedelta(minutes=1)
MAX_ERROR_TEXT = 4000
_log = logging.getLogger("loanflow.jobs")


class Outcome(StrEnum):
    """How a try ended: done, to be tried again, given up with an incident, or in vain because the lease was lost."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    FENCED = "fenced"


def is_due(command: Command, *, topics: Collection[str] | None) -> bool:
    """Say whether a claim would find a job: a look, so that a worker with nothing to do writes nothing."""
    found = store.jobs.prospect(command.transaction, handlers=_wanted(command, topics))
    return found.ready or (found.next_due_at is not None and found.next_due_at <= lease_now(command))


def is_overdue(command: Command) -> bool:
    """Say whether a lease or a message's time has run out: a look as well."""
    now = lease_now(command)
    return store.jobs.has_expired(command.transaction, now=now) or store.messages.has_expired(command.transaction, now=command.now)


def claim(
    command: Command, *, limit: int, topics: Collection[str] | None, lease: timedelta, kinds: Collection[JobKind] | None = None
) -> tuple[Job, ...]:
    """Take jobs that are due, most urgent first; handler jobs only of topics that have a handler here."""
    now = lease_now(command)
    store.jobs.promote_due(command.transaction, now=now)
    return store.jobs.claim(command.transaction, now=now, lease=lease, limit=limit, handlers=_wanted(command, topics), kinds=kinds)


def _wanted(command: Command, topics: Collection[str] | None) -> frozenset[str]:
    known = command.house.handlers.topics
    return known if topics is None else known & frozenset(topics)


def renew(command: Command, jobs: Collection[Job], *, lease: timedelta) -> frozenset[str]:
    """Hold on to jobs; return the ids of those that are still ours."""
    return store.jobs.renew(command.transaction, jobs, until=lease_now(command) + lease)


def reap(command: Command) -> int:
    """Take back what dead workers held; jobs without tries left become incidents. Return how many were found."""
    freed, spent = store.jobs.reap(command.transaction, now=lease_now(command))
    for job in spent:
        _bury(command, job, "worker-lost", f"the worker did not come back in time, {job.attempts} times in a row")
    if freed:
        command.has_work = True
    return freed + len(spent)


def lease_now(command: Command) -> datetime:
    """Say what time leases and timers go by: the database's, so that machines agree; a clock that was given, if any."""
    if isinstance(command.house.clock, SystemClock):
        return store.database_now(command.transaction)
    return command.now


def run(runner: Runner, house: House, job: Job, *, worker: Actor, draw: Callable[[], float] = random.random) -> Outcome:
    """Run a claimed job to its end; what a handler or a model does wrong is kept with the job, not raised.

    Raises:
        Busy: the database would not take the result; the lease will run out and the job be tried again.
    """
    try:
        try:
            if job.kind is JobKind.HANDLER:
                return _run_handler(runner, house, job, worker, draw)
            runner.run(lambda command: _advance(command, job), by=worker)
            return Outcome.DONE
        except (FencedOut, Busy, Suspended):
            raise
        except TooLarge as error:
            # What another try would bring is as large.
            code, message = error.code, str(error)
            runner.run(lambda command: _bury(command, job, code, message), by=worker)
            return Outcome.DEAD
        except (Retry, RetryAt) as error:
            # Raised by a registered function that an expression called: what the case had done on the way is undone.
            return _postpone(runner, job, worker, error)
        except Exception as error:
            _log.exception("job %s (%s at %s) failed", job.id, job.kind, job.element_id)
            return _fail(runner, house, job, worker, draw, error, None)
    except FencedOut:
        return Outcome.FENCED
    except Suspended:
        return _look_again_later(runner, job, worker)


def abandon(runner: Runner, house: House, job: Job, *, worker: Actor, reason: str) -> Outcome:
    """Count a try as failed while its handler is still running; what the handler answers later is fenced out."""
    handler = house.handlers.find(job.handler or "")
    try:
        return _fail(runner, house, job, worker, random.random, TimeoutError(reason), handler)
    except FencedOut:
        return Outcome.FENCED


def _run_handler(runner: Runner, house: House, job: Job, worker: Actor, draw: Callable[[], float]) -> Outcome:
    handler: Handler | None = None
    try:
        handler = house.handlers.get(job.handler or "")
        held = runner.read(lambda command: _held(command, job, handler))
        if held is None:
            return Outcome.FENCED
        values = to_values(handler.call(held))
    except Suspended:
        raise
    except BpmnError as error:
        thrown = error
        runner.run(lambda command: _throw(command, job, thrown), by=worker)
        return Outcome.DONE
    except (Retry, RetryAt) as error:
        return _postpone(runner, job, worker, error)
    except HandlerMissing as error:
        message = str(error)
        runner.run(lambda command: _bury(command, job, "handler-missing", message), by=worker)
        return Outcome.DEAD
    except InvalidValues as error:
        return _fail(runner, house, job, worker, draw, TypeError(f"the handler's answer cannot be kept: {error}"), handler)
    except Exception as error:
        _log.info("handler %s failed on job %s, attempt %d", job.handler, job.id, job.attempts, exc_info=True)
        return _fail(runner, house, job, worker, draw, error, handler)
    runner.run(lambda command: _complete(command, job, values), by=worker)
    return Outcome.DONE


def _held(command: Command, job: Job, handler: Handler) -> HeldJob | None:
    found = store.jobs.load(command.transaction, job.id)
    if found is None or not still_held(found[0], job):
        return None
    if found[1].status is CaseStatus.SUSPENDED:
        raise Suspended
    if found[1].status is CaseStatus.ENDED:
        return None
    case, state = found[1], found[2]
    file = CaseFile.opened(command, case, state)
    variables = {name: to_python(value) for name, value in file.execution.variables(job.token).items()}
    return HeldJob(
        key=job.id,
        topic=handler.topic,
        case_id=case.id,
        case_key=case.business_key,
        process_key=case.process_key,
        element_id=job.element_id,
        attempt=job.attempts,
        variables=variables,
        headers={name: str(value) for name, value in job.headers.items()},
        deadline=None if handler.timeout is None else command.now + handler.timeout,
    )


def _complete(command: Command, job: Job, values: Mapping[str, FeelValue]) -> None:
    file = _taken(command, job)
    _remember(file, job, "job.completed", values=to_json(dict(values)))
    file.take(file.execution.complete(job.token, values, host=file.host))
    file.save(recallable=True)


def _throw(command: Command, job: Job, error: BpmnError) -> None:
    file = _taken(command, job)
    _remember(file, job, "job.error", code=error.code, message=error.message or None)
    file.take(file.execution.throw_error(job.token, error.code, error.message, to_values(error.variables), host=file.host))
    file.save()


def _advance(command: Command, job: Job) -> None:
    command.chain = job.chain
    if starts.is_of_definition(job):
        if not store.jobs.finish(command.transaction, job):
            raise FencedOut
        if "message" in job.headers:
            messages.deliver_thrown(command, job)
        elif "after" in job.headers:
            messages.start_next(command, job)
        else:
            starts.run(command, job)
        return
    file = _taken(command, job)
    execution: CaseExecution = file.execution
    if job.kind is JobKind.TIMER:
        file.take(execution.fire(job.token, host=file.host))
    elif "signal" in job.headers:
        if store.subscriptions.take_at(command.transaction, job.case_id, job.token):
            variables = {name: from_json(value) for name, value in job.headers["variables"].items()}
            file.take(execution.deliver(job.token, variables, host=file.host))
    else:
        file.take(execution.resume(job.token, host=file.host))
    file.save(recallable=True)


def _taken(command: Command, job: Job) -> CaseFile:
    # A look first; what counts is the DELETE under the fence, after the case row is written.
    left = command.recall(case_id=job.case_id)
    if left is not None:
        case, state = left.case, left.state
    else:
        found = store.jobs.load(command.transaction, job.id)
        if found is None or not still_held(found[0], job):
            raise FencedOut
        _, case, state = found
    if case.status is CaseStatus.SUSPENDED:
        raise Suspended
    if case.status is CaseStatus.ENDED:
        raise FencedOut
    command.chain = job.chain
    file = CaseFile.opened(command, case, state)
    file.finish_job(job)
    return file


def still_held(row: Job, held: Job) -> bool:
    """Say whether the job's row is still as it was when this worker claimed it."""
    return row.fence == held.fence and row.state is JobState.LEASED


def _postpone(runner: Runner, job: Job, worker: Actor, error: Retry | RetryAt) -> Outcome:
    def work(command: Command) -> None:
        due_at = error.at if isinstance(error, RetryAt) else command.now + timedelta(seconds=max(0.0, error.after))
        _append(command, job, "job.postponed", until=due_at.isoformat(), reason=str(error))
        if not store.jobs.retry(command.transaction, job, due_at=due_at, error=str(error), now=lease_now(command), counts=False):
            raise FencedOut

    runner.run(work, by=worker)
    return Outcome.RETRY


def _look_again_later(runner: Runner, job: Job, worker: Actor) -> Outcome:
    # A job that came to a suspended case from outside, such as a signal; resuming need not find it to be right.
    def work(command: Command) -> bool:
        now = lease_now(command)
        return store.jobs.retry(command.transaction, job, due_at=now + SUSPENDED_WAIT, error=None, now=now, counts=False)

    return Outcome.RETRY if runner.run(work, by=worker) else Outcome.FENCED


def _fail(
    runner: Runner, house: House, job: Job, worker: Actor, draw: Callable[[], float], error: Exception, handler: Handler | None
) -> Outcome:
    text = f"{type(error).__name__}: {error}"[:MAX_ERROR_TEXT]
    if job.kind is JobKind.HANDLER and runner.read(lambda command: _judges_failures(command, job)):
        message = str(error)[:MAX_ERROR_TEXT]
        if runner.run(lambda command: _throw_for(command, job, message), by=worker):
            return Outcome.DONE
    if job.attempts >= job.max_attempts:
        runner.run(lambda command: _bury(command, job, "retries-used-up", text), by=worker)
        return Outcome.DEAD
    if job.retry:
        wait = RetryCycle.parse(job.retry).wait(job.attempts)
    else:
        wait = (handler.backoff if handler is not None else DEFAULT_BACKOFF).wait(job.attempts, draw)

    def work(command: Command) -> None:
        now = lease_now(command)
        _append(command, job, "job.failed", error=text, again_at=(now + wait).isoformat())
        if not store.jobs.retry(command.transaction, job, due_at=now + wait, error=text, now=now):
            raise FencedOut

    runner.run(work, by=worker)
    return Outcome.RETRY


def _judges_failures(command: Command, job: Job) -> bool:
    return command.house.definitions.process(command.transaction, job.process_definition_id).program.judges_failures(job.element_id)


def _throw_for(command: Command, job: Job, message: str) -> bool:
    # In Camunda 7 the failure of an external task may stand for a BPMN error.
    file = _taken(command, job)
    step = file.execution.fail(job.token, message, host=file.host)
    if step is None:
        return False
    _remember(file, job, "job.failed", error=message)
    file.take(step)
    file.save()
    return True


def _bury(command: Command, job: Job, code: str, message: str) -> None:
    words = f"{message} (try {job.attempts} of {job.max_attempts})" if code == "retries-used-up" else message
    found = _append(command, job, "incident.raised", code=code, message=words)
    if not store.jobs.bury(command.transaction, job, error=message):
        raise FencedOut
    if found is None:
        return
    incident = Incident(
        id=store.new_id_for(found.id),
        case_id=found.id,
        token=job.token,
        process_key=job.process_key,
        process_definition_id=job.process_definition_id,
        element_id=job.element_id,
        code=code,
        message=words,
        created_at=command.now,
        business_key=found.business_key,
        job_id=job.id,
    )
    store.incidents.insert(command.transaction, [incident])


def _append(command: Command, job: Job, kind: str, **data: Any) -> Case | None:
    # The case row before the job row, as everywhere: whoever holds the one waits for the other in the same order.
    # A message that cannot be delivered is the business of the case that threw it; what starts cases has none.
    case_id = job.headers.get("thrown_by") if starts.is_of_definition(job) else job.case_id
    case = None if case_id is None else store.cases.get(command.transaction, case_id)
    if case is None:
        return None
    process = command.house.definitions.process(command.transaction, case.process_definition_id)
    file = CaseFile(command, case, process)
    _remember(file, job, kind, **data)
    return file.save()


def _remember(file: CaseFile, job: Job, kind: str, **data: Any) -> None:
    file.remember(
        kind,
        element_id=job.element_id,
        token=job.token,
        definition_id=job.process_definition_id,
        job_id=job.id,
        handler=job.handler,
        attempt=job.attempts,
        **data,
    )


def of_case(command: Command, case_id: str) -> tuple[Job, ...]:
    """Return what a case still owes itself, earliest first; headers as Python values."""
    jobs = store.jobs.of_case(command.transaction, case_id)
    return tuple(replace(job, headers={name: from_stored(value) for name, value in job.headers.items()}) for job in jobs)
