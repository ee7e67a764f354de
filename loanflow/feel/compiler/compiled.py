"""What a text becomes: an immutable object that threads share, and that evaluates as often as asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import getcontext, setcontext
from typing import Any, Final, cast

from loanflow.feel.budget import FeelBudget
from loanflow.feel.builtins.declaration import BuiltIn
from loanflow.feel.compiler.scope import FIRST_SLOT, Frame, Scope, Step, Types
from loanflow.feel.compiler.table import COMPILERS
from loanflow.feel.compiler.unary import compile_unary_tests as compile_cell
from loanflow.feel.diagnostics import NullReason
from loanflow.feel.errors import FeelBudgetExceeded
from loanflow.feel.run import Clock, Functions, Run
from loanflow.feel.syntax import tree
from loanflow.feel.values.numbers import CONTEXT
from loanflow.feel.values.union import FeelValue

# All of a run's attributes have defaults on the class: one without clock and functions needs no constructor.
_new_run: Callable[[type[Run]], Run] = object.__new__
_NOTHING: Final[Mapping[str, FeelValue]] = {}
TESTED: Final = FIRST_SLOT


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A value, and for a null why; reasons may be there for a value too, for nulls on the way that did not matter."""

    value: FeelValue
    reasons: tuple[NullReason, ...] = ()


class CompiledExpression:
    """An expression ready to run.

    ``names`` are the variables it reads, the first word of each path; ``tree`` is its syntax. ``path`` is set where all of it is
    a variable, or an entry of an entry of one: their names. ``run(context, run)`` gives the value as part of a larger
    evaluation, which keeps clock, budget and reasons in its `Run`.
    """

    __slots__ = ("_rest", "_step", "names", "path", "run", "text", "tree")

    def __init__(self, text: str, node: tree.Node, step: Step, scope: Scope) -> None:
        self.text = text
        self.tree = node
        self.names = frozenset(scope.reads)
        self.path = None if scope.declared else _path(node)
        self._step = step
        self._rest = (None,) * (scope.size - FIRST_SLOT)
        self.run = _within(step, self._rest)

    def evaluate(
        self,
        context: Mapping[str, FeelValue] = _NOTHING,
        *,
        clock: Clock | None = None,
        budget: FeelBudget | None = None,
        functions: Functions | None = None,
    ) -> Evaluation:
        """Return the value with its reasons; never raises on data.

        Args:
            context: FEEL values by name (`to_feel` makes them).
            clock: what ``now()`` asks; without it they are null.
            budget: limits of this evaluation.
            functions: finds the Python function for a JUEL bean call, ``"bean.method"`` or ``"method"``.

        Raises:
            FeelBudgetExceeded: a limit was met; it names it.
        """
        run = Run(clock, budget, functions)
        value = self.run(context, run)
        return Evaluation(value, tuple(run.reasons))

    def value(self, context: Mapping[str, FeelValue] = _NOTHING) -> FeelValue:
        """Return the value alone: the short way, without clock and functions."""
        return _compute(self._step, [context, _new_run(Run), *self._rest])

    def __repr__(self) -> str:
        return f"CompiledExpression({self.text!r})"


class CompiledUnaryTests:
    """A table's cell ready to run; ``names`` are the variables it reads besides ``?``."""

    __slots__ = ("_rest", "_step", "names", "text", "tree")

    def __init__(self, text: str, node: tree.UnaryTests, step: Step, scope: Scope) -> None:
        self.text = text
        self.tree = node
        self.names = frozenset(scope.reads)
        self._step = step
        self._rest = (None,) * (scope.size - FIRST_SLOT - 1)

    def test(
        self,
        value: FeelValue,
        context: Mapping[str, FeelValue] = _NOTHING,
        *,
        clock: Clock | None = None,
        budget: FeelBudget | None = None,
        functions: Functions | None = None,
    ) -> bool | None:
        """Return whether the value fits; None when that cannot be said. Raises only FeelBudgetExceeded."""
        return self.run(value, context, Run(clock, budget, functions))

    def run(self, value: FeelValue, context: Mapping[str, FeelValue], run: Run) -> bool | None:
        """Return the same as part of a larger evaluation."""
        found = _compute(self._step, [context, run, value, *self._rest])
        return found if found is True or found is False else None

    def __repr__(self) -> str:
        return f"CompiledUnaryTests({self.text!r})"


def _path(node: tree.Node) -> tuple[str, ...] | None:
    if isinstance(node, tree.Name):
        return (node.name,)
    front = _path(node.target) if isinstance(node, tree.Path) else None
    return None if front is None else (*front, cast("tree.Path", node).name)


def _within(step: Step, rest: tuple[None, ...]) -> Callable[[Mapping[str, FeelValue], Run], FeelValue]:
    def run(context: Mapping[str, FeelValue], run: Run) -> FeelValue:
        frame: Frame = [context, run, *rest] if rest else [context, run]
        if getcontext() is not CONTEXT:
            return _compute(step, frame)
        # The larger evaluation has entered FEEL's numbers already, and looks after its depth.
        value = step(frame)
        kind = type(value)  # pyright: ignore[reportUnknownVariableType]
        if kind is list or kind is dict:
            run.check_extent(value)
        return value

    return run


def _compute(step: Step, frame: Frame) -> Any:
    saved = getcontext()
    if saved is not CONTEXT:
        setcontext(CONTEXT)
    try:
        value = step(frame)
        kind = type(value)  # pyright: ignore[reportUnknownVariableType]
        if kind is list or kind is dict:
            frame[1].check_extent(value)
        return value
    except RecursionError:
        raise FeelBudgetExceeded("depth", frame[1].budget.depth, "values or functions are nested too deeply") from None
    finally:
        if saved is not CONTEXT:
            setcontext(saved)


def compile_tree(
    text: str, node: tree.Node, *, built_ins: Mapping[str, BuiltIn], declared: frozenset[str], dialect: str, types: Types | None
) -> CompiledExpression:
    """Return a tree as something that runs."""
    scope = Scope(COMPILERS, built_ins=built_ins, declared=declared, dialect=dialect, types=types)
    return CompiledExpression(text, node, scope.compile(node), scope)


def compile_cell_tree(
    text: str, node: tree.UnaryTests, *, built_ins: Mapping[str, BuiltIn], declared: frozenset[str], dialect: str, types: Types | None
) -> CompiledUnaryTests:
    """Return a cell's tree as something that runs."""
    scope = Scope(COMPILERS, built_ins=built_ins, declared=declared, dialect=dialect, types=types)
    slot = scope.new_slot()
    with scope.names({"?": slot}):
        step = compile_cell(node, scope, slot)
    return CompiledUnaryTests(text, node, step, scope)
