"""Broken and hostile DMN files by the thousand: real ones changed, then read, checked, compiled, asked and explained; none may crash.

    python -m tests.dmn.fuzz --inputs 20000 --seed 1 --processes 2

What may come out is a `DefinitionError` with findings, a value, a problem, or a budget that is named. `test_fuzz.py` runs a slice.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from loanflow import dmn
from loanflow.drawing import draw_explanation
from loanflow.errors import DefinitionError
from loanflow.feel import FeelBudget, FeelBudgetExceeded
from tests.feel.fuzz import CPU_SECONDS, PIECES, ROOT, VALUES, Hang, Report, limited

KIT = ROOT / ".." / "shared" / "dmn-tck"
PROBLEMS = ROOT / "docs" / "reference" / "problems"
SMALL = FeelBudget(steps=5_000, list_size=1_000, string_size=10_000, depth=30, deadline=1.0)
LARGEST = 60_000
_PARTS = re.compile(rb"<[^>]*>|[^<]+")
_ATTRIBUTE = re.compile(rb'(\s[\w:]+=")([^"]*)(")')
_DIALECTS = (None, None, "spec", "camunda7", "camunda8")


def seeds() -> list[bytes]:
    """Return the files to start from: the shipped ones, and those of the DMN TCK where it stands beside the project."""
    paths = [*sorted((ROOT / "decision_tables").glob("*.dmn")), *sorted(KIT.glob("compliance-level-*/*/*.dmn"))]
    return [data for path in paths if len(data := path.read_bytes()) <= LARGEST]


def mutated(rng: random.Random, files: list[bytes]) -> bytes:
    """Return a file made from a seed by a few changes to its tags, attributes and texts."""
    parts = _PARTS.findall(rng.choice(files))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _CHANGES[rng.randrange(len(_CHANGES))](rng, parts, files)
    return b"".join(parts)[: 4 * LARGEST]


def _drop(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    at = rng.randrange(len(parts) + 1)
    del parts[at : at + rng.choice((1, 1, 2, 9))]


def _drop_element(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    """Leave out a whole element, so that the file stays well-formed."""
    opening = [n for n, part in enumerate(parts) if part.startswith(b"<") and part[1:2] not in b"/?!" and not part.endswith(b"/>")]
    if not opening:
        return
    start = rng.choice(opening)
    depth = 0
    for at in range(start, len(parts)):
        part = parts[at]
        if part.startswith(b"</"):
            depth -= 1
        elif part.startswith(b"<") and part[1:2] not in b"?!" and not part.endswith(b"/>"):
            depth += 1
        if depth == 0:
            del parts[start : at + 1]
            return


def _repeat(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    start = rng.randrange(len(parts) + 1)
    parts[start:start] = parts[start : start + rng.randrange(1, 20)] * rng.choice((1, 1, 3, 30))
    del parts[5_000:]


def _text(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    texts = [n for n, part in enumerate(parts) if not part.startswith(b"<") and part.strip()]
    if texts:
        new = "".join(rng.choice(PIECES) for _ in range(rng.choice((1, 1, 2, 4))))
        parts[rng.choice(texts)] = new.replace("&", "&amp;").replace("<", "&lt;").replace("\x00", "").encode("utf-8", "ignore")


def _value(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    """Give an attribute another value: one from elsewhere in the file, or one that fits nowhere."""
    values = [found[2] for part in parts if part.startswith(b"<") for found in _ATTRIBUTE.finditer(part)]
    tags = [n for n, part in enumerate(parts) if part.startswith(b"<") and b'="' in part]
    if not tags or not values:
        return
    new = rng.choice(
        (rng.choice(values), b"", b"-1", b"#", b"#nowhere", b"COLLECT", b"PRIORITY", b"SUM", b"number", b"true", "中".encode())
    )
    at = rng.choice(tags)
    found = list(_ATTRIBUTE.finditer(parts[at]))
    one = rng.choice(found) if found else None
    if one is not None:
        parts[at] = parts[at][: one.start(2)] + new + parts[at][one.end(2) :]


def _splice(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    other = _PARTS.findall(rng.choice(files))
    start = rng.randrange(len(other))
    parts[rng.randrange(len(parts) + 1) : 0] = other[start : start + rng.randrange(1, 30)]


def _bytes(rng: random.Random, parts: list[bytes], files: list[bytes]) -> None:
    if parts:
        at = rng.randrange(len(parts))
        part = bytearray(parts[at])
        if part:
            part[rng.randrange(len(part))] = rng.randrange(256)
        parts[at] = bytes(part)


_CHANGES = (_drop, _drop_element, _drop_element, _repeat, _text, _text, _text, _value, _value, _value, _splice, _bytes)


def examine(data: bytes, dialect: str | None) -> str:
    """Read, check, compile, ask and explain one file; return what became of it.

    Raises:
        AssertionError: something that must hold does not. Any other exception is a finding as well.
    """
    try:
        model = dmn.read(data, file="fuzz.dmn", dialect=dialect)
    except DefinitionError as error:
        return _refused(error)
    for problem in dmn.check(model):
        _documented(problem)
    try:
        compiled = dmn.compile_model(model)
    except DefinitionError as error:
        return _refused(error)
    for decision in compiled.decisions[:20]:
        try:
            result = compiled.evaluate(decision.id, VALUES, trace=True, budget=SMALL)
            assert result.trace is not None
            back = dmn.Trace.from_dict(json.loads(json.dumps(result.trace.to_dict())))
            for language in ("zh", "en"):
                back.sentence(language)
                draw_explanation(back, compiled.models, language=language)
        except FeelBudgetExceeded:
            continue
        for problem in result.problems:
            _documented(problem)
    return "asked"


def _refused(error: DefinitionError) -> str:
    assert error.problems, "refused without a finding"
    for problem in error.problems:
        _documented(problem)
    return error.problems[0].code


def _documented(problem: Any) -> None:
    str(problem)
    json.dumps(problem.to_dict())
    assert (PROBLEMS / f"{problem.code}.md").exists(), f"{problem.code} has no page"


def run(inputs: int, seed: int, files: list[bytes]) -> Report:
    """Examine that many files; every finding is kept with the file that gave it."""
    rng = random.Random(seed)
    report = Report(inputs=inputs)
    for _ in range(inputs):
        data, dialect = mutated(rng, files), rng.choice(_DIALECTS)
        started = time.process_time()
        finding = _finding(data, dialect, report.outcomes)
        report.slowest = max(report.slowest, time.process_time() - started)
        if finding is not None and len(report.findings) < 50:
            report.findings.append({"kind": dialect or "", "text": data.decode("latin-1"), "finding": finding})
    return report


def _finding(data: bytes, dialect: str | None, outcomes: Counter[str]) -> str | None:
    try:
        with limited(3 * CPU_SECONDS):
            outcomes[examine(data, dialect)] += 1
    except Hang:
        return "hang"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {str(error)[:200]}"
    return None


def _part(arguments: tuple[int, int, list[bytes]]) -> Report:
    return run(*arguments)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run, print one JSON line, and return 1 where something was found; the files of findings go to --keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--inputs", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--keep", type=Path, help="a folder for the files of findings")
    given = options.parse_args(None if arguments is None else list(arguments))
    files, part = seeds(), 200
    parts = [(min(part, given.inputs - start), given.seed * 1_000_003 + start, files) for start in range(0, given.inputs, part)]
    started, report = time.monotonic(), Report()
    with get_context("spawn").Pool(given.processes) as pool:
        for one in pool.imap_unordered(_part, parts):
            report.add(one)
            for number, finding in enumerate(one.findings, start=len(report.findings) - len(one.findings)):
                print(json.dumps({"dialect": finding["kind"], "finding": finding["finding"], "number": number}), flush=True)
                if given.keep is not None:
                    given.keep.mkdir(parents=True, exist_ok=True)
                    (given.keep / f"{number}.dmn").write_bytes(finding["text"].encode("latin-1"))
    figures = {
        "fuzz": "dmn",
        "inputs": report.inputs,
        "seeds": len(files),
        "seed": given.seed,
        "findings": len(report.findings),
        "seconds": round(time.monotonic() - started, 1),
        "slowest_cpu_seconds": round(report.slowest, 3),
        "outcomes": dict(report.outcomes.most_common(12)),
    }
    print(json.dumps(figures))
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
