"""Context functions (DMN 10.3.4.10)."""

from __future__ import annotations

from typing import Any, cast

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.run import Run

_CLAUSE = "10.3.4.10 Context functions"


@built_in(
    # Camunda calls the standard's "m" a context.
    "get value(m: context, key: string): Any",
    "get value(context: context, key: string): Any",
    "get value(context: context, keys: list<string>): Any",
    clause=_CLAUSE,
)
def get_value(run: Run, context: dict[str, Any], key: Any) -> Any:
    """The entry of that key, or down a list of keys; null if there is none."""
    found: Any = context
    for one in [key] if isinstance(key, str) else key:
        if not isinstance(found, dict) or one not in found:
            return run.null("feel/unknown-entry", f"the context has no entry {one!r}")
        found = cast("dict[str, Any]", found)[one]
    return found


@built_in("get entries(m: context): list<context>", "get entries(context: context): list<context>", clause=_CLAUSE)
def get_entries(run: Run, context: dict[str, Any]) -> list[Any]:
    """A list of contexts with ``key`` and ``value``."""
    return [{"key": key, "value": value} for key, value in context.items()]


@built_in("context(entries: list<context>): context", clause=_CLAUSE)
def context_of(run: Run, entries: list[Any]) -> Any:
    """A context from a list of contexts with ``key`` and ``value``."""
    result: dict[str, Any] = {}
    for entry in entries:
        if entry is None or "value" not in entry or not isinstance(entry.get("key"), str):
            return run.null("feel/wrong-argument-type", "each entry has a key, which is a text, and a value")
        if entry["key"] in result:
            return run.null("feel/duplicate-key", f"there are two entries {entry['key']!r}")
        result[entry["key"]] = entry["value"]
    return result


@built_in(
    "context put(context: context, key: string, value: Any): context",
    "context put(context: context, keys: list<string>, value: Any): context",
    clause=_CLAUSE,
)
def context_put(run: Run, context: dict[str, Any], key: Any, value: Any) -> Any:
    """The context with an entry added or replaced, also inside inner contexts by a list of keys."""
    keys = [key] if isinstance(key, str) else list(key)
    if not keys or any(one is None for one in keys):
        return run.null("feel/wrong-argument-type", "there is no key")
    return _put(run, context, keys, value)


def _put(run: Run, context: Any, keys: list[str], value: Any) -> Any:
    if not isinstance(context, dict):
        return run.null("feel/wrong-argument-type", f"there is no context to put {keys[0]!r} into")
    inner = cast("dict[str, Any]", context)
    if len(keys) > 1:
        value = _put(run, inner.get(keys[0]), keys[1:], value)
        if value is None:
            return None
    return {**inner, keys[0]: value}


@built_in("context merge(contexts: list<context>): context", clause=_CLAUSE)
def context_merge(run: Run, contexts: list[Any]) -> Any:
    """The entries of all contexts; later ones replace earlier ones."""
    result: dict[str, Any] = {}
    for context in contexts:
        if context is None:
            return run.null("feel/wrong-argument-type", "null is no context")
        result |= context
    return result


BUILT_INS = (get_value, get_entries, context_of, context_put, context_merge)
