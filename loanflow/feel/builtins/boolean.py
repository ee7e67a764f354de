"""Boolean functions (DMN 10.3.4.2)."""

from __future__ import annotations

from typing import Any

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.run import Run
from loanflow.feel.values.kinds import kind

_CLAUSE = "10.3.4.2 Boolean function"


@built_in("not(negand: Any): boolean", clause=_CLAUSE)
def negation(run: Run, value: Any) -> bool | None:
    """False for true, true for false, else null."""
    if isinstance(value, bool):
        return not value
    return None if value is None else run.null("feel/wrong-argument-type", f"not() takes true or false, not {kind(value)}")


BUILT_INS = (negation,)
