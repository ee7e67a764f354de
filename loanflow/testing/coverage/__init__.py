"""Which elements and sequence flows the tests of a run reached, painted on the drawing of every process they deployed.

Stands on the engine's public API, `loanflow.bpmn` and `loanflow.drawing`. `hits.py` collects and adds up, also over the
processes of pytest-xdist; `report.py` writes the pages.
"""

from loanflow.testing.coverage.hits import Hits, ProcessHits, collect
from loanflow.testing.coverage.report import summary, write

__all__ = ["Hits", "ProcessHits", "collect", "summary", "write"]
