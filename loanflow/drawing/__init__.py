"""Models made visible: a process as SVG from its own diagram interchange, a decision and its reason as HTML; pure functions.

Stands on `loanflow.bpmn` and `loanflow.dmn`. No script, no inline style: colours come from classes and custom
properties (`style.py`), so a page may theme them and a strict content security policy holds. Read `process.py` first.
"""

from loanflow.drawing.boxed_expressions import boxed_expression_stylesheet, draw_boxed_expression
from loanflow.drawing.decision_table import decision_table_stylesheet, draw_decision_table
from loanflow.drawing.explanation import draw_explanation, draw_explanation_page, explanation_stylesheet
from loanflow.drawing.outline import OutlineStep, outline
from loanflow.drawing.process import Mark, MarkState, draw_process
from loanflow.drawing.style import stylesheet

__all__ = [
    "Mark",
    "MarkState",
    "OutlineStep",
    "boxed_expression_stylesheet",
    "decision_table_stylesheet",
    "draw_boxed_expression",
    "draw_decision_table",
    "draw_explanation",
    "draw_explanation_page",
    "draw_process",
    "explanation_stylesheet",
    "outline",
    "stylesheet",
]
