"""The database where it is SQLite: made and brought up to date by whoever opens it, alone or with others."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from assay.errors import StoreUnavailable

from host import sqlite
from host.database import Database, sql
from host.settings import Settings
from tests.processes import run_python

ADD = "INSERT INTO system_probe (name, at) VALUES (:name, 1)"


def add(name: str) -> Callable[[Any], None]:
    """Return a transaction that adds a row."""
    return lambda connection: connection.execute(sql(ADD), {"name": name})


def names(connection: Any) -> list[str]:
    """Return the rows that are there."""
    return list(connection.execute(sql("SELECT name FROM system_probe ORDER BY name")).scalars())


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    """Yield the default database of a state folder."""
    database = Database(Settings(state_dir=folder))
    try:
        yield database
    finally:
        await database.close()


async def test_opened_at_one_time(folder: Path) -> None:
    """Of many that open a database that is not there yet, at one time, each can use it."""
    for number in range(5):
        several = [Database(Settings(state_dir=folder / str(number))) for _ in range(6)]
        await asyncio.gather(*(one.write(add(str(index))) for index, one in enumerate(several)))
        assert await several[0].read(names) == list("012345")
        for one in several:
            await one.close()


PROGRAM = """
import asyncio, sys
from pathlib import Path
from host.database import Database, sql
from host.settings import Settings
from tests.host.test_sqlite import add

async def main():
    database = Database(Settings(state_dir=Path(sys.argv[1])))
    await asyncio.to_thread(__import__, "sqlalchemy")
    while not Path(sys.argv[1], "go").exists():
        await asyncio.sleep(0.001)
    for number in range(20):
        await database.write(add(f"{sys.argv[2]}{number}"))
    await database.close()

asyncio.run(main())
"""


async def test_processes_on_a_new_file(folder: Path) -> None:
    """Processes that meet on a database that is not there yet make it together, and lose nothing."""
    (folder / "program.py").write_text(PROGRAM)
    processes = [
        asyncio.create_task(run_python(str(folder / "program.py"), str(folder), name, seconds=60)) for name in "abc"
    ]
    await asyncio.sleep(2)
    (folder / "go").touch()
    for done in await asyncio.gather(*processes):
        assert (done.returncode, done.stderr) == (0, "")
    async with opened(folder) as database:
        assert len(await database.read(names)) == 60


CURRENT = """
import asyncio, sys
from pathlib import Path
from host.database import Database
from host.settings import Settings

async def main():
    database = Database(Settings(state_dir=Path(sys.argv[1])))
    await database.open()
    await database.close()
    print("alembic" in sys.modules)

asyncio.run(main())
"""


async def test_alembic_is_loaded_only_to_migrate(folder: Path) -> None:
    """A database that is up to date is opened without Alembic; one that is not made yet needs it."""
    done = [await run_python("-c", CURRENT, str(folder), seconds=60) for _ in range(2)]
    assert [(one.stdout, one.stderr) for one in done] == [("True\n", ""), ("False\n", "")]


async def test_folder_is_private(folder: Path) -> None:
    """The folder of the default database is its owner's only."""
    async with opened(folder / "made" / "here") as database:
        await database.open()
    assert (folder / "made" / "here").stat().st_mode & 0o777 == 0o700


def not_a_folder(folder: Path) -> Path:
    """Put a file where the folder should be."""
    (folder / "state").write_text("")
    return folder / "state"


def in_proc(folder: Path) -> Path:
    """Name a folder that nobody can make, root included."""
    return Path("/proc/assay")


def database_is_a_folder(folder: Path) -> Path:
    """Put a folder where the database should be."""
    (folder / "assay.db").mkdir()
    return folder


def no_database(folder: Path) -> Path:
    """Put something else where the database should be."""
    (folder / "assay.db").write_bytes(b"precious" * 1000)
    return folder


@pytest.mark.parametrize("prepare", [not_a_folder, in_proc, database_is_a_folder, no_database])
async def test_cannot_be_opened(folder: Path, prepare: Callable[[Path], Path]) -> None:
    """A database that cannot be opened is StoreUnavailable, with the setting to change."""
    async with opened(prepare(folder)) as database:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="ASSAY_STATE_DIR"):
                await database.read(names)


async def test_locked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that another program holds is StoreUnavailable after a bounded wait, and works again afterwards."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    async with opened(folder) as database:
        await database.write(add("a"))
        other = sqlite3.connect(folder / "assay.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await asyncio.wait_for(database.write(add("b")), 10)
        other.execute("ROLLBACK")
        other.close()
        await database.write(add("b"))
        assert await database.read(names) == ["a", "b"]


async def test_gone_in_between(folder: Path) -> None:
    """A database whose table went away is StoreUnavailable, not a defect."""
    async with opened(folder) as database:
        await database.write(add("a"))
        with sqlite3.connect(folder / "assay.db") as connection:
            connection.execute("DROP TABLE system_probe")
        with pytest.raises(StoreUnavailable, match="no such table"):
            await database.write(add("b"))
