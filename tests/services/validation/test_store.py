"""The store: what is kept, for whom, for how long, and what it says when it cannot."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from assay.errors import InvalidArgument, NotFound, RequestIdReused, StoreUnavailable

from host.caller import SYSTEM_TENANT
from host.database import Database
from host.settings import Settings
from services.validation.store import KEEP_OF_SYSTEM, Stored, ValidationStore
from tests.databases import sqlite_in


def row(number: int, tenant: str = "local", request_id: str = "", digest: str = "", verdict: int = 1) -> Stored:
    """Return a row."""
    return Stored(f"val_{tenant}_{number}", tenant, request_id, digest, verdict, b"body %d" % number)


@asynccontextmanager
async def opened(database_url: str, keep: int = 1000) -> AsyncIterator[ValidationStore]:
    """Open a store and close it."""
    held = Database(Settings(database_url=database_url))
    try:
        yield ValidationStore(held, keep)
    finally:
        await held.close()


async def test_kept(database_url: str) -> None:
    """What was added is there, also for a later process."""
    async with opened(database_url) as store:
        assert await store.add(row(1)) == row(1)
    async with opened(database_url) as store:
        assert await store.get("local", "val_local_1") == row(1)


@pytest.mark.parametrize(("tenant", "identifier"), [("other", "val_local_1"), ("local", "val_local_2")])
async def test_not_there(database_url: str, tenant: str, identifier: str) -> None:
    """Another tenant's validation and one that never was are answered alike."""
    async with opened(database_url) as store:
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
async def test_pages(database_url: str, size: int) -> None:
    """Pages go through all of a tenant's validations once, newest first, and the last has no token."""
    async with opened(database_url) as store:
        for number in range(25):
            await store.add(row(number))
            await store.add(row(number, "other"))
        found = await pages(store, size)
    assert [entry for page in found for entry in page] == [row(number) for number in reversed(range(25))]
    assert all(len(page) == size for page in found[:-1])
    assert found[-1]


async def test_large_rows_make_short_pages(database_url: str) -> None:
    """A page never grows beyond what a message may carry, and no validation is left out for it."""
    large = [replace(row(number), body=bytes(5 * 1024 * 1024 * (1 + number % 3))) for number in range(4)]
    async with opened(database_url) as store:
        for entry in large:
            await store.add(entry)
        found = await pages(store, 50)
    assert [entry for page in found for entry in page] == large[::-1]
    assert [len(page) for page in found] == [1, 1, 1, 1]


async def test_new_rows_do_not_move_pages(database_url: str) -> None:
    """What is added between two pages does not show up in the second, or repeat what the first had."""
    async with opened(database_url) as store:
        for number in range(4):
            await store.add(row(number))
        _, token = await store.page("local", 2, "")
        await store.add(row(4))
        rows, token = await store.page("local", 2, token, 0)
    assert (list(rows), token) == ([row(1), row(0)], "")


async def test_by_verdict(database_url: str) -> None:
    """A verdict narrows the pages."""
    async with opened(database_url) as store:
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
async def test_bad_token(database_url: str, token: str) -> None:
    """A token that the store did not write is refused by its field."""
    async with opened(database_url) as store:
        with pytest.raises(InvalidArgument) as caught:
            await store.page("local", 10, token, 0)
    assert caught.value.field == "page_token"


async def test_request_id(database_url: str) -> None:
    """A request_id brings back what was first made with it, for its tenant, and is refused for another request."""
    async with opened(database_url) as store:
        first = row(1, request_id="r", digest="d")
        await store.add(first)
        assert await store.add(row(2, request_id="r", digest="d")) == first
        assert await store.by_request("local", "r", "d") == first
        assert await store.by_request("other", "r", "d") is None
        assert await store.add(row(3, "other", request_id="r", digest="e")) == row(3, "other", "r", "e")
        for attempt in (store.by_request("local", "r", "e"), store.add(row(4, request_id="r", digest="e"))):
            with pytest.raises(RequestIdReused):
                await attempt


