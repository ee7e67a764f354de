"""``loanflow worker``: run the automatic work."""

from __future__ import annotations

import click

from loanflow.cli.options import database_option, handlers_option, open_engine


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="handlers that run at once")
@click.option("--topic", "topics", multiple=True, help="only this topic; may be given many times")
@handlers_option
@database_option
def worker(concurrency: int, topics: tuple[str, ...], handler_names: tuple[str, ...], database: str) -> None:
    """Run service tasks, timers and continuations until stopped (Ctrl-C or SIGTERM lets running handlers finish).

    A worker that is killed loses nothing: its jobs are taken over when their lease ends, and what it had not
    finished is not booked twice.
    """
    engine = open_engine(database, handlers=handler_names)
    topics_words = ", ".join(topics) or "all topics"
    click.echo(f"working on {topics_words} with {concurrency} threads; stop with Ctrl-C")
    engine.run_worker(concurrency=concurrency, topics=topics or None)
