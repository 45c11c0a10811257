"""
The suite's database: SQLite in the state folder by default, PostgreSQL by URL.

Transactions are functions of a connection, the same for both. What SQLite has by having one writer at a time,
PostgreSQL has by locks: :func:`lock` of a name, :func:`locking` of the rows that are read.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog
from assay.errors import StoreUnavailable

from host.settings import Settings
from host.spans import detail

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy import TextClause

    from host.migrations.migrating import Told

    Connection = sqlalchemy.Connection

T = TypeVar("T")

_log = structlog.get_logger("assay.database")

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
CLOCK = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"


def url_of(settings: Settings) -> str:
    """
    Return the database's URL; makes the folder of the default one.

    :raises StoreUnavailable: The folder cannot be made.
    """
    if settings.database_url:
        return settings.database_url
    folder = Path(settings.state_dir).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the state folder cannot be made ({error.strerror}); set ASSAY_STATE_DIR to one that can be written"
        ) from None
    return f"sqlite:///{folder / 'assay.db'}"


class Backend(Protocol):
    """A kind of database; its methods mean what those of :class:`Database` do."""

    async def open(self) -> None:
        """See :class:`Database`."""

    async def write(self, work: "Callable[[Connection], T]") -> T:
        """See :class:`Database`."""

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """See :class:`Database`."""

    async def revision(self) -> str:
        """See :class:`Database`."""

    async def migrate(self, to: str, told: "Told") -> None:
        """See :class:`Database`."""

    async def close(self) -> None:
        """See :class:`Database`."""


class Database:
    """
    The database that the settings name. It is opened by the first transaction; where that fails, the next one tries
    again. A SQLite database is brought up to date as it is opened; PostgreSQL is as ``assay migrate`` left it.
    """

    def __init__(self, settings: Settings) -> None:
        self._backend = _backend(settings)

    async def open(self) -> None:
        """
        Open the database, if it is not open.

        :raises StoreUnavailable: It cannot be opened.
        :raises host.migrations.revisions.WrongSchema: Its schema is another version's.
        """
        await self._backend.open()

    async def write(self, work: "Callable[[Connection], T]") -> T:
        """
        Run a transaction that writes, and return what it returns; where it raises, nothing of it is kept.

        Who gives up waiting for a transaction that has begun does not stop it. On PostgreSQL it sees what others have
        written until each of its statements begins, and is run again where it could not be, which is why it changes
        nothing but the database.

        :raises StoreUnavailable: The database cannot be used.
        :raises sqlalchemy.exc.IntegrityError: A constraint is broken.
        """
        with detail("database write", {"code.function.name": getattr(work, "__qualname__", "")}):
            return await self._backend.write(work)

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """
        Run a transaction that only reads, on one state of the database, and return what it returns.

        :raises StoreUnavailable: The database cannot be used.
        """
        with detail("database read", {"code.function.name": getattr(work, "__qualname__", "")}):
            return await self._backend.read(work)

    async def revision(self) -> str:
        """
        Return the revision of its schema (see :mod:`host.migrations.revisions`), whichever that is.

        :raises StoreUnavailable: The database cannot be read.
        """
        return await self._backend.revision()

    async def migrate(self, to: str, told: "Told") -> None:
        """
        Take its schema to a revision, forward or back, in one transaction: all steps are made, or none is.

        Of several at one time one migrates, and the others wait and find it done.

        :param to: "": the newest.
        :param told: Hears of each step: the revisions before and after it.
        :raises StoreUnavailable: The database cannot be used, or not be migrated.
        """
        await self._backend.migrate(to, told)

    async def close(self) -> None:
        """Close the database, once what was begun is done."""
        await self._backend.close()


def _backend(settings: Settings) -> Backend:
    if settings.on_postgresql:
        from host.postgres import Postgres

        return Postgres(settings)
    from host.sqlite import Sqlite

    return Sqlite(lambda: url_of(settings))


@asynccontextmanager
async def using(settings: Settings) -> AsyncIterator[Database]:
    """Yield the suite's database, which the first transaction opens, and close it as the block is left."""
    database = Database(settings)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened(settings: Settings, *, early: bool = False) -> AsyncIterator[Database]:
    """
    Yield the suite's database to a service, and close it as the block is left.

    PostgreSQL is opened first: with another schema than this version needs nothing is to be begun. Where it cannot be
    reached it is opened by the first transaction that can.

    :param early: Begin to open SQLite too, which the first transaction else does; an error is told by that one.
    :raises host.migrations.revisions.WrongSchema: PostgreSQL has another schema.
    """
    async with using(settings) as database:
        opening = asyncio.create_task(database.open()) if early or settings.on_postgresql else None
        try:
            if settings.on_postgresql and opening is not None:
                await _waited_for(opening)
            yield database
        finally:
            if opening is not None:
                await asyncio.gather(opening, return_exceptions=True)


async def _waited_for(opening: "asyncio.Task[None]") -> None:
    from host.migrations.revisions import WrongSchema

    try:
        await opening
    except WrongSchema:
        raise
    except StoreUnavailable as error:
        await _log.awarning("the database cannot be opened yet", reason=error.message)


@cache
def sql(statement: str) -> "TextClause":
    """Return a statement of this program's own text, with its parameters written ``:name``, ready to be executed."""
    from sqlalchemy import text

    return text(statement)


def locking(connection: "Connection", statement: str) -> "TextClause":
    """Return a SELECT that locks the rows it finds, as they are then, until the transaction ends."""
    return sql(f"{statement} FOR UPDATE" if on_postgresql(connection) else statement)


def clock(connection: "Connection") -> float:
    """
    Return the time, in seconds since 1970, by the one clock of all who share the database: that of its server.

    Clocks of machines differ, and any of them may be set. What runs out at a time that others are to agree on runs out
    by this one.
    """
    return float(connection.execute(sql(CLOCK)).scalar_one()) if on_postgresql(connection) else time.time()


def lock(connection: "Connection", name: str) -> None:
    """Wait for the lock of a name, and hold it until the transaction ends: one transaction at a time has it."""
    if on_postgresql(connection):
        connection.execute(sql(LOCK), {"name": name})


def try_lock(connection: "Connection", name: str) -> bool:
    """Take the lock of a name unless another transaction has it; return whether it was taken."""
    return not on_postgresql(connection) or bool(connection.execute(sql(TRY_LOCK), {"name": name}).scalar_one())


def on_postgresql(connection: "Connection") -> bool:
    """Return whether a connection is one to PostgreSQL."""
    return connection.dialect.name == "postgresql"
