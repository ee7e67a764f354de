"""Gateways (BPMN 2.0.2, clause 10.6 "Gateways")."""

from __future__ import annotations

from dataclasses import dataclass

from loanflow.bpmn.model.process import FlowNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(FlowNode):
    """Splits or joins tokens; ``direction`` is what ``gatewayDirection`` says, None where it is not given: the flows decide."""

    direction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusiveGateway(Gateway):
    """One flow: the first whose condition holds, in document order, else the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelGateway(Gateway):
    """All flows; a join waits for one token on each incoming flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusiveGateway(Gateway):
    """Every flow whose condition holds, else the default; a join waits while a token can still arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBasedGateway(Gateway):
    """The first event that happens decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexGateway(Gateway):
    """A gateway with its own rule; drawn, never run: the checks refuse it in an executable process."""
