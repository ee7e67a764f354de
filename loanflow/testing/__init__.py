"""Processes tested like programs: a `flow` over an in-memory store and a clock that stands still until it is turned.

The pytest plugin (`plugin.py`) gives the fixture ``flow``. Stands on the public engine API only. Read `flow.py` first.
"""

from loanflow.testing.flow import Flow
from loanflow.testing.flow_case import CaseUnderTest, DecisionUnderTest, TaskUnderTest
from loanflow.testing.verdict import Verdict

__all__ = ["CaseUnderTest", "DecisionUnderTest", "Flow", "TaskUnderTest", "Verdict"]
