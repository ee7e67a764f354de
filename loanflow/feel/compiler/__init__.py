"""Tree to plain functions: compiled once, run often (DMN 10.3.2 "Semantics").

Read `scope.py` first (what a name means, what a frame is), then `compiled.py` (what callers get) and `table.py`
(which function compiles which node). A node becomes a closure over a frame; nothing is looked up twice.
"""

from __future__ import annotations

from loanflow.feel.compiler.compiled import CompiledExpression, CompiledUnaryTests, Evaluation, compile_cell_tree, compile_tree

__all__ = ["CompiledExpression", "CompiledUnaryTests", "Evaluation", "compile_cell_tree", "compile_tree"]
