"""From the model of a process to a `Program`: one builder per kind of flow node, found in a table; read `process.py` first.

`parts` has what all flow nodes share, `events` and `activities` their kinds, `process` the graph around them.
"""

from loanflow.execution.compiler.process import compile_process

__all__ = ["compile_process"]
