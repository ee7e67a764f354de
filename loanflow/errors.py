"""The whole exception tree; subclassed where a caller would act differently, not once per room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from loanflow.problems import Problem


class LoanFlowError(Exception):
    """Anything LoanFlow raises on purpose."""


class ProblemsError(LoanFlowError):
    """An error that carries the findings that caused it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DefinitionError(ProblemsError):
    """A file cannot be used; ``problems`` says every reason at once."""


class EvaluationError(ProblemsError):
    """Strict mode only: a decision or expression has no result."""


class CommandError(LoanFlowError):
    """A command was refused; nothing has changed.

    ``code`` is stable and names the rule that refused it. ``zh`` is the message in Chinese, None where there is none.
    """

    default_code: ClassVar[str] = "refused"

    def __init__(self, message: str = "", *, code: str | None = None, zh: str | None = None) -> None:
        self.code = code or self.default_code
        self.zh = zh
        super().__init__(message)

    def text(self, language: str = "en") -> str:
        """Return the message in a language (``en``, ``zh-CN``), in English where it has no other."""
        return self.zh if self.zh is not None and language.startswith("zh") else str(self)


class TooLarge(CommandError):
    """The values of a command, or the case with them, take more room than a case may; the message names the limit."""

    default_code = "too-large"


class NotFound(CommandError):
    """There is no such case, task, definition or job."""

    default_code = "not-found"


class Conflict(CommandError):
    """Someone was faster: the version asked for is no longer the current one."""

    default_code = "conflict"


class NotPermitted(CommandError):
    """The actor may not do this; the message says which rule forbids it."""

    default_code = "not-permitted"


class Busy(CommandError):
    """The database would not take it now: too many at once; the same command may go through later."""

    default_code = "busy"


class InvalidValues(CommandError):
    """Submitted values do not fit the form; ``errors`` maps field paths to messages."""

    default_code = "invalid-values"

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {', '.join(texts)}" for field, texts in self.errors.items()))


class HandlerMissing(LoanFlowError):
    """A deployed task names a handler that nobody registered."""


class HandlerError(LoanFlowError):
    """Raised by a job handler to steer a case."""


class BpmnError(HandlerError):
    """Raised by a handler: the case takes the path of the matching error boundary event."""

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.message = message
        self.variables = dict(variables or {})
        super().__init__(message or code)


class Retry(HandlerError):
    """Raised by a handler: try again ``after`` seconds, without using up a retry."""

    def __init__(self, after: float, message: str = "") -> None:
        self.after = after
        super().__init__(message or f"retry after {after} s")


class RetryAt(HandlerError):
    """Raised by a handler: try again at an aware instant, without using up a retry."""

    def __init__(self, at: datetime, message: str = "") -> None:
        self.at = at
        super().__init__(message or f"retry at {at.isoformat()}")


class AuditChainBroken(LoanFlowError):
    """The tamper-evident chain of a case no longer holds; names the first entry where it breaks."""

    def __init__(self, case_id: str, seq: int, reason: str) -> None:
        self.case_id = case_id
        self.seq = seq
        self.reason = reason
        super().__init__(f"audit chain of case {case_id} broken at entry {seq}: {reason}")


class SchemaOutdated(LoanFlowError):
    """The database does not have the tables of this release; run ``loanflow database upgrade``."""
