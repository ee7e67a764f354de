from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from loanflow import store
from loanflow.records import Job, JobKind, JobState
from tests.store.builders import NOON, a_case, a_job

MINUTE = timedelta(minutes=1)


def keep(database: store.Store, *jobs: Job) -> None:
    database.run(lambda t: store.jobs.insert(t, jobs))


def claim(database: store.Store, *, now: datetime = NOON, **more: Any) -> tuple[Job, ...]:
    return database.run(lambda t: store.jobs.claim(t, **({"now": now, "lease": MINUTE} | more)))


def find(database: store.Store, job: Job) -> Job | None:
    with database.reading() as transaction:
        return store.jobs.get(transaction, job.id)


def test_a_claim_leases_the_job_and_raises_its_fence(database: store.Store) -> None:
    job = a_job(headers={"a": 1}, retry="R3/PT10M", priority=70)
    keep(database, job)
    (claimed,) = claim(database)
    assert claimed.owner
    assert claimed == replace(job, state=JobState.LEASED, fence=1, attempts=1, owner=claimed.owner, lease_until=NOON + MINUTE)
    assert claim(database) == ()


def test_a_job_comes_with_its_case_and_state(database: store.Store) -> None:
    case = a_case()
    job = a_job(case_id=case.id)
    database.run(lambda t: (store.cases.insert(t, case, b"state"), store.jobs.insert(t, [job])))
    with database.reading() as transaction:
        assert store.jobs.load(transaction, job.id) == (job, case, b"state")
        assert store.jobs.of_case(transaction, case.id) == (job,)


def test_a_look_says_what_a_claim_would_find(database: store.Store) -> None:
    def look(*handlers: str) -> tuple[bool, datetime | None, bool]:
        with database.reading() as transaction:
            found = store.jobs.prospect(transaction, handlers=handlers or None)
            return found.ready, found.next_due_at, store.jobs.has_expired(transaction, now=NOON + 2 * MINUTE)

    assert look() == (False, None, False)
    keep(database, a_job(state=JobState.SCHEDULED, due_at=NOON + MINUTE), a_job(kind=JobKind.HANDLER, handler="bureau"))
    assert look() == (True, NOON + MINUTE, False)
    assert look("notify") == (False, NOON + MINUTE, False)
    assert look("notify", "bureau") == (True, NOON + MINUTE, False)
    assert len(claim(database)) == 1
    assert look("bureau") == (False, NOON + MINUTE, True)


def test_finish_removes_what_is_ours_once(database: store.Store) -> None:
    keep(database, a_job())
    (job,) = claim(database)
    assert database.run(lambda t: store.jobs.finish(t, job))
    assert not database.run(lambda t: store.jobs.finish(t, job))
    assert find(database, job) is None


def test_who_lost_the_lease_can_do_nothing_more(database: store.Store) -> None:
    keep(database, a_job())
    (slow,) = claim(database)
    later = NOON + 2 * MINUTE
    freed, exhausted = database.run(lambda t: store.jobs.reap(t, now=later))
    assert (freed, exhausted) == (1, ())
    (quick,) = claim(database, now=later)
    assert quick.fence == slow.fence + 1
    assert not database.run(lambda t: store.jobs.finish(t, slow))
    assert not database.run(lambda t: store.jobs.retry(t, slow, due_at=later, error="x", now=later))
    assert not database.run(lambda t: store.jobs.bury(t, slow, error="x"))
    assert database.run(lambda t: store.jobs.renew(t, [slow, quick], until=later + MINUTE)) == {quick.id}
    assert database.run(lambda t: store.jobs.finish(t, quick))


def test_a_renewed_lease_is_not_reaped(database: store.Store) -> None:
    keep(database, a_job())
    (job,) = claim(database)
    database.run(lambda t: store.jobs.renew(t, [job], until=NOON + 5 * MINUTE))
    assert database.run(lambda t: store.jobs.reap(t, now=NOON + 2 * MINUTE)) == (0, ())


def test_a_job_whose_workers_keep_dying_is_handed_out_to_be_buried(database: store.Store) -> None:
    keep(database, a_job(max_attempts=1))
    (job,) = claim(database)
    freed, exhausted = database.run(lambda t: store.jobs.reap(t, now=NOON + 2 * MINUTE))
    assert freed == 0
    assert exhausted == (job,)
    assert database.run(lambda t: store.jobs.bury(t, exhausted[0], error="the worker died"))
    found = find(database, job)
    assert found is not None
    assert (found.state, found.last_error, found.owner) == (JobState.DEAD, "the worker died", None)


def test_a_dead_job_is_revived_with_attempts_left(database: store.Store) -> None:
    keep(database, a_job(max_attempts=1))
    (job,) = claim(database)
    assert not database.run(lambda t: store.jobs.revive(t, job.id, now=NOON))
    database.run(lambda t: store.jobs.bury(t, job, error="x"))
    assert database.run(lambda t: store.jobs.revive(t, job.id, now=NOON, attempts=2))
    (again,) = claim(database)
    assert (again.attempts, again.max_attempts) == (2, 3)


