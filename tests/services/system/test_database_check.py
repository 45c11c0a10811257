"""The database: written, read, and the room that it has."""

from functools import partial
from pathlib import Path

import pytest
from assay.errors import StoreUnavailable

from host.database import Database, url_of
from host.settings import Settings
from services.system import database_check
from services.system.checkup import Found, Status
from services.system.database_check import DatabaseCheck, free_bytes


async def look(folder: Path) -> Found:
    """Look twice at a database in a folder, and return what the second look found."""
    return await looked_at(Settings(state_dir=folder))


async def looked_at(settings: Settings) -> Found:
    """Look twice at a database, and return what the second look found."""
    url = partial(url_of, settings)
    database = Database(settings)
    try:
        await DatabaseCheck(database, url).look()
        return await DatabaseCheck(database, url).look()
    finally:
        await database.close()


async def test_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that can be written and has room is well, with what it took and has."""
    monkeypatch.setattr(database_check, "SLOW_SECONDS", 60)
    monkeypatch.setattr(database_check, "LITTLE_BYTES", 1)
    found = await look(folder)
    assert found.status is Status.HEALTHY
    assert set(found.figures) == {"write_and_read_seconds", "free_bytes"}
    assert found.figures["free_bytes"] > 0


@pytest.mark.docker
async def test_postgresql(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of PostgreSQL only whether and how fast it writes is known, not the room that it has."""
    monkeypatch.setattr(database_check, "SLOW_SECONDS", 60)
    found = await looked_at(Settings(database_url=postgres_url))
    assert found.status is Status.HEALTHY
    assert set(found.figures) == {"write_and_read_seconds"}


@pytest.mark.parametrize(
    ("bound", "value", "status", "said"),
    [
        ("LITTLE_BYTES", 2**60, Status.DEGRADED, "there is little room left"),
        ("TOO_LITTLE_BYTES", 2**60, Status.UNHEALTHY, "there is next to no room left"),
        ("SLOW_SECONDS", 0, Status.DEGRADED, "writing and reading a row took"),
    ],
)
async def test_bounds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, status: Status, said: str
) -> None:
    """Little room, next to none, and slowness are told."""
    monkeypatch.setattr(database_check, "LITTLE_BYTES", 1)
    monkeypatch.setattr(database_check, bound, value)
    found = await look(folder)
    assert found.status is status
    assert said in found.message


async def test_cannot_be_opened(folder: Path) -> None:
    """A database that cannot be opened is an error of the check's, which makes it unhealthy."""
    (folder / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="the state folder cannot be made"):
        await look(folder / "file" / "state")


def test_room_of_others() -> None:
    """Where another database lies is not looked at."""
    assert free_bytes("postgresql://host/db") is None
    assert free_bytes("sqlite:////tmp/a.db?timeout=5") == free_bytes("sqlite:////tmp/a.db")
