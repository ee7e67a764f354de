"""A file, read and judged: the model where there is one, and every finding at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from loanflow.bpmn.checks import check
from loanflow.bpmn.model import Model
from loanflow.bpmn.reader import survey
from loanflow.errors import DefinitionError
from loanflow.problems import Problem, errors_in, in_file_order

_CONSEQUENCES = frozenset(
    {
        "bpmn/literal-condition",
        "bpmn/missing-implementation",
        "bpmn/missing-message",
        "bpmn/missing-called-element",
        "bpmn/missing-error-code",
        "bpmn/missing-escalation-code",
        "bpmn/listener-event",
        "bpmn/event-without-trigger",
    }
)
"""What the checks say of an element that is empty only because the reader refused what was in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What can be said about a file: ``model`` is None where it is not BPMN at all; ``problems`` holds every finding.

    ``model`` is there for drawing even when ``problems`` holds errors; only ``read`` gives a model that may be run.
    """

    model: Model | None
    problems: tuple[Problem, ...]


def inspect(
    data: bytes, *, file: str, handlers: Collection[str] | None = None, form_fields: Mapping[str, frozenset[str]] | None = None
) -> Inspection:
    """Return the model of a BPMN file and everything that is wrong with it; never raises, whatever the bytes.

    Args:
        data: the file's bytes.
        file: the name that findings give.
        handlers: the names of the registered handlers, where they are known; a script that is not FEEL needs one.
        form_fields: the variables that each known form writes, by the form's id.
    """
    try:
        found = survey(data, file=file)
    except DefinitionError as error:
        return Inspection(model=None, problems=error.problems)
    return Inspection(model=found.model, problems=_together(found.problems, check(found.model, handlers=handlers, form_fields=form_fields)))


def read(data: bytes, *, file: str) -> Model:
    """Return the model of a BPMN file.

    The checks are not part of it: call ``check`` on the model, or ``inspect`` for both at once.

    Raises:
        DefinitionError: the file holds something that cannot be read into the model; carries every finding, those of the
            checks too.
    """
    found = survey(data, file=file)
    if errors_in(found.problems):
        raise DefinitionError(_together(found.problems, check(found.model)))
    return found.model


def _together(reading: tuple[Problem, ...], checking: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return all findings in file order, without those that only repeat that an element could not be read."""
    unread = {problem.element_id for problem in errors_in(reading)}
    kept = [problem for problem in checking if problem.code not in _CONSEQUENCES or problem.element_id not in unread]
    return in_file_order([*reading, *kept])
