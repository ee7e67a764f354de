"""Saying in Chinese or English why a decision came out as it did, and what would change it.

Model text (labels, cells, values) is never translated; only the words between are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from loanflow.dmn.decision_trace import BlockingCell, CellTrace, DecisionTrace, InputTrace, OutputTrace, RuleTrace
from loanflow.feel import FeelValue
from loanflow.feel.reasons import in_chinese

Language = Literal["zh", "en"]

_POLICY_WORDS = {
    "zh": {
        "UNIQUE": "最多命中一条规则",
        "FIRST": "首条命中即返回",
        "PRIORITY": "取优先级最高的输出",
        "ANY": "命中规则的输出一致",
        "COLLECT": "收集全部命中规则",
        "RULE ORDER": "按规则顺序返回全部命中",
        "OUTPUT ORDER": "按输出优先级返回全部命中",
    },
    "en": {
        "UNIQUE": "at most one rule may match",
        "FIRST": "the first rule that matches decides",
        "PRIORITY": "the output of highest priority is taken",
        "ANY": "all rules that match agree",
        "COLLECT": "all rules that match are collected",
        "RULE ORDER": "all rules that match, in rule order",
        "OUTPUT ORDER": "all rules that match, by output priority",
    },
}
_AGGREGATION_WORDS = {
    "zh": {"SUM": "求和", "COUNT": "计数", "MIN": "取最小值", "MAX": "取最大值"},
    "en": {"SUM": "added up", "COUNT": "counted", "MIN": "the least of them", "MAX": "the greatest of them"},
}
_COMPARISONS = (("<=", "≤"), (">=", "≥"), ("<", "<"), (">", ">"))
_MOST_RULES = 5


def sentence(trace: DecisionTrace, language: Language) -> str:
    """Say why: the rules that decided, the conditions that held, and what the hit policy makes of them."""
    zh = language == "zh"
    if trace.hit_policy is None:
        result = display(trace.value)
        parts = [f"「{trace.name}」的结果是 {result}。" if zh else f'"{trace.name}" is {result}.']
    else:
        parts = [_what_happened(trace, language), _policy(trace, language)]
    if trace.notes and without_rows(trace.value) in (None, []):
        parts.append(_notes(trace, language))
    return ("" if zh else " ").join(part for part in parts if part)


def _notes(trace: DecisionTrace, language: Language) -> str:
    notes = map(in_chinese, trace.notes) if language == "zh" else trace.notes
    # That no rule matched has been said already.
    told = ("；" if language == "zh" else "; ").join(
        note.removeprefix("no rule matched, and ").removeprefix("没有规则命中，也") for note in notes
    )
    return told + "。" if language == "zh" else told[:1].upper() + told[1:] + "."


def headline(trace: DecisionTrace, language: Language) -> str:
    """Say the answer in a few words: ``规则 4 命中 → "manual"``."""
    outputs = "、".join if language == "zh" else ", ".join
    one_rule = len(trace.hits) == 1 and trace.outputs
    result = outputs(display(output.value) for output in trace.outputs) if one_rule else display(without_rows(trace.value))
    if trace.hit_policy is None:
        return f"{trace.name} → {result}"
    return f"{_rules_hit(trace, language)} → {result}"


def change(trace: DecisionTrace, language: Language) -> str | None:
    """Say what would change the answer: the nearest rule that missed, and the cells that blocked it; None where there is none."""
    miss = trace.nearest
    if miss is None:
        return None
    zh = language == "zh"
    wishes = [_wish(cell, zh) for cell in miss.cells]
    outcome = _outcome(miss.outputs, zh)
    if zh:
        verb = "将命中" if miss.confirmed else "才可能命中"
        return f"若{'，且'.join(wishes)}，{verb}规则 {miss.rule}{f'（{outcome}）' if outcome else ''}。"
    verb = "would decide" if miss.confirmed else "could match"
    return f"If {' and '.join(wishes)}, rule {miss.rule} {verb}{f' ({outcome})' if outcome else ''}."


def without_rows(value: FeelValue) -> FeelValue:
    """Return what Camunda 7 wraps in a list of rows as people say it: one row as its outputs, an only output as its value."""
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) and row for row in value):
        return value
    entries: list[FeelValue] = [next(iter(row.values())) if isinstance(row, dict) and len(row) == 1 else row for row in value]
    return entries[0] if len(entries) == 1 else entries


def display(value: FeelValue) -> str:
    """Write a value as people read it in a table: numbers without exponent, texts in quotes."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return number_text(value)
        case str():
            return f'"{value}"'
        case list():
            return "[" + ", ".join(display(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {display(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def number_text(value: Decimal) -> str:
    """Write a number without exponent and without zeros at the end.

    >>> number_text(Decimal("80000.50"))
    '80000.5'
    """
    if not value:
        return "0"
    if abs(value.adjusted()) > 40:
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _what_happened(trace: DecisionTrace, language: Language) -> str:
    zh = language == "zh"
    if not trace.hits:
        fallback = ("，采用默认输出" if zh else ", so the default output was used") if trace.defaulted else ""
        return f"没有规则命中{fallback}。" if zh else f"No rule matched{fallback}."
    if len(trace.hits) > 1:
        return f"{_rules_hit(trace, language)}。" if zh else f"{_rules_hit(trace, language)}."
    held = _conditions(trace, trace.rules_hit[0] if trace.rules else None, zh)
    words = "，".join(held) if zh else ", ".join(held)
    if not words:
        words = "该规则不设条件" if zh else "the rule has no condition"
    return f"{_rules_hit(trace, language)}：{words}。" if zh else f"{_rules_hit(trace, language)}: {words}."


def _rules_hit(trace: DecisionTrace, language: Language) -> str:
    zh = language == "zh"
    if not trace.hits:
        return "没有规则命中" if zh else "No rule matched"
    shown = [str(index) for index in trace.hits[:_MOST_RULES]]
    more = len(trace.hits) - len(shown)
    if zh:
        return f"规则 {'、'.join(shown)}{f' 等 {len(trace.hits)} 条' if more else ''} 命中"
    plural = "Rules" if len(trace.hits) > 1 else "Rule"
    return f"{plural} {', '.join(shown)}{f' and {more} more' if more else ''} matched"


def _policy(trace: DecisionTrace, language: Language) -> str:
    policy = trace.hit_policy or ""
    words = _POLICY_WORDS[language].get(policy, "")
    if trace.aggregation:
        joined = _AGGREGATION_WORDS[language][trace.aggregation]
        words = f"{words}，{joined}" if language == "zh" else f"{words} and {joined}"
        policy = f"{policy} {trace.aggregation}"
    return f"命中策略 {policy}：{words}。" if language == "zh" else f"Hit policy {policy}: {words}."


def _conditions(trace: DecisionTrace, rule: RuleTrace | None, zh: bool) -> list[str]:
    if rule is None:
        return []
    return [_condition(given, cell, zh) for given, cell in zip(trace.inputs, rule.cells, strict=True) if not cell.any]


def _condition(given: InputTrace, cell: CellTrace, zh: bool) -> str:
    value = display(given.value)
    text = cell.text
    for written, sign in _COMPARISONS:
        if text.startswith(written) and "," not in text:
            return f"{given.label} {value} {sign} {text[len(written) :].strip()}"
    if text == value:
        return f"{given.label} = {value}"
    if text[:1] in "[](" and ".." in text:
        return f"{given.label} {value} 落在 {text}" if zh else f"{given.label} {value} is in {text}"
    return f"{given.label} {value} 满足 {text}" if zh else f"{given.label} {value} satisfies {text}"


def _wish(cell: BlockingCell, zh: bool) -> str:
    match cell.difference:
        case Decimal() as difference if difference:
            size = number_text(abs(difference))
            if zh:
                return f"{cell.label}再{'高' if difference > 0 else '低'} {size}（{_signed(cell.text)}）"
            return f"{cell.label} were {size} {'higher' if difference > 0 else 'lower'} ({_signed(cell.text)})"
        case _:
            if zh:
                return f"{cell.label}满足 {cell.text}（现为 {display(cell.value)}）"
            return f"{cell.label} satisfied {cell.text} (it is {display(cell.value)})"


def _signed(text: str) -> str:
    """Write a comparison with its mathematical sign."""
    return text.replace("<=", "≤").replace(">=", "≥")


def _outcome(outputs: Sequence[OutputTrace], zh: bool) -> str:
    return ("、" if zh else ", ").join(f"{output.label} {display(output.value)}" for output in outputs)
