"""What vendors add to BPMN, and the only place that knows them by name: read `standard.py` first.

`standard` is BPMN as the standard has it, without a vendor; `camunda` (Camunda 7) and `zeebe` (Camunda 8) replace the parts
that their files say differently. `platform` decides which of the three a file was drawn for. The reader asks an
``Extension`` and never sees a vendor's tag. Stands on `loanflow.bpmn.model` and `loanflow.bpmn.source`.
"""

from loanflow.bpmn.extensions.platform import Platform, platform_of
from loanflow.bpmn.extensions.registry import VENDOR_NAMESPACES, extension_for, vendor_words
from loanflow.bpmn.extensions.standard import CallFields, Extension, NodeFields, ProcessFields, UserTaskFields

__all__ = [
    "VENDOR_NAMESPACES",
    "CallFields",
    "Extension",
    "NodeFields",
    "Platform",
    "ProcessFields",
    "UserTaskFields",
    "extension_for",
    "platform_of",
    "vendor_words",
]
