"""LoanFlow behind betsy's adapter contract: an engine in memory, on the public API alone.

Give a class to the kit's runner, from the top of the source tree:

    PYTHONPATH=../shared/betsy/runner:. python -m betsy_runner.run --adapter tests.conformance.betsy_adapter:Camunda7 --data ../shared/betsy

``Plain`` reads the models as the standard alone has them: their scripts are text in no language, so each is a handler
registered under its task's id, and conditions are JUEL. ``Camunda7`` and ``Camunda8`` read them as the kit rewrites them
for external tasks and for jobs.

What the contract leaves to an adapter: a token that waits in a join for one that cannot come any more (``join-stuck``) counts
as waiting, which is what BPMN says it does; the engine's incident only makes it visible. Any other incident is a failure.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from betsy_runner import model as kit
from betsy_runner.translate import TOPIC_PREFIX, ZEEBE, Dialect
from lxml import etree
from sqlalchemy import StaticPool, create_engine

from loanflow import BpmnError, Engine, Job, records
from loanflow.errors import DefinitionError
from loanflow.problems import Problem, errors_in
from loanflow.records import Case, CaseStatus, Incident, JobKind

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
BY = "betsy"
TURN = 0.5
"""Seconds by which the clock moves on while something is left to do."""


class Adapter:
    """Runs one case of the kit: deploys, starts, does the jobs, turns the clock.

    The engine is the same for all cases, which saves much of their time; its database is empty before each.
    """

    name: str
    dialect: Dialect

    def __init__(self) -> None:
        self.driver = sqlite3.connect(":memory:", check_same_thread=False)
        database = create_engine("sqlite://", creator=lambda: self.driver, poolclass=StaticPool)
        self.engine = Engine(database, clock=self)
        self.engine.upgrade_database()
        self.empty = self.driver.serialize()
        self.host: kit.Host

    def now(self) -> datetime:
        """Tell the engine the host's time."""
        return self.host.clock.now()

    def tokens(self, root: Any) -> dict[str, str]:
        """Return what each handler of the model performs: betsy's token by handler name."""
        raise NotImplementedError

    def run_case(self, xml: bytes, case: kit.Case, host: kit.Host) -> kit.Outcome:
        self.host, engine = host, self.engine
        self.driver.deserialize(self.empty)
        root = etree.fromstring(xml)
        scripts = Scripts(host, engine, self.tokens(root))
        try:
            engine.deploy({f"{case.test}.bpmn": xml}, by=BY)
        except DefinitionError as error:
            raise kit.DeploymentRejected("; ".join(map(said, errors_in(error.problems)))) from error
        if case.process_id is None:
            return kit.Outcome("completed")
        if case.parallel_process_id is not None:
            engine.start(case.parallel_process_id, by=BY)
            scripts.work()
        started = engine.start(case.process_id, variables=case.variables, by=BY)
        scripts.work()
        passed = 0.0
        while passed < case.horizon_s and engine.cases(status=CaseStatus.OPEN).items:
            host.clock.advance(TURN)
            passed += TURN
            scripts.work()
        return outcome(engine, started, {element.get("id") for element in root.iter(f"{BPMN}endEvent")})


class Plain(Adapter):
    name = "LoanFlow, plain BPMN"
    dialect = Dialect(script="raw", expr="juel")

    def tokens(self, root: Any) -> dict[str, str]:
        scripts = ((task.get("id"), task.find(f"{BPMN}script")) for task in root.iter(f"{BPMN}scriptTask"))
        return {task_id: script.text.strip() for task_id, script in scripts if script is not None and script.text}


class Camunda7(Adapter):
    name = "LoanFlow, Camunda 7"
    dialect = Dialect(script="external", expr="juel")

    def tokens(self, root: Any) -> dict[str, str]:
        topics = (task.get(f"{CAMUNDA}topic") for task in root.iter(f"{BPMN}serviceTask"))
        return {topic: topic.removeprefix(TOPIC_PREFIX) for topic in topics if topic}


class Camunda8(Adapter):
    name = "LoanFlow, Camunda 8"
    dialect = Dialect(script="job", expr="feel")

    def tokens(self, root: Any) -> dict[str, str]:
        types = [definition.get("type") for definition in root.iter(f"{{{ZEEBE}}}taskDefinition")]
        return {job_type: job_type.removeprefix(TOPIC_PREFIX) for job_type in types}


class Scripts:
    """Does the jobs of a case's script tasks, each open for as long as the kit's host says."""

    def __init__(self, host: kit.Host, engine: Engine, tokens: Mapping[str, str]) -> None:
        self.host = host
        self.engine = engine
        self.tokens = tokens
        self.begun: dict[str, datetime] = {}
        self.open: list[tuple[float, records.Job]] = []
        for name, token in tokens.items():
            engine.handlers.replace(name, self.performer(token))

    def performer(self, token: str) -> Callable[[Job], dict[str, Any]]:
        def perform(job: Job) -> dict[str, Any]:
            variables = dict(job.variables)
            try:
                self.host.finish(token, self.begun[job.key], variables)
            except kit.BpmnError as error:
                raise BpmnError(error.code) from error
            return {name: value for name, value in variables.items() if name not in job.variables or job.variables[name] != value}

        return perform

    def work(self) -> None:
        """Run whatever can be done at this instant."""
        while True:
            claimed = self.engine.claim_jobs(50)
            now = self.host.clock.now()
            for job in claimed:
                self.begun[job.id], lasts = now, 0.0
                if job.kind is JobKind.HANDLER:
                    token = self.tokens[job.handler or ""]
                    self.begun[job.id], lasts = self.host.begin(token), self.host.duration(token)
                self.open.append((lasts, job))
            ripe = [job for lasts, job in self.open if (now - self.begun[job.id]).total_seconds() >= lasts]
            self.open = [(lasts, job) for lasts, job in self.open if job not in ripe]
            for job in ripe:
                self.engine.run_job(job)
            if not claimed and not ripe:
                return


def outcome(engine: Engine, case: Case, end_events: set[str | None]) -> kit.Outcome:
    """Say how the case ended, or raise what went wrong in it or in one it speaks with."""
    incidents = [incident for incident in engine.incidents() if incident.code != "join-stuck"]
    for incident in incidents:
        if incident.code == "uncaught-error" and incident.element_id in end_events:
            return kit.Outcome("error_event", incident.message)
    if incidents:
        raise kit.RuntimeFailure("; ".join(map(said, incidents)))
    return kit.Outcome("waiting" if engine.case(case.id).status is CaseStatus.OPEN else "completed")


def said(finding: Incident | Problem) -> str:
    return f"{finding.code}: {finding.message}"
