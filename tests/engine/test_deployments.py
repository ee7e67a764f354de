"""Deployments: all or none, nothing twice, every finding told."""

from __future__ import annotations

from pathlib import Path

import pytest

from loanflow import CommandError, DefinitionError, NotFound
from tests.engine.conftest import Stage
from tests.support.diagrams import FOLDER, diagram


def test_a_folder_is_deployed_and_reported(stage: Stage) -> None:
    report = stage.engine.deploy(FOLDER, by="analyst")
    assert report.deployment_id is not None
    assert {deployed.key for deployed in report.new} >= {"loan-review", "risk", "chain"}
    assert 'new        process "Loan review" (loan-review) version 1, from review.bpmn' in str(report)


def test_the_same_content_again_changes_nothing(stage: Stage) -> None:
    stage.engine.deploy(FOLDER, by="analyst")
    again = stage.engine.deploy(FOLDER, by="analyst")
    assert (again.deployment_id, again.new) == (None, ())
    assert "unchanged  decision" in str(again)
    assert {definition.version for definition in stage.engine.definitions()} == {1}


def test_only_what_changed_gets_a_new_version(stage: Stage) -> None:
    files = diagram("review.bpmn", "risk.dmn")
    stage.engine.deploy(files, by="analyst")
    files["risk.dmn"] = files["risk.dmn"].replace(b"700", b"650")
    report = stage.engine.deploy(files, by="analyst")
    assert [(deployed.key, deployed.version) for deployed in report.new] == [("risk", 2)]
    stage.answers["credit-score"] = {"score": 660}
    case = stage.start("loan-review", amount=1)
    assert stage.engine.decisions(case.id)[0].decision_version == 2


def test_going_back_to_an_older_file_is_a_new_version(stage: Stage) -> None:
    files = diagram("continuation.bpmn")
    stage.engine.deploy(files, by="analyst")
    stage.engine.deploy({"continuation.bpmn": files["continuation.bpmn"].replace(b"Later", b"Much_later")}, by="analyst")
    report = stage.engine.deploy(files, by="analyst")
    assert [deployed.version for deployed in report.new] == [3]


def test_running_cases_stay_on_their_version(stage: Stage) -> None:
    files = diagram("continuation.bpmn")
    stage.engine.deploy(files, by="analyst")
    case = stage.engine.start("continuation", by="zhao")
    stage.engine.deploy({"continuation.bpmn": files["continuation.bpmn"].replace(b'name="Later"', b'name="Now"')}, by="analyst")
    stage.engine.run_due()
    assert stage.task(case).name == "Later"
    assert stage.task(stage.start("continuation")).name == "Now"


def test_one_bad_file_stops_them_all(stage: Stage) -> None:
    files = {**diagram("review.bpmn", "risk.dmn"), "bad.bpmn": b"<not xml"}
    with pytest.raises(DefinitionError) as refused:
        stage.engine.deploy(files, by="analyst")
    assert any(problem.location.file == "bad.bpmn" for problem in refused.value.problems)
    assert stage.engine.definitions() == ()


def test_a_missing_decision_or_handler_is_found(stage: Stage) -> None:
    with pytest.raises(DefinitionError, match="risk"):
        stage.engine.deploy(diagram("review.bpmn"), by="analyst")
    stage.engine.deploy(diagram("risk.dmn"), by="analyst")
    stage.engine.deploy(diagram("review.bpmn"), by="analyst")
    other = diagram("retry.bpmn")["retry.bpmn"].replace(b'"bureau"', b'"buraeu"')
    with pytest.raises(DefinitionError, match="bureau"):
        stage.engine.deploy({"retry.bpmn": other}, by="analyst")


def test_search_columns_that_cannot_be_read_are_findings(stage: Stage) -> None:
    content = diagram("review.bpmn")["review.bpmn"].replace(b"amount:number, grade:text", b"amount:money")
    with pytest.raises(DefinitionError) as refused:
        stage.engine.deploy({"review.bpmn": content, **diagram("risk.dmn")}, by="analyst")
    (problem,) = [problem for problem in refused.value.problems if problem.property and "search-columns" in problem.property]
    assert (problem.location.file, problem.element_id, problem.found) == ("review.bpmn", "loan-review", "amount:money")


def test_the_deployed_bytes_come_back(stage: Stage) -> None:
    files = diagram("review.bpmn", "risk.dmn")
    report = stage.engine.deploy(files, by="analyst")
    for deployed in report.new:
        assert stage.engine.model(deployed.definition_id) == (deployed.file, files[deployed.file])
    with pytest.raises(NotFound):
        stage.engine.model("nothing")


def test_nothing_to_deploy_is_said(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing to deploy"):
        stage.engine.deploy(tmp_path, by="analyst")
    with pytest.raises(CommandError, match="no file or folder"):
        stage.engine.deploy(tmp_path / "missing", by="analyst")
