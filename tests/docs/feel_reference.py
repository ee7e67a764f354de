"""Writes ``docs/reference/feel.md`` and ``feel.zh-CN.md`` from the built-ins' own declarations; every example's result is computed.

python -m tests.docs.feel_reference          writes both pages
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from loanflow.feel import FeelBudget, evaluate, literal
from loanflow.feel.builtins import STANDARD, BuiltIn, boolean, camunda, contexts, conversion, lists, numbers, ranges, strings, temporals
from tests.docs.feel_words import WORDS

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs/reference/feel.md", "zh": ROOT / "docs/reference/feel.zh-CN.md"}
TEMPLATES = Path(__file__).parent / "templates"
NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)

GROUPS: tuple[tuple[str, str, tuple[BuiltIn, ...]], ...] = (
    ("Conversion", "转换", conversion.BUILT_INS),
    ("Booleans", "布尔", boolean.BUILT_INS),
    ("Strings", "字符串", strings.BUILT_INS),
    ("Lists", "列表", lists.BUILT_INS),
    ("Numbers", "数", numbers.BUILT_INS),
    ("Dates and times", "日期与时间", temporals.BUILT_INS),
    ("Ranges", "区间", ranges.BUILT_INS),
    ("Contexts", "上下文", contexts.BUILT_INS),
)
BUDGETS: dict[str, tuple[str, str]] = {
    "steps": ("iterations, calls and list items visited", "迭代、调用与访问的列表项"),
    "list_size": ("items of one list", "一个列表的项数"),
    "string_size": ("characters of one text", "一个文本的字符数"),
    "digits": ("characters of a text read as a number", "按数读取的文本的字符数"),
    "depth": ("nested calls", "嵌套调用"),
    "deadline": ("seconds", "秒"),
}


def page(language: str) -> str:
    """Return the whole page in ``en`` or ``zh``."""
    template = Template((TEMPLATES / f"feel.{language}.md").read_text(encoding="utf-8"))
    return template.substitute(
        budgets=_budgets(language),
        standard="\n\n".join(_group(group, language) for group in GROUPS),
        camunda=_camunda(language),
        count=len(STANDARD),
    )


def _group(group: tuple[str, str, tuple[BuiltIn, ...]], language: str) -> str:
    english, chinese, built_ins = group
    title = english if language == "en" else chinese
    (clause,) = {built.clause.partition(" ")[0] for built in built_ins} if len({built.clause for built in built_ins}) == 1 else {"10.3.4"}
    head = "| call | gives | example |" if language == "en" else "| 调用 | 结果 | 例 |"
    rows = [f"| {_calls(built)} | {_about(built, built.name, language)} | {_example(built.name, 'spec')} |" for built in built_ins]
    return "\n".join([f"### {title} (DMN {clause})", "", head, "|---|---|---|", *rows])


def _camunda(language: str) -> str:
    standard = {built.name for built in STANDARD}
    head = "| call | since | gives | example |" if language == "en" else "| 调用 | 自版本 | 结果 | 例 |"
    rows = []
    for built in camunda.BUILT_INS:
        key = f"camunda: {built.name}" if built.name in standard else built.name
        since = built.since or "–"
        rows.append(f"| {_calls(built)} | {since} | {_about(built, key, language)} | {_example(key, 'camunda8')} |")
    return "\n".join([head, "|---|---|---|---|", *rows])


def _calls(built: BuiltIn) -> str:
    texts = [f"{built.name}({signature.text.partition('(')[2]}" for signature in built.signatures]
    return "<br>".join(f"`{_cell(text)}`" for text in dict.fromkeys(texts))


def _about(built: BuiltIn, key: str, language: str) -> str:
    text = " ".join(built.about.replace("``", "`").split()) if language == "en" else WORDS[key][0]
    return _cell(text)


def _example(key: str, dialect: str) -> str:
    text = WORDS[key][1]
    value = literal(evaluate(text, dialect=dialect, clock=lambda: NOW))
    return f"`{_cell(text)}` → `{_cell(value)}`"


def _budgets(language: str) -> str:
    head = "| budget | default | counts |" if language == "en" else "| 预算 | 默认 | 计什么 |"
    rows = [f"| `{one.name}` | {one.default:,} | {BUDGETS[one.name][language == 'zh']} |" for one in fields(FeelBudget)]
    return "\n".join([head, "|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(languages: Iterable[str] = PAGES) -> int:
    """Write the pages."""
    for language in languages:
        PAGES[language].write_text(page(language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
