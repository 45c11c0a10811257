"""The gateway's tables: API keys, and what their ids are told by."""

from sqlalchemy import Column, Connection, Float, Integer, LargeBinary, MetaData, String, Table, text

metadata = MetaData()

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("scopes", String(1000), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=True),
    Column("revoked", Float, nullable=True),
    Column("used", Float, nullable=True),
)
"""Every key; see :class:`gateway.keys.Key`. ``scopes`` are separated by spaces."""

api_keys_root = Table(
    "api_keys_root",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
)
"""One row: what the ids of this database's keys are told by."""

_ROOT = "INSERT INTO api_keys_root (number, secret) VALUES (1, :secret) ON CONFLICT DO NOTHING"


def prepare(connection: Connection, root: bytes) -> None:
    """
    Make the tables where they are missing.

    :param root: Kept where there is none.
    """
    metadata.create_all(connection)
    connection.execute(text(_ROOT), {"secret": root})
