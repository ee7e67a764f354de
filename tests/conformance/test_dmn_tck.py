"""One test for each open case of the DMN Technology Compatibility Kit, levels 2 and 3; what passed once never fails again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance import dmn_tck_cases as kit

pytestmark = pytest.mark.skipif(not kit.present(), reason="the DMN TCK is not beside the project: ../shared/dmn-tck")


@pytest.fixture(scope="session")
def listed() -> frozenset[str]:
    return kit.passing()


def _parameters() -> list[Any]:
    java = pytest.mark.skip(reason=kit.CLAUSE)
    return [pytest.param(case, id=case.id, marks=java if kit.needs_java(case) else ()) for case in kit.cases()]


@pytest.mark.parametrize("case", _parameters())
def test_case(case: Any, listed: frozenset[str]) -> None:
    status, detail = kit.judge(case)
    if status != "pass" and case.id not in listed:
        pytest.xfail(f"not on the list of what passes: {detail}")
    assert (status, detail) == ("pass", "")


def test_every_listed_case_exists(listed: frozenset[str]) -> None:
    assert listed - {case.id for case in kit.cases()} == frozenset()


def test_java_is_refused_by_name_when_it_is_called() -> None:
    """The model loads; a call that needs a JVM answers null and says why."""
    cases = [case for case in kit.cases() if kit.needs_java(case)]
    assert cases
    import tck_values

    from tests.conformance import dmn_tck_adapter

    for case in cases:
        inputs = {name: tck_values.decode(value) for name, value, _ in case.inputs}
        try:
            values = dmn_tck_adapter.evaluate(kit.paths(case.dir, case.model), case.model, case.invocable, inputs)
        except tck_values.Unsupported as refused:
            assert "dmn/external-function" in str(refused)  # noqa: PT017
            continue
        for value in values.values():
            assert isinstance(value, tck_values.Diagnosed), case.id
            assert any("external" in message.lower() for message in value.messages), (case.id, value.messages)
