"""The store: what is kept, for whom, for how long, and what it says when it cannot."""

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from assay.errors import InvalidArgument, NotFound, RequestIdReused, StoreUnavailable

from host import database
from host.caller import SYSTEM_TENANT
from host.database import Database
from host.settings import Settings
from services.validation import jobs
from services.validation.store import KEEP_OF_SYSTEM, Stored, ValidationStore, prepare
from tests.processes import run_python


def row(number: int, tenant: str = "local", request_id: str = "", digest: str = "", verdict: int = 1) -> Stored:
    """Return a row."""
    return Stored(f"val_{tenant}_{number}", tenant, request_id, digest, verdict, b"body %d" % number)


def at(folder: Path) -> Database:
    """Return a database that lies in a folder."""
    return Database(lambda: database.url_of(Settings(state_dir=folder)), prepare)


@asynccontextmanager
async def opened(folder: Path, keep: int = 1000) -> AsyncIterator[ValidationStore]:
    """Open a store and close it."""
    held = at(folder)
    try:
        yield ValidationStore(held, keep)
    finally:
        await held.close()


async def test_kept(folder: Path) -> None:
    """What was added is there, also for a later process."""
    async with opened(folder) as store:
        assert await store.add(row(1)) == row(1)
    async with opened(folder) as store:
        assert await store.get("local", "val_local_1") == row(1)


@pytest.mark.parametrize(("tenant", "identifier"), [("other", "val_local_1"), ("local", "val_local_2")])
async def test_not_there(folder: Path, tenant: str, identifier: str) -> None:
    """Another tenant's validation and one that never was are answered alike."""
    async with opened(folder) as store:
        await store.add(row(1))
        with pytest.raises(NotFound) as caught:
            await store.get(tenant, identifier)
    assert str(caught.value) == "there is no such validation"


async def pages(store: ValidationStore, size: int, verdict: int = 0) -> list[list[Stored]]:
    """Return all pages."""
    found, token = [], ""
    while True:
        rows, token = await store.page("local", size, token, verdict)
        found.append(list(rows))
        if not token:
            return found


@pytest.mark.parametrize("size", [1, 7, 24, 25, 26, 1000])
async def test_pages(folder: Path, size: int) -> None:
    """Pages go through all of a tenant's validations once, newest first, and the last has no token."""
    async with opened(folder) as store:
        for number in range(25):
            await store.add(row(number))
            await store.add(row(number, "other"))
        found = await pages(store, size)
    assert [entry for page in found for entry in page] == [row(number) for number in reversed(range(25))]
    assert all(len(page) == size for page in found[:-1])
    assert found[-1]


async def test_large_rows_make_short_pages(folder: Path) -> None:
    """A page never grows beyond what a message may carry, and no validation is left out for it."""
    large = [replace(row(number), body=bytes(5 * 1024 * 1024 * (1 + number % 3))) for number in range(4)]
    async with opened(folder) as store:
        for entry in large:
            await store.add(entry)
        found = await pages(store, 50)
    assert [entry for page in found for entry in page] == large[::-1]
    assert [len(page) for page in found] == [1, 1, 1, 1]


async def test_new_rows_do_not_move_pages(folder: Path) -> None:
    """What is added between two pages does not show up in the second, or repeat what the first had."""
    async with opened(folder) as store:
        for number in range(4):
            await store.add(row(number))
        _, token = await store.page("local", 2, "")
        await store.add(row(4))
        rows, token = await store.page("local", 2, token, 0)
    assert (list(rows), token) == ([row(1), row(0)], "")


async def test_by_verdict(folder: Path) -> None:
    """A verdict narrows the pages."""
    async with opened(folder) as store:
        for number in range(9):
            await store.add(row(number, verdict=1 + number % 3))
        found = await pages(store, 2, verdict=2)
    assert [entry.id for page in found for entry in page] == ["val_local_7", "val_local_4", "val_local_1"]


