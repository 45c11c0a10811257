"""The database, of both kinds: transactions that are whole or not there, whoever else uses it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from assay.errors import NotFound, StoreUnavailable

from host.database import Database, lock, locking, sql
from host.settings import Settings


def at(database_url: str) -> Database:
    """Return the database at a URL."""
    return Database(Settings(database_url=database_url))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give a database with one table of the test's own."""
    made = at(database_url)
    await made.write(lambda connection: connection.execute(sql("CREATE TABLE things (name TEXT UNIQUE)")))
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


def elsewhere(database_url: str, work: Callable[[Any], None]) -> None:
    """Let another process, as far as the database can tell, run a transaction, and wait for its end."""

    async def write() -> None:
        other = at(database_url)
        await other.write(work)
        await other.close()

    thread = threading.Thread(target=lambda: asyncio.run(write()))
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


async def test_one_state(database_url: str, database: Database) -> None:
    """A transaction reads one state of the database, whatever another process writes meanwhile."""
    await database.write(add("a"))

    def twice(connection: Any) -> tuple[list[str], list[str]]:
        first = names(connection)
        elsewhere(database_url, add("b"))
        return first, names(connection)

    assert await database.read(twice) == (["a"], ["a"])
    assert await database.read(names) == ["a", "b"]


async def test_read_writes_nothing(database_url: str, database: Database) -> None:
    """On PostgreSQL a transaction that only reads cannot write, and says so."""
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite has no such transactions")
    with pytest.raises(StoreUnavailable, match="read-only transaction"):
        await database.read(add("a"))


async def test_writers_take_turns(database_url: str, database: Database) -> None:
    """What one process read under a lock, no other changes before its transaction's end."""
    other = at(database_url)

    def count_up(connection: Any) -> None:
        lock(connection, "things")
        number = len(names(connection))
        connection.execute(sql("INSERT INTO things VALUES (:name)"), {"name": f"{number:03}"})

    await asyncio.gather(*(one.write(count_up) for _ in range(25) for one in (database, other)))
    await other.close()
    assert await database.read(names) == [f"{number:03}" for number in range(50)]


async def test_locked_rows(database_url: str, database: Database) -> None:
    """A row that was read to be changed is changed by one process after another."""
    other = at(database_url)
    await database.write(add("0"))

    def count_up(connection: Any) -> None:
        number = int(connection.execute(locking(connection, "SELECT name FROM things")).scalar_one())
        connection.execute(sql("UPDATE things SET name = :name"), {"name": str(number + 1)})

    await asyncio.gather(*(one.write(count_up) for _ in range(25) for one in (database, other)))
    await other.close()
    assert await database.read(names) == ["50"]


async def test_given_up(database: Database) -> None:
    """Who gives up waiting for a transaction that has begun does not stop it, and the next ones run."""
    begun = threading.Event()

    def work(connection: Any) -> None:
        begun.set()
        time.sleep(0.1)
        add("a")(connection)

    task = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        while await database.read(names) != ["a"]:
            await asyncio.sleep(0.01)
