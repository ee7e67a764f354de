"""For which engine family a file was drawn: what the modeler wrote down, else what the file uses."""

from __future__ import annotations

from dataclasses import dataclass

from loanflow.bpmn.extensions.vendors import CAMUNDA, MODELER, ZEEBE
from loanflow.bpmn.model import Dialect
from loanflow.xmltree import Element, Name

_PLATFORMS = {"Camunda Platform": Dialect.CAMUNDA7, "Camunda Cloud": Dialect.CAMUNDA8}
PLATFORM = Name(MODELER, "executionPlatform")
PLATFORM_VERSION = Name(MODELER, "executionPlatformVersion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The dialect, the version the modeler wrote down, and a name we do not know, if it wrote one."""

    dialect: Dialect
    version: str | None = None
    unknown: str | None = None


def platform_of(root: Element) -> Platform:
    """Return the platform of a ``<definitions>`` element.

    ``modeler:executionPlatform`` decides. Without it, the vendor whose elements and attributes the file uses; without any
    use, the vendor whose namespace it declares; without that, the standard alone.
    """
    version = root.attributes.get(PLATFORM_VERSION)
    stated = root.attributes.get(PLATFORM)
    if stated in _PLATFORMS:
        return Platform(dialect=_PLATFORMS[stated], version=version)
    used = {CAMUNDA: 0, ZEEBE: 0}
    declared: set[str] = set()
    for element in root.walk():
        declared.update(element.namespaces.values())
        for name in (element.name, *element.attributes):
            if name.namespace in used:
                used[name.namespace] += 1
    if used[ZEEBE] or used[CAMUNDA]:
        dialect = Dialect.CAMUNDA8 if used[ZEEBE] >= used[CAMUNDA] else Dialect.CAMUNDA7
    elif ZEEBE in declared:
        dialect = Dialect.CAMUNDA8
    elif CAMUNDA in declared:
        dialect = Dialect.CAMUNDA7
    else:
        dialect = Dialect.SPEC
    return Platform(dialect=dialect, version=version, unknown=stated)
