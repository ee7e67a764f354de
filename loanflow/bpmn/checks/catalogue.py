"""The checks there are, and the function that runs them all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from loanflow.bpmn.checks import (
    boundary_events,
    compensation,
    conditions_of_events,
    dangling_flow,
    deadlock,
    embedded_form,
    endless_loop,
    event_gateway,
    expression_syntax,
    extension_properties,
    four_eyes,
    gateway_conditions,
    gateway_direction,
    lack_of_synchronisation,
    links,
    listeners,
    loops,
    message_flows,
    messages,
    misplaced_event,
    missing_implementation,
    multi_instance,
    never_catches,
    no_executable_process,
    retention_and_retry,
    script_language,
    start_and_end,
    start_triggers,
    sub_processes,
    thrown_codes,
    timers,
    unsupported,
    unwritten_variable,
    user_task_texts,
    wrong_dialect,
)
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Model
from loanflow.problems import Problem, in_file_order

CHECKS: tuple[Callable[[Scene], Iterator[Problem]], ...] = (
    no_executable_process.find,
    dangling_flow.find,
    start_and_end.find,
    sub_processes.find,
    misplaced_event.find,
    gateway_conditions.find,
    gateway_direction.find,
    event_gateway.find,
    deadlock.find,
    lack_of_synchronisation.find,
    endless_loop.find,
    boundary_events.find,
    never_catches.find,
    compensation.find,
    links.find,
    thrown_codes.find,
    conditions_of_events.find,
    loops.find,
    multi_instance.find,
    missing_implementation.find,
    messages.find,
    message_flows.find,
    listeners.find,
    timers.find,
    start_triggers.find,
    four_eyes.find,
    extension_properties.find,
    embedded_form.find,
    retention_and_retry.find,
    user_task_texts.find,
    script_language.find,
    wrong_dialect.find,
    expression_syntax.find,
    unwritten_variable.find,
    unsupported.find,
)
"""Every check; each yields its findings over the executable processes."""


def check(
    model: Model, *, handlers: Collection[str] | None = None, form_fields: Mapping[str, frozenset[str]] | None = None
) -> tuple[Problem, ...]:
    """Return every finding on a model, in file order, with what was ignored on purpose.

    Args:
        model: what ``read`` or ``inspect`` gave.
        handlers: the names of the registered handlers where they are known: a script that is not FEEL is accepted where a
            handler has the script task's id.
        form_fields: the variables that each known form writes, by the form's id.
    """
    scene = Scene(model, None if handlers is None else frozenset(handlers), form_fields)
    found = [problem for find in CHECKS for problem in find(scene)]
    return in_file_order(dict.fromkeys([*found, *model.ignored]))
