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
    Column("size", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(64), nullable=True),
    Column("expires", Float(53), nullable=False),
    Column("trace", String(64), nullable=False, server_default=text("''")),
    Column("tenant", String(64), nullable=False, server_default="local"),
    Column("digest", String(64), nullable=False, server_default=text("''")),
    Column("issued", Integer, nullable=False, server_default="0"),
    Index("ix_jobs_load", "tenant", "owner", "expires", "size"),
    sqlite_autoincrement=True,
)
"""
Validations that wait or run. ``owner`` is the process that has one, until ``expires`` (seconds since 1970) unless it
says that it is still there; ``attempts`` counts how often one was begun; ``trace`` is the trace of the call that queued
it (https://www.w3.org/TR/trace-context/#traceparent-header); ``tenant`` is the validation's; ``digest`` is that of its
request, which is among the blobs; ``issued`` says whether a permit to take it was issued (:mod:`host.permits`). An
owner without a name has it until it may be tried again.
"""

blobs = Table(
    "blobs",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("uses", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""Requests of jobs, by their SHA-256, each tenant's apart; ``uses`` counts the jobs and dead jobs that refer to one."""

dead_jobs = Table(
    "dead_jobs",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("error", String(500), nullable=False),
    Column("died", Float(53), nullable=False),
    Column("trace", String(64), nullable=False),
    Column("told", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""
Jobs that were given up, and what they failed of. ``told`` says whether it was told outside of the database. One may
outlive its validation.
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
