"""Keys as calls show them, over a real database."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from assay.errors import NotFound, StoreUnavailable

from gateway import key_ring
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from gateway.keys import Key, new_key, new_root
from host.settings import Settings


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[KeyStore]:
    """Give the keys of a database of the test's own."""
    async with key_store(Settings(database_url=database_url)) as found:
        yield found


async def added(store: KeyStore, **more: Any) -> tuple[str, Key]:
    """Keep a new key."""
    values: dict[str, Any] = {"tenant": "acme", "scopes": frozenset({"*"}), "now": time.time()}
    text, key = new_key(await store.root(), **(values | more))
    await store.add(key)
    return text, key


class Counting(KeyStore):
    """Counts the looks that are taken."""

    def __init__(self, store: KeyStore) -> None:
        super().__init__(store._database)
        self.asked: list[str] = []

    async def get(self, identifier: str) -> Key | None:
        """See :class:`KeyStore`."""
        self.asked.append(identifier)
        return await super().get(identifier)


async def found(ring: KeyRing, texts: Sequence[str]) -> list[Key | None]:
    """Show several keys at one time."""
    return list(await asyncio.gather(*(ring.find(text) for text in texts)))


async def test_kept(store: KeyStore, database_url: str) -> None:
    """What is kept of a key comes back as it was, in every process that uses the database."""
    _, first = await added(store, name="ci", scopes=frozenset({"events:read", "audit:read"}), expires=time.time() + 99)
    _, second = await added(store)
    async with key_store(Settings(database_url=database_url)) as other:
        assert list(await other.every()) == [first, second]
        assert await other.root() == await store.root()
        assert await other.get("unknown") is None


async def test_found(store: KeyStore) -> None:
    """A valid key is found, and one that is wrong, unknown, another database's, expired or revoked is not."""
    text, key = await added(store)
    other, _ = new_key(new_root(), tenant="acme", scopes=key.scopes, now=time.time())
    never_kept, _ = new_key(await store.root(), tenant="acme", scopes=key.scopes, now=time.time())
    expired, _ = await added(store, now=time.time() - 100, expires=time.time() - 1)
    revoked, taken_back = await added(store)
    await store.revoke(taken_back.id, time.time())
    ring = KeyRing(store)
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    shown = [text, wrong, other, never_kept, expired, revoked, "", "x"]
    assert [one and one.id for one in await found(ring, shown)] == [key.id, *[None] * 7]


async def test_one_look_for_many_calls(store: KeyStore) -> None:
    """However many calls show a key, right or wrong, the database is asked for it once a while."""
    counting = Counting(store)
    text, key = await added(store)
    ring = KeyRing(counting)
    assert all(await found(ring, [text] * 50))
    assert not any(
        await found(ring, [text[:-4] + f"{number:04x}" for number in range(50) if not text.endswith(f"{number:04x}")])
    )
    assert counting.asked == [key.id]


async def test_a_flood_of_what_is_made_up(store: KeyStore) -> None:
    """Keys that somebody made up cost no look into the database and no memory."""
    counting = Counting(store)
    ring = KeyRing(counting)
    texts = [new_key(new_root(), tenant="a", scopes=frozenset({"*"}), now=0.0)[0] for _ in range(500)]
    assert not any(await found(ring, texts))
    assert counting.asked == []
    assert not ring._known


async def test_bounded(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more keys are remembered than a bound says; those that were forgotten are looked up again."""
    monkeypatch.setattr(key_ring, "MAX_KNOWN", 3)
    texts = [(await added(store))[0] for _ in range(5)]
    ring = KeyRing(store)
    assert all(await found(ring, texts))
    assert len(ring._known) == 3
    assert all(await found(ring, texts))


async def test_revoked(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is revoked is refused once what is known of it is no longer fresh; and for good."""
    monkeypatch.setattr(key_ring, "FRESH_SECONDS", 0.2)
    text, key = await added(store)
    ring = KeyRing(store)
    assert await ring.find(text)
    first = await store.revoke(key.id, time.time())
    await asyncio.sleep(0.25)
    assert await ring.find(text) is None
    assert await store.revoke(key.id, time.time() + 5) == first


async def test_within_five_seconds() -> None:
    """What is known of a key is believed for less than the five seconds that are promised."""
    assert key_ring.FRESH_SECONDS <= 4


async def test_last_used(store: KeyStore) -> None:
    """It is noted when a key was used, once in a while, and not by who has its id alone."""
    text, _ = await added(store)
    ring = KeyRing(store)
    await ring.find(text[:-1] + ("0" if text[-1] != "0" else "1"))
    assert [one.used for one in await store.every()] == [None]
    before = time.time()
    await found(ring, [text] * 5)
    (used,) = [one.used for one in await store.every()]
    assert used is not None
    assert before <= used <= time.time()
    await ring.find(text)
    assert [one.used for one in await store.every()] == [used]


async def test_revoke_unknown(store: KeyStore) -> None:
    """A key that is not there cannot be revoked."""
    with pytest.raises(NotFound):
        await store.revoke("0" * 20, 1.0)


async def test_no_database(folder: Path) -> None:
    """Where the database cannot be asked, no key is taken, and that is told as what it is."""
    (folder / "file").write_text("in the way")
    async with key_store(Settings(state_dir=folder / "file" / "state")) as store:
        text, _ = new_key(new_root(), tenant="acme", scopes=frozenset({"*"}), now=0.0)
        with pytest.raises(StoreUnavailable):
            await KeyRing(store).find(text)
