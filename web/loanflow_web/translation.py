"""Two languages from gettext catalogues that need no compiling: ``.po`` files are read at start.

Texts in code and templates are English; ``translations/zh.po`` has the Chinese. What analysts wrote (names of
models, labels of forms, rules) is never translated here; forms and diagrams carry their own second language.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, has_request_context, request

LANGUAGES = ("zh", "en")
COOKIE = "loanflow_lang"
_FOLDER = Path(__file__).parent / "translations"


def current_language() -> str:
    """Return the language of this request: the visitor's choice, else the installation's."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        chosen = request.cookies.get(COOKIE, "")
        g.language = chosen if chosen in LANGUAGES else current_app.config["LOANFLOW_LANGUAGE"]
    return g.language


def gettext(message: str, /, **values: Any) -> str:
    """Return a text in the language of this request, ``%(name)s`` filled in."""
    text = _single(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """Return a text for this number in the language of this request; ``%(num)s`` is the number."""
    return _plural(singular, plural, n) % {"num": n, **values}


@lru_cache(maxsize=4)
def catalogue(language: str) -> Mapping[str, str]:
    """Return the texts of a language by their English; English itself has none.

    Raises:
        ValueError: the catalogue is not a ``.po`` file; names file and line.
    """
    if language == "en":
        return {}
    path = _FOLDER / f"{language}.po"
    return read_catalogue(path.read_text(encoding="utf-8"), file=path.name)


def read_catalogue(text: str, *, file: str) -> dict[str, str]:
    r"""Return msgid -> msgstr of a ``.po`` text; of plurals, the form of languages that have only one.

    >>> read_catalogue('msgid "Save"\\nmsgstr "保存"', file="zh.po")
    {'Save': '保存'}
    """
    found: dict[str, str] = {}
    entry: dict[str, str] = {}
    keyword = ""

    def close() -> None:
        msgstr = entry.get("msgstr") or entry.get("msgstr[0]", "")
        if entry.get("msgid") and msgstr:
            found[entry["msgid"]] = msgstr
        entry.clear()

    for line_number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not line.startswith('"'):
            keyword, _, line = line.partition(" ")
            if keyword not in ("msgid", "msgid_plural", "msgstr", "msgstr[0]"):
                raise ValueError(f"{file}:{line_number}: {keyword!r} is not understood here")
            if keyword == "msgid":
                close()
            entry[keyword] = ""
        try:
            entry[keyword] += ast.literal_eval(line.strip())
        except (SyntaxError, ValueError, KeyError) as error:
            raise ValueError(f"{file}:{line_number}: not a quoted text") from error
    close()
    return found


def install(app: Flask) -> None:
    """Give templates ``_`` and ``ngettext``, and the language itself."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_single, _plural, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["current_language"] = current_language


def _single(message: str) -> str:
    return catalogue(current_language()).get(message, message)


def _plural(singular: str, plural: str, n: int) -> str:
    translated = catalogue(current_language()).get(singular)
    return translated if translated is not None else singular if n == 1 else plural
