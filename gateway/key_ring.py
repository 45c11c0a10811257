"""Keys as calls show them: told from others, and looked up seldom."""

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace

from assay.errors import StoreUnavailable

from gateway.key_store import KeyStore
from gateway.keys import Key, id_of, is_issued

FRESH_SECONDS = 3.0
"""How long what the database said of a key is believed. A key that was revoked is refused after this, in every process;
with the time that a look takes, within five seconds."""

USED_SECONDS = 600.0
"""How exactly it is noted when a key was last used."""

MAX_KNOWN = 10_000
"""Keys that are remembered; of more, those that were shown longest ago are looked up again."""


@dataclass(slots=True)
class _Known:
    key: Key | None
    until: float


class KeyRing:
    """
    Finds the keys that calls show.

    Texts of another shape, and ids that this database never gave out, cost a hash and no memory. An id that it did give
    out is looked up once in FRESH_SECONDS, however many calls show it, with the right secret or a wrong one.
    """

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._root = b""
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._rooting = asyncio.Lock()
        self._looking = asyncio.Lock()

    async def find(self, text: str) -> Key | None:
        """
        Return the key that a text is, if it is one that is valid now.

        :raises StoreUnavailable: The database does not say.
        """
        identifier = id_of(text)
        known = self._remembered(identifier)
        if known is None:
            if not identifier or not is_issued(self._root or await self._rooted(), identifier):
                return None
            known = await self._looked_up(identifier)
        now = time.time()
        if known.key is None or not known.key.opens_with(text) or not known.key.is_valid(now):
            return None
        if known.key.used is None or now - known.key.used > USED_SECONDS:
            await self._note(known, known.key, now)
        return known.key

    async def _rooted(self) -> bytes:
        # One asks for all who come at the start.
        async with self._rooting:
            if not self._root:
                self._root = await self._store.root()
        return self._root

    def _remembered(self, identifier: str) -> _Known | None:
        known = self._known.get(identifier)
        if known is None or known.until < time.monotonic():
            return None
        self._known.move_to_end(identifier)
        return known

    async def _looked_up(self, identifier: str) -> _Known:
        # One look at a time: the database takes them one by one too, and who waited finds what the first one brought.
        async with self._looking:
            known = self._remembered(identifier)
            if known is None:
                asked = time.monotonic()
                known = _Known(await self._store.get(identifier), asked + FRESH_SECONDS)
                self._known[identifier] = known
                self._known.move_to_end(identifier)
                while len(self._known) > MAX_KNOWN:
                    self._known.popitem(last=False)
        return known

    async def _note(self, known: _Known, key: Key, now: float) -> None:
        # Remembered before it is written, so that calls which come meanwhile do not write it again.
        known.key = replace(key, used=now)
        with suppress(StoreUnavailable):
            await self._store.use(key.id, now)
