"""A dispatcher that claims jobs, and threads that run them."""

from __future__ import annotations

import logging
import queue
import random
import signal
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from loanflow.engine import Engine
from loanflow.errors import Busy
from loanflow.records import Job

_log = logging.getLogger("loanflow.worker")


@dataclass(slots=True, eq=False)
class _Held:
    # A job of ours from the claim until its thread is done with it; times are monotonic seconds.
    job: Job
    held_until: float
    started: float | None = None
    lost: bool = False


class Worker:
    """Runs an engine's due jobs in ``concurrency`` threads until it is told to stop.

    The dispatcher (the thread that calls `run`) claims no more jobs than there are free threads, renews the leases of
    those that run every third of their length, gives up handlers that are past their timeout, and takes back what dead
    workers left. It wakes when a command of this process makes a job ready, and otherwise looks every ``poll`` seconds.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        concurrency: int = 4,
        topics: Collection[str] | None = None,
        poll: float = 0.2,
        reap_every: float = 5.0,
        drain: float = 30.0,
    ) -> None:
        if concurrency < 1:
            raise ValueError("a worker needs at least one thread")
        self._engine = engine
        self._concurrency = concurrency
        self._topics = topics
        self._poll = poll
        self._reap_every = reap_every
        self._drain = drain
        self._lease = engine.settings.lease.total_seconds()
        self._wake = threading.Event()
        # A plain flag: a signal handler may not take a lock that the thread it interrupts may hold.
        self._stopping = False
        self._queue: queue.SimpleQueue[_Held | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self.done = 0

    def run(self, *, until_idle: bool = False) -> None:
        """Work until `stop`, SIGTERM or SIGINT, or with ``until_idle`` until nothing is due; then finish what is under way.

        Signals are only listened to in the main thread. A second signal ends the process at once, as does the lease: what
        was under way is run again by someone else.
        """
        previous = self._listen()
        threads = [
            threading.Thread(target=self._work, name=f"loanflow-worker-{number}", daemon=True) for number in range(self._concurrency)
        ]
        self._engine.on_work(self._wake.set)
        for thread in threads:
            thread.start()
        try:
            self._dispatch(until_idle)
        finally:
            self._engine.off_work(self._wake.set)
            self._wind_down(threads)
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Claim nothing more, finish what is under way, and let `run` return."""
        self._stopping = True
        self._wake.set()

    # The dispatcher

    def _dispatch(self, until_idle: bool) -> None:
        next_reap = 0.0
        while not self._stopping:
            self._wake.clear()
            now = time.monotonic()
            claimed = 0
            try:
                if now >= next_reap:
                    self._engine.reap()
                    next_reap = now + self._reap_every * random.uniform(0.8, 1.2)  # noqa: S311 - spreads the load
                self._keep(now)
                claimed = self._claim()
            except Busy as error:
                _log.warning("the database is busy, trying again: %s", error)
            with self._lock:
                idle = not self._held
            if until_idle and idle and not claimed:
                return
            if not claimed or self._free() == 0:
                self._wake.wait(self._poll * random.uniform(0.75, 1.25))  # noqa: S311 - spreads the load

    def _free(self) -> int:
        with self._lock:
            return self._concurrency - len(self._held)

    def _claim(self) -> int:
        free = self._free()
        if free <= 0:
            return 0
        until = time.monotonic() + self._lease
        jobs = self._engine.claim_jobs(free, topics=self._topics)
        with self._lock:
            for job in jobs:
                self._held[job.id] = _Held(job=job, held_until=until)
            held = [self._held[job.id] for job in jobs]
        for each in held:
            self._queue.put(each)
        return len(jobs)

    def _keep(self, now: float) -> None:
        # Overdue handlers first: renewing their lease would keep others from trying.
        with self._lock:
            held = [each for each in self._held.values() if not each.lost]
        for each in held:
            timeout = self._timeout_of(each.job)
            if each.started is not None and timeout is not None and now - each.started > timeout.total_seconds():
                each.lost = True
                self._engine.abandon_job(each.job, f"the handler took longer than {timeout}")
        ageing = [each for each in held if not each.lost and each.held_until - now < self._lease * 2 / 3]
        if not ageing:
            return
        until = time.monotonic() + self._lease
        kept = self._engine.renew_leases([each.job for each in ageing])
        for each in ageing:
            if each.job.id in kept:
                each.held_until = until
            else:
                each.lost = True
                _log.warning("lost the lease of job %s; what its handler answers will not count", each.job.id)

    def _timeout_of(self, job: Job) -> timedelta | None:
        handler = self._engine.handlers.find(job.handler or "")
        return handler.timeout if handler is not None else None

    # The threads

    def _work(self) -> None:
        while (held := self._queue.get()) is not None:
            held.started = time.monotonic()
            try:
                self._engine.run_job(held.job)
            except Busy as error:
                _log.warning("job %s could not be finished, its lease will run out: %s", held.job.id, error)
            except Exception:
                # Whatever it was, the lease brings the job back; this thread has others to run.
                _log.exception("job %s broke its worker thread's work", held.job.id)
            finally:
                with self._lock:
                    self._held.pop(held.job.id, None)
                    self.done += 1
                self._wake.set()

    def _wind_down(self, threads: list[threading.Thread]) -> None:
        for _ in threads:
            self._queue.put(None)
        deadline = time.monotonic() + self._drain
        while any(thread.is_alive() for thread in threads) and time.monotonic() < deadline:
            try:
                self._keep(time.monotonic())
            except Busy as error:
                _log.warning("the database is busy while winding down: %s", error)
            for thread in threads:
                thread.join(timeout=0.05)
        left = sum(thread.is_alive() for thread in threads)
        if left:
            _log.warning("%d handlers did not come back within %s s; their jobs will be run again", left, self._drain)

    # Signals

    def _listen(self) -> dict[int, signal.Handlers | int | None]:
        if threading.current_thread() is not threading.main_thread():
            return {}
        previous: dict[int, signal.Handlers | int | None] = {}
        for number in (signal.SIGTERM, signal.SIGINT):
            previous[number] = signal.getsignal(number)  # pyright: ignore[reportArgumentType]
            signal.signal(number, self._on_signal)
        return previous

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._stopping = True
