"""FEEL text to tree: a Pratt parser that knows the names in scope (DMN 10.3.1.2 "Grammar rules").

How tightly signs bind, loosest first: or, and, comparisons (with between and in), sums, products, powers,
the minus sign, instance of, and last what follows a value: ``.name``, ``[filter]``, ``(arguments)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, DecimalException
from itertools import takewhile

from loanflow.feel.errors import FeelSyntaxError
from loanflow.feel.syntax import tree
from loanflow.feel.syntax.cursor import Cursor
from loanflow.feel.syntax.scope import Names
from loanflow.feel.syntax.tokens import KEYWORDS, Token, describe, unescape
from loanflow.feel.syntax.type_parser import parse_type
from loanflow.feel.values.numbers import CONTEXT

OR, AND, COMPARE, SUM, PRODUCT, POWER, SIGN, INSTANCE, POSTFIX = 1, 2, 3, 4, 5, 6, 7, 8, 9
MAX_DEPTH = 60
MAX_TREE_DEPTH = 220

COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}
_POWERS = {
    **dict.fromkeys(COMPARISONS, COMPARE),
    **_ARITHMETIC,
    "or": OR,
    "and": AND,
    "between": COMPARE,
    "in": COMPARE,
    "instance": INSTANCE,
    ".": POSTFIX,
    "[": POSTFIX,
    "(": POSTFIX,
}
# In Camunda's FEEL `2 * 3 instance of number` asks about the product.
_CAMUNDA_POWERS = {**_POWERS, "instance": COMPARE}


class Parser:
    """Reads one text."""

    def __init__(self, text: str, *, names: Iterable[str] | None, built_ins: Names, joins_words: bool, camunda: bool = False) -> None:
        self.cursor = Cursor(text, names=names, built_ins=built_ins, joins_words=joins_words, camunda=camunda)
        self._powers = _CAMUNDA_POWERS if camunda else _POWERS
        self._ends_range = False
        # What trying has shown, by token: kept, so that nested trying stays quadratic.
        self._filters: dict[int, bool] = {}
        self._no_tests: set[int] = set()

    # --- entry points

    def whole_expression(self) -> tree.Node:
        """Read the text as one expression."""
        if self.cursor.token.kind == "end":
            self.cursor.refuse("an expression", code="feel/empty-expression", message="there is no expression")
        node = self.expression()
        if self.cursor.token.kind != "end":
            self._refuse_rest()
        self._check_depth(node)
        return node

    def whole_unary_tests(self) -> tree.UnaryTests:
        """Read the text as the unary tests of a table's cell; an empty text is ``-``."""
        cursor = self.cursor
        end = len(cursor.text)
        if cursor.token.kind == "end" or (cursor.sees("-") and cursor.tokens[cursor.at + 1].kind == "end"):
            return tree.UnaryTests((), start=0, end=end)
        negated = self._sees_negation()
        if negated:
            cursor.at += 2
        tests = [self.unary_test()]
        while cursor.accept(","):
            tests.append(self.unary_test())
        if negated:
            cursor.expect(")", code="feel/unclosed-parenthesis", wanted=") to close not(")
        if cursor.token.kind != "end":
            self._refuse_rest()
        node = tree.UnaryTests(tuple(tests), negated, start=0, end=end)
        self._check_depth(node)
        return node

    def unary_test(self) -> tree.Node:
        """Read one test: ``< 5``, ``[1..5]``, ``"a"``, or a condition on ``?``."""
        cursor = self.cursor
        start = cursor.token.start
        if cursor.token.text in COMPARISONS and cursor.token.kind == "op":
            operator = cursor.take().text
            return tree.OperatorTest(operator, self.expression(COMPARE), start=start, end=cursor.previous_end)
        return tree.ExpressionTest(self.expression(), start=start, end=cursor.previous_end)

    # --- expressions

    def expression(self, power: int = 0) -> tree.Node:
        """Read an expression whose signs all bind at least as tightly as ``power``."""
        cursor = self.cursor
        cursor.depth += 1
        if cursor.depth > MAX_DEPTH:
            self._refuse_depth(cursor.token.start)
        node = self._prefix()
        links = 0
        while True:
            token = cursor.tokens[cursor.at]
            binds = self._powers.get(token.text, 0) if token.kind in ("op", "keyword") else 0
            if binds <= power or (self._ends_range and token.text == "[" and not self._is_filter()):
                break
            links += 1
            if links > MAX_TREE_DEPTH:
                self._refuse_depth(token.start)
            node = self._infix(node, token, binds)
        cursor.depth -= 1
        return node

    def _infix(self, left: tree.Node, token: Token, binds: int) -> tree.Node:
        cursor = self.cursor
        if token.text in _ARITHMETIC:
            cursor.at += 1
            right = self.expression(binds)
            return tree.Arithmetic(token.text, left, right, start=left.start, end=right.end)
        if token.text in COMPARISONS:
            cursor.at += 1
            right = self.expression(binds)
            return tree.Comparison(token.text, left, right, start=left.start, end=right.end)
        return _INFIX[token.text](self, left)

    def _junction(self, left: tree.Node) -> tree.Node:
        cursor = self.cursor
        word = cursor.token.text
        operands = [left]
        while cursor.accept(word):
            operands.append(self.expression(OR if word == "or" else AND))
        kind = tree.Disjunction if word == "or" else tree.Conjunction
        return kind(tuple(operands), start=left.start, end=operands[-1].end)

    def _between(self, left: tree.Node) -> tree.Node:
        cursor = self.cursor
        cursor.take()
        low = self.expression(COMPARE)
        cursor.expect(
            "and", code="feel/unfinished-between", wanted='"and", then the upper bound', hint="x between 1 and 5 includes both bounds"
        )
        high = self.expression(COMPARE)
        return tree.Between(left, low, high, start=left.start, end=high.end)

    def _in(self, left: tree.Node) -> tree.Node:
        cursor = self.cursor
        cursor.take()
        tests = self._bracketed_tests() if cursor.sees("(") else None
        if tests is None:
            if cursor.token.text in COMPARISONS and cursor.token.kind == "op":
                tests = (self.unary_test(),)
            else:
                start = cursor.token.start
                # What begins with the value itself is a condition on it: `x in ? < 10`.
                inner = self.expression(AND if cursor.sees("?") else COMPARE)
                tests = (tree.ExpressionTest(inner, start=start, end=cursor.previous_end),)
        return tree.In(left, tests, start=left.start, end=cursor.previous_end)

    def _bracketed_tests(self) -> tuple[tree.Node, ...] | None:
        # "(" may open a list of tests, a range, or just an expression in brackets; only reading on tells.
        cursor = self.cursor
        start, depth, levels = cursor.at, cursor.depth, len(cursor.levels)
        if start in self._no_tests:
            return None
        cursor.take()
        tests: list[tree.Node] = []
        try:
            tests.append(self.unary_test())
            while cursor.accept(","):
                tests.append(self.unary_test())
            closed = cursor.accept(")")
        except FeelSyntaxError:
            if len(tests) > 1:
                raise
            closed = False
        follows = self._powers.get(cursor.token.text, 0) if cursor.token.kind in ("op", "keyword") else 0
        if closed and (follows <= COMPARE or len(tests) > 1):
            return tuple(tests)
        cursor.at, cursor.depth = start, depth
        del cursor.levels[levels:]
        self._no_tests.add(start)
        return None

    def _instance_of(self, left: tree.Node) -> tree.Node:
        cursor = self.cursor
        cursor.take()
        cursor.expect("of", wanted='"of", then a type')
        of = parse_type(cursor)
        return tree.InstanceOf(left, of, start=left.start, end=cursor.previous_end)

    def _path(self, left: tree.Node) -> tree.Node:
        self.cursor.take()
        name = self.cursor.member()
        return tree.Path(left, name, start=left.start, end=self.cursor.previous_end)

    def _filter(self, left: tree.Node) -> tree.Node:
        cursor = self.cursor
        cursor.take()
        ends, self._ends_range = self._ends_range, False
        with cursor.item_level():
            condition = self.expression()
        self._ends_range = ends
        cursor.expect("]", code="feel/unclosed-filter", wanted="] to close the filter")
        return tree.Filter(left, condition, start=left.start, end=cursor.previous_end)

    def _call(self, left: tree.Node) -> tree.Node:
        cursor = self.cursor
        cursor.take()
        ends, self._ends_range = self._ends_range, False
        arguments: list[tree.Node] = []
        names: list[str] = []
        if not cursor.sees(")"):
            while True:
                before = cursor.at
                name = cursor.named_argument()
                if (name is not None) != bool(names) and arguments:
                    cursor.at = before
                    cursor.refuse(
                        "all arguments by name, or none", code="feel/mixed-arguments", message="named and positional arguments do not mix"
                    )
                if name is not None:
                    names.append(name)
                arguments.append(self.expression())
                if not cursor.accept(","):
                    break
        self._ends_range = ends
        cursor.expect(
            ")",
            code="feel/unclosed-parenthesis" if cursor.token.kind == "end" else "feel/unexpected-token",
            wanted=') to close the call, or ","',
        )
        return tree.Call(left, tuple(arguments), tuple(names), start=left.start, end=cursor.previous_end)

    # --- what an expression begins with

    def _prefix(self) -> tree.Node:
        cursor = self.cursor
        token = cursor.token
        start = token.start
        if token.kind in ("name", "keyword", "other"):
            known = cursor.known_name()
            if known is not None:
                return tree.Name(known, start=start, end=cursor.previous_end)
        if token.kind in ("name", "quoted"):
            name = cursor.word()
            return tree.Name(name, start=start, end=cursor.previous_end)
        handler = _PREFIX.get(token.text if token.kind in ("op", "keyword") else token.kind)
        if handler is None:
            cursor.refuse("an expression", hint=self._hint_after_equals())
        return handler(self)

    def _hint_after_equals(self) -> str | None:
        cursor = self.cursor
        if not cursor.at or cursor.tokens[cursor.at - 1].text != "=":
            return None
        return {"=": "FEEL compares with one =", ">": "FEEL writes >=", "<": "FEEL writes <="}.get(cursor.token.text)

    def _number(self) -> tree.Node:
        token = self.cursor.take()
        try:
            value = CONTEXT.create_decimal(token.text)
        except DecimalException as error:
            raise FeelSyntaxError(
                "feel/number-out-of-range", "this number is too large", text=self.cursor.text, offset=token.start, found=describe(token)
            ) from error
        return tree.Literal(value, start=token.start, end=token.end)

    def _string(self) -> tree.Node:
        token = self.cursor.take()
        return tree.Literal(unescape(token.text[1:-1]), start=token.start, end=token.end)

    def _at_literal(self) -> tree.Node:
        token = self.cursor.take()
        return tree.AtLiteral(unescape(token.text[token.text.index('"') + 1 : -1]), start=token.start, end=token.end)

    def _constant(self) -> tree.Node:
        token = self.cursor.take()
        return tree.Literal({"true": True, "false": False, "null": None}[token.text], start=token.start, end=token.end)

    def _question_mark(self) -> tree.Node:
        token = self.cursor.take()
        return tree.Name("?", start=token.start, end=token.end)

    def _minus(self) -> tree.Node:
        start = self.cursor.take().start
        operand = self.expression(SIGN)
        if isinstance(operand, tree.Literal) and isinstance(operand.value, Decimal) and operand.start == start + 1 and operand.value:
            return tree.Literal(operand.value.copy_negate(), start=start, end=operand.end)
        return tree.Negation(operand, start=start, end=operand.end)

    def _logic_function(self) -> tree.Node:
        # and(list), or(list): Camunda's functions for all() and any().
        cursor = self.cursor
        if not cursor.sees_after("("):
            cursor.refuse("an expression")
        token = cursor.take()
        return tree.Name(token.text, start=token.start, end=token.end)

    def _parenthesis(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.take().start
        ends, self._ends_range = self._ends_range, False
        node: tree.Node
        if cursor.token.text in COMPARISONS and cursor.token.kind == "op":
            operator = cursor.take().text
            node = tree.HalfLine(operator, self.expression(COMPARE))
            cursor.expect(")", wanted=") to close the range")
            node = tree.HalfLine(operator, node.operand, start=start, end=cursor.previous_end)
        else:
            node = self.expression()
            if cursor.sees(".."):
                self._ends_range = ends
                return self._interval(node, start, included=False)
            cursor.expect(")", wanted=') to close the bracket, or ".." for a range')
        self._ends_range = ends
        return node

    def _bracket(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.take().start
        ends, self._ends_range = self._ends_range, False
        items: list[tree.Node] = []
        if not cursor.sees("]"):
            items.append(self.expression())
            if cursor.sees(".."):
                self._ends_range = ends
                return self._interval(items[0], start, included=True)
            while cursor.accept(","):
                items.append(self.expression())
        self._ends_range = ends
        cursor.expect("]", wanted='] to close the list, "," or ".."')
        return tree.ListLiteral(tuple(items), start=start, end=cursor.previous_end)

    def _outward_bracket(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.take().start
        low = self.expression()
        if not cursor.sees(".."):
            cursor.refuse('".." and the end of the range')
        return self._interval(low, start, included=False)

    def _interval(self, low: tree.Node, start: int, *, included: bool) -> tree.Node:
        cursor = self.cursor
        cursor.take()
        ends, self._ends_range = self._ends_range, True
        high = self.expression(COMPARE)
        self._ends_range = ends
        if not (cursor.sees("]") or cursor.sees(")") or cursor.sees("[")):
            last = cursor.text[high.start : high.end] if isinstance(high, tree.Literal) else "the end"
            cursor.refuse(
                f"] to include {last}, or ) to leave it out",
                code="feel/unclosed-range",
                message="this range is never closed" if cursor.token.kind == "end" else None,
                hint="[2000..5000] means 2000 to 5000, both included" if cursor.token.kind == "end" else None,
            )
        closing = cursor.take().text
        return tree.Interval(low, high, included, closing == "]", start=start, end=cursor.previous_end)

    def _context(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.take().start
        ends, self._ends_range = self._ends_range, False
        entries: list[tree.ContextEntry] = []
        with cursor.level() as names:
            while entries or not cursor.sees("}"):
                at = cursor.token.start
                is_text = cursor.token.kind == "string"
                key = unescape(cursor.take().text[1:-1]) if is_text else cursor.declared_name(":")
                cursor.expect(":", wanted='":" and the value of this entry')
                value = self.expression()
                entries.append(tree.ContextEntry(key, value, start=at, end=cursor.previous_end))
                names.add(key)
                cursor.members.add(key)
                if not cursor.accept(","):
                    break
        self._ends_range = ends
        cursor.expect("}", wanted='} to close the context, or ","')
        return tree.ContextLiteral(tuple(entries), start=start, end=cursor.previous_end)

    def _if(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.token.start
        branches: list[tuple[tree.Node, tree.Node]] = []
        while cursor.accept("if"):
            condition = self.expression()
            cursor.expect("then", code="feel/unfinished-if", wanted='"then", and what to give if the condition is true')
            result = self.expression()
            cursor.expect(
                "else",
                code="feel/unfinished-if",
                wanted='"else", and what to give if it is not',
                hint="FEEL always asks for an else; else null is allowed",
            )
            branches.append((condition, result))
        otherwise = self.expression()
        return tree.If(tuple(branches), otherwise, start=start, end=otherwise.end)

    def _iterations(self, *ends: str) -> tuple[tree.Iteration, ...]:
        cursor = self.cursor
        iterations: list[tree.Iteration] = []
        while True:
            start = cursor.token.start
            name = cursor.declared_name("in")
            cursor.take()
            domain = self.expression()
            last = self.expression() if cursor.accept("..") else None
            cursor.levels[-1].add(name)
            iterations.append(tree.Iteration(name, domain, last, start=start, end=cursor.previous_end))
            if not cursor.accept(","):
                break
        cursor.expect(*ends, code="feel/unfinished-iteration", wanted=f'"{ends[0]}", or "," and another variable')
        return tuple(iterations)

    def _for(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.take().start
        with cursor.level():
            iterations = self._iterations("return")
            body = self.expression()
        return tree.For(iterations, body, start=start, end=body.end)

    def _quantified(self) -> tree.Node:
        cursor = self.cursor
        token = cursor.take()
        with cursor.level():
            iterations = self._iterations("satisfies")
            condition = self.expression()
        return tree.Quantified(token.text, iterations, condition, start=token.start, end=condition.end)

    def _function(self) -> tree.Node:
        cursor = self.cursor
        start = cursor.take().start
        cursor.expect("(", wanted="( and the parameters of the function")
        parameters: list[tree.FormalParameter] = []
        while parameters or not cursor.sees(")"):
            at = cursor.token.start
            name = cursor.declared_name(",", ")", ":")
            of = parse_type(cursor) if cursor.accept(":") else None
            parameters.append(tree.FormalParameter(name, of, start=at, end=cursor.previous_end))
            if not cursor.accept(","):
                break
        cursor.expect(")", wanted=') to close the parameters, or ","')
        result = parse_type(cursor) if cursor.accept(":") else None
        external = cursor.accept("external")
        ends, self._ends_range = self._ends_range, False
        with cursor.level(*(parameter.name for parameter in parameters)):
            body = self.expression()
        self._ends_range = ends
        return tree.FunctionLiteral(tuple(parameters), body, external, result, start=start, end=body.end)

    # --- judgements

    def _sees_negation(self) -> bool:
        # "not(" opens the negated cell only if its bracket closes at the very end.
        cursor = self.cursor
        if cursor.token.text != "not" or not cursor.sees_after("("):
            return False
        # A range may open with one kind of bracket and close with the other: [1..5), and ]1..5[ turned outwards.
        level = outward = 0
        for index, token in enumerate(cursor.tokens):
            if token.kind != "op" or token.text not in ("(", ")", "[", "]"):
                continue
            opens = token.text in ("(", "[")
            if token.text == "]" and cursor.tokens[index - 1].text in ("(", ","):
                opens, outward = True, outward + 1
            elif token.text == "[" and outward and cursor.tokens[index + 1].text in (")", ","):
                opens, outward = False, outward - 1
            level += 1 if opens else -1
            if level == 0:
                return cursor.tokens[index + 1].kind == "end"
        return True

    def _is_filter(self) -> bool:
        # At the end of a range "[" may close it, or begin a filter of the end point: try the filter.
        cursor = self.cursor
        start, depth, ends, levels = cursor.at, cursor.depth, self._ends_range, len(cursor.levels)
        found = self._filters.get(start)
        if found is None:
            try:
                self._filter(tree.Literal(None))
                found = True
            except FeelSyntaxError:
                found = False
            self._filters[start] = found
            cursor.at, cursor.depth, self._ends_range = start, depth, ends
            del cursor.levels[levels:]
        return found

    def _check_depth(self, node: tree.Node) -> None:
        if len(self.cursor.tokens) > MAX_TREE_DEPTH and tree.depth(node) > MAX_TREE_DEPTH:
            self._refuse_depth(0)

    def _refuse_depth(self, offset: int) -> None:
        raise FeelSyntaxError(
            "feel/too-deep",
            "this expression is nested too deeply",
            text=self.cursor.text,
            offset=offset,
            expected=f"at most {MAX_DEPTH} levels of brackets, or {MAX_TREE_DEPTH} signs in a row",
            hint="split it into several entries of a context, or several decisions",
        )

    def _refuse_rest(self) -> None:
        cursor = self.cursor
        token = cursor.token
        hint = None
        if token.text == "=" and cursor.at and cursor.tokens[cursor.at - 1].text == "=":
            hint = "FEEL compares with one ="
        elif token.kind == "name" and cursor.at and cursor.tokens[cursor.at - 1].kind == "name":
            words = [cursor.tokens[cursor.at - 1].text]
            words += [one.text for one in takewhile(lambda one: one.kind == "name", cursor.tokens[cursor.at :])]
            hint = f"a name with blanks that is not declared stands in backticks: `{' '.join(words)}`"
        elif token.text in ("and", "or") and cursor.tokens[0].text in _COMPARISONS:
            # < 60 and >= 18: what a cell compares with is left out once only.
            hint = (
                f"write [18..60) for what lies between, a comma for or; or name the value: ? {cursor.tokens[0].text} ... {token.text} ? ..."
            )
        elif token.text in ("..", "to", "至", "到"):
            hint = "what lies between is written in brackets: [18..60], or [18..60) without its end"
        elif cursor.at == 1 and cursor.tokens[0].text == "not":
            hint = "not takes brackets: not(5)"
        elif token.kind == "number" and cursor.at and cursor.tokens[cursor.at - 1].kind == "number":
            hint = "numbers have one decimal point and no separators: 1000000.50"
        elif token.text == "?":
            hint = "a ? b : c is not FEEL, which writes: if a then b else c"
        elif token.kind == "keyword" and token.text in KEYWORDS:
            hint = f'"{token.text}" is a word of FEEL; in a name it needs backticks'
        cursor.refuse("the end of the text, or an operator", hint=hint)


_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "!="})

_INFIX: dict[str, Callable[[Parser, tree.Node], tree.Node]] = {
    "or": Parser._junction,  # pyright: ignore[reportPrivateUsage]
    "and": Parser._junction,  # pyright: ignore[reportPrivateUsage]
    "between": Parser._between,  # pyright: ignore[reportPrivateUsage]
    "in": Parser._in,  # pyright: ignore[reportPrivateUsage]
    "instance": Parser._instance_of,  # pyright: ignore[reportPrivateUsage]
    ".": Parser._path,  # pyright: ignore[reportPrivateUsage]
    "[": Parser._filter,  # pyright: ignore[reportPrivateUsage]
    "(": Parser._call,  # pyright: ignore[reportPrivateUsage]
}

_PREFIX: dict[str, Callable[[Parser], tree.Node]] = {
    "number": Parser._number,  # pyright: ignore[reportPrivateUsage]
    "string": Parser._string,  # pyright: ignore[reportPrivateUsage]
    "at": Parser._at_literal,  # pyright: ignore[reportPrivateUsage]
    "true": Parser._constant,  # pyright: ignore[reportPrivateUsage]
    "false": Parser._constant,  # pyright: ignore[reportPrivateUsage]
    "null": Parser._constant,  # pyright: ignore[reportPrivateUsage]
    "?": Parser._question_mark,  # pyright: ignore[reportPrivateUsage]
    "-": Parser._minus,  # pyright: ignore[reportPrivateUsage]
    "and": Parser._logic_function,  # pyright: ignore[reportPrivateUsage]
    "or": Parser._logic_function,  # pyright: ignore[reportPrivateUsage]
    "(": Parser._parenthesis,  # pyright: ignore[reportPrivateUsage]
    "[": Parser._bracket,  # pyright: ignore[reportPrivateUsage]
    "]": Parser._outward_bracket,  # pyright: ignore[reportPrivateUsage]
    "{": Parser._context,  # pyright: ignore[reportPrivateUsage]
    "if": Parser._if,  # pyright: ignore[reportPrivateUsage]
    "for": Parser._for,  # pyright: ignore[reportPrivateUsage]
    "some": Parser._quantified,  # pyright: ignore[reportPrivateUsage]
    "every": Parser._quantified,  # pyright: ignore[reportPrivateUsage]
    "function": Parser._function,  # pyright: ignore[reportPrivateUsage]
}
