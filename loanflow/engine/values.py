"""Values at the door: Python outside, FEEL inside, loss-free JSON in the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loanflow.errors import InvalidValues
from loanflow.feel import FeelValue, from_json, to_feel, to_python

MAX_NAME = 255
_RESERVED = re.compile(r"__.*__|loanflow[:.].*", re.DOTALL)


def to_values(variables: Mapping[str, Any]) -> dict[str, FeelValue]:
    """Take variables from a caller.

    Raises:
        InvalidValues: a name or value that no variable can have; every one of them is named.
    """
    values: dict[str, FeelValue] = {}
    errors: dict[str, list[str]] = {}
    for name, value in variables.items():
        if not name or len(name) > MAX_NAME or _RESERVED.fullmatch(name):
            errors[str(name)[:MAX_NAME]] = ["no variable can have this name"]
            continue
        try:
            values[name] = to_feel(value)
        except (TypeError, ValueError) as error:
            errors[name] = [str(error)]
    if errors:
        raise InvalidValues(errors)
    return values


def from_stored(json: Any) -> Any:
    """Give a stored value back as Python's; a value beyond Python's dates stays a FEEL value."""
    value = from_json(json)
    try:
        return to_python(value)
    except ValueError:
        return value
