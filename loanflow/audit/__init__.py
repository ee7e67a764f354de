"""The tamper-evident history: one hash chain per case, whose head is in the case row.

``begin`` and ``append`` write the case row and what happened to it together, so that no change goes without its entry and no
entry without its change; ``verify`` reads a chain back and names the first entry where it no longer holds; ``export`` gives
a case's history with its proof. ``remove`` takes a case away whole and keeps the head of its chain, against which ``verify_export``
still proves what was exported. Stands on ``store``. Read ``chain.py`` first.
"""

from loanflow.audit.chain import entry_hash, link
from loanflow.audit.export import export, verify_export
from loanflow.audit.history import append, begin
from loanflow.audit.removal import remove
from loanflow.audit.verification import case_row, missing, verify, verify_entries

__all__ = [
    "append",
    "begin",
    "case_row",
    "entry_hash",
    "export",
    "link",
    "missing",
    "remove",
    "verify",
    "verify_entries",
    "verify_export",
]
