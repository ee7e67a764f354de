"""Link events that do not find each other (clause 10.5.5.4 "Link Event Definition"): a pair replaces one long sequence flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import IntermediateCatchEvent, IntermediateThrowEvent, LinkEvent
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import with_article
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on link events, scope by scope: a link never leads into or out of a sub-process."""
    for scope in scene.scopes:
        nodes = scope.container.nodes.values()
        events = [node for node in nodes if isinstance(node, IntermediateCatchEvent | IntermediateThrowEvent)]
        links: list[tuple[Event, LinkEvent]] = [(node, node.event) for node in events if isinstance(node.event, LinkEvent)]
        catches = [(node, link) for node, link in links if isinstance(node, IntermediateCatchEvent)]
        throws = [(node, link) for node, link in links if isinstance(node, IntermediateThrowEvent)]
        for node, link in (*throws, *catches):
            yield from _flows(scene, node)
            if not link.name.strip():
                yield _nameless(scene, node, link)
        yield from _targets(scene, throws, catches)


def _flows(scene: Scene, node: Event) -> Iterator[Problem]:
    throws = isinstance(node, IntermediateThrowEvent)
    wrong = node.outgoing if throws else node.incoming
    if wrong:
        yield scene.finding(
            node,
            "bpmn/flow-at-link",
            f"a sequence flow leads {'out of a link that goes on elsewhere' if throws else 'into a link that comes from elsewhere'}",
            expected=f"no {'outgoing' if throws else 'incoming'} sequence flow",
            found=", ".join(wrong),
            hint="delete the sequence flow, or the link event",
        )


def _nameless(scene: Scene, node: Event, link: LinkEvent) -> Problem:
    return scene.finding(
        node,
        "bpmn/missing-link-name",
        f"{with_article(node)} has no link name, so it meets no other",
        line=link.line,
        property="Link > Name",
        expected="the same name at both ends of the link",
        found="nothing",
        hint="fill in Properties panel > Link > Name at both ends",
    )


def _targets(scene: Scene, throws: Sequence[tuple[Event, LinkEvent]], catches: Sequence[tuple[Event, LinkEvent]]) -> Iterator[Problem]:
    thrown = {link.name.strip() for _, link in throws}
    caught: dict[str, Event] = {}
    for node, link in catches:
        name = link.name.strip()
        if not name:
            continue
        first = caught.setdefault(name, node)
        if first is not node:
            yield scene.finding(
                node,
                "bpmn/link-target",
                f"the link {name} leads to more than one catch event",
                line=link.line,
                property="Link > Name",
                expected="one catch event for each link name",
                found=f"{first.id} has the same name",
                hint="give one of the two another name, or draw a parallel gateway behind one catch event",
            )
        elif name not in thrown:
            yield scene.finding(
                node,
                "bpmn/link-target",
                f"no link throw event of this scope leads to {name}",
                severity=Severity.WARNING,
                line=link.line,
                property="Link > Name",
                expected="a link throw event of the same name",
                found=", ".join(sorted(thrown)) or "none",
                hint=nearest_hint(name, thrown, otherwise="draw the link throw event, or delete this one"),
            )
    for node, link in throws:
        name = link.name.strip()
        if name and name not in caught:
            yield scene.finding(
                node,
                "bpmn/link-target",
                f"the link {name} leads to no catch event of this scope",
                line=link.line,
                property="Link > Name",
                expected="a link catch event of the same name",
                found=", ".join(sorted(caught)) or "none",
                hint=nearest_hint(name, caught, otherwise="draw the link catch event in the same process or sub-process"),
            )
