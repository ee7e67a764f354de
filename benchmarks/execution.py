"""Engine CPU per completed task, against stock SpiffWorkflow running the nearest equivalent.

Run: ``python -m benchmarks.execution``; a table, then one last line of JSON. No database, no decisions, no forms: both
engines get the same answers and do the same completions; what differs is how they move tokens. Stock runs BPMN written
from the same model: jobs become user tasks, decisions become scripts that set a prepared value, conditions look up a
prepared truth value (cheaper than the real expressions LoanFlow evaluates). CPU time, best of several rounds.
"""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from loanflow import bpmn
from loanflow.bpmn import model as drawn
from loanflow.execution import (
    CaseExecution,
    DecisionRequest,
    EnqueueJob,
    Limits,
    OpenTask,
    Program,
    ScheduleTimer,
    Step,
    Subscribe,
    compile_process,
)
from loanflow.feel import to_feel

PERSONAL = Path(__file__).parents[1] / "diagrams" / "personal-credit.bpmn"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


class BenchmarkHost:
    """Prepared answers."""

    def __init__(self, program: Program, decisions: Mapping[str, Any]) -> None:
        self._program = program
        self._decisions = {name: to_feel(value) for name, value in decisions.items()}

    def now(self) -> datetime:
        """The instant of every command."""
        return NOW

    def decide(self, request: DecisionRequest) -> Any:
        """The prepared result."""
        return self._decisions[request.decision]

    def program(self, program_id: str) -> Program:
        """The only program."""
        return self._program

    def called_program(self, key: str, binding: Any, value: str | None, *, caller: str) -> Program | None:
        """Nothing is called."""
        return None

    def function(self, name: str) -> Callable[..., Any] | None:
        """No functions."""
        return None


