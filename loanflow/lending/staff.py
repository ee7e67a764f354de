"""The people of the demonstration bank, with the groups the loan products give work to."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from loanflow import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A fictional employee; ``groups`` are the candidate groups of the diagrams."""

    id: str
    name: str
    name_en: str
    groups: tuple[str, ...]
    title: str


_APPROVER = ("approver",)
_REGION = ("approver", "approver-region")
_HEAD = ("approver", "approver-region", "approver-head")

STAFF = (
    Person(id="li.wenbo", name="李文博", name_en="Li Wenbo", groups=("officer",), title="客户经理"),
    Person(id="zhang.ning", name="张宁", name_en="Zhang Ning", groups=("officer",), title="客户经理"),
    Person(id="liu.yang", name="刘洋", name_en="Liu Yang", groups=("officer",), title="客户经理"),
    Person(id="huang.xin", name="黄欣", name_en="Huang Xin", groups=("officer",), title="客户经理"),
    Person(id="wang.fang", name="王芳", name_en="Wang Fang", groups=("reviewer",), title="复核经理"),
    Person(id="zheng.kai", name="郑凯", name_en="Zheng Kai", groups=("reviewer",), title="复核经理"),
    Person(id="chen.jie", name="陈杰", name_en="Chen Jie", groups=("committee",), title="贷审会主任委员"),
    Person(id="zhao.min", name="赵敏", name_en="Zhao Min", groups=("committee",), title="贷审会委员"),
    Person(id="sun.lei", name="孙磊", name_en="Sun Lei", groups=("committee",), title="贷审会委员"),
    Person(id="he.ying", name="何颖", name_en="He Ying", groups=("committee",), title="贷审会委员"),
    Person(id="gao.shan", name="高山", name_en="Gao Shan", groups=("committee",), title="贷审会委员"),
    Person(id="zhou.qian", name="周倩", name_en="Zhou Qian", groups=_APPROVER, title="审批人"),
    Person(id="lin.tao", name="林涛", name_en="Lin Tao", groups=_APPROVER, title="审批人"),
    Person(id="xu.jing", name="徐静", name_en="Xu Jing", groups=_REGION, title="分行审批人"),
    Person(id="tang.bo", name="唐波", name_en="Tang Bo", groups=_REGION, title="分行审批人"),
    Person(id="cao.rui", name="曹睿", name_en="Cao Rui", groups=_HEAD, title="总行审批人"),
    Person(id="deng.hua", name="邓华", name_en="Deng Hua", groups=_HEAD, title="总行审批人"),
    Person(id="wu.hao", name="吴昊", name_en="Wu Hao", groups=("auditor",), title="内审"),
)

BY_ID = MappingProxyType({person.id: person for person in STAFF})


def actor(person_id: str, *, source: str = "demo") -> Actor:
    """Return an employee as the actor of a command.

    Raises:
        KeyError: nobody of that id works here.
    """
    person = BY_ID[person_id]
    return Actor(person.id, groups=person.groups, source=source)


def in_groups(groups: tuple[str, ...]) -> tuple[Person, ...]:
    """Return who is in any of the groups; those whose main group it is come first, then those who may stand in."""
    found = [person for person in STAFF if not set(person.groups).isdisjoint(groups)]
    return tuple(sorted(found, key=lambda person: person.groups[-1] not in groups))


def name_of(person_id: str) -> str:
    """Return a person's name as Chinese staff would read it; the id itself for anyone else."""
    person = BY_ID.get(person_id)
    return person.name if person is not None else person_id
