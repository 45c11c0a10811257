"""The tables: what happened, and how far each tenant's events are numbered."""

from sqlalchemy import BigInteger, Column, Float, Index, LargeBinary, MetaData, String, Table

metadata = MetaData()

log = Table(
    "events_log",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(128), nullable=False, unique=True),
    Column("kind", String(128), nullable=False),
    Column("resource", String(256), nullable=False),
    Column("project", String(256), nullable=False),
    Column("created", Float(53), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_events_log_created", "created"),
    Index("ix_events_log_resource", "tenant", "resource", "number"),
)
"""
What happened. Numbers are a tenant's own, so that nobody can tell from them how much happens to others. ``created`` is
in seconds since 1970, ``body`` the message of the contract without its number.
"""

counts = Table(
    "events_counts",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""The last number that was given to an event of each tenant, whether or not it is still kept."""