class Journey:
    """One process and one way through it: what is answered at each task."""

    def __init__(
        self,
        name: str,
        model: drawn.Model,
        *,
        variables: Mapping[str, Any] | None = None,
        answers: Mapping[str, Mapping[str, Any]] | None = None,
        decisions: Mapping[str, Any] | None = None,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.model = model
        self.process = next(process for process in model.processes if process.executable)
        self.variables = {key: to_feel(value) for key, value in (variables or {}).items()}
        self.answers = {key: {k: to_feel(v) for k, v in values.items()} for key, values in (answers or {}).items()}
        self.taken = taken
        self.program = compile_process(model, self.process.id, program_id=f"{self.process.id}:1")
        self.host = BenchmarkHost(self.program, decisions or {})

    # LoanFlow

    def loanflow(self, completions: int | None = None, *, each: Callable[[CaseExecution], None] | None = None) -> int:
        """Walk one case; return how many tasks and jobs were completed."""
        host = self.host
        case, step = CaseExecution.start(self.program, self.variables, host=host, business_key="LN-1", limits=Limits(instances=100_000))
        done = 0
        waiting = deque(_work(step))
        while waiting and done != completions:
            request = waiting.popleft()
            if isinstance(request, EnqueueJob) and request.kind == "continuation":
                step = case.resume(request.token, host=host)
            else:
                step = case.complete(request.token, self.answers.get(request.element_id, {}), host=host)
                done += 1
            waiting.extend(_work(step))
            if each is not None:
                each(case)
        return done

    # Stock SpiffWorkflow

    def stock_spec(self) -> Any:
        """Parse the nearest equivalent with stock SpiffWorkflow."""
        parser = BpmnParser()
        text = stock_bpmn(self)
        parser.add_bpmn_str(text.encode())
        return parser.get_spec(self.process.id), parser.get_subprocess_specs(self.process.id)

    def stock(self, spec: Any, completions: int | None = None) -> int:
        """Walk one case with stock SpiffWorkflow."""
        workflow = BpmnWorkflow(*spec)
        workflow.do_engine_steps()
        done = 0
        while done != completions:
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            if task is None:
                break
            task.data["n"] = task.data.get("n", 0) + 1
            task.run()
            workflow.do_engine_steps()
            done += 1
        return done


def _work(step: Step) -> list[OpenTask | EnqueueJob]:
    return [request for request in step.requests if isinstance(request, OpenTask | EnqueueJob)]


def stock_bpmn(journey: Journey) -> str:
    """Write the process as plain BPMN that stock SpiffWorkflow reads."""
    lines = [f'<definitions xmlns="{BPMN}" id="d" targetNamespace="x"><process id={quoteattr(journey.process.id)} isExecutable="true">']
    body = journey.process.body
    kept = {node.id for node in body.nodes.values() if not _error_boundary(node)}
    reachable = _reachable(body, kept)
    for node in body.nodes.values():
        if node.id in reachable:
            lines.append(_stock_node(node))
    for flow in body.flows.values():
        if flow.source not in reachable:
            continue
        condition = ""
        source = body.nodes[flow.source]
        gateway = isinstance(source, drawn.ExclusiveGateway) and len(source.outgoing) > 1
        if gateway and flow.id != source.default_flow:
            text = "n &lt; limit" if flow.id == "enough-again" else str(flow.id in journey.taken)
            condition = f"<conditionExpression>{text}</conditionExpression>"
        ends = f"sourceRef={quoteattr(flow.source)} targetRef={quoteattr(flow.target)}"
        lines.append(f"<sequenceFlow id={quoteattr(flow.id)} {ends}>{condition}</sequenceFlow>")
    return "".join([*lines, "</process></definitions>"])


def _error_boundary(node: drawn.FlowNode) -> bool:
    return isinstance(node, drawn.BoundaryEvent) and isinstance(node.event, drawn.ErrorEvent)


def _reachable(body: drawn.Container, kept: set[str]) -> set[str]:
    todo = [node.id for node in body.nodes.values() if isinstance(node, drawn.StartEvent)]
    found: set[str] = set()
    while todo:
        node_id = todo.pop()
        if node_id in found:
            continue
        found.add(node_id)
        todo += [body.flows[flow].target for flow in body.nodes[node_id].outgoing]
        todo += [n.id for n in body.nodes.values() if n.id in kept and isinstance(n, drawn.BoundaryEvent) and n.attached_to == node_id]
    return found


def _stock_node(node: drawn.FlowNode) -> str:
    head = f"id={quoteattr(node.id)} name={quoteattr(node.id)}"
    links = "".join(f"<incoming>{flow}</incoming>" for flow in node.incoming) + "".join(
        f"<outgoing>{flow}</outgoing>" for flow in node.outgoing
    )
    default = f" default={quoteattr(node.default_flow)}" if node.default_flow else ""
    match node:
        case drawn.StartEvent():
            return f"<startEvent {head}>{links}</startEvent>"
        case drawn.EndEvent():
            return f"<endEvent {head}>{links}</endEvent>"
        case drawn.ExclusiveGateway():
            return f"<exclusiveGateway {head}{default}>{links}</exclusiveGateway>"
        case drawn.ParallelGateway():
            return f"<parallelGateway {head}>{links}</parallelGateway>"
        case drawn.BoundaryEvent(event=drawn.TimerEvent() as event):
            text = event.value.text if event.kind is drawn.TimerKind.DURATION else "PT8H"
            border = f'attachedToRef={quoteattr(node.attached_to)} cancelActivity="{str(node.cancel_activity).lower()}"'
            return (
                f"<boundaryEvent {head} {border}>"
                f'{links}<timerEventDefinition><timeDuration>"{text}"</timeDuration></timerEventDefinition></boundaryEvent>'
            )
        case drawn.BusinessRuleTask() | drawn.ScriptTask():
            script = "limit = 10 ** 9" if node.id == "prepare" else f"{node.id}_result = True"
            return f"<scriptTask {head}>{links}<script>{script}</script></scriptTask>"
        case drawn.Activity(multi_instance=drawn.MultiInstance() as marker):
            sequential = str(marker.sequential).lower()
            count = marker.cardinality.text if marker.cardinality else "1"
            loop = f"<loopCardinality>{count}</loopCardinality>"
            inner = f'<multiInstanceLoopCharacteristics isSequential="{sequential}">{loop}</multiInstanceLoopCharacteristics>'
            return f"<userTask {head}>{links}{inner}</userTask>"
        case _:
            return f"<userTask {head}>{links}</userTask>"


# Journeys


def _model(
    process_id: str,
    nodes: list[drawn.FlowNode],
    chains: list[tuple[str, ...]],
    conditions: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
) -> drawn.Model:
    flows: dict[str, drawn.SequenceFlow] = {}
    for chain in chains:
        for source, target in pairwise(chain):
            flow_id = f"{source}-{target}"
            text = (conditions or {}).get(flow_id)
            condition = None if text is None else drawn.Expression(text=text, language=drawn.Language.FEEL)
            flows[flow_id] = drawn.SequenceFlow(id=flow_id, source=source, target=target, condition=condition)
    connected = {
        node.id: replace(
            node,
            incoming=tuple(f.id for f in flows.values() if f.target == node.id),
            outgoing=tuple(f.id for f in flows.values() if f.source == node.id),
            default_flow=(defaults or {}).get(node.id),
        )
        for node in nodes
    }
    process = drawn.Process(id=process_id, name=None, executable=True, body=drawn.Container(nodes=connected, flows=flows))
    return drawn.Model(file="benchmark", dialect=drawn.Dialect.CAMUNDA8, platform_version=None, processes=(process,))


def linear(length: int) -> Journey:
    """User tasks one after the other."""
    names = [f"t{number}" for number in range(length)]
    nodes: list[drawn.FlowNode] = [drawn.StartEvent(id="begin"), *(drawn.UserTask(id=name) for name in names), drawn.EndEvent(id="finish")]
    return Journey(f"linear {length}", _model("linear", nodes, [("begin", *names, "finish")]))


def loop(rounds: int) -> Journey:
    """A user task between two gateways, again and again."""
    nodes: list[drawn.FlowNode] = [
        drawn.StartEvent(id="begin"),
        drawn.ScriptTask(
            id="prepare",
            implementation=drawn.ExpressionCall(
                expression=drawn.Expression(text="1000000000", language=drawn.Language.FEEL), result_variable="limit"
            ),
        ),
        drawn.ExclusiveGateway(id="again"),
        drawn.UserTask(id="work"),
        drawn.ExclusiveGateway(id="enough"),
        drawn.EndEvent(id="finish"),
    ]
    model = _model(
        "loop",
        nodes,
        [("begin", "prepare", "again", "work", "enough", "again"), ("enough", "finish")],
        {"enough-again": "n < limit"},
        {"enough": "enough-finish"},
    )
    return Journey(f"loop {rounds}", model, answers={"work": {"n": 1}})


def waiting(count: int, event: Callable[[int], drawn.EventDefinition]) -> Journey:
    """A fork onto as many events, each of them waited for."""
    names = [f"e{number}" for number in range(count)]
    nodes: list[drawn.FlowNode] = [drawn.StartEvent(id="begin"), drawn.ParallelGateway(id="fork"), drawn.EndEvent(id="finish")]
    nodes += [drawn.IntermediateCatchEvent(id=name, event=event(number)) for number, name in enumerate(names)]
    return Journey(f"waiting {count}", _model("waiting", nodes, [("begin", "fork"), *(("fork", name, "finish") for name in names)]))


def message(number: int) -> drawn.EventDefinition:
    """A message of its own."""
    name = drawn.Expression(text=f"message-{number}", language=drawn.Language.LITERAL)
    return drawn.MessageEvent(message=drawn.Message(id=f"m{number}", name=name, correlation_key=None))


def timer(number: int) -> drawn.EventDefinition:
    """A timer, each due a minute after the other."""
    text = f"PT{number + 1}M"
    return drawn.TimerEvent(kind=drawn.TimerKind.DURATION, value=drawn.Expression(text=text, language=drawn.Language.LITERAL))


def multi_instance(count: int) -> Journey:
    """One parallel multi-instance user task."""
    marker = drawn.MultiInstance(sequential=False, cardinality=drawn.Expression(text=str(count), language=drawn.Language.FEEL))
    nodes: list[drawn.FlowNode] = [
        drawn.StartEvent(id="begin"),
        drawn.UserTask(id="vote", multi_instance=marker),
        drawn.EndEvent(id="finish"),
    ]
    return Journey(f"multi-instance {count}", _model("votes", nodes, [("begin", "vote", "finish")]))


def personal() -> Journey:
    """The shipped personal credit product, reviewed by a person and approved."""
    model = bpmn.read(PERSONAL.read_bytes(), file=PERSONAL.name)
    body = next(process for process in model.processes if process.executable).body
    flows = [
        flow.id
        for node in ("IsEligible", "PreReviewConclusion", "RouteTaken", "Conclusion")
        for flow in body.flows.values()
        if flow.source == node
    ]
    wanted = {"IsEligible": "BureauQuery", "PreReviewConclusion": "Assessment", "RouteTaken": "Review", "Conclusion": "Pricing"}
    taken = frozenset(flow for flow in flows if body.flows[flow].target == wanted[body.flows[flow].source])
    return Journey(
        "personal credit",
        model,
        variables=PERSONAL_VARIABLES,
        answers=PERSONAL_ANSWERS,
        decisions=PERSONAL_DECISIONS,
        taken=taken,
    )


PERSONAL_VARIABLES: dict[str, Any] = {
    "applicant": "王芳",
    "national_id": "110101199003070034",
    "mobile": "13800138000",
    "amount": 180_000,
    "term_months": 36,
    "monthly_income": 16_500,
    "monthly_debt": 2_300,
    "employment": "employed",
    "employment_months": 48,
    "purpose": "renovation",
    "authorised": True,
    "documents": ["id-card", "income-proof", "bank-statement"],
}
PERSONAL_ANSWERS: dict[str, dict[str, Any]] = {
    "BureauQuery": {"bureau": {"score": 655, "overdue_12_months": 1, "queries_3_months": 2, "accounts": 4}},
    "PreReview": {"pre_review_conclusion": "pass", "pre_review_checks": ["id", "income"], "pre_review_opinion": "材料齐全"},
    "Review": {"review_conclusion": "approve", "approved_amount": 150_000, "review_checks": ["called"], "review_opinion": "同意"},
    "Disburse": {"disbursement_no": "D-20260302-0001"},
}
PERSONAL_DECISIONS: dict[str, Any] = {
    "eligibility": {"eligible": True, "reason_codes": []},
    "credit_assessment": {"score": 64, "risk_grade": "B", "dsr": 0.31, "reason_codes": ["R012", "R031"]},
    "approval_route": {"route": "review", "reason": "score below 70"},
    "pricing": {"principal": 150_000, "annual_rate": 0.0985},
}


# Measuring


def cpu_per(work: Callable[[], int], *, rounds: int, repeat: int = 1) -> float:
    """Return microseconds of CPU per completion, the best of several rounds."""
    return min(_cpu_of_a_round(work, repeat) for _ in range(rounds))


def cpu_side_by_side(ours: Callable[[], int], stock: Callable[[], int], *, rounds: int, repeat: int) -> tuple[float, float]:
    """Return both engines' microseconds of CPU per completion: rounds in turn, so that a noisy machine is noisy to both."""
    pairs = [(_cpu_of_a_round(ours, repeat), _cpu_of_a_round(stock, max(1, repeat // 20))) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def _cpu_of_a_round(work: Callable[[], int], repeat: int) -> float:
    began = time.process_time()
    done = 0
    for _ in range(repeat):
        done += work()
    return (time.process_time() - began) / done * 1e6


def main() -> None:
    """Print the table and the line."""
    figures: dict[str, Any] = {}
    print(f"{'journey':<22}{'stock us':>10}{'LoanFlow us':>13}{'ratio':>8}")
    shapes: list[tuple[Journey, int | None, int]] = [(linear(100), None, 20), (loop(240), 240, 4), (multi_instance(1000), None, 1)]
    if PERSONAL.exists():
        shapes.insert(0, (personal(), None, 100))
    for journey, completions, repeat in shapes:
        spec = journey.stock_spec()
        ours, stock = cpu_side_by_side(
            lambda j=journey, c=completions: j.loanflow(c),
            lambda j=journey, c=completions, s=spec: j.stock(s, c),
            rounds=10 if repeat > 20 else 3,
            repeat=repeat,
        )
        figures[journey.name] = {"stock_us": round(stock, 1), "loanflow_us": round(ours, 2), "ratio": round(stock / ours, 1)}
        print(f"{journey.name:<22}{stock:>10.1f}{ours:>13.2f}{stock / ours:>8.1f}")
    print(f"\n{'growth':<22}{'us per completion':>18}")
    growth: dict[str, float] = {}
    for journey, completions in [
        *((loop(rounds), rounds) for rounds in (10, 100, 1000)),
        *((multi_instance(count), None) for count in (10, 100, 1000)),
    ]:
        repeat = max(1, 300 // (completions or 100))
        growth[journey.name] = round(cpu_per(lambda j=journey, c=completions: j.loanflow(c), rounds=3, repeat=repeat), 2)
        print(f"{journey.name:<22}{growth[journey.name]:>18.2f}")
    figures["growth"] = growth
    figures["deliveries"] = deliveries()
    figures["large"] = large()
    figures["snapshot"] = snapshots(shapes[0][0])
    print(json.dumps({"benchmark": "execution", **figures}))


def deliver_all(journey: Journey) -> float:
    """Return the microseconds of CPU that each event takes to come, all of them waiting at first."""
    host = journey.host
    case, step = CaseExecution.start(journey.program, {}, host=host)
    tokens = [request.token for request in step.requests if isinstance(request, Subscribe | ScheduleTimer)]
    timers = isinstance(step.requests[0], ScheduleTimer)
    began = time.process_time()
    for token in tokens:
        if timers:
            case.fire(token, host=host)
        else:
            case.deliver(token, {}, host=host)
    spent = time.process_time() - began
    if not case.ended:
        raise SystemExit(f"{journey.name}: the case has not ended")
    return spent / len(tokens) * 1e6


def deliveries() -> dict[str, float]:
    """Measure what one event costs while 10, 100 or 300 are waited for."""
    print(f"\n{'events waited for':<22}{'us per delivery':>18}")
    figures: dict[str, float] = {}
    for kind, event in (("messages", message), ("timers", timer)):
        for count in (10, 100, 300):
            journey = waiting(count, event)
            name = f"{count} {kind}"
            figures[name] = round(min(deliver_all(journey) for _ in range(max(5, 600 // count))), 2)
            print(f"{name:<22}{figures[name]:>18.2f}")
    return figures


def large() -> dict[str, float]:
    """Measure many instances and many rounds: their time, the memory they take, and that they end."""
    figures: dict[str, float] = {}
    print(f"\n{'large cases':<22}{'us per completion':>18}{'MB at most':>12}")
    for count in (1_000, 5_000):
        journey = multi_instance(count)
        figures[f"{journey.name} us"] = round(cpu_per(journey.loanflow, rounds=3), 2)
        tracemalloc.start()
        journey.loanflow()
        figures[f"{journey.name} MB"] = round(tracemalloc.get_traced_memory()[1] / 1e6, 2)
        tracemalloc.stop()
        print(f"{journey.name:<22}{figures[f'{journey.name} us']:>18.2f}{figures[f'{journey.name} MB']:>12.2f}")
    journey, rounds = loop(100_000), 100_000
    case, step = CaseExecution.start(journey.program, {}, host=journey.host)
    began = time.process_time()
    for done in range(1, rounds + 1):
        (task,) = _work(step)
        step = case.complete(task.token, {"n": to_feel(1 if done < rounds else 10**9)}, host=journey.host)
    if not case.ended:
        raise SystemExit("the loop has not ended")
    figures[journey.name] = round((time.process_time() - began) / rounds * 1e6, 2)
    print(f"{journey.name:<22}{figures[journey.name]:>18.2f}   and ends")
    return figures


def snapshots(journey: Journey) -> dict[str, float]:
    """Measure dump and load between any two steps of the journey."""
    dumps: list[bytes] = []
    journey.loanflow(each=lambda case: dumps.append(case.dump()) if not case.ended else None)
    largest = max(dumps, key=len)
    case = CaseExecution.load(largest, host=journey.host)
    dump_us = min(_timed(case.dump) for _ in range(50))
    load_us = min(_timed(lambda: CaseExecution.load(largest, host=journey.host)) for _ in range(50))
    both = dump_us + load_us
    print(f"\nsnapshot of {journey.name}: largest {len(largest)} bytes, dump {dump_us:.1f} us, load {load_us:.1f} us, both {both:.1f} us")
    return {"bytes": len(largest), "dump_us": round(dump_us, 1), "load_us": round(load_us, 1)}


def _timed(work: Callable[[], Any], times: int = 100) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


if __name__ == "__main__":
    sys.exit(main())
