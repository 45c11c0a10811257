"""The database where it is PostgreSQL: bounded, run again where that is safe, and back by itself after it was lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from assay.errors import InvalidArgument, StoreUnavailable

from host import postgres as module
from host.database import Database, lock, opened, sql
from host.migrations.revisions import WrongSchema
from host.settings import BadSettings, Settings
from tests.backing import Postgres, started_postgres
from tests.databases import Copies
from tests.processes import run_python

pytestmark = pytest.mark.docker

BOUND = 30.0


@asynccontextmanager
async def used(url: str, **settings: Any) -> AsyncIterator[Database]:
    """Yield a database, used by one connection unless it is said otherwise."""
    database = Database(Settings(**{"database_url": url, "database_connections": 1, **settings}))
    try:
        yield database
    finally:
        await database.close()


def backend(connection: Any) -> int:
    """Return which process of the server serves a connection."""
    return int(connection.execute(sql("SELECT pg_backend_pid()")).scalar_one())


def add(name: str) -> Callable[[Any], Any]:
    """Return a transaction that adds a row."""
    return lambda connection: connection.execute(
        sql("INSERT INTO system_probe (name, at) VALUES (:name, 0)"), {"name": name}
    )


def names(connection: Any) -> list[str]:
    """Return the rows that are there."""
    return list(connection.execute(sql("SELECT name FROM system_probe ORDER BY name")).scalars())


async def test_connection_lost(postgres_url: str) -> None:
    """A transaction whose connection the server ends is run again on another one, and done once."""
    runs = []

    async with used(postgres_url, database_connections=2) as database:

        def work(connection: Any) -> None:
            add("a")(connection)
            runs.append(backend(connection))
            if len(runs) == 1:
                connection.execute(sql("SELECT pg_terminate_backend(pg_backend_pid())"))

        await database.write(work)
        assert await database.read(names) == ["a"]
    assert len(set(runs)) == 2


async def test_connection_lost_while_idle(postgres_url: str, copies: Copies) -> None:
    """That connections were lost while nobody used them is not noticed."""
    async with used(postgres_url, database_connections=4) as database:
        await asyncio.gather(*(database.write(add(str(number))) for number in range(8)))
        await copies.ended(postgres_url)
        await asyncio.gather(*(database.write(add(str(number))) for number in range(8, 16)))
        assert len(await database.read(names)) == 16


async def test_deadlock(postgres_url: str) -> None:
    """Of transactions that wait for one another one is run again, and all are done."""
    async with used(postgres_url, database_connections=2) as database:
        met = asyncio.Barrier(2)
        first = [True, True]

        def both(index: int) -> Callable[[Any], None]:
            def work(connection: Any) -> None:
                from sqlalchemy.util import await_only

                lock(connection, "ab"[index])
                if first[index]:
                    first[index] = False
                    await_only(met.wait())
                lock(connection, "ba"[index])
                add("ab"[index])(connection)

            return work

        async with asyncio.timeout(BOUND):
            await asyncio.gather(database.write(both(0)), database.write(both(1)))
        assert await database.read(names) == ["a", "b"]


async def test_lost_while_it_commits(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction whose connection is lost as it is committed is not run again: it may be kept already."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    runs = []
    commit = AsyncConnection.commit

    async def lost(connection: AsyncConnection) -> None:
        await commit(connection)
        raise _lost_by(connection)

    async with used(postgres_url) as database:

        def work(connection: Any) -> None:
            runs.append(1)
            add("a")(connection)

        await database.open()
        monkeypatch.setattr(AsyncConnection, "commit", lost)
        with pytest.raises(StoreUnavailable, match="whether it has written is not known"):
            await database.write(work)
        monkeypatch.undo()
        assert await database.read(names) == ["a"]
    assert len(runs) == 1


def _lost_by(connection: Any) -> Exception:
    from sqlalchemy.exc import DBAPIError

    return DBAPIError("COMMIT", None, Exception("connection was closed"), connection_invalidated=True)


async def test_bounded(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that takes too long is ended, on the server too, and its connection is free for others."""
    async with used(postgres_url, database_seconds=1) as database:
        await database.open()
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await database.write(lambda connection: connection.execute(sql("SELECT pg_sleep(60)")))
        assert time.monotonic() - started < 10
        await database.write(add("a"))
        running = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
        assert await database.read(lambda connection: connection.execute(sql(running)).scalar_one()) == 1


