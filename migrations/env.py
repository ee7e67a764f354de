"""Alembic's way in; run by ``loanflow.store.migrations``, which hands over the connection and the tables."""

from __future__ import annotations

from alembic import context

from loanflow.store.migrations import context_options

attributes = context.config.attributes
if "connection" not in attributes:
    raise SystemExit("run `loanflow database upgrade`, or loanflow.store.migrations.upgrade(store)")

tables = attributes["tables"]
context.configure(
    connection=attributes["connection"],
    **context_options(tables, tables.metadata),
)
with context.begin_transaction():
    context.run_migrations()