async def test_without_request_id(database_url: str) -> None:
    """Rows without a request_id never stand for one another."""
    async with opened(database_url) as store:
        assert [await store.add(row(number)) for number in range(3)] == [row(number) for number in range(3)]
        assert await store.by_request("local", "", "") is None


async def test_concurrent_request_id(database_url: str) -> None:
    """Of many at one time with one request_id, in two stores on one file, one is kept and all are answered by it."""
    async with opened(database_url) as one, opened(database_url) as other:
        attempts = [
            store.add(row(number, request_id="r", digest="d")) for number in range(10) for store in (one, other)
        ][:20]
        answers = await asyncio.gather(*attempts)
        assert len({answer.id for answer in answers}) == 1
        assert [len(page) for page in await pages(one, 100)] == [1]


async def test_pruned(database_url: str) -> None:
    """Only the newest are kept."""
    async with opened(database_url, keep=5) as store:
        for number in range(12):
            await store.add(row(number))
        assert await pages(store, 100) == [[row(number) for number in range(11, 6, -1)]]
        with pytest.raises(NotFound):
            await store.get("local", "val_local_6")


async def test_pruned_by_tenant(database_url: str) -> None:
    """What one tenant stores pushes out nothing of another's."""
    async with opened(database_url, keep=3) as store:
        await store.add(row(1, "other"))
        for number in range(20):
            await store.add(row(number))
        assert await store.get("other", "val_other_1") == row(1, "other")
        assert (await store.page("local", 100, ""))[0] == [row(19), row(18), row(17)]


async def test_pruned_of_the_suites_own(database_url: str) -> None:
    """Of what the suite makes for itself next to nothing is kept."""
    async with opened(database_url) as store:
        for number in range(KEEP_OF_SYSTEM + 5):
            await store.add(row(number, SYSTEM_TENANT))
        assert len((await store.page(SYSTEM_TENANT, 1000, ""))[0]) == KEEP_OF_SYSTEM


async def test_pruned_in_time(database_url: str) -> None:
    """Where many are kept the oldest go now and then, and before there are many too many."""
    async with opened(database_url, keep=1000) as store:
        for number in range(1400):
            await store.add(row(number))
        assert 1000 <= len((await store.page("local", 2000, ""))[0]) <= 1300


async def test_by_state(database_url: str) -> None:
    """A state narrows the pages, beside a verdict."""
    async with opened(database_url) as store:
        for number in range(8):
            await store.add(replace(row(number, verdict=1 + number % 2), state=3 + number // 4))
        rows, _ = await store.page("local", 100, "", state=4)
        assert [one.id for one in rows] == [f"val_local_{number}" for number in (7, 6, 5, 4)]
        rows, _ = await store.page("local", 100, "", verdict=1, state=3)
        assert [one.id for one in rows] == ["val_local_2", "val_local_0"]


async def test_reusable(database_url: str) -> None:
    """The newest validation of a key is found, for its tenant, as long as it is kept."""
    async with opened(database_url, keep=4) as store:
        for number in (1, 2):
            await store.add(replace(row(number), key="k"))
        await store.add(replace(row(3, "other"), key="o"))
        assert await store.reusable("local", "k") == replace(row(2), key="k")
        assert await store.reusable("local", "o") is None
        assert await store.reusable("local", "") is None
        for number in range(4, 8):
            await store.add(row(number))
        assert await store.reusable("local", "k") is None


async def test_many_at_one_time(database_url: str) -> None:
    """Rows that come side by side are all there, in whatever transactions they were written."""
    async with opened(database_url) as store:
        added = await asyncio.gather(*(store.add(row(number)) for number in range(50)))
        assert added == [row(number) for number in range(50)]
        held, _ = await store.page("local", 100, "", 0)
    assert {one.id for one in held} == {row(number).id for number in range(50)}


async def test_one_that_gives_up(database_url: str) -> None:
    """A caller that does not wait for its row keeps nobody else's from being written."""
    async with opened(database_url) as store:
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
    async with opened(sqlite_in(folder / "file")) as store:
        done = await asyncio.gather(*(store.add(row(number)) for number in range(5)), return_exceptions=True)
    assert [type(one) for one in done] == [StoreUnavailable] * 5
