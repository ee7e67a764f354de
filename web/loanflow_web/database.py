"""The web pages' own tables: who may log in, who is logged in, who tried to.

They stand beside the engine's tables with their own ``MetaData``, so that neither side's migrations see the other's.
Instants are seconds since 1970 (UTC): every database compares them alike.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Engine, Index, Integer, MetaData, String, Table, create_engine

metadata = MetaData()

users = Table(
    "loanflow_web_user",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("name_en", String(100), nullable=False),
    Column("branch", String(100), nullable=False, default=""),
    Column("branch_en", String(100), nullable=False, default=""),
    Column("roles", JSON, nullable=False),
    Column("extra_groups", JSON, nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
)

sessions = Table(
    "loanflow_web_session",
    metadata,
    # Only a hash is kept: whoever reads the database cannot take over a session.
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", String(64), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("source", String(64), nullable=False, default=""),
    Column("notices", JSON, nullable=False),
)

sign_ins = Table(
    "loanflow_web_sign_in",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("account", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Index("loanflow_web_sign_in_account", "account", "at"),
    Index("loanflow_web_sign_in_source", "source", "at"),
)


def open_database(url: str) -> Engine:
    """Return a database for people and sessions, with its tables made where they are missing."""
    database = create_engine(url)
    metadata.create_all(database)
    return database