def token_of(text: str) -> str:
    """Return a token as the store writes it, over any text."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    ["!", "é", "A", "====", " ", "MQ==", token_of("x"), token_of("-1"), token_of("0"), token_of("1_0"),
     token_of(" 1"), token_of("1.5"), token_of(str(2**63)), token_of("9" * 5000), token_of("\u0661")],
)  # fmt: skip
async def test_bad_token(folder: Path, token: str) -> None:
    """A token that the store did not write is refused by its field."""
    async with opened(folder) as store:
        with pytest.raises(InvalidArgument) as caught:
            await store.page("local", 10, token, 0)
    assert caught.value.field == "page_token"


async def test_request_id(folder: Path) -> None:
    """A request_id brings back what was first made with it, for its tenant, and is refused for another request."""
    async with opened(folder) as store:
        first = row(1, request_id="r", digest="d")
        await store.add(first)
        assert await store.add(row(2, request_id="r", digest="d")) == first
        assert await store.by_request("local", "r", "d") == first
        assert await store.by_request("other", "r", "d") is None
        assert await store.add(row(3, "other", request_id="r", digest="e")) == row(3, "other", "r", "e")
        for attempt in (store.by_request("local", "r", "e"), store.add(row(4, request_id="r", digest="e"))):
            with pytest.raises(RequestIdReused):
                await attempt


async def test_without_request_id(folder: Path) -> None:
    """Rows without a request_id never stand for one another."""
    async with opened(folder) as store:
        assert [await store.add(row(number)) for number in range(3)] == [row(number) for number in range(3)]
        assert await store.by_request("local", "", "") is None


async def test_concurrent_request_id(folder: Path) -> None:
    """Of many at one time with one request_id, in two stores on one file, one is kept and all are answered by it."""
    async with opened(folder) as one, opened(folder) as other:
        attempts = [
            store.add(row(number, request_id="r", digest="d")) for number in range(10) for store in (one, other)
        ][:20]
        answers = await asyncio.gather(*attempts)
        assert len({answer.id for answer in answers}) == 1
        assert [len(page) for page in await pages(one, 100)] == [1]


async def test_pruned(folder: Path) -> None:
    """Only the newest are kept."""
    async with opened(folder, keep=5) as store:
        for number in range(12):
            await store.add(row(number))
        assert await pages(store, 100) == [[row(number) for number in range(11, 6, -1)]]
        with pytest.raises(NotFound):
            await store.get("local", "val_local_6")


async def test_pruned_by_tenant(folder: Path) -> None:
    """What one tenant stores pushes out nothing of another's."""
    async with opened(folder, keep=3) as store:
        await store.add(row(1, "other"))
        for number in range(20):
            await store.add(row(number))
        assert await store.get("other", "val_other_1") == row(1, "other")
        assert (await store.page("local", 100, ""))[0] == [row(19), row(18), row(17)]


async def test_pruned_of_the_suites_own(folder: Path) -> None:
    """Of what the suite makes for itself next to nothing is kept."""
    async with opened(folder) as store:
        for number in range(KEEP_OF_SYSTEM + 5):
            await store.add(row(number, SYSTEM_TENANT))
        assert len((await store.page(SYSTEM_TENANT, 1000, ""))[0]) == KEEP_OF_SYSTEM


async def test_pruned_in_time(folder: Path) -> None:
    """Where many are kept the oldest go now and then, and before there are many too many."""
    async with opened(folder, keep=1000) as store:
        for number in range(1400):
            await store.add(row(number))
        assert 1000 <= len((await store.page("local", 2000, ""))[0]) <= 1300


PROGRAM = """
import asyncio, sys
from pathlib import Path
from host.database import Database, url_of
from host.settings import Settings
from services.validation.store import Stored, ValidationStore, prepare

async def main():
    database = Database(lambda: url_of(Settings(state_dir=Path(sys.argv[1]))), prepare)
    store = ValidationStore(database, 1000)
    await asyncio.to_thread(__import__, "sqlalchemy")
    while not Path(sys.argv[1], "go").exists():
        await asyncio.sleep(0.001)
    for number in range(20):
        await store.add(Stored(f"{sys.argv[2]}{number}", "local", "", "", 1, b""))
    await database.close()

asyncio.run(main())
"""


