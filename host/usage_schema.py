"""The table of what tenants used."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table

metadata = MetaData()

usage = Table(
    "usage",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False, index=True),
    Column("amount", Float(53), nullable=False),
)
"""What a tenant used of a kind, in its unit (see :mod:`host.tally`), on a day of UTC, counted from 1 January 1970."""
