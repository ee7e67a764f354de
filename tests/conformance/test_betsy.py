"""One test for each behaviour test of betsy, and for each negative control, in three dialects; what passed once never fails again."""

from __future__ import annotations

import pytest

from tests.conformance import betsy_cases as kit

pytestmark = pytest.mark.skipif(not kit.present(), reason="betsy is not beside the project: ../shared/betsy")


@pytest.fixture(scope="session")
def listed() -> frozenset[str]:
    return kit.passing()


@pytest.mark.parametrize("behaviour", [pytest.param(one, id=one.id) for one in kit.behaviours()])
def test_behaviour(behaviour: kit.Behaviour, listed: frozenset[str]) -> None:
    wrong = kit.judge(behaviour)
    if wrong and behaviour.id not in listed:
        pytest.xfail(f"not on the list of what passes: {wrong[0]['got']} {wrong[0]['detail']}")
    assert wrong == []


def test_every_listed_test_exists(listed: frozenset[str]) -> None:
    assert listed - {one.id for one in kit.behaviours()} == frozenset()
