"""Which extension reads which dialect, and what a vendor's namespace is called."""

from __future__ import annotations

from loanflow.bpmn.extensions.camunda import Camunda
from loanflow.bpmn.extensions.standard import Extension
from loanflow.bpmn.extensions.vendors import CAMUNDA, ZEEBE
from loanflow.bpmn.extensions.zeebe import Zeebe
from loanflow.bpmn.model import Dialect

_EXTENSIONS: dict[Dialect, Extension] = {Dialect.CAMUNDA7: Camunda(), Dialect.CAMUNDA8: Zeebe(), Dialect.SPEC: Extension()}

VENDOR_NAMESPACES = {CAMUNDA: Dialect.CAMUNDA7, ZEEBE: Dialect.CAMUNDA8}
"""The namespaces that must be read whole, with the dialect whose files may use them."""


def extension_for(dialect: Dialect) -> Extension:
    """Return the extension that reads files of ``dialect``."""
    return _EXTENSIONS[dialect]


def vendor_words(dialect: Dialect) -> str:
    """Return what messages call a dialect."""
    return {Dialect.CAMUNDA7: "Camunda 7", Dialect.CAMUNDA8: "Camunda 8", Dialect.SPEC: "plain BPMN"}[dialect]
