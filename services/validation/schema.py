"""The tables: validations, those of them that wait or run, and what happened to these."""

from sqlalchemy import (
    BigInteger,
    Column,
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

metadata = MetaData()

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""Of rows that are numbered in the order in which they are added; SQLite numbers no other type."""

validations = Table(
    "validations",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
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
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(64), ForeignKey("validations.id"), nullable=False, unique=True),
    Column("request", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(64), nullable=True),
    Column("expires", Float(53), nullable=False),
    Column("trace", String(64), nullable=False, server_default=text("''")),
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
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("name", String(400), nullable=False),
    Column("created", Float(53), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("id", "name"),
)
"""What happened to validations that were queued. ``name`` says what, so that nothing happens twice to one of them."""
