"""The files of a rehearsal made ready: programs, decisions, forms, who is asked for what, and stand-ins for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from loanflow import dmn, forms
from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Model, Process
from loanflow.deployment import Checked
from loanflow.errors import DefinitionError
from loanflow.execution import Program, compile_process
from loanflow.forms import Form, GeneratedField
from loanflow.problems import Problem, in_file_order
from loanflow.testing.rehearsal.catchers import Catchers
from loanflow.testing.rehearsal.clues import Clues
from loanflow.testing.rehearsal.exchange import Exchange, connected
from loanflow.testing.rehearsal.givers import Givers
from loanflow.testing.rehearsal.sites import Place, PlaceId, places
from loanflow.testing.rehearsal.tables import learn_decisions, learn_form, made_inside

STAND_IN = "stand-in:"
"""Begins the program id of what stands in for a process that is not among the files."""


class Files:
    """Everything in the files that runs, compiled once; shared by the stages of its processes.

    Raises:
        DefinitionError: execution or the decision compiler refuses something; every finding at once.
    """

    def __init__(self, checked: Checked) -> None:
        self.models: dict[str, Model] = {}
        self.processes: dict[str, Process] = {}
        for process, model in checked.processes:
            if process.executable:
                self.models[process.id] = model
                self.processes[process.id] = process
        self.programs = self._compiled()
        self.decisions = _decisions(checked)
        self.decision_models = checked.decisions
        self.forms = self._forms(checked)
        self._stand_ins: dict[str, Program] = {}

    def _compiled(self) -> Mapping[str, Program]:
        programs: dict[str, Program] = {}
        problems: list[Problem] = []
        for process_id, model in self.models.items():
            try:
                programs[process_id] = compile_process(model, process_id, program_id=process_id)
            except DefinitionError as error:
                problems += error.problems
        if problems:
            raise DefinitionError(in_file_order(problems))
        return MappingProxyType(programs)

    def _forms(self, checked: Checked) -> Mapping[PlaceId, Form]:
        known = {form.id: form for form in checked.forms}
        found: dict[PlaceId, Form] = {}
        for process_id, process in self.processes.items():
            for node in process.body.walk():
                reference = node.form if isinstance(node, bpmn.UserTask | bpmn.StartEvent) else None
                if not isinstance(reference, bpmn.FormReference):
                    continue
                form = _generated(reference, node.id) if reference.fields else None
                if reference.form_id is not None:
                    form = checked.embedded_forms.get((process_id, reference.form_id)) or known.get(reference.form_id)
                if form is not None:
                    found[process_id, node.id] = form
        return MappingProxyType(found)

    def first(self) -> list[str]:
        """Return the processes to begin with: those that no other one of the files calls, or all where they call each other."""
        called = {one for process_id in self.processes for one in self._calls(process_id) if one != process_id}
        return [process_id for process_id in self.processes if process_id not in called] or list(self.processes)

    def casts(self) -> list[tuple[str, ...]]:
        """Return the processes to begin with, those together that exchange messages."""
        called = {process_id: self.together(process_id) for process_id in self.first()}
        groups = {process_id: self.exchange(process_ids) for process_id, process_ids in called.items()}
        beginning = {one: process_id for process_id, process_ids in called.items() for one in process_ids}
        everything = self.exchange(beginning)
        return connected(groups, {(beginning[source[0]], beginning[target[0]]) for source, target in everything.drawn.items()})

    def exchange(self, process_ids: Iterable[str]) -> Exchange:
        """Return the messages of some processes."""
        ids = list(process_ids)
        return Exchange.of([self.processes[one] for one in ids], {id(self.models[one]): self.models[one] for one in ids}.values())

    def together(self, process_id: str) -> tuple[str, ...]:
        """Return a process and those of the files that it calls by their plain ids, directly or not."""
        seen: dict[str, None] = {}
        todo = [process_id]
        while todo:
            here = todo.pop(0)
            if here not in seen:
                seen[here] = None
                todo.extend(self._calls(here))
        return tuple(seen)

    def _calls(self, process_id: str) -> Iterator[str]:
        for node in self.processes[process_id].body.walk():
            called = node.called_element if isinstance(node, bpmn.CallActivity) else None
            if called is not None and called.is_literal and called.text in self.processes:
                yield called.text

    def stand_in(self, process_id: str) -> Program:
        """Return a process of one job, for a call of a process that is not among the files."""
        program = self._stand_ins.get(process_id)
        if program is None:
            program = self._stand_ins[process_id] = _one_job(process_id)
        return program

    def program(self, program_id: str) -> Program:
        """Return a program by its id."""
        if program_id.startswith(STAND_IN):
            return self.stand_in(program_id.removeprefix(STAND_IN))
        return self.programs[program_id]


class Stage:
    """The processes of one cast and those they call, with what is known of their variables: what does not change from run to run."""

    def __init__(self, files: Files, cast: tuple[str, ...]) -> None:
        self.files = files
        self.cast = cast
        self.process_ids = tuple(dict.fromkeys(one for process_id in cast for one in files.together(process_id)))
        self.exchange = files.exchange(self.process_ids)
        self.clues = Clues()
        self.places: dict[PlaceId, Place] = {}
        self.flows: dict[PlaceId, bpmn.SequenceFlow] = {}
        called: set[str | None] = set()
        for one in self.process_ids:
            process = files.processes[one]
            for form in {id(form): form for place, form in files.forms.items() if place[0] == one}.values():
                learn_form(form, self.clues)
            self.places.update(places(files.models[one], process, self.clues, files.forms))
            self.flows.update(((one, flow.id), flow) for body in bodies(process.body) for flow in body.flows.values())
        for place in self.places.values():
            called.add(self._decision(place))
        for model in files.decision_models:
            # A table that is called by a computed name may be any of them.
            if None in called or any(decision.id in called for decision in model.decisions):
                learn_decisions(model, self.clues)
        for place_id in self.exchange.caught:
            # What the engine itself delivers carries nothing.
            if self.exchange.awaited(place_id) is not None and place_id not in self.exchange.drawn.values():
                self.places[place_id].asks = False
        self.givers = Givers(self.places)
        self.asked = self.givers.asked()
        self.catchers = Catchers(self.places, self.givers.callers)
        own = [(one, node) for one in cast for node in files.processes[one].body.nodes.values()]
        self.ends = frozenset((one, node.id) for one, node in own if isinstance(node, bpmn.EndEvent))
        self.undoing: dict[PlaceId, PlaceId] = {
            (one, node.undone_by): (one, node.id)
            for (one, _), place in self.places.items()
            for node in (place.node,)
            if isinstance(node, bpmn.BoundaryEvent) and node.undone_by is not None
        }
        self.conditional = any(isinstance(getattr(place.node, "event", None), bpmn.ConditionalEvent) for place in self.places.values())

    def _decision(self, place: Place) -> str | None:
        """Note what a business rule task's decision reads, and return which one it is: "" for none, None for a computed one."""
        made = place.node.implementation if isinstance(place.node, bpmn.BusinessRuleTask) else None
        if not isinstance(made, bpmn.DecisionCall):
            return ""
        if not made.decision.is_literal:
            return None
        model = self.files.decisions.get(made.decision.text)
        if model is not None:
            inside = made_inside(self.files.decision_models, made.decision.text)
            place.before |= model.reads(made.decision.text) - inside - place.local
        else:
            # Without its table the decision's answer is made up here.
            place.asks = True
        return made.decision.text

    def calls_of(self, process_id: str) -> PlaceId:
        """Return the call activity a stand-in answers for: the one that names the process, else one that computes whom it calls."""
        computed: PlaceId = ("", "")
        for place_id, place in self.places.items():
            if isinstance(place.node, bpmn.CallActivity) and place.node.called_element is not None:
                if place.node.called_element.text == process_id:
                    return place_id
                if not place.node.called_element.is_literal:
                    computed = place_id
        return computed

    def node(self, program_id: str, element_id: str) -> bpmn.FlowNode | None:
        """Return a flow node of one of the files' processes."""
        place = self.places.get((program_id, element_id))
        return None if place is None else place.node


