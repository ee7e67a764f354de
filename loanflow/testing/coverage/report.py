"""The report: an index, and a page per process with its drawing painted; no script, readable on paper and on a phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from loanflow import drawing
from loanflow.bpmn import of_node
from loanflow.bpmn.model import FlowNode
from loanflow.drawing import Mark, MarkState
from loanflow.testing.coverage.hits import Hits, ProcessHits

_LANG = "en"
_STYLE = """
:root { color-scheme: light dark; --ink: #171d2b; --ink-2: #495366; --field: #8790a1; --surface: #fff; --surface-2: #fafbfc;
  --line: #d9dee7; --ok: #0b7048; --ok-soft: #e6f5ed; --bad: #b3211f; --bad-soft: #fdeceb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --ink-2: #a9b3c4; --field: #7b8699; --surface: #1b212d;
  --surface-2: #141924; --line: #313a4a; --ok: #5cc596; --ok-soft: #12352a; --bad: #f08b85; --bad-soft: #3d1c20; } }
body { margin: 0; background: var(--surface-2); color: var(--ink); font: 15px/1.55 Inter, "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", system-ui, sans-serif; }
main { max-width: 1600px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.4rem; margin: 0 0 4px; } h2 { font-size: 1.05rem; margin: 28px 0 8px; } p { margin: 4px 0; color: var(--ink-2); }
a { color: inherit; } table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: 8px 12px 8px 0;
  border-bottom: 1px solid var(--line); vertical-align: top; } th { font-weight: 600; color: var(--ink-2); font-size: .85rem; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.part { color: var(--bad); } .all { color: var(--ok); }
.canvas { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 8px; }
.canvas svg { display: block; width: 100%; height: auto; min-width: 1100px; } .canvas:focus-visible { outline: 2px solid var(--ink); }
.lf-ahead > .lf-shape { stroke: var(--bad); fill: var(--bad-soft); stroke-dasharray: 5 3; }
.lf-edge > .lf-flow { stroke: var(--bad); stroke-dasharray: 5 4; } .lf-edge > .lf-arrow { fill: var(--bad); }
.lf-edge.lf-taken > .lf-flow { stroke: var(--ok); stroke-dasharray: none; } .lf-edge.lf-taken > .lf-arrow { fill: var(--ok); }
.legend span { margin-right: 18px; white-space: nowrap; } .legend b { display: inline-block; width: 22px; height: 12px;
  margin-right: 6px; border-radius: 3px; border: 1.5px solid var(--ok); background: var(--ok-soft); vertical-align: -1px; }
.legend b.miss { border: 1.5px dashed var(--bad); background: var(--bad-soft); }
"""


def summary(hits: Hits) -> str:
    """Return one line: how much of how many processes was reached."""
    processes = list(hits.processes())
    if not processes:
        return "BPMN coverage: no process was deployed"
    hit, total = _sum(processes)
    part = [process.process.name or process.process.id for process in processes if process.counts[0] < process.counts[1]]
    rest = f"; not all of {', '.join(part[:5])}" + (f" and {len(part) - 5} more" if len(part) > 5 else "") if part else ""
    noun = "process" if len(processes) == 1 else "processes"
    return f"BPMN coverage: {_percent(hit, total)}, {hit} of {total} elements and sequence flows in {len(processes)} {noun}{rest}"


def write(hits: Hits, folder: Path) -> Path:
    """Write the report into a folder, made if need be; return its index. Older pages of the report stay where they are not replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    processes = list(hits.processes())
    names = _file_names(processes)
    for process, name in zip(processes, names, strict=True):
        (folder / name).write_text(_process_page(process), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index_page(processes, names), encoding="utf-8")
    return index


def _index_page(processes: Sequence[ProcessHits], names: Sequence[str]) -> str:
    rows = "".join(
        f'<tr><td><a href="{escape(name)}">{escape(process.process.name or process.process.id)}</a></td>'
        f"<td>{escape(Path(process.model.file).name)}</td>{_figures(process)}</tr>"
        for process, name in zip(processes, names, strict=True)
    )
    hit, total = _sum(processes)
    head = '<tr><th>Process</th><th>File</th><th class="n">Elements</th><th class="n">Flows</th><th class="n">Reached</th></tr>'
    return _page(
        "BPMN coverage",
        f"<h1>BPMN coverage</h1><p>{_percent(hit, total)}: tests reached {hit} of {total} elements and sequence flows.</p>"
        f'<div class="canvas"><table>{head}{rows}</table></div>',
    )


def _figures(process: ProcessHits) -> str:
    elements = sum(one in process.elements for one in process.all_elements)
    flows = sum(one in process.flows for one in process.all_flows)
    hit, total = process.counts
    return (
        f'<td class="n">{elements} of {len(process.all_elements)}</td><td class="n">{flows} of {len(process.all_flows)}</td>'
        f'<td class="n {"all" if hit == total else "part"}">{_percent(hit, total)}</td>'
    )


def _process_page(process: ProcessHits) -> str:
    marks = {one: Mark(state=MarkState.DONE, note=_times(process.elements[one])) for one in process.all_elements if one in process.elements}
    name = process.process.name or process.process.id
    hit, total = process.counts
    painted = drawing.draw_process(process.model, process_id=process.process.id, marks=marks, taken=process.flows, lang=_LANG, title=name)
    legend = '<p class="legend"><span><b></b>reached</span><span><b class="miss"></b>not reached</span></p>'
    body = (
        f'<p><a href="index.html">BPMN coverage</a></p><h1>{escape(name)}</h1>'
        f"<p>{escape(process.model.file)}: {_percent(hit, total)}, {hit} of {total} elements and sequence flows.</p>{legend}"
        f'<div class="canvas" tabindex="0" role="region" aria-label="Drawing">{painted}</div>{_missing(process)}{_reached(process)}'
    )
    return _page(f"{name}: BPMN coverage", body)


def _missing(process: ProcessHits) -> str:
    nodes = [(of_node(node), _name(node)) for node in process.process.body.walk() if node.id not in process.elements]
    by_id = {node.id: _name(node) for node in process.process.body.walk()}
    flows = [
        (f'flow "{flow.name}"' if flow.name else "flow", f"{by_id[flow.source]} to {by_id[flow.target]}")
        for flow_id in process.all_flows
        if flow_id not in process.flows
        for flow in (process.flow(flow_id),)
    ]
    if not nodes and not flows:
        return "<h2>Not reached</h2><p>Nothing: every element and sequence flow was reached.</p>"
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(kind)}</td></tr>" for kind, name in (*nodes, *flows))
    return f"<h2>Not reached</h2><table><tr><th>Name</th><th>Kind</th></tr>{rows}</table>"


