"""Copies of a database, made and restored as docs/database.md says."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from host.database import Database, sql
from host.settings import Settings
from tests.backing import Postgres
from tests.databases import Copies, sqlite_in


def add(connection: Any) -> None:
    """Add a row."""
    connection.execute(sql("INSERT INTO system_probe (name, at) VALUES ('kept', 1)"))


def names(connection: Any) -> list[str]:
    """Return the rows that are there."""
    return list(connection.execute(sql("SELECT name FROM system_probe")).scalars())


async def read(url: str) -> list[str]:
    """Return the rows that a database has, which has to have the newest schema."""
    database = Database(Settings(database_url=url))
    try:
        return await database.read(names)
    finally:
        await database.close()


@pytest.mark.docker
async def test_postgresql(postgres: Postgres, postgres_url: str, copies: Copies) -> None:
    """A dump that is made while the database is used is restored into an empty one, with its schema's revision."""
    database = Database(Settings(database_url=postgres_url))
    await database.write(add)
    postgres.run("pg_dump", "--format", "custom", "--file", "/tmp/assay.dump", local(postgres_url))
    name = await copies.made()
    postgres.run(
        "pg_restore", "--exit-on-error", "--no-owner", "--dbname", local(copies.url_of(name)), "/tmp/assay.dump"
    )
    assert await read(copies.url_of(name)) == ["kept"]
    await database.close()
    await copies.dropped(name)


def local(url: str) -> str:
    """Return the URL of a database as it is within its container."""
    head, _, tail = url.rpartition("@")
    return f"{head}@127.0.0.1/{tail.rpartition('/')[2]}"


async def test_sqlite(folder: Path) -> None:
    """A copy by SQLite's backup has what its write-ahead log holds, while the database is in use."""
    (folder / "copy").mkdir()
    database = Database(Settings(database_url=sqlite_in(folder)))
    await database.write(add)
    with sqlite3.connect(folder / "assay.db") as source, sqlite3.connect(folder / "copy" / "assay.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    assert await read(sqlite_in(folder / "copy")) == ["kept"]
    await database.close()
