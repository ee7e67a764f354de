"""FEEL values as HTML: a scalar as its text, a context as rows, a list of contexts as a grid; classed as boxed expressions are."""

from __future__ import annotations

from html import escape

from loanflow.dmn.sentences import display
from loanflow.feel import FeelValue

# A list this short, written in one line, reads better than a grid.
_SHORT = 60


def is_plain(value: FeelValue) -> bool:
    """Say whether a value reads well in one line."""
    return not isinstance(value, list | dict) or not value or (isinstance(value, list) and len(display(value)) <= _SHORT)


def draw_value(value: FeelValue) -> str:
    """Return a value as HTML, ready to stand in a page; ``boxed_expression_stylesheet`` colours it."""
    if isinstance(value, dict) and value:
        rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{draw_value(entry)}</td></tr>' for name, entry in value.items())
        return f'<table class="lf-be"><tbody>{rows}</tbody></table>'
    if is_plain(value) or not isinstance(value, list):
        return escape(display(value))
    contexts = [item for item in value if isinstance(item, dict) and item]
    if len(contexts) < len(value):
        return '<ol class="lf-be-list">' + "".join(f"<li>{draw_value(item)}</li>" for item in value) + "</ol>"
    names = list(dict.fromkeys(name for context in contexts for name in context))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{draw_value(context[name]) if name in context else ''}</td>" for name in names) + "</tr>"
        for context in contexts
    )
    return f'<table class="lf-be"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
