"""From XML to decision tables."""

from __future__ import annotations

from loanflow.dmn.model import Aggregator, DecisionTable, HitPolicy, InputClause, LiteralExpression, OutputClause, Rule, UnaryTests
from loanflow.dmn.reader.grammar import CAMUNDA
from loanflow.dmn.reader.literals import literal_expression
from loanflow.dmn.reader.reading import Reading
from loanflow.problems import nearest
from loanflow.xmltree import Element

# DMN 1.1 drafts and some tools write the policies without a blank.
_POLICIES = {policy.value: policy for policy in HitPolicy} | {
    policy.value.replace(" ", "_"): policy for policy in HitPolicy if " " in policy.value
}


def decision_table(element: Element, reading: Reading) -> DecisionTable:
    """Return the table an element is; rows that do not fit its columns are findings."""
    inputs = tuple(_input_clause(child, reading) for child in element.all("input"))
    outputs = tuple(_output_clause(child, reading) for child in element.all("output"))
    annotations = tuple((child.get("name") or "") for child in element.all("annotation"))
    return DecisionTable(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        hit_policy=_hit_policy(element, reading),
        aggregator=_aggregator(element, reading),
        inputs=inputs,
        outputs=outputs,
        annotations=annotations,
        rules=tuple(_rule(child, number, len(inputs), len(outputs), reading) for number, child in enumerate(element.all("rule"), start=1)),
        output_label=element.get("outputLabel"),
    )


def _hit_policy(element: Element, reading: Reading) -> HitPolicy:
    written = (element.get("hitPolicy") or "").strip()
    if written and written not in _POLICIES:
        meant = nearest(written, HitPolicy)
        reading.report(
            "dmn/bad-attribute",
            "this hit policy does not exist",
            element,
            property="Hit policy",
            expected=", ".join(HitPolicy),
            found=written,
            hint=f"did you mean {meant}?" if meant else None,
        )
        written = meant or ""
    return _POLICIES.get(written, HitPolicy.UNIQUE)


def _aggregator(element: Element, reading: Reading) -> Aggregator | None:
    written = (element.get("aggregation") or "").strip()
    if not written:
        return None
    if written not in tuple(Aggregator):
        meant = nearest(written, Aggregator)
        reading.report(
            "dmn/bad-attribute",
            "this aggregation does not exist",
            element,
            property="Hit policy",
            expected=", ".join(Aggregator),
            found=written,
            hint=f"did you mean {meant}?" if meant else None,
        )
        return Aggregator(meant) if meant else None
    return Aggregator(written)


def _input_clause(element: Element, reading: Reading) -> InputClause:
    expression = element.first("inputExpression")
    return InputClause(
        id=element.get("id"),
        label=(element.get("label") or "").strip() or None,
        expression=literal_expression(expression, reading) if expression is not None else LiteralExpression(text="", line=element.line),
        values=_values(element, "inputValues", reading),
        variable=(element.get("inputVariable", CAMUNDA) or "").strip() or None,
        line=element.line,
    )


def _output_clause(element: Element, reading: Reading) -> OutputClause:
    default = element.first("defaultOutputEntry")
    return OutputClause(
        id=element.get("id"),
        name=(element.get("name") or "").strip() or None,
        label=(element.get("label") or "").strip() or None,
        type_ref=reading.type_ref(element),
        values=_values(element, "outputValues", reading),
        default=literal_expression(default, reading) if default is not None else None,
        line=element.line,
    )


def _values(element: Element, local: str, reading: Reading) -> UnaryTests | None:
    # An empty list of values, as Camunda Modeler leaves it behind, restricts nothing.
    found = reading.unary_tests(element.first(local))
    return None if found is None or found.accepts_anything else found


def _rule(element: Element, index: int, inputs: int, outputs: int, reading: Reading) -> Rule:
    cells = tuple(tests for child in element.all("inputEntry") if (tests := reading.unary_tests(child)) is not None)
    results = tuple(literal_expression(child, reading) for child in element.all("outputEntry"))
    if len(cells) != inputs:
        _wrong_length(element, index, "input", inputs, len(cells), reading)
        cells = (*cells, *(UnaryTests(text="-", line=element.line) for _ in range(inputs)))[:inputs]
    if len(results) != outputs:
        _wrong_length(element, index, "output", outputs, len(results), reading)
        results = (*results, *(LiteralExpression(text="null", line=element.line) for _ in range(outputs)))[:outputs]
    return Rule(
        index=index,
        inputs=cells,
        outputs=results,
        id=element.get("id"),
        label=element.get("label"),
        description=reading.child_text(element, "description"),
        annotations=tuple(reading.child_text(child, "text") or "" for child in element.all("annotationEntry")),
        line=element.line,
    )


def _wrong_length(element: Element, index: int, side: str, expected: int, found: int, reading: Reading) -> None:
    reading.report(
        "dmn/row-length",
        f"rule {index} does not have one {side} cell for each {side} column",
        element,
        expected=f"{expected} {side} cells",
        found=f"{found} {side} cells",
        hint="open the table in Camunda Modeler, which adds the missing cells, and save it again",
    )
