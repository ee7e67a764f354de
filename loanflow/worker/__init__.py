"""Runs due jobs: threads that hold jobs under leases, renew them, and come back clean from SIGTERM.

The only room with threads. Correctness is not decided here: a job is claimed and finished by conditional updates in
`loanflow.engine.jobs`, and a worker that is killed, stopped or slow only costs time. Read `worker.py`.
"""

from loanflow.worker.worker import Worker

__all__ = ["Worker"]
