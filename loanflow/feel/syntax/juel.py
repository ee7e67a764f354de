"""JUEL, the language of Camunda 7's ``${...}``, read into the same tree as FEEL (JSR 341, the part that diagrams use).

What a model must not do is refused here, by name: Java classes and static calls, Camunda Spin, assignments, lambdas.
"""

from __future__ import annotations

import re
from decimal import DecimalException
from typing import Final, NamedTuple, NoReturn

from loanflow.feel.errors import FeelSyntaxError
from loanflow.feel.syntax import tree
from loanflow.feel.values.numbers import CONTEXT

MAX_DEPTH: Final = 60
MAX_LENGTH: Final = 200_000

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d][\w$]*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<op>==|!=|<=|>=|&&|\|\||->|\+=|[-+*/%<>!?:.,()\[\]{}=;])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
    "and": "&&",
    "or": "||",
    "not": "!",
    "div": "/",
    "mod": "%",
}
_BINARY: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_SPIN: Final = frozenset({"S", "JSON", "XML"})
_UNARY: Final = 7


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> tree.Node:
    """Return the tree of a JUEL text: one expression, or a template of texts and expressions.

    Raises:
        FeelSyntaxError: the text cannot be read, or asks for something that a model may not do.
    """
    if len(text) > MAX_LENGTH:
        raise FeelSyntaxError("feel/too-long", f"this text is longer than {MAX_LENGTH} characters", text=text[:200], offset=0)
    parts: list[tree.Node] = []
    plain_start = at = 0
    plain: list[str] = []
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 3] in ("${", "#{"):
            plain.append(text[at + 1])
            at += 2
        elif text[at] in "$#" and text[at + 1 : at + 2] == "{":
            if plain:
                parts.append(tree.Literal("".join(plain), start=plain_start, end=at))
            reader = _Reader(text, at + 2)
            parts.append(reader.braces())
            at = plain_start = reader.end
            plain = []
        else:
            plain.append(text[at])
            at += 1
    if plain or not parts:
        parts.append(tree.Literal("".join(plain), start=plain_start, end=at))
    return parts[0] if len(parts) == 1 else tree.Template(tuple(parts), start=0, end=len(text))


