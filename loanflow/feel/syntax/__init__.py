"""FEEL's text: tokens, the tree, and text again (DMN 10.3.1 "Syntax").

Read `tree.py` first, then `parser.py`. `scope.py` holds what names with blanks mean, `juel.py` Camunda 7's language.
"""

from __future__ import annotations

from loanflow.feel.syntax import juel, tree
from loanflow.feel.syntax.parser import Parser
from loanflow.feel.syntax.scope import Names, is_plain, normalized, special

__all__ = ["Names", "Parser", "is_plain", "juel", "normalized", "special", "tree"]
