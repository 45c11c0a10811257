"""The gateway's tables: API keys, and what their ids are told by."""

from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("scopes", String(1000), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("expires", Float(53), nullable=True),
    Column("revoked", Float(53), nullable=True),
    Column("used", Float(53), nullable=True),
)
"""Every key; see :class:`gateway.keys.Key`. ``scopes`` are separated by spaces."""

api_keys_root = Table(
    "api_keys_root",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
)
"""One row: what the ids of this database's keys are told by."""