def bodies(body: bpmn.Container) -> Iterator[bpmn.Container]:
    """Yield a body and those of the sub-processes in it."""
    yield body
    for node in body.nodes.values():
        if isinstance(node, bpmn.SubProcess):
            yield from bodies(node.body)


def _decisions(checked: Checked) -> Mapping[str, dmn.DecisionModel]:
    if not checked.decisions:
        return {}
    model = dmn.compile_model(*checked.decisions)
    return MappingProxyType({decision.id: model for decision in model.decisions})


def _generated(reference: bpmn.FormReference, form_id: str) -> Form | None:
    fields = [
        GeneratedField(
            id=one.id, type=one.type, label=one.label, values=one.values, constraints=dict(one.constraints), properties=one.properties
        )
        for one in reference.fields
    ]
    return forms.from_fields(fields, form_id=form_id)


def _one_job(process_id: str) -> Program:
    flows = {
        "in": bpmn.SequenceFlow(id="in", source="start", target="work"),
        "out": bpmn.SequenceFlow(id="out", source="work", target="end"),
    }
    call = bpmn.HandlerCall(name=bpmn.Expression(text=process_id, language=bpmn.Language.LITERAL), kind="process")
    nodes: dict[str, bpmn.FlowNode] = {
        "start": bpmn.StartEvent(id="start", outgoing=("in",)),
        "work": bpmn.ServiceTask(id="work", incoming=("in",), outgoing=("out",), implementation=call),
        "end": bpmn.EndEvent(id="end", incoming=("out",)),
    }
    process = bpmn.Process(id=process_id, name=None, executable=True, body=bpmn.Container(nodes=nodes, flows=flows))
    model = Model(file="", dialect=bpmn.Dialect.SPEC, platform_version=None, processes=(process,))
    return compile_process(model, process_id, program_id=f"{STAND_IN}{process_id}")