async def test_two_processes_on_a_new_file(folder: Path) -> None:
    """Processes that meet on a database that is not there yet make it together, and lose nothing."""
    (folder / "program.py").write_text(PROGRAM)
    processes = [
        asyncio.create_task(run_python(str(folder / "program.py"), str(folder), name, seconds=60)) for name in "abc"
    ]
    await asyncio.sleep(2)
    (folder / "go").touch()
    for done in await asyncio.gather(*processes):
        assert (done.returncode, done.stderr) == (0, "")
    async with opened(folder) as store:
        assert [len(page) for page in await pages(store, 100)] == [60]


async def test_folder_is_private(folder: Path) -> None:
    """The folder of the default database is its owner's only."""
    async with opened(folder / "made" / "here") as store:
        await store.add(row(1))
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
    async with opened(prepare(folder)) as store:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="ASSAY_STATE_DIR"):
                await store.get("local", "x")


@pytest.mark.parametrize("url", ["nonsense", "sqlite+nothing:///x", "postgresql+psycopg://u:hunter2@localhost/x", ""])
async def test_bad_url(folder: Path, url: str) -> None:
    """A database URL that cannot be used is StoreUnavailable, and its password stays out of it."""
    held = Database(lambda: url, prepare)
    with pytest.raises(StoreUnavailable, match="ASSAY_DATABASE_URL") as caught:
        await ValidationStore(held, 10).get("local", "x")
    await held.close()
    assert "hunter2" not in str(caught.value)


