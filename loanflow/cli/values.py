"""Variables on a command line: ``name=value`` and JSON, with exact decimals."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import click


def _aware(_context: click.Context, _parameter: click.Parameter, value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


at_option = click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    callback=_aware,
    metavar="DATE",
    help="what today() and now() give: 2026-03-02, or 2026-03-02T09:00:00+08:00 (UTC without a zone); the present if left out",
)


def from_json(text: str) -> dict[str, Any]:
    """Return an object's variables; numbers keep their digits.

    Raises:
        click.BadParameter: the text is not a JSON object.
    """
    try:
        value: Any = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise click.BadParameter('an object is needed, such as {"amount": 80000}')
    return cast("dict[str, Any]", value)


def from_pairs(pairs: Iterable[str]) -> dict[str, Any]:
    """Return variables from ``name=value`` texts: a value that is JSON is taken as such, else as text.

    Raises:
        click.BadParameter: a text has no ``=``.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"{pair!r} is not name=value")
        try:
            found[name] = json.loads(text, parse_float=Decimal)
        except ValueError:
            found[name] = text
    return found
