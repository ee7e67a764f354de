"""Work that tasks and throwing events hand out: jobs for handlers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loanflow.execution import requests as asked
from loanflow.execution import steering
from loanflow.execution.expressions import Formula
from loanflow.execution.tokens import Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine


class Job:
    """A call of a handler, compiled; ``name`` gives the handler's name."""

    __slots__ = ("computed_headers", "errors", "headers", "name", "result_variable", "retries")

    def __init__(
        self,
        name: Formula,
        *,
        retries: Formula | None = None,
        result_variable: str | None = None,
        headers: Mapping[str, str],
        computed_headers: tuple[tuple[str, Formula], ...] = (),
        errors: tuple[tuple[Formula, Formula | None, Formula | None], ...] = (),
    ) -> None:
        self.name = name
        self.retries = retries
        self.result_variable = result_variable
        self.headers = headers
        self.computed_headers = computed_headers
        self.errors = errors
        """What its answer or failure may stand for: condition, error code and message, in order."""

    def enqueue(self, machine: Machine, token: Token) -> None:
        """Ask for the job and let the token wait for it."""
        spec = token.task_spec
        seen = token.visible()
        handler = self.name.string(seen, machine)
        if handler is None:
            raise self.name.failed("gave no handler name")
        headers = self.headers
        if self.computed_headers:
            headers = {**headers, **{key: formula.string(seen, machine) or "" for key, formula in self.computed_headers}}
        retries = self.retries.integer(seen, machine) if self.retries is not None else None
        request = asked.EnqueueJob(
            token=token.id,
            element_id=spec.name,
            program=spec.program_id,
            kind="handler",
            handler=handler,
            retries=retries,
            retry=spec.retry_cycle(token, seen, machine),
            priority=spec.job_priority(seen, machine),
            headers=headers,
        )
        machine.requests.append(request)
        token.wait = Wait.JOB

    def throws(self, machine: Machine, token: Token) -> bool:
        """Throw the first error whose condition holds now; say whether there was one."""
        seen = token.visible()
        for condition, code, message in self.errors:
            if condition.holds(seen, machine):
                name = None if code is None else code.string(seen, machine)
                text = message.string(seen, machine) if message is not None else machine.failure
                token.wait = None
                steering.throw_error(machine, token, name, text or "", {})
                return True
        return False

    def results(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the variables the handler's outputs become: under the result variable, unless they hold it already."""
        name = self.result_variable
        return values if name is None or name in values or not values else {name: dict(values)}
