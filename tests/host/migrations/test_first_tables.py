"""The first revision, on databases of SQLite from before there were revisions: nothing that they hold is lost."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from assay.errors import StoreUnavailable

from host.database import Database
from host.settings import Settings
from services.validation import blobs, jobs
from services.validation.store import Stored, ValidationStore
from tests.host.migrations.schemas import differences

FIRST = """
    CREATE TABLE validations (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR(64) NOT NULL, tenant VARCHAR(64) NOT NULL,
        request_id VARCHAR(64), request_digest VARCHAR(64) NOT NULL, verdict INTEGER NOT NULL, body BLOB NOT NULL,
        UNIQUE (id), UNIQUE (tenant, request_id)
    );
    CREATE INDEX ix_validations_tenant ON validations (tenant);
    INSERT INTO validations (id, tenant, request_id, request_digest, verdict, body)
        VALUES ('val_1', 'local', NULL, '', 1, CAST('body 1' AS BLOB)),
               ('val_2', 'local', 'r', 'd', 2, CAST('body 2' AS BLOB));
    PRAGMA user_version = 1;
"""

SECOND = f"""
    {FIRST}
    ALTER TABLE validations ADD COLUMN state INTEGER NOT NULL DEFAULT 3;
    ALTER TABLE validations ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE validations ADD COLUMN key VARCHAR(64);
    CREATE INDEX ix_validations_key ON validations (tenant, key);
    CREATE TABLE jobs (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR(64) NOT NULL REFERENCES validations (id),
        request BLOB NOT NULL, size INTEGER NOT NULL, attempts INTEGER NOT NULL, owner VARCHAR(64),
        expires FLOAT NOT NULL, UNIQUE (id)
    );
    CREATE TABLE events (
        id VARCHAR(64) NOT NULL, sequence INTEGER NOT NULL, name VARCHAR(400) NOT NULL, created FLOAT NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (id, sequence), UNIQUE (id, name)
    );
    CREATE INDEX ix_events_created ON events (created);
    UPDATE validations SET tenant = 'acme' WHERE id = 'val_1';
    INSERT INTO jobs (id, request, size, attempts, expires) VALUES ('val_1', CAST('r' AS BLOB), 1, 0, 0);
    PRAGMA user_version = 2;
"""

THIRD = f"""
    {SECOND}
    ALTER TABLE jobs ADD COLUMN trace VARCHAR(64) NOT NULL DEFAULT '';
    CREATE INDEX ix_validations_figures ON validations (state, verdict, tenant);
    PRAGMA user_version = 3;
"""

FOURTH = f"""
    {THIRD}
    ALTER TABLE jobs ADD COLUMN tenant VARCHAR(64) NOT NULL DEFAULT 'local';
    UPDATE jobs SET tenant = 'acme';
    CREATE INDEX ix_jobs_load ON jobs (tenant, owner, expires, size);
    CREATE TABLE api_keys_root (number INTEGER NOT NULL PRIMARY KEY, secret BLOB NOT NULL);
    INSERT INTO api_keys_root VALUES (1, CAST('secret' AS BLOB));
    PRAGMA user_version = 4;
"""
"""As the fourth version and the gateway left it; the other services had not opened it."""


def write(folder: Path, script: str) -> None:
    """Make a database by SQL."""
    connection = sqlite3.connect(folder / "assay.db")
    connection.executescript(script)
    connection.close()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    """Yield the database in a folder."""
    database = Database(Settings(state_dir=folder))
    try:
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize("script", [FIRST, SECOND, THIRD, FOURTH], ids=["1", "2", "3", "4"])
async def test_brought_forward(folder: Path, script: str) -> None:
    """A database of an earlier version is brought up to date, with all that it has."""
    write(folder, script)
    tenant = "local" if script == FIRST else "acme"
    for _ in range(2):
        async with opened(folder) as database:
            store = ValidationStore(database, 100)
            assert await store.get(tenant, "val_1") == Stored("val_1", tenant, "", "", 1, b"body 1")
            assert await store.by_request("local", "r", "d") == Stored("val_2", "local", "r", "d", 2, b"body 2")
            assert await database.read(differences) == []
    async with opened(folder) as database:
        store, added = ValidationStore(database, 100), Stored("val_3", "local", "", "", 1, b"", key="k")
        await store.add(added)
        assert await store.reusable("local", "k") == replace(added)


@pytest.mark.parametrize("script", [SECOND, THIRD, FOURTH], ids=["2", "3", "4"])
async def test_jobs_of_before(folder: Path, script: str) -> None:
    """A job that was queued under an earlier version is still there, its tenant's, and belongs to no trace."""
    write(folder, script)
    async with opened(folder) as database:
        found = await database.write(lambda connection: jobs.oldest(connection, "acme", 1, 2))
        digest = hashlib.sha256(b"r").hexdigest()
        assert found == jobs.Waiting("val_1", "acme", digest, 0, "")
        assert await database.read(lambda connection: blobs.content(connection, "acme", digest)) == b"r"


async def test_one_process_migrates(folder: Path) -> None:
    """Of many that open a database of before at one time, each can use it."""
    write(folder, SECOND)
    several = [Database(Settings(state_dir=folder)) for _ in range(6)]
    await asyncio.gather(*(one.open() for one in several))
    for one in several:
        assert (await ValidationStore(one, 100).get("acme", "val_1")).body == b"body 1"
        await one.close()


async def test_programs_of_before_refuse(folder: Path) -> None:
    """What it leaves is a version that programs from before there were revisions refuse to open."""
    async with opened(folder) as database:
        await database.open()
    connection = sqlite3.connect(folder / "assay.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (5,)
    connection.close()


async def test_unknown_version(folder: Path) -> None:
    """A database without a revision and with a version that never was is refused, and left as it is."""
    write(folder, "PRAGMA user_version = 99")
    async with opened(folder) as database:
        with pytest.raises(StoreUnavailable, match="99"):
            await database.open()
    connection = sqlite3.connect(folder / "assay.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
