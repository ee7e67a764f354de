"""Regular expressions for ``matches``, ``replace`` and ``split``: XPath's dialect, safe against hostile patterns.

`pattern.py` reads them, and `java.py` those that only Camunda's engines know. `linear.py` writes them for google-re2,
which is linear whatever is written; the few that RE2 cannot run go to `backtracking.py`, which counts its steps.
`engine.py` is what callers use.
"""

from __future__ import annotations

from loanflow.feel.regex.engine import Regex, compiled
from loanflow.feel.regex.pattern import PatternError

__all__ = ["PatternError", "Regex", "compiled"]
