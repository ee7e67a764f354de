"""``loanflow serve``: the task list in a browser."""

from __future__ import annotations

import click

from loanflow.cli.options import database_option, handlers_option, open_engine


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one")
@handlers_option
@database_option
def serve(host: str, port: int, handler_names: tuple[str, ...], database: str) -> None:
    """Serve the task list, forms, case and decision pages; with --handlers, automatic work runs in the same process."""
    try:
        import loanflow_web
    except ImportError:
        raise click.ClickException('the web service is not installed; run: pip install "loanflow[web]"') from None
    engine = open_engine(database, handlers=handler_names)
    loanflow_web.serve(engine, host=host, port=port)
