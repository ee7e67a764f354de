"""Text in boxes: how wide it will be, and where it breaks. Estimated, because nothing is rendered here."""

from __future__ import annotations

import re
import unicodedata

_NARROW = frozenset("ilj.,;:'|!()[]{}ftIr ")
_PIECES = re.compile(r"[ \t]*\n[ \t]*|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+|[ \t]+")
# Characters that may not begin a line in Chinese typesetting.
_NOT_FIRST = frozenset("，。、；：？！）》」』】”’%,.;:?!)")


def width(text: str, size: float = 12) -> float:
    """Return about how many pixels a text takes; East Asian characters are one em."""
    total = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in ("W", "F"):
            total += 1.0
        elif char in _NARROW:
            total += 0.3
        else:
            total += 0.68 if char.isupper() else 0.56
    return total * size


def wrap(text: str, room: float, *, size: float = 12, lines: int = 6) -> list[str]:
    """Break a text into lines no wider than ``room`` pixels; what does not fit in ``lines`` ends in an ellipsis."""
    rows = [""]
    for piece in _PIECES.findall(text.strip()):
        if "\n" in piece:
            rows.append("")
        elif width(rows[-1] + piece, size) <= room or not rows[-1].strip() or piece in _NOT_FIRST:
            rows[-1] += piece
        else:
            rows.append(piece.strip())
    rows = [row.strip() for row in rows if row.strip()]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], rows[lines - 1][:-1] + "…"]
    return rows