async def test_no_connection_free(postgres_url: str) -> None:
    """Who gets no connection in time is told, and who has one goes on."""
    async with used(postgres_url, database_seconds=2) as database:
        await database.open()
        slow = [
            database.write(lambda connection: connection.execute(sql("SELECT pg_sleep(1.2)")).one()) for _ in range(3)
        ]
        first, *others = await asyncio.gather(*slow, return_exceptions=True)
        assert not isinstance(first, Exception)
        assert [type(one) for one in others] == [StoreUnavailable] * 2
        await database.write(add("a"))


async def test_nul(postgres_url: str) -> None:
    """A text with a character that no text can have is the caller's mistake, not the database's failure."""
    async with used(postgres_url) as database:
        with pytest.raises(InvalidArgument, match="NUL"):
            await database.write(add("a\0b"))


async def test_password_file(postgres: Postgres, postgres_url: str, folder: Path) -> None:
    """The password is read from its file for each connection; one that is wrong is said, and never shown."""
    url, path = postgres_url.replace(f":{postgres.password}@", "@"), folder / "password"
    path.write_text("not-this-one\n")
    path.chmod(0o600)
    async with used(url, database_password_file=path) as database:
        with pytest.raises(StoreUnavailable, match="password authentication failed") as caught:
            await database.write(add("a"))
        assert "not-this-one" not in caught.value.message
        path.write_text(f"{postgres.password}\n")
        await database.write(add("a"))
        assert await database.read(names) == ["a"]


@pytest.mark.parametrize("mode", [0o644, None])
async def test_password_file_that_cannot_be_used(folder: Path, mode: int | None) -> None:
    """A password that others can read, or that is not there, stops the start."""
    path = folder / "password"
    if mode is not None:
        path.write_text("x")
        path.chmod(mode)
    with pytest.raises(BadSettings, match="ASSAY_DATABASE_PASSWORD_FILE"):
        Database(Settings(database_url="postgresql://a@127.0.0.1/b", database_password_file=path))


async def test_no_schema(empty_postgres: str) -> None:
    """A database without a schema is not opened, and nothing is made in it; once it is migrated it is used."""
    async with used(empty_postgres) as database:
        for _ in range(2):
            with pytest.raises(WrongSchema, match=r"has no schema, and this version .* needs .*: run `assay migrate`"):
                await database.write(add("a"))
        assert await database.revision() == ""
        await database.migrate("", lambda before, after: None)
        await database.write(add("a"))


async def test_start_without_schema(empty_postgres: str) -> None:
    """What uses the database is not begun over another schema."""
    with pytest.raises(WrongSchema):
        async with opened(Settings(database_url=empty_postgres)):
            pytest.fail("it was begun")


async def test_start_without_server() -> None:
    """Where the server is away what uses it is begun, and told at each use."""
    async with opened(Settings(database_url="postgresql://a@127.0.0.1:1/b")) as database:
        with pytest.raises(StoreUnavailable, match="Connection refused"):
            await database.read(names)


@pytest.mark.parametrize("url", ["postgresql://a:hunter2@127.0.0.1:none/b", "postgresql://[::1:hunter2/b"])
async def test_no_url(url: str) -> None:
    """A URL that is none is said to be none, and not shown."""
    async with used(url) as database:
        with pytest.raises(StoreUnavailable, match="it is no URL of PostgreSQL") as caught:
            await database.read(names)
    assert "hunter2" not in caught.value.message


async def test_migrated_while_it_is_used(postgres_url: str) -> None:
    """A statement that was prepared before a table changed is prepared anew, unnoticed."""
    read = sql("SELECT * FROM system_probe")
    async with used(postgres_url, database_connections=2) as database:
        await database.write(add("a"))
        for column in "bcd":
            assert len(await database.read(lambda connection: connection.execute(read).all())) == 1
            change = sql(f"ALTER TABLE system_probe ADD {column} INT")
            await database.write(lambda connection, change=change: connection.execute(change))  # type: ignore[misc]
            assert await database.write(lambda connection: len(connection.execute(read).one())) > 2


