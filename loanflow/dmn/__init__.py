"""Decisions as DMN has them (DMN 1.1 to 1.5): models, decision tables, requirements graphs; usable without the engine.

Stands on `loanflow.feel` and `loanflow.xmltree`. `model` is what a file says, `reader` reads it, `checks` judges it, `compiler`
makes it run, `decision_model` is who one asks; `trace` says why. Read `decision_model.py` first.
"""

from loanflow.dmn.checks import check
from loanflow.dmn.decision_model import DecisionModel, DecisionName, compile_model, load, read, survey
from loanflow.dmn.decision_trace import (
    BlockingCell,
    CellTrace,
    DecisionTrace,
    InputTrace,
    NearMiss,
    OutputTrace,
    RuleTrace,
    Source,
)
from loanflow.dmn.model import Decision, DecisionTable, Dialect, HitPolicy, Model, Rule
from loanflow.dmn.reader import RuleRow, with_rules
from loanflow.dmn.result import DecisionResult, map_result
from loanflow.dmn.sentences import change, headline, sentence
from loanflow.dmn.trace import Trace

__all__ = [
    "BlockingCell",
    "CellTrace",
    "Decision",
    "DecisionModel",
    "DecisionName",
    "DecisionResult",
    "DecisionTable",
    "DecisionTrace",
    "Dialect",
    "HitPolicy",
    "InputTrace",
    "Model",
    "NearMiss",
    "OutputTrace",
    "Rule",
    "RuleRow",
    "RuleTrace",
    "Source",
    "Trace",
    "change",
    "check",
    "compile_model",
    "headline",
    "load",
    "map_result",
    "read",
    "sentence",
    "survey",
    "with_rules",
]
