"""The database: transactions that are whole or not there, in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from assay.errors import NotFound

from host.database import Database, sql, url_of
from host.settings import Settings


def prepare(connection: Any) -> None:
    """Make a table."""
    connection.execute(sql("CREATE TABLE IF NOT EXISTS things (name TEXT UNIQUE)"))


def at(folder: Path) -> Database:
    """Return a database with one table, in a folder."""
    return Database(lambda: url_of(Settings(state_dir=folder)), prepare)


@pytest.fixture
async def database(folder: Path) -> AsyncIterator[Database]:
    """Give a database with one table."""
    made = at(folder)
    yield made
    await made.close()


def add(name: str, fails: type[Exception] | None = None) -> Callable[[Any], None]:
    """Return a transaction that adds a thing, and may fail then."""

    def work(connection: Any) -> None:
        connection.execute(sql("INSERT INTO things VALUES (:name)"), {"name": name})
        if fails is not None:
            raise fails("no")

    return work


def names(connection: Any) -> list[str]:
    """Return the things that are there."""
    return list(connection.execute(sql("SELECT name FROM things ORDER BY name")).scalars())


@pytest.mark.parametrize("failure", [NotFound, ZeroDivisionError])
async def test_whole_or_not_there(database: Database, failure: type[Exception]) -> None:
    """Of a transaction that raises nothing is kept, and what it raises arrives."""
    await database.write(add("a"))
    with pytest.raises(failure):
        await database.write(add("b", failure))
    assert await database.read(names) == ["a"]


async def test_broken_constraint(database: Database) -> None:
    """A constraint that is broken is told as such, and the database works on."""
    from sqlalchemy.exc import IntegrityError

    await database.write(add("a"))
    with pytest.raises(IntegrityError):
        await database.write(add("a"))
    await database.write(add("b"))
    assert await database.read(names) == ["a", "b"]


async def test_one_state(folder: Path, database: Database) -> None:
    """A transaction reads one state of the database, whatever another process writes meanwhile."""
    await database.write(add("a"))
    reading, written = threading.Event(), threading.Event()

    def twice(connection: Any) -> tuple[list[str], list[str]]:
        first = names(connection)
        reading.set()
        assert written.wait(20)
        return first, names(connection)

    task = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(reading.wait, 20)
    other = at(folder)
    await other.write(add("b"))
    await other.close()
    written.set()
    assert await task == (["a"], ["a"])
    assert await database.read(names) == ["a", "b"]


async def test_writers_take_turns(folder: Path, database: Database) -> None:
    """What one process read in a transaction that writes, no other changes before its end."""
    other = at(folder)

    def count_up(connection: Any) -> None:
        number = len(names(connection))
        connection.execute(sql("INSERT INTO things VALUES (:name)"), {"name": f"{number:03}"})

    await asyncio.gather(*(one.write(count_up) for _ in range(25) for one in (database, other)))
    await other.close()
    assert await database.read(names) == [f"{number:03}" for number in range(50)]


async def test_opened_at_one_time(folder: Path) -> None:
    """Of many that open a database that is not there yet, at one time, each can use it."""
    for number in range(10):
        several = [at(folder / str(number)) for _ in range(6)]
        await asyncio.gather(*(one.write(add(str(index))) for index, one in enumerate(several)))
        assert await several[0].read(names) == list("012345")
        for one in several:
            await one.close()


async def test_given_up(database: Database) -> None:
    """Who gives up waiting for a transaction that has begun does not stop it, and the next ones run."""
    begun, go_on = threading.Event(), threading.Event()

    def work(connection: Any) -> None:
        begun.set()
        assert go_on.wait(20)
        add("a")(connection)

    task = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert await database.read(names) == ["a"]