@pytest.mark.parametrize(("counts", "attempts"), [(True, 1), (False, 0)])
def test_a_retry_waits_for_its_time(database: store.Store, counts: bool, attempts: int) -> None:
    keep(database, a_job())
    (job,) = claim(database)
    assert database.run(lambda t: store.jobs.retry(t, job, due_at=NOON + MINUTE, error="503", now=NOON, counts=counts))
    found = find(database, job)
    assert found is not None
    assert (found.state, found.last_error, found.attempts, found.lease_until) == (JobState.SCHEDULED, "503", attempts, None)
    assert claim(database, now=NOON + MINUTE) == ()
    with database.reading() as transaction:
        assert store.jobs.next_due_at(transaction) == NOON + MINUTE
    assert database.run(lambda t: store.jobs.promote_due(t, now=NOON + MINUTE - timedelta(microseconds=1))) == 0
    assert database.run(lambda t: store.jobs.promote_due(t, now=NOON + MINUTE)) == 1
    assert len(claim(database, now=NOON + MINUTE)) == 1


def test_nothing_scheduled_means_no_next_time(database: store.Store) -> None:
    keep(database, a_job())
    with database.reading() as transaction:
        assert store.jobs.next_due_at(transaction) is None
        assert store.jobs.counts(transaction) == {JobState.READY: 1}


def test_the_most_urgent_go_first(database: store.Store) -> None:
    late, soon, urgent = a_job(due_at=NOON), a_job(due_at=NOON - MINUTE), a_job(priority=90)
    keep(database, late, soon, urgent)
    assert [job.id for job in claim(database, limit=2)] == [urgent.id, soon.id]
    assert [job.id for job in claim(database)] == [late.id]


def test_a_claim_takes_only_what_is_asked_for(database: store.Store) -> None:
    timer = a_job(kind=JobKind.TIMER, handler=None)
    scan, query = a_job(handler="scan", lane="slow"), a_job()
    keep(database, timer, scan, query)
    assert claim(database, handlers=["nobody"], kinds=[JobKind.HANDLER]) == ()
    assert [job.id for job in claim(database, kinds=[JobKind.TIMER])] == [timer.id]
    assert claim(database, lanes=["fast"]) == ()
    assert [job.id for job in claim(database, lanes=["slow"], handlers=["scan"])] == [scan.id]
    assert claim(database, parts=[(store.part_of(query.id) + 1) % 4096]) == ()
    assert [job.id for job in claim(database, parts=[store.part_of(query.id)])] == [query.id]


def test_a_cancelled_job_cannot_finish(database: store.Store) -> None:
    case_id = store.new_case_id()
    keep(database, a_job(case_id=case_id, token=1), a_job(case_id=case_id, token=2), a_job(token=1))
    running = claim(database)
    database.run(lambda t: store.jobs.cancel(t, case_id, [1, 7]))
    database.run(lambda t: store.jobs.cancel(t, case_id, []))
    finished = [database.run(lambda t, job=job: store.jobs.finish(t, job)) for job in running]
    assert sorted(finished) == [False, True, True]


def test_a_deduplicated_job_is_enqueued_once(database: store.Store) -> None:
    case_id = store.new_case_id()
    first, second = (a_job(case_id=case_id, dedupe_key="reminder") for _ in range(2))
    assert database.run(lambda t: store.jobs.insert_once(t, first))
    assert not database.run(lambda t: store.jobs.insert_once(t, second))
    assert find(database, second) is None


def test_competing_workers_never_take_the_same_job(database: store.Store) -> None:
    keep(database, *(a_job() for _ in range(40)))
    together = Barrier(4)
    taken: list[str] = []
    lock = threading.Lock()

    def work(_: int) -> None:
        together.wait()
        while jobs := claim(database, limit=3):
            with lock:
                taken.extend(job.id for job in jobs)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert len(taken) == len(set(taken))
    # A worker may leave early when all its candidates went to others; nothing is lost by that.
    rest = [job.id for job in claim(database, limit=100)]
    assert len({*taken, *rest}) == 40


def test_a_worker_that_finishes_and_one_that_reaps_cannot_both_win(database: store.Store) -> None:
    for _ in range(5):
        keep(database, a_job())
        (job,) = claim(database)
        together = Barrier(2)

        def finish(job: Job = job, together: Barrier = together) -> bool:
            together.wait()
            return database.run(lambda t: store.jobs.finish(t, job))

        def reap(together: Barrier = together) -> bool:
            together.wait()
            return database.run(lambda t: store.jobs.reap(t, now=NOON + 2 * MINUTE))[0] == 1

        with ThreadPoolExecutor(2) as threads:
            outcomes = [threads.submit(finish), threads.submit(reap)]
        assert sorted(outcome.result() for outcome in outcomes) == [False, True]
        database.run(lambda t, job=job: store.jobs.cancel(t, job.case_id, [job.token]))


def test_an_error_message_is_kept_whatever_is_in_it(database: store.Store) -> None:
    keep(database, a_job())
    (job,) = claim(database)
    assert database.run(lambda t: store.jobs.bury(t, job, error="\x00 \ud800 " + "x" * 100_000))
    found = find(database, job)
    assert found is not None
    assert found.last_error == "\u2400 ? " + "x" * 100_000
