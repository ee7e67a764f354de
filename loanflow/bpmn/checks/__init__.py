"""What is wrong with a model: one small file per check, all findings at once; read `scene.py` first.

Stands on `bpmn.model` and `loanflow.feel`. Each module has one function, ``find``, that yields findings and never raises;
``supported`` is the table of what execution runs. Each code has its page in ``docs/reference/problems/bpmn``.
"""

from loanflow.bpmn.checks.catalogue import CHECKS, check

__all__ = ["CHECKS", "check"]
