"""``loanflow check``: what is wrong in model files, all at once."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator

import click

from loanflow.bpmn.model import Model, Process
from loanflow.cli.files import collect
from loanflow.cli.options import handlers_option, load_handlers
from loanflow.errors import DefinitionError
from loanflow.problems import Problem, Severity, errors_in, in_file_order


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", help="text for people, json for programs and editors"
)
@click.option("--all", "show_all", is_flag=True, help="also list what is ignored on purpose")
@handlers_option
def check(paths: tuple[str, ...], style: str, show_all: bool, handler_names: tuple[str, ...]) -> None:
    """Check BPMN, DMN and form files, alone and together; PATH is a file or a folder.

    Every finding says which file, line and element, what was expected and found, and how to mend it in
    Camunda Modeler. Exit status 0 when nothing stops a deployment (warnings do not), 1 otherwise. No database is needed.
    With --handlers, work that no handler does is an error too. The JSON is a list of objects that also fit the linting
    overlays of bpmn-js (rule, id, message, category).
    """
    from loanflow.deployment import check_files, to_json

    files = collect(paths)
    known = {topic for name in handler_names for topic in load_handlers(name).topics} if handler_names else None
    checked = check_files(files, handlers=known)
    # A deployment compiles what it takes; whatever only that finds is to be known before, also while other files have errors.
    unread = {problem.location.file for problem in errors_in(checked.problems)}
    problems = in_file_order([*checked.problems, *_uncompilable(checked.processes, unread)])
    errors = sum(p.severity is Severity.ERROR for p in problems)
    warnings = sum(p.severity is Severity.WARNING for p in problems)
    ignored = sum(p.severity is Severity.INFO for p in problems)
    shown = [p for p in problems if show_all or p.severity is not Severity.INFO]
    if style == "json":
        click.echo(to_json(shown))
    else:
        for problem in shown:
            click.echo(f"{problem}\n")
        verdict = "ready to deploy" if not errors else "not deployable"
        more = f"; {ignored} ignored on purpose (--all lists them)" if ignored and not show_all else ""
        click.echo(f"{_count(len(files), 'file')}: {_count(errors, 'error')}, {_count(warnings, 'warning')}: {verdict}{more}")
    sys.exit(1 if errors else 0)


def _uncompilable(processes: Iterable[tuple[Process, Model]], unread: Collection[str]) -> Iterator[Problem]:
    from loanflow.execution import compile_process

    for process, model in processes:
        if process.executable and model.file not in unread:
            try:
                compile_process(model, process.id, program_id=process.id)
            except DefinitionError as error:
                yield from error.problems


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
