"""Files that are installed together, checked together: do tasks find their decisions, forms, called processes and handlers?

Stands on `loanflow.bpmn`, `loanflow.dmn` and `loanflow.forms`, which do not know each other. Read `checking.py` first.
``check_files`` gives every finding and never raises; ``bundle`` gives what may be deployed or raises with every finding.
"""

from loanflow.deployment.bundle import Bundle, BundledFile, bundle
from loanflow.deployment.checking import Checked, check_files
from loanflow.deployment.report import to_json, to_lint, to_text

__all__ = ["Bundle", "BundledFile", "Checked", "bundle", "check_files", "to_json", "to_lint", "to_text"]
