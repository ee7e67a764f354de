"""A model is imported that is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from loanflow.dmn.model import Model
from loanflow.problems import Location, Problem


def find(model: Model, among: Collection[Model]) -> Iterator[Problem]:
    """Yield a finding for each import of a model that is not ``among`` those given together."""
    known = {one.namespace for one in among}
    for entry in model.imports:
        if entry.namespace not in known:
            yield Problem(
                code="dmn/missing-import",
                message="the imported model was not given",
                location=Location(file=model.file, line=entry.line),
                element_type="import",
                element_name=entry.name,
                expected=f"a model of namespace {entry.namespace}",
                found="nothing",
                hint="load the two files together",
            )


def with_imports(model: Model, among: Collection[Model]) -> tuple[Model, ...]:
    """Return the model and all it imports, directly or by what it imports, out of those given together."""
    by_namespace: dict[str, Model] = {}
    for one in among:
        by_namespace.setdefault(one.namespace, one)
    wanted = [model]
    for one in wanted:
        for entry in one.imports:
            found = by_namespace.pop(entry.namespace, None)
            if found is not None and found is not model:
                wanted.append(found)
    return tuple(wanted)