@pytest.fixture(scope="module")
def own_server(backing_ready: None) -> Iterator[Postgres]:
    """Give a server that tests may pause and kill."""
    with started_postgres("fsync=off") as server:
        yield server


async def migrated_on(server: Postgres) -> str:
    """Return the URL of a new database with the newest schema."""
    url = server.fresh_database()
    async with used(url) as database:
        await database.migrate("", lambda before, after: None)
    return url


@pytest.mark.slow
async def test_killed(own_server: Postgres) -> None:
    """While the server is away each call is told within a bound, and all work again once it is back."""
    url = await migrated_on(own_server)
    async with used(url, database_connections=4) as database:
        await asyncio.gather(*(database.write(add(str(number))) for number in range(8)))
        await asyncio.to_thread(own_server.kill)
        async with asyncio.timeout(BOUND):
            done = await asyncio.gather(*(database.read(names) for _ in range(20)), return_exceptions=True)
        assert {type(one) for one in done} == {StoreUnavailable}
        await asyncio.to_thread(own_server.start)
        async with asyncio.timeout(BOUND):
            assert len(await database.read(names)) == 8


@pytest.mark.slow
async def test_restarted_under_load(own_server: Postgres) -> None:
    """Of what was said to be written while the server was killed and came back all is there, and each once."""
    url = await migrated_on(own_server)
    written: list[str] = []
    stopping = asyncio.Event()

    async def client(number: int, database: Database) -> None:
        count = 0
        while not stopping.is_set():
            name = f"{number}/{count}"
            count += 1
            try:
                await database.write(add(name))
                written.append(name)
            except StoreUnavailable:
                await asyncio.sleep(0.05)

    async with used(url, database_connections=4) as database:
        clients = [asyncio.create_task(client(number, database)) for number in range(4)]
        await asyncio.sleep(1)
        await asyncio.to_thread(own_server.restart)
        before = len(written)
        async with asyncio.timeout(BOUND):
            while len(written) < before + 20:
                await asyncio.sleep(0.05)
        stopping.set()
        await asyncio.gather(*clients)
        found = await database.read(names)
    # What was not said to be written may be there: that its commit went through was lost with the connection.
    assert set(written) <= set(found)
    assert len(found) - len(written) <= 4


@pytest.mark.slow
async def test_frozen(own_server: Postgres) -> None:
    """A server that no longer answers costs each call its bound and no more, and works again once it goes on."""
    url = await migrated_on(own_server)
    async with used(url, database_connections=2, database_seconds=1) as database:
        await database.write(add("a"))
        own_server.pause()
        try:
            started = time.monotonic()
            done = await asyncio.gather(*(database.read(names) for _ in range(6)), return_exceptions=True)
            assert {type(one) for one in done} == {StoreUnavailable}
            assert time.monotonic() - started < 15
        finally:
            own_server.unpause()
        async with asyncio.timeout(BOUND):
            assert await database.read(names) == ["a"]


@pytest.mark.slow
async def test_closed_while_frozen(own_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that stops while the server does not answer ends all the same."""
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1.0)
    url = await migrated_on(own_server)
    database = Database(Settings(database_url=url, database_seconds=1))
    await database.write(add("a"))
    own_server.pause()
    try:
        async with asyncio.timeout(BOUND):
            await database.close()
    finally:
        own_server.unpause()


@pytest.mark.parametrize("name", ["validation", "events"])
async def test_service_refuses_to_start(empty_postgres: str, name: str) -> None:
    """A service over a database without its schema ends with status 2 and one line that says what to run."""
    environment = {"ASSAY_DATABASE_URL": empty_postgres}
    done = await run_python("-P", "-m", "host", name, "--listen", "127.0.0.1:0", environment=environment)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("host: the database has no schema, and this version of Assay needs ")
    assert done.stderr.endswith("run `assay migrate`\n")
    assert "Traceback" not in done.stderr
