"""Models made visible: a process as SVG from its own diagram interchange, a decision table as HTML; pure functions.

Stands on `loanflow.bpmn` and `loanflow.dmn`. No script, no inline style: colours come from classes and custom
properties (`style.py`), so a page may theme them and a strict content security policy holds. Read `process.py` first.
"""

from loanflow.drawing.outline import OutlineStep, outline
from loanflow.drawing.process import Mark, MarkState, draw_process
from loanflow.drawing.style import stylesheet

__all__ = ["Mark", "MarkState", "OutlineStep", "draw_process", "outline", "stylesheet"]