def _name(node: FlowNode) -> str:
    """Return what the drawing calls an element, on one line; its id where it has no name."""
    return " ".join((node.properties.get(f"loanflow:label.{_LANG}") or node.name or node.id).split())


def _reached(process: ProcessHits) -> str:
    rows = "".join(
        f'<tr><td>{escape(_name(node))}</td><td>{escape(of_node(node))}</td><td class="n">{process.elements[node.id]}</td></tr>'
        for node in process.process.body.walk()
        if node.id in process.elements
    )
    return f'<h2>Reached</h2><table><tr><th>Name</th><th>Kind</th><th class="n">Times</th></tr>{rows}</table>' if rows else ""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{drawing.stylesheet()}{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _file_names(processes: Sequence[ProcessHits]) -> list[str]:
    """Return a file name for each process: its id, and a number where two versions have the same."""
    names: list[str] = []
    for process in processes:
        plain = re.sub(r"[^\w.-]+", "-", process.process.id)
        name, number = f"{plain}.html", 1
        while name in names or name == "index.html":
            number += 1
            name = f"{plain}-{number}.html"
        names.append(name)
    return names


def _sum(processes: Sequence[ProcessHits]) -> tuple[int, int]:
    return sum(process.counts[0] for process in processes), sum(process.counts[1] for process in processes)


def _percent(part: int, whole: int) -> str:
    # Rounded down: 100 % means all of it.
    return f"{100 * part // max(whole, 1)} %"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
