"""The tables: validations, those of them that wait or run, and what happened to these."""

from assay.errors import StoreUnavailable
from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

SCHEMA_VERSION = 4

metadata = MetaData()

validations = Table(
    "validations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("request_id", String(64), nullable=True),
    Column("request_digest", String(64), nullable=False),
    Column("verdict", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False, server_default="3"),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("key", String(64), nullable=True),
    UniqueConstraint("tenant", "request_id"),
    Index("ix_validations_key", "tenant", "key"),
    Index("ix_validations_figures", "state", "verdict", "tenant"),
    sqlite_autoincrement=True,
)
"""
Every validation. ``body`` is the message as it was when it was made, and then when it ended; the state in between is
``state``, the number of the last thing that happened ``sequence``. ``key`` finds what can be used again. What is
counted over all of them is counted in an index, without their bodies.
"""

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), ForeignKey("validations.id"), nullable=False, unique=True),
    Column("request", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(64), nullable=True),
    Column("expires", Float, nullable=False),
    Column("trace", String(64), nullable=False, server_default=""),
    Column("tenant", String(64), nullable=False, server_default="local"),
    Index("ix_jobs_load", "tenant", "owner", "expires", "size"),
    sqlite_autoincrement=True,
)
"""
Validations that wait or run. ``owner`` is the process that has one, until ``expires`` (seconds since 1970) unless it
says that it is still there; ``attempts`` counts how often one was begun; ``trace`` is the trace of the call that queued
it (https://www.w3.org/TR/trace-context/#traceparent-header); ``tenant`` is the validation's. What is asked of all of
them is in an index: to find what stands behind a request in a row SQLite reads all of the request.
"""

events = Table(
    "events",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("name", String(400), nullable=False),
    Column("created", Float, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("id", "name"),
)
"""What happened to validations that were queued. ``name`` says what, so that nothing happens twice to one of them."""


def prepare(connection: Connection) -> None:
    """
    Make the tables where they are missing, and bring those of the versions before up to date.

    :raises StoreUnavailable: The database was written by another version of the schema.
    """
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("PRAGMA user_version")).scalar_one()
        if not 0 <= found <= SCHEMA_VERSION:
            raise StoreUnavailable(
                f"the database has schema {found}, this version needs {SCHEMA_VERSION}; move the file away"
            )
        if found == 1:
            _from_first(connection)
        if found == 2:
            connection.execute(text("ALTER TABLE jobs ADD COLUMN trace VARCHAR(64) NOT NULL DEFAULT ''"))
        if found in {1, 2}:
            connection.execute(text("CREATE INDEX ix_validations_figures ON validations (state, verdict, tenant)"))
        if found in {2, 3}:
            _from_third(connection)
        connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
    metadata.create_all(connection)


def _from_first(connection: Connection) -> None:
    """Add the columns that the first version did not have; all of its validations had ended."""
    connection.execute(text("ALTER TABLE validations ADD COLUMN state INTEGER NOT NULL DEFAULT 3"))
    connection.execute(text("ALTER TABLE validations ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0"))
    connection.execute(text("ALTER TABLE validations ADD COLUMN key VARCHAR(64)"))
    connection.execute(text("CREATE INDEX ix_validations_key ON validations (tenant, key)"))


def _from_third(connection: Connection) -> None:
    """Add to the jobs whose they are."""
    connection.execute(text("ALTER TABLE jobs ADD COLUMN tenant VARCHAR(64) NOT NULL DEFAULT 'local'"))
    connection.execute(text("UPDATE jobs SET tenant = (SELECT tenant FROM validations WHERE validations.id = jobs.id)"))
    connection.execute(text("CREATE INDEX ix_jobs_load ON jobs (tenant, owner, expires, size)"))
