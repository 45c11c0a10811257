"""What the schema modules of all services say, set beside what a database has."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

import gateway.allowances_schema
import gateway.schema
import host.usage_schema
import services.events.schema
import services.system.schema
import services.validation.schema

ALL = (
    gateway.allowances_schema.metadata,
    gateway.schema.metadata,
    host.usage_schema.metadata,
    services.events.schema.metadata,
    services.system.schema.metadata,
    services.validation.schema.metadata,
)


def whole() -> MetaData:
    """Return the tables of all services."""
    together = MetaData()
    for metadata in ALL:
        for table in metadata.sorted_tables:
            table.to_metadata(together)
    return together


def differences(connection: Any) -> list[Any]:
    """Return how a database is other than the schema modules say."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, whole()))
