"""What an engine can be told about its ways; the defaults are for a bank."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from loanflow.execution import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one engine.

    ``supervisors`` are groups whose members may assign anybody's task. ``message_lifetime`` is how long a message that
    no case waits for yet is kept. ``remote`` means handlers run in another program: topics without a handler here are
    no error. ``trace_decisions`` keeps every rule and cell with each decision. ``lease`` is how long a worker may hold
    a job before it has to say that it is still alive. ``limits`` are what one case may use up. ``chain`` is how many jobs
    in a row may bring each other about with no person, message or due time in between; ``early_messages`` how many kept
    messages one transaction gives to a case. ``urge_interval`` is how long after a reminder the next one may come.
    ``recalled_cases`` is how many cases the engine remembers as it left them, so that the next command need not read them.
    """

    supervisors: tuple[str, ...] = ("admin",)
    message_lifetime: timedelta = timedelta(days=7)
    remote: bool = False
    trace_decisions: bool = True
    lease: timedelta = timedelta(seconds=60)
    limits: Limits = field(default_factory=Limits)
    chain: int = 10_000
    early_messages: int = 100
    urge_interval: timedelta = timedelta(hours=1)
    recalled_cases: int = 1_000
