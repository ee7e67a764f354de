"""What kinds of flow node are called, for readers of drawings who cannot see them."""

from __future__ import annotations

from loanflow.bpmn import model as bpmn

_NAMES: dict[type[bpmn.FlowNode], tuple[str, str]] = {
    bpmn.UserTask: ("用户任务", "user task"),
    bpmn.ServiceTask: ("服务任务", "service task"),
    bpmn.SendTask: ("发送任务", "send task"),
    bpmn.ReceiveTask: ("接收任务", "receive task"),
    bpmn.ScriptTask: ("脚本任务", "script task"),
    bpmn.BusinessRuleTask: ("业务规则任务", "business rule task"),
    bpmn.ManualTask: ("手工任务", "manual task"),
    bpmn.NoneTask: ("任务", "task"),
    bpmn.CallActivity: ("调用活动", "call activity"),
    bpmn.SubProcess: ("子流程", "sub-process"),
    bpmn.ExclusiveGateway: ("排他网关", "exclusive gateway"),
    bpmn.ParallelGateway: ("并行网关", "parallel gateway"),
    bpmn.InclusiveGateway: ("包容网关", "inclusive gateway"),
    bpmn.EventBasedGateway: ("事件网关", "event-based gateway"),
    bpmn.StartEvent: ("开始事件", "start event"),
    bpmn.EndEvent: ("结束事件", "end event"),
    bpmn.IntermediateCatchEvent: ("中间捕获事件", "intermediate catch event"),
    bpmn.IntermediateThrowEvent: ("中间抛出事件", "intermediate throw event"),
    bpmn.BoundaryEvent: ("边界事件", "boundary event"),
}
STATES: dict[str, tuple[str, str]] = {
    "done": ("已完成", "done"),
    "current": ("进行中", "current"),
    "armed": ("计时中", "timer running"),
    "incident": ("异常", "incident"),
    "cancelled": ("已取消", "cancelled"),
    "ahead": ("未到达", "not reached"),
}


def kind_words(node: bpmn.FlowNode, lang: str) -> str:
    """Return what kind of node this is, in ``zh`` or ``en``."""
    zh, en = _NAMES.get(type(node), ("节点", "flow node"))
    return zh if lang == "zh" else en


def state_words(state: str, lang: str) -> str:
    """Return a mark's state in ``zh`` or ``en``."""
    zh, en = STATES[state]
    return zh if lang == "zh" else en


def label(node: bpmn.FlowNode, lang: str) -> str:
    """Return a node's name in ``lang`` where the model has one (``loanflow:label.*``), else as drawn."""
    return node.properties.get(f"loanflow:label.{lang}") or node.name or ""