async def test_another_schema(folder: Path) -> None:
    """A database of another version's schema is refused, and left as it is."""
    with sqlite3.connect(folder / "assay.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    async with opened(folder) as store:
        with pytest.raises(StoreUnavailable, match="schema 99, this version needs 4"):
            await store.add(row(1))
    with sqlite3.connect(folder / "assay.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


FIRST_SCHEMA = """
    CREATE TABLE validations (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR(64) NOT NULL, tenant VARCHAR(64) NOT NULL,
        request_id VARCHAR(64), request_digest VARCHAR(64) NOT NULL, verdict INTEGER NOT NULL, body BLOB NOT NULL,
        UNIQUE (id), UNIQUE (tenant, request_id)
    );
    CREATE INDEX ix_validations_tenant ON validations (tenant);
    INSERT INTO validations (id, tenant, request_id, request_digest, verdict, body)
        VALUES ('val_local_1', 'local', NULL, '', 1, CAST('body 1' AS BLOB)),
               ('val_local_2', 'local', 'r', 'd', 2, CAST('body 2' AS BLOB));
    PRAGMA user_version = 1;
"""


SECOND_SCHEMA = (
    FIRST_SCHEMA.replace("PRAGMA user_version = 1;", "")
    + """
    ALTER TABLE validations ADD COLUMN state INTEGER NOT NULL DEFAULT 3;
    ALTER TABLE validations ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE validations ADD COLUMN key VARCHAR(64);
    CREATE INDEX ix_validations_key ON validations (tenant, key);
    CREATE TABLE jobs (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR(64) NOT NULL REFERENCES validations (id),
        request BLOB NOT NULL, size INTEGER NOT NULL, attempts INTEGER NOT NULL, owner VARCHAR(64),
        expires FLOAT NOT NULL, UNIQUE (id)
    );
    INSERT INTO jobs (id, request, size, attempts, expires) VALUES ('val_local_1', CAST('r' AS BLOB), 1, 0, 0);
    PRAGMA user_version = 2;
"""
)


THIRD_SCHEMA = (
    SECOND_SCHEMA.replace("PRAGMA user_version = 2;", "")
    + """
    ALTER TABLE jobs ADD COLUMN trace VARCHAR(64) NOT NULL DEFAULT '';
    CREATE INDEX ix_validations_figures ON validations (state, verdict, tenant);
    PRAGMA user_version = 3;
"""
)


@pytest.mark.parametrize("schema", [SECOND_SCHEMA, THIRD_SCHEMA])
async def test_job_of_the_version_before(folder: Path, schema: str) -> None:
    """A job that was queued under an earlier schema is still there, its tenant's, and belongs to no trace."""
    with sqlite3.connect(folder / "assay.db") as connection:
        connection.executescript(schema)
        connection.execute("UPDATE validations SET tenant = 'acme' WHERE id = 'val_local_1'")
    connection.close()
    for _ in range(2):
        held = at(folder)
        found = await held.read(lambda connection: jobs.oldest(connection, "acme", 1))
        await held.close()
        assert found == jobs.Waiting("val_local_1", "acme", b"r", 0, "")


@pytest.mark.parametrize("schema", [FIRST_SCHEMA, SECOND_SCHEMA, THIRD_SCHEMA])
async def test_schema_of_the_version_before(folder: Path, schema: str) -> None:
    """A database of an earlier schema is brought up to date, and nothing in it is lost."""
    with sqlite3.connect(folder / "assay.db") as connection:
        connection.executescript(schema)
    connection.close()
    for _ in range(2):
        async with opened(folder) as store:
            assert await store.get("local", "val_local_1") == row(1)
            assert await store.by_request("local", "r", "d") == row(2, request_id="r", digest="d", verdict=2)
    async with opened(folder) as store:
        await store.add(replace(row(3), key="k"))
        assert await store.reusable("local", "k") == replace(row(3), key="k")


async def test_by_state(folder: Path) -> None:
    """A state narrows the pages, beside a verdict."""
    async with opened(folder) as store:
        for number in range(8):
            await store.add(replace(row(number, verdict=1 + number % 2), state=3 + number // 4))
        rows, _ = await store.page("local", 100, "", state=4)
        assert [one.id for one in rows] == [f"val_local_{number}" for number in (7, 6, 5, 4)]
        rows, _ = await store.page("local", 100, "", verdict=1, state=3)
        assert [one.id for one in rows] == ["val_local_2", "val_local_0"]


async def test_reusable(folder: Path) -> None:
    """The newest validation of a key is found, for its tenant, as long as it is kept."""
    async with opened(folder, keep=4) as store:
        for number in (1, 2):
            await store.add(replace(row(number), key="k"))
        await store.add(replace(row(3, "other"), key="o"))
        assert await store.reusable("local", "k") == replace(row(2), key="k")
        assert await store.reusable("local", "o") is None
        assert await store.reusable("local", "") is None
        for number in range(4, 8):
            await store.add(row(number))
        assert await store.reusable("local", "k") is None


async def test_locked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that another program holds is StoreUnavailable after a bounded wait, and works again afterwards."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    async with opened(folder) as store:
        await store.add(row(1))
        other = sqlite3.connect(folder / "assay.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await asyncio.wait_for(store.add(row(2)), 10)
        other.execute("ROLLBACK")
        other.close()
        assert await store.add(row(2)) == row(2)


async def test_gone_in_between(folder: Path) -> None:
    """A database whose table went away is StoreUnavailable, not a defect."""
    async with opened(folder) as store:
        await store.add(row(1))
        with sqlite3.connect(folder / "assay.db") as connection:
            connection.execute("DROP TABLE validations")
        with pytest.raises(StoreUnavailable, match="no such table"):
            await store.add(row(2))


async def test_many_at_one_time(folder: Path) -> None:
    """Rows that come side by side are all there, in whatever transactions they were written."""
    async with opened(folder) as store:
        added = await asyncio.gather(*(store.add(row(number)) for number in range(50)))
        assert added == [row(number) for number in range(50)]
        held, _ = await store.page("local", 100, "", 0)
    assert {one.id for one in held} == {row(number).id for number in range(50)}


async def test_one_that_gives_up(folder: Path) -> None:
    """A caller that does not wait for its row keeps nobody else's from being written."""
    async with opened(folder) as store:
        tasks = [asyncio.create_task(store.add(row(number))) for number in range(10)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[5].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [one for one in done if isinstance(one, Stored)] == [row(n) for n in range(10) if n not in {0, 5}]
        for number in set(range(10)) - {0, 5}:
            assert await store.get("local", f"val_local_{number}") == row(number)


async def test_many_that_cannot_be_written(folder: Path) -> None:
    """Where the database cannot be used each caller is told."""
    (folder / "file").write_text("")
    async with opened(folder / "file") as store:
        done = await asyncio.gather(*(store.add(row(number)) for number in range(5)), return_exceptions=True)
    assert [type(one) for one in done] == [StoreUnavailable] * 5
