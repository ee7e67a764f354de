"""The reasons for nulls in Chinese.

Reasons are written in English where they come up; here each sentence has its counterpart. What stands in braces is a name, a value
or a FEEL type, which no language changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_CHINESE: Final = {
    # names, entries and positions
    "there is no {name} here": "此处没有 {name}",
    "there is no {name} in null": "null 中没有 {name}",
    "the context has no entry {name}": "上下文中没有 {name}",
    "the context has two entries {name}": "上下文中有两个 {name}",
    "there are two entries {name}": "有两个键 {name}",
    "there is no context to put {name} into": "没有可放入 {name} 的上下文",
    "each entry has a key, which is a text, and a value": "每一项都要有键（文本）和值",
    "there is no key": "没有键",
    "null is no context": "null 不是上下文",
    "a list of {size} has no item {position}": "{size} 项的列表没有第 {position} 项",
    "a list of {size} has no item {position} (JUEL counts from 0)": "{size} 项的列表没有第 {position} 项（JUEL 从 0 数起）",
    "there are no {length} items from there": "从那里起没有 {length} 项",
    "there are {count}": "有 {count} 个",
    "{index} is no position in a list": "{index} 不是列表中的位置",
    "a filter takes a condition or a position": "过滤条件须为真假值或位置",
    "the position is too large": "位置过大",
    "positions begin at 1 (or -1, from the end) and lengths at 1": "位置从 1 起（或从末尾 -1 起），长度至少为 1",
    "the text has no position {position}": "文本没有第 {position} 位",
    # arguments
    "{function} cannot be called with {found}: {known}": "{function} 的参数不对（{found}）：{known}",
    "{parameter} of {function}() is {wanted}, not {found}": "{function}() 的 {parameter} 须为 {wanted}，而不是 {found}",
    "{parameter} of {function} is not among the allowed values of its type": "{function} 的 {parameter} 不在其类型的允许值之内",
    "{parameter} of {function} is {wanted}": "{function} 的 {parameter} 须为 {wanted}",
    "{function} has no parameter {name}": "{function} 没有参数 {name}",
    "{function} needs {names}": "{function} 需要 {names}",
    "{function} takes {wanted} arguments, not {found}": "{function} 需要 {wanted} 个参数，而不是 {found} 个",
    "{function} does not give {wanted}": "{function} 的结果不是 {wanted}",
    "{name} is no function": "{name} 不是函数",
    "this is no function": "这不是函数",
    "{parameter} of the function is {wanted}": "函数的 {parameter} 须为 {wanted}",
    "the function has no parameter {name}": "函数没有参数 {name}",
    "the function needs {names}": "函数需要 {names}",
    "the function takes {wanted} arguments, not {found}": "函数需要 {wanted} 个参数，而不是 {found} 个",
    "the function does not give {wanted}": "函数的结果不是 {wanted}",
    "{count} arguments": "{count} 个参数",
    "{kind} cannot be called": "{kind} 不能调用",
    "{name} raised {error}: {message}": "{name} 出错 {error}：{message}",
    "nobody has registered a function {name}": "没有注册函数 {name}",
    "execution.{name}() is not known here": "此处没有 execution.{name}()",
    "{kind} has no method {name} with {count} arguments": "{kind} 没有带 {count} 个参数的方法 {name}",
    "external functions (Java, PMML) are not called": "不调用外部函数（Java、PMML）",
    "the function has two parameters {name}": "函数有两个参数 {name}",
    "a text is needed": "须为文本",
    "nobody has said what time it is": "没有给定当前时间",
    # operands
    "not() takes true or false, not {kind}": "not() 须用于真假值，而不是 {kind}",
    "and joins true and false, not {kind}": "and 只连接真假值，而不是 {kind}",
    "or joins true and false, not {kind}": "or 只连接真假值，而不是 {kind}",
    "- cannot stand before {kind}": "{kind} 前不能有负号",
    "{left} {operator} {right} is not defined": "{left} {operator} {right} 没有定义",
    "{left} {operator} {right} has no answer": "{left} {operator} {right} 无法比较",
    "{kind} cannot be compared with the bounds": "{kind} 不能与上下界比较",
    "whether {kind} is in it has no answer": "无法判断 {kind} 是否在其中",
    "a local and a zoned {kind} do not combine": "不带时区与带时区的 {kind} 不能一起计算",
    "there is no such type": "没有这种类型",
    "the items have no order": "各项没有大小顺序",
    "the items have no common order": "各项之间没有大小顺序",
    "the points and ranges have no common order": "这些点和区间之间没有大小顺序",
    "all items must be numbers": "各项都须为数字",
    "all items must be true, false or null": "各项都须为 true、false 或 null",
    "the list is empty": "列表为空",
    "a standard deviation needs two numbers": "标准差至少需要两个数字",
    "the match function gives true or false": "匹配函数的结果须为真假值",
    "string join() takes a list of texts": "string join() 须用于文本列表",
    # numbers
    "there is no division by zero": "不能除以零",
    "{operator} has no result in 34 digits ({error})": "{operator} 的结果超出 34 位数字（{error}）",
    "a negative number has no square root": "负数没有平方根",
    "only positive numbers have a logarithm": "只有正数才有对数",
    "a scale goes from {low} to {high}": "小数位数须在 {low} 到 {high} 之间",
    "the rounded number is out of range": "舍入后的数字超出范围",
    "the rest has more than 34 digits": "余数超过 34 位数字",
    "the result is out of range": "结果超出范围",
    "{text} is no number": "{text} 不是数字",
    "{text} is out of range": "{text} 超出范围",
    "{mode} is no way to round": "{mode} 不是舍入方式",
    "digits would be lost": "会丢失数字",
    "{count} is no number of {unit}": "{count} 不是 {unit} 的个数",
    "the size is a whole number of at least 1": "大小须为不小于 1 的整数",
    "digits are grouped by a blank, a comma or a point, decimals begin with a comma or a point": (
        "数字以空格、逗号或点分组，小数以逗号或点开始"
    ),
    # dates and times
    "{text} is no date": "{text} 不是日期",
    "{text} is no time": "{text} 不是时间",
    "{text} is no date, time or duration": "{text} 不是日期、时间或时长",
    "{text} is no days and time duration": "{text} 不是日时时长",
    "{text} is no years and months duration": "{text} 不是年月时长",
    "{text} is too long a duration": "{text} 时长过长",
    "the duration is too long": "时长过长",
    "there is no date {date}": "没有日期 {date}",
    "there is no time {time}": "没有时间 {time}",
    "there is no time zone {zone}": "没有时区 {zone}",
    "the year is out of range": "年份超出范围",
    "only seconds may have a fraction": "只有秒可以带小数",
    "seconds go from 0 to 59": "秒须在 0 到 59 之间",
    "an offset has whole seconds": "时区偏移须为整秒",
    "an offset goes from -18:00 to +18:00": "时区偏移须在 -18:00 到 +18:00 之间",
    "{text} has no possible offset": "{text} 的时区偏移不可能存在",
    "a date has whole years, months and days": "日期的年、月、日须为整数",
    # ranges and loops
    "{text} is no range": "{text} 不是区间",
    "the end points do not belong together, or go backwards": "区间两端类型不一致，或前后颠倒",
    "the end points of a range are literals": "区间两端须为字面值",
    "there is no range from {low} to {high}": "没有从 {low} 到 {high} 的区间",
    "the end of the range comes before its start": "区间的终点在起点之前",
    "{kind} bounds no range": "{kind} 不能作为区间的端点",
    "a loop does not go from {low} to {high}": "循环不能从 {low} 到 {high}",
    "a loop goes from a whole number to a whole number": "循环须从整数到整数",
    "null has no items": "null 没有可循环的项",
    "this range has no items": "该区间没有可循环的项",
    # patterns, JSON
    "the pattern {text} at {place}: {why}": "正则表达式 {text} 第 {place} 位：{why}",
    "a pattern has at most {count} characters": "正则表达式最多 {count} 个字符",
    "flags are s, m, i, x and q, not {flags}": "标志只能是 s、m、i、x 和 q，而不是 {flags}",
    "a pattern that matches the empty text replaces nothing": "匹配空文本的正则表达式不能用于替换",
    "in a replacement \\ stands before \\ or $": "替换文本中 \\ 后面须为 \\ 或 $",
    "in a replacement $ stands before the number of a group": "替换文本中 $ 后面须为分组编号",
    "this bracket was never opened": "这个括号没有对应的左括号",
    "this bracket is never closed": "这个括号没有闭合",
    "this class is never closed, or empty": "这个字符类没有闭合，或为空",
    "it is nested too deeply": "嵌套过深",
    "an anchor is not repeated": "锚点不能重复",
    "there is nothing to repeat": "没有可重复的内容",
    "{ needs a number and }": "{ 之后须为数字和 }",
    "a count goes up to {count}, the smaller number first": "次数最多 {count}，较小的数字在前",
    "{char} needs a backslash here": "{char} 在这里须加反斜杠",
    "(? is not known, but for (?:": "(? 只能写作 (?:",
    "(? is not known, but for (?:, (?=, (?!, (?<=, (?<!, (?> and (?<name>; (?i) stands at the beginning": (
        "(? 只能写作 (?:、(?=、(?!、(?<=、(?<!、(?> 与 (?<名字>；(?i) 写在开头"
    ),
    "two groups are called {name}": "有两个组叫 {name}",
    "\\{char} needs the number of a character": "\\{char} 之后须为字符的编号",
    "a class with && begins with no ^": "含 && 的字符类不能以 ^ 开头",
    "what follows && ends its class": "&& 之后的部分须在字符类末尾",
    "this class stands in no other": "这个字符类不能写在另一个之中",
    "there is no group {number} before": "前面没有第 {number} 组",
    "\\{char} is not known": "没有 \\{char} 这种写法",
    "\\p needs {...}": "\\p 之后须为 {...}",
    "there is no category or block {name}": "没有字符类别或区块 {name}",
    "a subtraction ends its class": "减去的部分须在字符类末尾",
    "a range goes from a smaller to a greater character": "字符范围须从小到大",
    "this is no Base64 of a text": "这不是文本的 Base64",
    "this is no JSON": "这不是 JSON",
    # decisions
    "no rule matched, and there is no default output": "没有规则命中，也没有默认输出",
    "a condition gave {value}, which is neither true nor false": "条件的结果是 {value}，既不是 true 也不是 false",
    "input {name} is {value}, which is not of type {wanted}; it counts as null": "输入 {name} 是 {value}，不是 {wanted} 类型，按 null 处理",
    "input {name} is {value}, which is not among the allowed values of its type; it counts as null": (
        "输入 {name} 是 {value}，不在其类型的允许值之内，按 null 处理"
    ),
    "input {name} is {value}, which is not of type {wanted}": "输入 {name} 是 {value}，不是 {wanted} 类型",
    "input {name} is {value}, which is not among its allowed values": "输入 {name} 是 {value}，不在允许值之内",
    "rule {rule} gives {value} for output {name}, which is not of the type of its column": (
        "规则 {rule} 给输出 {name} 的是 {value}，不是该列的类型"
    ),
    "the result of {name} is {value}, which is not of type {wanted}": "{name} 的结果是 {value}，不是 {wanted} 类型",
    "the result of {name} is {value}, which is not among the allowed values of its type": "{name} 的结果是 {value}，不在其类型的允许值之内",
    "the value of {name} is not among the allowed values of its type": "{name} 的值不在其类型的允许值之内",
    "the value of {name} is not of type {wanted}": "{name} 的值不是 {wanted} 类型",
    "{kind} has no {name}": "{kind} 没有 {name}",
}
_BRACES = re.compile(r"\{(\w+)\}")


def in_chinese(reason: str) -> str:
    """Return the reason in Chinese; as it is where it is no sentence of ours, such as what a registered function raised.

    >>> in_chinese("there is no 'income' here")
    "此处没有 'income'"
    """
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(reason)
        if found is not None:
            return _filled(chinese, found.groupdict())
    return reason


def _filled(chinese: str, held: Mapping[str, str]) -> str:
    """Return a sentence with what it holds: other words of ours are told in Chinese too, names and types stay."""

    def told(name: re.Match[str]) -> str:
        value = held[name[1]]
        if name[1] in ("wanted", "known"):
            return value.replace(" or ", " 或 ")
        return in_chinese(value) if name[1] in ("found", "why") else value

    return _BRACES.sub(told, chinese)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    def pattern(english: str) -> re.Pattern[str]:
        pieces = _BRACES.split(english)
        text = "".join(re.escape(piece) if number % 2 == 0 else f"(?P<{piece}>.+?)" for number, piece in enumerate(pieces))
        return re.compile(text, re.DOTALL)

    # What is most definite comes first: "there is no time zone {zone}" before "there is no time {time}".
    ordered = sorted(_CHINESE.items(), key=lambda sentence: -len(_BRACES.sub("", sentence[0])))
    return tuple((pattern(english), chinese) for english, chinese in ordered)
