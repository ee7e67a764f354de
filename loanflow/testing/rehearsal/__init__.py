"""A rehearsal: processes played through in memory before anybody deploys them, many times, with answers made up.

Stub handlers answer jobs, made-up people fill in forms, messages come by themselves and the clock is turned; which of the
things that may happen next does happen is drawn, so a seed makes a rehearsal repeatable. Answers are guessed from the
model's own texts: what conditions, tables and forms compare a variable with is what it is given, and a little beside it.

Stands on `loanflow.deployment` and `loanflow.execution`: no database, no engine. Read `rehearsal.py` first: `clues.py`,
`learning.py`, `sites.py` and `givers.py` work out who may be asked for what, `exchange.py` which
processes belong together since they exchange messages; `play.py` is one run; `result.py` what is reported.
"""

from loanflow.testing.rehearsal.rehearsal import Refused, rehearse
from loanflow.testing.rehearsal.result import End, Incident, ProcessRehearsal, Rehearsal, SentMessage, StandIn, Unreached, Variant

__all__ = ["End", "Incident", "ProcessRehearsal", "Refused", "Rehearsal", "SentMessage", "StandIn", "Unreached", "Variant", "rehearse"]
