"""From models to functions: compiled once, immutable, shared between threads; read `program.py` and `table.py` first.

Stands on `dmn.model` and `loanflow.feel`. Compiling collects what is wrong with the texts and never raises. Spec: DMN 1.5,
clause 8 "Decision table" and 10.4 "Execution semantics of decision services".
"""

from loanflow.dmn.compiler.boxed import call_by_name
from loanflow.dmn.compiler.direct import Direct, direct
from loanflow.dmn.compiler.linking import Linked, link
from loanflow.dmn.compiler.program import DecisionProgram, Evaluated, Evaluation, ServiceProgram
from loanflow.dmn.compiler.run import Run, Scope
from loanflow.dmn.compiler.shapes import CellShape, Kind, key_of, shape_of
from loanflow.dmn.compiler.table import Column, Table, rules_of
from loanflow.dmn.compiler.types import Allowed

__all__ = [
    "Allowed",
    "CellShape",
    "Column",
    "DecisionProgram",
    "Direct",
    "Evaluated",
    "Evaluation",
    "Kind",
    "Linked",
    "Run",
    "Scope",
    "ServiceProgram",
    "Table",
    "call_by_name",
    "direct",
    "key_of",
    "link",
    "rules_of",
    "shape_of",
]
