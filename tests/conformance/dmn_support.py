"""Writes the support table of ``docs/reference/dmn.md`` and ``dmn.zh-CN.md`` from the DMN TCK's cases and the list of those that pass.

python -m tests.conformance.dmn_support      writes the table into both pages; needs the kit beside the project
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.conformance import dmn_tck_cases as kit

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs/reference/dmn.md", "zh": ROOT / "docs/reference/dmn.zh-CN.md"}
_TABLE = re.compile(r"(<!-- support:begin -->\n).*?(<!-- support:end -->)", re.DOTALL)
_HEADS = {
    "en": "| directory | pass | of | of these with a value |",
    "zh": "| 目录 | 通过 | 共 | 其中期望有值的 |",
}
_JAVA = {"en": "{count} need a JVM", "zh": "{count} 个需要 JVM"}


def table(language: str) -> str:
    """Return the table, a row a directory: how many of its open cases pass, and how many expect a value other than null."""
    listed = kit.passing()
    total: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    valued: Counter[str] = Counter()
    java: Counter[str] = Counter()
    for case in kit.cases():
        total[case.dir] += 1
        passed[case.dir] += case.id in listed
        valued[case.dir] += expects_a_value(case)
        java[case.dir] += kit.needs_java(case)
    rows = [
        f"| {name.partition('/')[2]} | {passed[name]} | {total[name]}{_java(java[name], language)} | {valued[name]} |"
        for name in sorted(total)
    ]
    sums = f"| **{len(total)}** | **{passed.total()}** | **{total.total()}** | **{valued.total()}** |"
    return "\n".join([_HEADS[language], "|---|---|---|---|", *rows, sums]) + "\n"


def expects_a_value(case: Any) -> bool:
    """Say whether a case expects something other than null; an engine that answers null to everything passes the others."""
    return any(expected is not None for _, expected, _ in case.expected)


def with_table(page: str, language: str) -> str:
    """Return a page with its table written anew."""
    return _TABLE.sub(lambda found: found[1] + table(language) + found[2], page)


def _java(count: int, language: str) -> str:
    return f" ({_JAVA[language].format(count=count)})" if count else ""


def main(languages: Iterable[str] = PAGES) -> int:
    """Write the tables."""
    if not kit.present():
        print("the DMN TCK is not beside the project: ../shared/dmn-tck")
        return 1
    for language in languages:
        path = PAGES[language]
        path.write_text(with_table(path.read_text(encoding="utf-8"), language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
