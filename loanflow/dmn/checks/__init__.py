"""What is wrong with a model: one small file per check, all findings at once; read `catalogue.py` first.

Stands on `dmn.model` and `dmn.compiler` (to compile is to check every text). Each check has one function, ``find``, that
yields findings and never raises. Each code has its page in ``docs/reference/problems/dmn``.
"""

from loanflow.dmn.checks.catalogue import check, structure, texts

__all__ = ["check", "structure", "texts"]
