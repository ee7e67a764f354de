"""From the bytes of a DMN file to the model: every element and attribute is read, ignored on purpose, or refused by name.

Stands on `loanflow.xmltree` and `loanflow.dmn.model`; the only sub-room that knows XML and Camunda's extensions.
Read `grammar.py` first: it lists everything known. Spec: DMN 1.5, clause 12 "Exchange formats"; DMN 1.1 to 1.5 files.
"""

from loanflow.dmn.reader.files import read_model, survey_model
from loanflow.dmn.reader.rewriting import RuleRow, with_rules

__all__ = ["RuleRow", "read_model", "survey_model", "with_rules"]
