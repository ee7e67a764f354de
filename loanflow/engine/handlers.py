"""Programs that do a case's automatic work: how they are registered, what they are given, what they may answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar

from loanflow.engine.backoff import Backoff
from loanflow.errors import HandlerMissing

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_TRIES = 3
DEFAULT_BACKOFF = Backoff(first=timedelta(seconds=10), longest=timedelta(minutes=10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work as a handler sees it.

    ``key`` is the same at every try: hand it to the system you call as idempotency key, because a handler may run
    again after a crash. ``variables`` are Python values visible from the element, input mappings applied.
    ``headers`` are the element's static settings (Camunda 8 task headers, Camunda 7 extension properties).
    ``attempt`` counts from 1. ``case_key`` is the business key the case was started with.
    """

    key: str
    topic: str
    case_id: str
    case_key: str | None
    process_key: str
    element_id: str
    attempt: int
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType[str, Any]({}))
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    deadline: datetime | None = None

    @property
    def idempotency_key(self) -> str:
        """``key`` under the name that outside systems use for it."""
        return self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A registered function with its terms: ``tries`` in all, ``backoff`` between them, ``timeout`` for one."""

    topic: str
    function: Callable[..., Any]
    tries: int
    backoff: Backoff
    timeout: timedelta | None
    parameters: tuple[inspect.Parameter, ...]

    def call(self, job: Job) -> Mapping[str, Any]:
        """Run the function with the case's variables bound to its parameter names; return what it adds to the case.

        Raises:
            MissingVariable: a parameter without a default names no variable of the case.
            TypeError: the function answered something else than a mapping or None.
        """
        arguments, extra = self._bind(job)
        result = self.function(*arguments, **extra)
        if result is None:
            return {}
        if not isinstance(result, Mapping):
            raise TypeError(f"handler {self.topic!r} must return a mapping of variables or None, it returned {type(result).__name__}")
        outputs: dict[str, Any] = {}
        for name, value in result.items():  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(name, str):
                raise TypeError(f"handler {self.topic!r} returned the variable name {name!r}, which is not text")
            outputs[name] = value
        return outputs

    def _bind(self, job: Job) -> tuple[list[Any], dict[str, Any]]:
        arguments: list[Any] = []
        named: dict[str, Any] = {}
        taken: set[str] = set()
        for parameter in self.parameters:
            if parameter.kind is parameter.VAR_POSITIONAL:
                continue
            if parameter.kind is parameter.VAR_KEYWORD:
                named.update({name: value for name, value in job.variables.items() if name not in taken})
                continue
            taken.add(parameter.name)
            if _takes_job(parameter):
                value: Any = job
            elif parameter.name in job.variables:
                value = job.variables[parameter.name]
            elif parameter.default is not parameter.empty:
                value = parameter.default
            else:
                raise MissingVariable(self.topic, parameter.name, job.variables)
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[parameter.name] = value
            else:
                arguments.append(value)
        return arguments, named


class MissingVariable(LookupError):
    """A handler asks for a variable the case does not have; the message names the nearest one."""

    def __init__(self, topic: str, name: str, variables: Iterable[str]) -> None:
        known = sorted(variables)
        near = get_close_matches(name, known, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; it has {', '.join(known) or 'none'}"
        super().__init__(f'handler "{topic}" needs the variable "{name}", which the case does not have{hint}')


class Handlers:
    """A set of handlers, importable before any engine exists; hand it to ``Engine(handlers=[...])``.

    >>> handlers = Handlers()
    >>> @handlers.service("credit-score", retries=5, backoff="10s..10m")
    ... def credit_score(job: Job, national_id: str) -> dict[str, int]:
    ...     return {"score": 640}
    >>> sorted(handlers.topics)
    ['credit-score']
    """

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._functions: dict[str, Callable[..., Any]] = {}

    @property
    def topics(self) -> frozenset[str]:
        """The topics that have a handler."""
        return frozenset(self._handlers)

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The callables that expressions may use, by name."""
        return MappingProxyType(self._functions)

    def service(
        self, topic: str, *, retries: int = DEFAULT_TRIES, backoff: str | Backoff = DEFAULT_BACKOFF, timeout: timedelta | None = None
    ) -> Callable[[Function], Function]:
        """Register a function for the jobs of ``topic``: external topic, job type, delegate or class name of the model.

        The function's parameters are filled with the case's variables of the same names; one named ``job`` or
        annotated ``Job`` receives the job. It returns a mapping of variables to set, or None. It runs outside any
        transaction and may run again after a crash: see ``Job.key``.

        Args:
            topic: the name in the diagram.
            retries: how often the job is tried in all, unless the diagram says otherwise.
            backoff: waits between tries, such as ``"10s..10m"``, unless the diagram has a retry cycle.
            timeout: how long one try may take; a worker then counts it as failed and ignores what it answers later.

        Raises:
            ValueError: the topic has a handler already, or a setting makes no sense.
        """
        if retries < 1:
            raise ValueError(f"retries counts the tries in all and is at least 1, not {retries}")
        if timeout is not None and timeout <= timedelta(0):
            raise ValueError("a timeout is a positive length of time")
        waits = Backoff.parse(backoff) if isinstance(backoff, str) else backoff

        def register(function: Function) -> Function:
            parameters = tuple(inspect.signature(function).parameters.values())
            self._add(Handler(topic=topic, function=function, tries=retries, backoff=waits, timeout=timeout, parameters=parameters))
            return function

        return register

    def function(self, name: str) -> Callable[[Function], Function]:
        """Register what JUEL expressions call: a callable as ``"desk.open"``, or under ``"desk"`` an object with methods.

        Both are reached as ``${desk.open(...)}``; the callable registered by its full name comes first.

        Raises:
            ValueError: the name is taken.
        """

        def register(function: Function) -> Function:
            if name in self._functions:
                raise ValueError(f"there is a function {name!r} already")
            self._functions[name] = function
            return function

        return register

    def find_function(self, name: str) -> Callable[..., Any] | None:
        """Return what an expression calls by that name, ``bean.method`` as a rule, or None; never what begins with ``_``."""
        found: Any = self._functions.get(name)
        bean, _, method = name.partition(".")
        if found is None and method and not method.startswith("_"):
            found = getattr(self._functions.get(bean), method, None)
        return found if callable(found) else None

    def replace(self, topic: str, function: Callable[..., Any], *, retries: int = 1) -> None:
        """Put a function in the place of whatever handled ``topic``; for rehearsals and tests."""
        self._handlers.pop(topic, None)
        self.service(topic, retries=retries)(function)

    def find(self, topic: str) -> Handler | None:
        """Return the handler of a topic, or None."""
        return self._handlers.get(topic)

    def get(self, topic: str) -> Handler:
        """Return the handler of a topic.

        Raises:
            HandlerMissing: nobody registered one; the message names the nearest topic.
        """
        handler = self._handlers.get(topic)
        if handler is None:
            raise HandlerMissing(f'no handler is registered for "{topic}"{nearest(topic, self._handlers)}')
        return handler

    def include(self, other: Handlers) -> None:
        """Take over all that ``other`` has.

        Raises:
            ValueError: a topic or function name is registered twice.
        """
        for handler in other._handlers.values():
            self._add(handler)
        for name, function in other._functions.items():
            self.function(name)(function)

    def _add(self, handler: Handler) -> None:
        if handler.topic in self._handlers:
            raise ValueError(f"topic {handler.topic!r} has a handler already")
        self._handlers[handler.topic] = handler


def nearest(name: str, known: Iterable[str]) -> str:
    """Say ``; did you mean "x"?`` for the known name nearest to ``name``, or what there is, for the end of a message."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; registered are {', '.join(names)}" if names else "; none are registered"


def _takes_job(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    if annotation is Job or (isinstance(annotation, str) and annotation.split(".")[-1] == "Job"):
        return True
    return parameter.name == "job" and annotation is parameter.empty
