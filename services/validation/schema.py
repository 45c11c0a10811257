"""The table of stored validations."""

from assay.errors import StoreUnavailable
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateIndex, CreateTable

SCHEMA_VERSION = 1

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
    UniqueConstraint("tenant", "request_id"),
    sqlite_autoincrement=True,
)


async def create(engine: AsyncEngine) -> None:
    """
    Make the table where it is missing.

    :raises StoreUnavailable: The database was written by another version of the schema.
    """
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            found = (await connection.execute(text("PRAGMA user_version"))).scalar_one()
            if found not in {0, SCHEMA_VERSION}:
                raise StoreUnavailable(
                    f"the database has schema {found}, this version needs {SCHEMA_VERSION}; move the file away"
                )
            if found == 0:
                await connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
        # "If not exists" in the statement itself: two processes may start on a new database at once.
        await connection.execute(CreateTable(validations, if_not_exists=True))
        for index in validations.indexes:
            await connection.execute(CreateIndex(index, if_not_exists=True))
