"""What a task may say in each platform's own words, and what is lost where it is said for the other platform alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from loanflow.bpmn.model import Dialect
from loanflow.problems import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What some tasks say in each platform's own words: ``words`` are those, ``lost`` is what ignoring the other's would mean."""

    tasks: frozenset[str]
    words: Mapping[Dialect, frozenset[str]]
    what: str
    lost: str
    property: str
    expected: str
    hint: str
    severity: Severity = Severity.WARNING


SAID: tuple[Said, ...] = (
    Said(
        tasks=frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask"}),
        words=MappingProxyType(
            {
                Dialect.CAMUNDA7: frozenset({"type", "class", "delegateExpression", "expression", "decisionRef", "connector"}),
                Dialect.CAMUNDA8: frozenset({"taskDefinition", "calledDecision", "script"}),
            }
        ),
        what="what does the work",
        lost="",
        property="Implementation",
        expected="an implementation",
        hint="choose the implementation again in the properties panel",
        severity=Severity.ERROR,
    ),
    Said(
        tasks=frozenset({"userTask"}),
        words=MappingProxyType(
            {
                Dialect.CAMUNDA7: frozenset({"assignee", "candidateUsers", "candidateGroups", "humanPerformer", "potentialOwner"}),
                Dialect.CAMUNDA8: frozenset({"assignmentDefinition"}),
            }
        ),
        what="whose the task is",
        lost=": the task belongs to nobody",
        property="Assignment",
        expected="an assignee, candidate groups or candidate users",
        hint="fill in Properties panel > Assignment again",
    ),
    Said(
        tasks=frozenset({"userTask"}),
        words=MappingProxyType(
            {
                Dialect.CAMUNDA7: frozenset({"formKey", "formRef", "formData", "formProperty"}),
                Dialect.CAMUNDA8: frozenset({"formDefinition"}),
            }
        ),
        what="which form the task shows",
        lost=": the task shows none",
        property="Form",
        expected="a form",
        hint="choose Properties panel > Form > Type again",
    ),
)
"""What must not be lost without a word because it is said for the other platform alone."""
