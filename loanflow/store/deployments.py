"""Deployments and their files, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from loanflow.records import Deployment, Resource
from loanflow.store.database import Transaction
from loanflow.store.rows import columns_of, insert_all, record_from, values_of


def insert(transaction: Transaction, deployment: Deployment, resources: Iterable[Resource]) -> None:
    """Keep a deployment and its files."""
    insert_all(transaction, transaction.tables.deployments, [values_of(deployment)])
    insert_all(transaction, transaction.tables.resources, (values_of(resource) for resource in resources))


def get(transaction: Transaction, deployment_id: str) -> Deployment | None:
    """Return the deployment, or None."""
    table = transaction.tables.deployments
    row = transaction.connection.execute(select(*columns_of(Deployment, table)).where(table.c.id == deployment_id)).one_or_none()
    return None if row is None else record_from(Deployment, row)


def latest(transaction: Transaction, *, limit: int = 100) -> tuple[Deployment, ...]:
    """Return the latest deployments, newest first."""
    table = transaction.tables.deployments
    statement = select(*columns_of(Deployment, table)).order_by(table.c.deployed_at.desc(), table.c.id.desc()).limit(limit)
    return tuple(record_from(Deployment, row) for row in transaction.connection.execute(statement))


def by_content(transaction: Transaction, sha256: str) -> Deployment | None:
    """Return the latest deployment of exactly this set of files, or None."""
    table = transaction.tables.deployments
    statement = (
        select(*columns_of(Deployment, table))
        .where(table.c.sha256 == sha256)
        .order_by(table.c.deployed_at.desc(), table.c.id.desc())
        .limit(1)
    )
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Deployment, row)


def resource(transaction: Transaction, deployment_id: str, name: str) -> Resource | None:
    """Return one deployed file, or None."""
    table = transaction.tables.resources
    statement = select(*columns_of(Resource, table)).where(table.c.deployment_id == deployment_id, table.c.name == name)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Resource, row)


def resources(transaction: Transaction, deployment_id: str) -> tuple[Resource, ...]:
    """Return all files of a deployment by name."""
    table = transaction.tables.resources
    statement = select(*columns_of(Resource, table)).where(table.c.deployment_id == deployment_id).order_by(table.c.name)
    return tuple(record_from(Resource, row) for row in transaction.connection.execute(statement))


def content_sha256(files: Mapping[str, bytes]) -> str:
    """Hash a set of files by names and contents, whatever their order: equal sets are the same deployment."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(files[name]).digest())
    return whole.hexdigest()
