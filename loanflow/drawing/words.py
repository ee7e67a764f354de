"""The few words that drawings of decisions add to the model's own text, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Language = Literal["zh", "en"]

DECISION_TABLE: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "zh": MappingProxyType(
            {
                "table": "决策表",
                "when": "当",
                "and": "且",
                "then": "则",
                "rule": "规则",
                "note": "说明",
                "hit": "命中",
                "true": "条件满足",
                "false": "条件不满足",
                "unevaluated": "未评估",
                "any": "不限",
                "nearest": "最接近命中",
                "blocking": "未命中的原因",
                "hit-policy": "命中策略",
                "colon": "：",
                "list": "、",
            }
        ),
        "en": MappingProxyType(
            {
                "table": "Decision table",
                "when": "When",
                "and": "And",
                "then": "Then",
                "rule": "Rule",
                "note": "Note",
                "hit": "matched",
                "true": "condition met",
                "false": "condition not met",
                "unevaluated": "not evaluated",
                "any": "any",
                "nearest": "came closest",
                "blocking": "kept the rule from matching",
                "hit-policy": "Hit policy",
                "colon": ": ",
                "list": ", ",
            }
        ),
    }
)

EXPLANATION: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "zh": MappingProxyType(
            {
                "caller": "由调用方给出",
                "decision": "由决策“{name}”得出",
                "expression": "由 {name} 算出",
                "missing": "未给出",
                "no-value": "为何没有值",
                "null-on-the-way": "求值途中为空的",
            }
        ),
        "en": MappingProxyType(
            {
                "caller": "given",
                "decision": "from the decision “{name}”",
                "expression": "computed from {name}",
                "missing": "not given",
                "no-value": "Why there is no value",
                "null-on-the-way": "What came to null on the way",
            }
        ),
    }
)
