"""What a DMN file says, as frozen values (DMN 1.5, clauses 6 to 8 and 10): read `definitions.py` first.

Stands on `loanflow.problems` only. The reader builds these values, checks judge them, the compiler makes them run, drawing
paints them. Nothing here knows XML or evaluates anything; FEEL is kept as the text the analyst wrote.
"""

from loanflow.dmn.model.boxed_expressions import (
    Binding,
    BoxedExpression,
    Conditional,
    Context,
    ContextEntry,
    Filter,
    For,
    FunctionDefinition,
    FunctionKind,
    Invocation,
    ListExpression,
    Quantified,
    Quantifier,
    Relation,
    children_of,
    walk,
)
from loanflow.dmn.model.decision_table import (
    Aggregator,
    DecisionTable,
    HitPolicy,
    InputClause,
    OutputClause,
    Rule,
    hit_policy_code,
)
from loanflow.dmn.model.definitions import (
    BusinessKnowledgeModel,
    Decision,
    DecisionService,
    Dialect,
    DrgElement,
    Import,
    InputData,
    KnowledgeSource,
    Model,
    Reference,
    TextAnnotation,
)
from loanflow.dmn.model.item_definition import FunctionItem, ItemDefinition, Variable
from loanflow.dmn.model.literal_expression import Expression, LiteralExpression
from loanflow.dmn.model.unary_tests import UnaryTests

__all__ = [
    "Aggregator",
    "Binding",
    "BoxedExpression",
    "BusinessKnowledgeModel",
    "Conditional",
    "Context",
    "ContextEntry",
    "Decision",
    "DecisionService",
    "DecisionTable",
    "Dialect",
    "DrgElement",
    "Expression",
    "Filter",
    "For",
    "FunctionDefinition",
    "FunctionItem",
    "FunctionKind",
    "HitPolicy",
    "Import",
    "InputClause",
    "InputData",
    "Invocation",
    "ItemDefinition",
    "KnowledgeSource",
    "ListExpression",
    "LiteralExpression",
    "Model",
    "OutputClause",
    "Quantified",
    "Quantifier",
    "Reference",
    "Relation",
    "Rule",
    "TextAnnotation",
    "UnaryTests",
    "Variable",
    "children_of",
    "hit_policy_code",
    "walk",
]
