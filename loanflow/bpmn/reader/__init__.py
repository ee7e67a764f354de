"""From a BPMN file to the model (BPMN 2.0.2, clauses 8 to 10 and 12): read `definitions.py` first, then `accounting.py`.

Stands on `loanflow.xmltree`, `bpmn.model`, `bpmn.extensions`. It knows tags and attributes, and judges nothing but whether they can be
read; `bpmn.checks` judges the model. `survey` reads a file as far as it can be read and says what became of every element
and attribute.
"""

from loanflow.bpmn.reader.definitions import Survey, survey

__all__ = ["Survey", "survey"]
