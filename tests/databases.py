"""
Both kinds of database for tests: ``database_url`` runs a test once on SQLite and once on PostgreSQL.

Each test has a database of its own, with the newest schema: on PostgreSQL a copy of one that was migrated once.
"""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from host.database import Database
from host.settings import Settings
from tests.backing import Postgres


def sqlite_in(folder: Path) -> str:
    """Return the URL of a SQLite database in a folder."""
    return f"sqlite:///{folder / 'assay.db'}"


class Copies:
    """
    Makes databases on a server.

    :param administrator: A connection of the superuser's.
    """

    def __init__(self, server: Postgres, administrator: Any) -> None:
        self._server = server
        self._administrator = administrator

    async def made(self, template: str = "template0") -> str:
        """Return the name of a new copy of a database that nobody uses."""
        name = f"t_{secrets.token_hex(6)}"
        await self._administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def dropped(self, name: str) -> None:
        """Remove a database, and end whoever uses it."""
        await self._administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def ended(self, url: str) -> None:
        """End all connections to a database."""
        name = url.rpartition("/")[2]
        await self._administrator.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )

    def url_of(self, name: str) -> str:
        """Return the URL of a database."""
        return self._server.url_of(name)


@pytest.fixture(scope="session")
async def copies(postgres: Postgres) -> AsyncIterator[Copies]:
    """Give what makes databases on the server that the tests of a session share."""
    administrator = await asyncpg.connect(postgres.url)
    yield Copies(postgres, administrator)
    await administrator.close()


@pytest.fixture(scope="session")
async def migrated(copies: Copies) -> str:
    """Give the name of a database on that server with the newest schema and nothing in it, to be copied."""
    name = await copies.made()
    database = Database(Settings(database_url=copies.url_of(name)))
    await database.migrate("", lambda before, after: None)
    await database.close()
    return name


@pytest.fixture
async def empty_postgres(copies: Copies) -> AsyncIterator[str]:
    """Give the URL of a database on that server that nothing was made in."""
    name = await copies.made()
    yield copies.url_of(name)
    await copies.dropped(name)


@pytest.fixture
async def postgres_url(copies: Copies, migrated: str) -> AsyncIterator[str]:
    """Give the URL of a database on that server with the newest schema."""
    name = await copies.made(migrated)
    yield copies.url_of(name)
    await copies.dropped(name)


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.docker)]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """Give the URL of a database with the newest schema, of each kind in turn."""
    return _of_kind(request, folder, "postgres_url")


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """Give the URL of a database that nothing was made in, of each kind in turn."""
    return _of_kind(request, folder, "empty_postgres")


def _of_kind(request: pytest.FixtureRequest, folder: Path, postgres: str) -> str:
    if request.param == "sqlite":
        # It is migrated by whoever opens it.
        return sqlite_in(folder)
    url: str = request.getfixturevalue(postgres)
    return url
