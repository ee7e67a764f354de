from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loanflow import store
from loanflow.errors import Conflict
from loanflow.records import (
    DecisionDefinition,
    DecisionRecord,
    Deployment,
    FormDefinition,
    IncidentStatus,
    ProcessDefinition,
    Resource,
)
from loanflow.store import deployments
from tests.store.builders import NOON, an_incident


def deployed(database: store.Store, **fields: Any) -> Deployment:
    plain: dict[str, Any] = {
        "id": store.new_definition_id(),
        "name": "products",
        "sha256": "a" * 64,
        "deployed_at": NOON,
        "deployed_by": "analyst",
    }
    deployment = Deployment(**(plain | fields))
    files = (("loan.bpmn", b"<xml/>"), ("表.dmn", bytes(range(256))))
    resources = [Resource(deployment_id=deployment.id, name=name, sha256="b" * 64, content=content) for name, content in files]
    database.run(lambda t: deployments.insert(t, deployment, resources))
    return deployment


def a_definition(kind: type[Any], deployment: Deployment, **fields: Any) -> Any:
    plain: dict[str, Any] = {
        "id": store.new_definition_id(),
        "key": "loan",
        "version": 1,
        "deployment_id": deployment.id,
        "resource_name": "loan.bpmn",
        "sha256": "b" * 64,
        "deployed_at": NOON,
        "properties": {"search_columns": {"amount": "number"}},
    }
    return kind(**(plain | fields))


def test_deployed_files_come_back_byte_for_byte(database: store.Store) -> None:
    deployment = deployed(database)
    with database.reading() as transaction:
        assert deployments.get(transaction, deployment.id) == deployment
        found = deployments.resource(transaction, deployment.id, "表.dmn")
        assert found is not None
        assert found.content == bytes(range(256))
        assert [resource.name for resource in deployments.resources(transaction, deployment.id)] == ["loan.bpmn", "表.dmn"]
        assert deployments.resource(transaction, deployment.id, "other") is None


def test_the_same_files_are_found_by_their_content(database: store.Store) -> None:
    older = deployed(database)
    newer = deployed(database, deployed_at=NOON + timedelta(days=1))
    with database.reading() as transaction:
        assert deployments.by_content(transaction, "a" * 64) == newer
        assert deployments.by_content(transaction, "c" * 64) is None
        assert deployments.latest(transaction) == (newer, older)


def test_a_set_of_files_hashes_the_same_in_any_order() -> None:
    both = {"a": b"1", "b": b"2"}
    assert deployments.content_sha256(both) == deployments.content_sha256(dict(reversed(both.items())))
    assert deployments.content_sha256(both) != deployments.content_sha256({"a": b"2", "b": b"1"})
    assert deployments.content_sha256({"a": b""}) != deployments.content_sha256({"": b"a"})


@pytest.mark.parametrize("kind", [ProcessDefinition, DecisionDefinition, FormDefinition])
def test_definitions_are_found_by_key_version_and_tag(database: store.Store, kind: type[Any]) -> None:
    deployment = deployed(database)
    first = a_definition(kind, deployment, version_tag="2026-Q1", name="贷款")
    second = a_definition(kind, deployment, version=2)
    other = a_definition(kind, deployment, key="card")
    database.run(lambda t: store.definitions.insert(t, [first, second, other]))
    with database.reading() as transaction:
        found = store.definitions
        assert found.get(transaction, kind, first.id) == first
        assert found.latest(transaction, kind, "loan") == second
        assert found.latest(transaction, kind, "none") is None
        assert found.version(transaction, kind, "loan", 1) == first
        assert found.tagged(transaction, kind, "loan", "2026-Q1") == first
        assert found.tagged(transaction, kind, "loan", "2026-Q2") is None
        assert found.versions(transaction, kind, "loan") == (second, first)
        assert found.all_latest(transaction, kind) == (other, second)
        assert [item.key for item in found.of_deployment(transaction, kind, deployment.id)] == ["card", "loan", "loan"]


def test_a_version_is_given_once(database: store.Store) -> None:
    deployment = deployed(database)
    database.run(lambda t: store.definitions.insert(t, [a_definition(ProcessDefinition, deployment)]))
    with pytest.raises(Conflict, match="same version"):
        database.run(lambda t: store.definitions.insert(t, [a_definition(ProcessDefinition, deployment)]))


def test_incidents_open_and_close_once(database: store.Store) -> None:
    case_id = store.new_case_id()
    first, second = an_incident(case_id=case_id, token=1), an_incident(case_id=case_id, token=2, created_at=NOON + timedelta(1))
    database.run(lambda t: store.incidents.insert(t, [first, second]))
    with database.reading() as transaction:
        assert store.incidents.open_count(transaction) == 2
        one = store.incidents.page(transaction, limit=1)
        two = store.incidents.page(transaction, limit=1, after=one.next)
        assert (one.items, two.items, two.next) == ((first,), (second,), None)
    assert database.run(lambda t: store.incidents.resolve(t, first.id, by="admin", at=NOON))
    assert not database.run(lambda t: store.incidents.resolve(t, first.id, by="admin", at=NOON))
    database.run(lambda t: store.incidents.resolve_tokens(t, case_id, [1, 2], by="admin", at=NOON))
    with database.reading() as transaction:
        resolved = replace(first, status=IncidentStatus.RESOLVED, resolved_by="admin", resolved_at=NOON)
        assert store.incidents.get(transaction, first.id) == resolved
        assert len(store.incidents.of_case(transaction, case_id, status=IncidentStatus.RESOLVED)) == 2
        assert store.incidents.of_case(transaction, case_id, status=IncidentStatus.OPEN) == ()


def test_a_decision_keeps_what_was_asked_answered_and_why(database: store.Store) -> None:
    case_id = store.new_case_id()
    records = [
        DecisionRecord(
            id=store.new_id_for(case_id),
            case_id=case_id,
            token=1,
            element_id="Grade",
            decision_key="risk-grade",
            decision_version=3,
            decision_definition_id=store.new_definition_id(),
            evaluated_at=NOON + timedelta(seconds=number),
            inputs={"score": 71},
            value=value,
            trace={"rules": [{"index": 7, "hit": True}]},
        )
        for number, value in enumerate(({"grade": "B"}, None))
    ]
    database.run(lambda t: store.decisions.insert(t, records))
    with database.reading() as transaction:
        assert store.decisions.of_case(transaction, case_id) == tuple(records)
        assert store.decisions.get(transaction, records[0].id) == records[0]
        assert store.decisions.latest_of_key(transaction, "risk-grade", limit=1) == (records[1],)
