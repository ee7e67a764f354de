"""Multi-instance activities that do not say how often they run (clause 10.3.8)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Activity, Dialect
from loanflow.problems import Problem

CODE = "bpmn/multi-instance-incomplete"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each multi-instance that lacks a part."""
    for _, node in scene.nodes():
        if not isinstance(node, Activity) or node.multi_instance is None:
            continue
        many = node.multi_instance
        if many.collection is None and many.cardinality is None:
            panel = "Input collection" if scene.model.dialect is Dialect.CAMUNDA8 else "Collection or Loop cardinality"
            yield scene.finding(
                node,
                CODE,
                "the multi-instance does not say how often it runs",
                line=many.line,
                property=f"Multi-instance > {panel}",
                expected="a collection, or a number",
                found="neither",
                hint=f"fill in Properties panel > Multi-instance > {panel}",
            )
        elif many.collection is None and many.element_variable:
            yield scene.finding(
                node,
                CODE,
                "the multi-instance names an element variable but no collection to take it from",
                line=many.line,
                property="Multi-instance > Collection",
                expected="a collection",
                found=many.element_variable,
                hint="fill in the collection, or clear the element variable",
            )
        if bool(many.output_collection) != (many.output_element is not None):
            missing = "Output element" if many.output_collection else "Output collection"
            yield scene.finding(
                node,
                CODE,
                "the multi-instance gives only one half of its output",
                line=many.line,
                property=f"Multi-instance > {missing}",
                expected="output collection and output element",
                found=f"no {missing.lower()}",
                hint=f"fill in Properties panel > Multi-instance > {missing}",
            )
        cardinality = many.cardinality
        if cardinality is not None and cardinality.is_literal and not cardinality.text.isdigit():
            yield scene.finding(
                node,
                CODE,
                "the loop cardinality is not a number of times",
                line=cardinality.line,
                property="Multi-instance > Loop cardinality",
                expected="a whole number, or an expression",
                found=cardinality.text,
                hint="write a number such as 3, or an expression such as ${count}",
            )
