"""Every reason for a null has its Chinese: the sentences are read from the source, so that a new one cannot be forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import loanflow
from loanflow import dmn, feel
from loanflow.drawing import draw_explanation
from loanflow.feel.reasons import in_chinese
from tests.dmn.written import compiled, decision, table

SOURCE = Path(loanflow.__file__).parent
GIVEN_TO = ("null", "note", "NullReason")
RAISED = ("ValueError", "PatternError", "OverflowError", "NoDomain")
# Raised at whoever calls from Python, never the reason for a null.
NOT_REASONS = ("reading.py", "formatter.py", "encoding.py", "python.py", "text.py", "declaration.py")


def sentences() -> Iterator[tuple[str, str]]:
    """Yield every reason written in the source, with ``x1`` for what it is filled with, and the place."""
    for room in ("feel", "dmn/compiler"):
        for path in sorted((SOURCE / room).rglob("*.py")):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    yield from _in_function(function, path)


def _in_function(function: ast.FunctionDef, path: Path) -> Iterator[tuple[str, str]]:
    names = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _name(node.func) in GIVEN_TO and len(node.args) > 1:
            text = node.args[1]
        elif isinstance(node, ast.Call) and _name(node.func) == "refuse" and path.name == "pattern.py":
            text = node.args[0]
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc.func) in RAISED and node.exc.args:
            if path.name in NOT_REASONS or path.parent.name == "syntax" or "dmn" in path.parts:
                continue
            text = node.exc.args[0]
        else:
            continue
        if isinstance(text, ast.Name) and text.id in names:
            text = names[text.id]
        written = _written(text)
        if written is not None:
            yield written, f"{path.relative_to(SOURCE)}:{node.lineno}"


def _name(callee: ast.expr) -> str:
    return callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""


def _written(text: ast.expr) -> str | None:
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return text.value
    if isinstance(text, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "x1" for part in text.values]
        return "".join(str(part) for part in parts) if any(isinstance(part, ast.Constant) for part in text.values) else None
    return None


FOUND = sorted(set(sentences()))


def test_the_source_is_read():
    assert len(FOUND) > 90


@pytest.mark.parametrize(("text", "place"), FOUND, ids=[place for _, place in FOUND])
def test_every_reason_has_its_chinese(text: str, place: str):
    chinese = in_chinese(text)
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese), f"{place}: {text!r} is not in loanflow/feel/reasons.py"
    assert chinese.count("x1") == text.count("x1")


def test_the_reasons_that_come_up_are_told_in_chinese():
    told = {
        "income * 2": "此处没有 'income'",
        "1 / 0": "不能除以零",
        'date("2026-02-30")': "没有日期 2026-2-30",
        "sum()": "sum() 的参数不对（0 个参数）：",
        "substring(1, 2)": "substring() 的 string 须为 string，而不是 number",
        'time("10:00:00@Mars")': "没有时区 'Mars'",
        "stddev([1])": "标准差至少需要两个数字",
        "5 in (null..10]": "无法判断 number 是否在其中",
        "(function(x) x)(1, 2)": "函数需要 1 个参数，而不是 2 个",
        'date("a", "b")': "date() 的参数不对（2 个参数）：date(from: string|date|date and time): date 或 date(year",
        'matches("a", "(")': "正则表达式 '(' 第 2 位：这个括号没有闭合",
        "{a: 1}.b": "上下文中没有 'b'",
    }
    for text, chinese in told.items():
        reasons = feel.explain(text).reasons
        assert any(in_chinese(reason.message).startswith(chinese) for reason in reasons), (text, [in_chinese(r.message) for r in reasons])


def test_what_is_no_sentence_of_ours_stays():
    assert in_chinese("the bureau is down") == "the bureau is down"


def test_an_explanation_tells_its_reasons_in_its_own_language():
    model = compiled(decision(table(["x"], ["r"], [["< 5", "income * 2"]])))
    trace = model.evaluate("decision", {"x": 1}, trace=True).trace
    assert trace is not None
    assert "此处没有 'income'" in dmn.sentence(trace.decision, "zh") + draw_explanation(trace, model.models, language="zh")
    assert "there is no 'income' here" in draw_explanation(trace, model.models, language="en").replace("&#x27;", "'")
