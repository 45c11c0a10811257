"""The tables from which the processes of a gateway take what tenants are allowed."""

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table

metadata = MetaData()

gateway_calls = Table(
    "gateway_calls",
    metadata,
    Column("tenant", String(128), primary_key=True),
    Column("tokens", Float(53), nullable=False),
    Column("filled", Float(53), nullable=False),
)
"""Each tenant's :class:`gateway.quotas.Bucket`. Who changes what a tenant is allowed locks its row here first."""

gateway_slots = Table(
    "gateway_slots",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("tenant", String(128), primary_key=True),
    Column("quota", String(32), primary_key=True),
    Column("held", Integer, nullable=False),
    Column("expires", Float(53), nullable=False),
    Index("ix_gateway_slots_tenant", "tenant", "quota"),
)
"""How many slots of a tenant a process holds, until ``expires`` (seconds since 1970) unless it says that it lives."""
