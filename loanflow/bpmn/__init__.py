"""Processes as analysts draw them (BPMN 2.0.2, clauses 7 to 12): the model, the reader and the checks.

Stands on `loanflow.feel`, `loanflow.xmltree` and `loanflow.problems`. Read `model/process.py` first, then
`reader/definitions.py` and `checks/__init__.py`. ``read`` gives the model of a file or raises with every finding,
``inspect`` gives whatever can be said about a file, ``check`` judges a model.
"""

from loanflow.bpmn.checks import check
from loanflow.bpmn.loading import Inspection, inspect, read
from loanflow.bpmn.words import of_element, of_node

__all__ = ["Inspection", "check", "inspect", "of_element", "of_node", "read"]
