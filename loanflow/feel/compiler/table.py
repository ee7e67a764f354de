"""Which function compiles which node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from loanflow.feel.compiler.access import compile_filter, compile_name, compile_path
from loanflow.feel.compiler.arithmetic import compile_arithmetic, compile_negation
from loanflow.feel.compiler.collections import (
    compile_at_literal,
    compile_context,
    compile_for,
    compile_half_line,
    compile_interval,
    compile_list,
    compile_literal,
    compile_quantified,
)
from loanflow.feel.compiler.functions import compile_call, compile_function
from loanflow.feel.compiler.juel import compile_empty, compile_loose_comparison, compile_method_call, compile_template, compile_truth
from loanflow.feel.compiler.logic import (
    compile_between,
    compile_comparison,
    compile_conjunction,
    compile_disjunction,
    compile_if,
    compile_in,
)
from loanflow.feel.compiler.scope import Scope, Step
from loanflow.feel.compiler.typing import compile_instance_of
from loanflow.feel.syntax import tree

COMPILERS: Mapping[type[tree.Node], Callable[[Any, Scope], Step]] = {
    tree.Literal: compile_literal,
    tree.AtLiteral: compile_at_literal,
    tree.Name: compile_name,
    tree.Path: compile_path,
    tree.Filter: compile_filter,
    tree.Call: compile_call,
    tree.Negation: compile_negation,
    tree.Arithmetic: compile_arithmetic,
    tree.Comparison: compile_comparison,
    tree.Conjunction: compile_conjunction,
    tree.Disjunction: compile_disjunction,
    tree.Between: compile_between,
    tree.In: compile_in,
    tree.InstanceOf: compile_instance_of,
    tree.If: compile_if,
    tree.For: compile_for,
    tree.Quantified: compile_quantified,
    tree.FunctionLiteral: compile_function,
    tree.ContextLiteral: compile_context,
    tree.ListLiteral: compile_list,
    tree.Interval: compile_interval,
    tree.HalfLine: compile_half_line,
    tree.LooseComparison: compile_loose_comparison,
    tree.Truth: compile_truth,
    tree.Empty: compile_empty,
    tree.Template: compile_template,
    tree.MethodCall: compile_method_call,
}