class _Reader:
    """Reads one ``${...}``."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.end = start
        self.depth = 0
        self.token: _Token = _Token("op", "", start, start)
        self.advance()

    def advance(self) -> _Token:
        """Step to the next token; the one stepped over is returned."""
        before: _Token = self.token
        at = before.end
        while True:
            found = _TOKEN.match(self.text, at)
            if found is None:
                self.token = _Token("end", "", at, at)
                break
            if found.lastgroup != "space":
                kind = found.lastgroup or "other"
                word = found.group()
                if kind == "name" and word in _WORDS:
                    kind, word = "op", _WORDS[word]
                self.token = _Token(kind, word, found.start(), found.end())
                break
            at = found.end()
        return before

    def refuse(
        self, message: str, *, code: str = "feel/unexpected-token", expected: str | None = None, hint: str | None = None
    ) -> NoReturn:
        token = self.token
        ended = token.kind == "end"
        raise FeelSyntaxError(
            "feel/unexpected-end" if ended and code == "feel/unexpected-token" else code,
            message,
            text=self.text,
            offset=token.start,
            expected=expected,
            found="the end of the text" if ended else f'"{token.text}"',
            hint=hint,
        )

    def sees(self, *signs: str) -> bool:
        return self.token.kind == "op" and self.token.text in signs

    def expect(self, sign: str) -> None:
        if not self.sees(sign):
            self.refuse(
                f'"{self.token.text}" cannot stand here' if self.token.kind != "end" else "this expression is never closed",
                expected=f'"{sign}"',
            )
        self.advance()

    def _refuse_lambda(self) -> NoReturn:
        self.refuse("lambdas are not part of JUEL here", code="feel/juel-lambda")

    def braces(self) -> tree.Node:
        if self.sees("}"):
            self.refuse("there is no expression", code="feel/empty-expression", expected="an expression")
        node = self.ternary()
        if self.sees("="):
            self.refuse("a model assigns nothing", code="feel/juel-assignment", hint="compare with ==")
        if not self.sees("}"):
            self.refuse(
                "this expression is never closed" if self.token.kind == "end" else f'"{self.token.text}" cannot stand here',
                code="feel/unclosed-expression" if self.token.kind == "end" else "feel/unexpected-token",
                expected='"}", or an operator',
            )
        self.end = self.token.end
        return node

    def ternary(self) -> tree.Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse("this expression is nested too deeply", code="feel/too-deep")
        condition = self.binary(0)
        if self.sees("->"):
            self._refuse_lambda()
        if not self.sees("?"):
            self.depth -= 1
            return condition
        self.advance()
        then = self.ternary()
        self.expect(":")
        otherwise = self.ternary()
        self.depth -= 1
        return tree.If(((_truth(condition), then),), otherwise, start=condition.start, end=otherwise.end)

    def binary(self, power: int) -> tree.Node:
        left = self.unary()
        count = 0
        while self.token.kind == "op" and _BINARY.get(self.token.text, 0) > power:
            count += 1
            if count > 200:
                self.refuse("this expression is nested too deeply", code="feel/too-deep")
            sign = self.advance().text
            right = self.binary(_BINARY[sign])
            left = _joined(sign, left, right)
        return left

    def unary(self) -> tree.Node:
        token = self.token
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse("this expression is nested too deeply", code="feel/too-deep")
        node: tree.Node
        if self.sees("!"):
            self.advance()
            operand = self.unary()
            node = tree.Call(tree.Name("not", start=token.start, end=token.end), (_truth(operand),), start=token.start, end=operand.end)
        elif self.sees("-"):
            self.advance()
            operand = self.unary()
            node = tree.Negation(operand, start=token.start, end=operand.end)
        elif token.kind == "name" and token.text == "empty":
            self.advance()
            operand = self.unary()
            node = tree.Empty(operand, start=token.start, end=operand.end)
        else:
            node = self.postfix(self.primary())
        self.depth -= 1
        return node

    def primary(self) -> tree.Node:
        token = self.token
        if token.kind == "number":
            self.advance()
            try:
                return tree.Literal(CONTEXT.create_decimal(token.text), start=token.start, end=token.end)
            except DecimalException as error:
                raise FeelSyntaxError("feel/number-out-of-range", "this number is too large", text=self.text, offset=token.start) from error
        if token.kind == "string":
            self.advance()
            return tree.Literal(re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL), start=token.start, end=token.end)
        if token.kind == "name":
            return self.name()
        if self.sees("("):
            self.advance()
            node = self.ternary()
            if self.sees(","):
                self._refuse_lambda()
            self.expect(")")
            return node
        if token.kind == "other" and token.text in "\"'":
            self.refuse("this text is never closed", code="feel/unclosed-string", expected=f"{token.text} at its end")
        self.refuse(
            f'"{token.text}" cannot stand here' if token.kind != "end" else "this expression ends too early", expected="an expression"
        )

    def name(self) -> tree.Node:
        token = self.token
        if token.text in ("true", "false", "null"):
            self.advance()
            return tree.Literal({"true": True, "false": False, "null": None}[token.text], start=token.start, end=token.end)
        self.advance()
        if self.sees("("):
            if token.text in _SPIN:
                self.token = token
                self.refuse(
                    f"{token.text}(...) is Camunda Spin", code="feel/juel-spin", hint="read the variable's entries directly: order.customer"
                )
            if token.text == "T":
                self.token = token
                self.refuse("Java classes are not called from a model", code="feel/juel-java")
            arguments = self.arguments()
            name = "now" if token.text == "dateTime" else token.text
            return tree.Call(tree.Name(name, start=token.start, end=token.end), arguments, start=token.start, end=self.token.start)
        return tree.Name(token.text, start=token.start, end=token.end)

    def postfix(self, node: tree.Node) -> tree.Node:
        while self.sees(".", "["):
            if self.sees("["):
                self.advance()
                index = self.ternary()
                end = self.token.end
                self.expect("]")
                if isinstance(index, tree.Literal) and isinstance(index.value, str):
                    node = tree.Path(node, index.value, start=node.start, end=end)
                else:
                    node = tree.MethodCall(node, "get", (index,), start=node.start, end=end)
                continue
            self.advance()
            token = self.token
            if token.kind != "name" and token.text not in _WORDS.values():
                self.refuse(f'"{token.text}" cannot stand here', expected="a property or method")
            name = self.text[token.start : token.end]
            if name in ("class", "getClass"):
                self.refuse("Java classes are not reached from a model", code="feel/juel-java")
            self.advance()
            if self.sees("("):
                arguments = self.arguments()
                node = tree.MethodCall(node, name, arguments, start=node.start, end=self.token.start)
            elif isinstance(node, tree.Name) and node.name == "execution":
                # Camunda's handle on the running instance has getters, not entries.
                node = tree.MethodCall(node, f"get{name[:1].upper()}{name[1:]}", (), start=node.start, end=token.end)
            else:
                node = tree.Path(node, name, start=node.start, end=token.end)
        return node

    def arguments(self) -> tuple[tree.Node, ...]:
        self.advance()
        arguments: list[tree.Node] = []
        while not self.sees(")"):
            arguments.append(self.ternary())
            if not self.sees(","):
                break
            self.advance()
        self.expect(")")
        return tuple(arguments)


_COMPARISONS: Final = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _joined(sign: str, left: tree.Node, right: tree.Node) -> tree.Node:
    start, end = left.start, right.end
    if sign in _COMPARISONS:
        return tree.LooseComparison(_COMPARISONS[sign], left, right, start=start, end=end)
    if sign in ("&&", "||"):
        kind = tree.Conjunction if sign == "&&" else tree.Disjunction
        before = left.operands if isinstance(left, kind) else (_truth(left),)
        return kind((*before, _truth(right)), start=start, end=end)
    return tree.Arithmetic(sign, left, right, start=start, end=end)


def _truth(node: tree.Node) -> tree.Node:
    logical = (tree.LooseComparison, tree.Conjunction, tree.Disjunction, tree.Empty, tree.Truth)
    return node if isinstance(node, logical) else tree.Truth(node, start=node.start, end=node.end)
