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
                "hit-policy": "Hit policy",
                "colon": ": ",
                "list": ", ",
            }
        ),
    }
)
