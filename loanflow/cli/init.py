"""``loanflow init``: a folder to begin with."""

from __future__ import annotations

from pathlib import Path

import click

_PRODUCTS = ("personal-credit", "enterprise-credit")
_TABLES = {
    "personal-credit": {"eligibility.dmn", "score_card.dmn", "approval_route.dmn", "pricing.dmn"},
    "enterprise-credit": {"risk_grade.dmn", "committee.dmn", "approval_authority.dmn", "enterprise_pricing.dmn"},
}

_FLOWS = '''"""What runs the automatic work of these processes: a function per topic or job type of the diagrams."""

from loanflow import BpmnError, Handlers, Job

handlers = Handlers()


@handlers.service("bureau-query", retries=5, backoff="10s..10m")
def bureau_query(job: Job, national_id: str) -> dict:
    """Ask your credit bureau; job.key is the same for every try, so a repeated call can be recognised."""
    raise BpmnError("NO_CREDIT_FILE", "no bureau is connected yet")


@handlers.service("disburse")
def disburse(job: Job) -> dict:
    """Tell your core banking system to pay out."""
    raise RuntimeError("no core banking system is connected yet")


@handlers.service("notify")
def notify(job: Job) -> dict:
    """Send a notice to the applicant."""
    return {}
'''


@click.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--product", type=click.Choice(_PRODUCTS), default="personal-credit", show_default=True, help="which shipped product to copy")
def init(folder: str, product: str) -> None:
    """Make FOLDER with a product's diagram, tables and forms to edit in Camunda Modeler, and handlers to fill in.

    Nothing that exists is overwritten.
    """
    from loanflow.deployment import bundle
    from loanflow.lending import products

    target = Path(folder)
    files = products.files()
    wanted = {name: files[name] for name in files if _belongs(name, product)}
    bundle(wanted)
    contents = {target / name: content for name, content in {**wanted, "flows.py": _FLOWS.encode()}.items()}
    for path in contents:
        if path.exists():
            raise click.ClickException(f"{path} exists; nothing was written over it")
    target.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        path.write_bytes(content)
    click.echo("\n".join(f"  {path}" for path in contents))
    click.echo(f"next: open {target / (product + '.bpmn')} in Camunda Modeler, then: loanflow check {target}")


def _belongs(name: str, product: str) -> bool:
    return name in _TABLES[product] or (not name.endswith(".dmn") and name.startswith(product.split("-")[0]))
