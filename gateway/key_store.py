"""Keys in the shared database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from assay.errors import NotFound

from gateway.keys import Key, new_root
from host.database import Database, sql, using
from host.settings import Settings

if TYPE_CHECKING:
    from host.database import Connection

_ROOT = "SELECT secret FROM api_keys_root WHERE number = 1"
_KEEP_ROOT = "INSERT INTO api_keys_root (number, secret) VALUES (1, :secret) ON CONFLICT DO NOTHING"
_INSERT = """
    INSERT INTO api_keys (id, tenant, name, scopes, digest, created, expires, revoked, used)
    VALUES (:id, :tenant, :name, :scopes, :digest, :created, :expires, :revoked, :used)
"""
_BY_ID = """
    SELECT id, tenant, name, scopes, digest, created, expires, revoked, used FROM api_keys WHERE id = :id
"""
_ALL = """
    SELECT id, tenant, name, scopes, digest, created, expires, revoked, used FROM api_keys ORDER BY created, id
"""
_TENANTS = """
    SELECT COUNT(DISTINCT tenant) FROM api_keys WHERE revoked IS NULL AND (expires IS NULL OR expires > :now)
"""
_REVOKE = "UPDATE api_keys SET revoked = :now WHERE id = :id AND revoked IS NULL"
_USE = "UPDATE api_keys SET used = :now WHERE id = :id"


class KeyStore:
    """Keeps keys; only what :class:`gateway.keys.Key` says of each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def root(self) -> bytes:
        """Return what the ids of this database's keys are told by; made where there is none yet."""
        root = await self._database.read(_root)
        return root if root is not None else await self._database.write(_new_root)

    async def add(self, key: Key) -> None:
        """Keep a new key."""
        values = {name: getattr(key, name) for name in key.__slots__} | {"scopes": " ".join(sorted(key.scopes))}
        await self._database.write(lambda connection: connection.execute(sql(_INSERT), values))

    async def get(self, identifier: str) -> Key | None:
        """Return a key by its id, or None."""
        return await self._database.read(lambda connection: _get(connection, identifier))

    async def every(self) -> Sequence[Key]:
        """Return all keys, those that are not taken any more too, the oldest first."""
        return await self._database.read(lambda connection: [_key(row) for row in connection.execute(sql(_ALL))])

    async def tenants(self, now: float) -> int:
        """Return how many tenants have a key that is valid at a time."""
        return await self._database.read(
            lambda connection: int(connection.execute(sql(_TENANTS), {"now": now}).scalar_one())
        )

    async def revoke(self, identifier: str, now: float) -> Key:
        """
        Take a key back for good, and return it; one that was taken back before stays as it is.

        :raises NotFound: There is no such key.
        """

        def work(connection: "Connection") -> Key:
            connection.execute(sql(_REVOKE), {"id": identifier, "now": now})
            key = _get(connection, identifier)
            if key is None:
                raise NotFound("there is no key with this id")
            return key

        return await self._database.write(work)

    async def use(self, identifier: str, now: float) -> None:
        """Note that a key was used."""
        await self._database.write(lambda connection: connection.execute(sql(_USE), {"id": identifier, "now": now}))


@asynccontextmanager
async def key_store(settings: Settings) -> AsyncIterator[KeyStore]:
    """Open the keys of the database that the settings name, until the block is left."""
    async with using(settings) as database:
        yield KeyStore(database)


def _root(connection: "Connection") -> bytes | None:
    root = connection.execute(sql(_ROOT)).scalar()
    return None if root is None else bytes(root)


def _new_root(connection: "Connection") -> bytes:
    # Where another process was first, it is that one's.
    connection.execute(sql(_KEEP_ROOT), {"secret": new_root()})
    return bytes(connection.execute(sql(_ROOT)).scalar_one())


def _get(connection: "Connection", identifier: str) -> Key | None:
    row = connection.execute(sql(_BY_ID), {"id": identifier}).first()
    return None if row is None else _key(row)


def _key(row: Sequence[Any]) -> Key:
    identifier, tenant, name, scopes, digest, created, expires, revoked, used = row
    return Key(identifier, tenant, name, frozenset(scopes.split()), bytes(digest), created, expires, revoked, used)
