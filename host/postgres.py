"""
PostgreSQL, by asyncpg: transactions side by side on a bounded number of connections, each within a bounded time.

A transaction that lost its connection, or stood in the way of another one, is run again a few times; so one is not
noticed where a server is restarted within a second. Where the connection was lost while it was being committed nobody
knows whether it was, and that is said instead.
"""

import asyncio
import os
import random
from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from assay.errors import InvalidArgument, StoreUnavailable

from host.key_files import read_secret
from host.migrations import revisions
from host.settings import BadSettings, Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from host.database import Connection
    from host.migrations.migrating import Told

T = TypeVar("T")

AGAIN_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""How long to wait before each time that a transaction is run again."""

CONNECT_SECONDS = 5.0
"""How long it may take to connect."""

CLOSE_SECONDS = 2.0
"""How long it may take to close all connections."""

RECYCLE_SECONDS = 1800.0
"""How long a connection is used, so that a server that was added behind an address gets its share."""

MIGRATION_WAIT = "60s"
"""How long a migration waits for another one, and for those who use the tables; with it, who comes after it waits."""

READ: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
WRITE: Mapping[str, Any] = {}
"""As PostgreSQL has it by default: each statement sees what was committed before it began."""

CONFLICTS = frozenset({"40001", "40P01"})
"""
Serialisation and deadlock: nothing of the transaction is kept, and another one went on. These and the following are
codes of appendix A of PostgreSQL's manual (https://www.postgresql.org/docs/17/errcodes-appendix.html).
"""

LOST = frozenset({"53300", "57P01", "57P02", "57P03", "57P05"})
"""Too many connections, and a server that ends, has crashed, is starting, or closed the connection."""

NOT_TEXT = "22021"
"""A character that no text of the database may have: NUL."""


class Postgres:
    """
    See :class:`host.database.Database`.

    :raises host.settings.BadSettings: The file of the password cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: AsyncEngine | None = None
        self._opening = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()
        self._password()

    async def open(self) -> None:
        """See :class:`host.database.Database`."""
        await self._shielded(self._opened())

    async def write(self, work: "Callable[[Connection], T]") -> T:
        """See :class:`host.database.Database`."""
        return await self._shielded(self._transaction(work, WRITE))

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """See :class:`host.database.Database`."""
        return await self._shielded(self._transaction(work, READ))

    async def revision(self) -> str:
        """See :class:`host.database.Database`."""
        engine = await self._new_engine()
        try:
            return await self._bounded(self._repeated(engine, revisions.revision_of, READ))
        finally:
            await _disposed(engine)

    async def migrate(self, to: str, told: "Told") -> None:
        """See :class:`host.database.Database`."""
        # In a thread and loop of its own: Alembic is loaded for it, and holds state that is its process's.
        await asyncio.to_thread(lambda: asyncio.run(self._migrated(to, told)))

    async def close(self) -> None:
        """See :class:`host.database.Database`."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._engine is not None:
            await _disposed(self._engine)
            self._engine = None

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        """Let what was begun end, whoever gives up waiting for it: stopping it half-way would cost its connection."""
        task = asyncio.create_task(self._bounded(work))
        self._under_way.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Whoever waits is told; that there may be nobody left is no defect.
            task.exception()

    async def _bounded(self, work: Coroutine[Any, Any, T]) -> T:
        from sqlalchemy.exc import IntegrityError, SQLAlchemyError

        try:
            async with asyncio.timeout(self._settings.database_seconds):
                return await work
        except IntegrityError:
            raise
        except TimeoutError as error:
            raise StoreUnavailable(f"the database did not answer in {self._settings.database_seconds:g} s") from error
        except (SQLAlchemyError, OSError, BadSettings) as error:
            raise _unusable(error) from error

    async def _transaction(self, work: "Callable[[Connection], T]", options: Mapping[str, Any]) -> T:
        return await self._repeated(await self._opened(), work, options)

    async def _repeated(
        self, engine: "AsyncEngine", work: "Callable[[Connection], T]", options: Mapping[str, Any]
    ) -> T:
        for seconds in AGAIN_SECONDS:
            try:
                return await _once(engine, work, options)
            except Exception as error:
                if not _may_be_repeated(error):
                    raise
            # Not all at one time: those that stood in one another's way would do so again.
            await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 nothing is secret about it
        return await _once(engine, work, options)

    async def _opened(self) -> "AsyncEngine":
        if self._engine is None:
            async with self._opening:
                if self._engine is None:
                    engine = await self._new_engine()
                    try:
                        revisions.check(await self._repeated(engine, revisions.revision_of, READ))
                    except BaseException:
                        await _disposed(engine)
                        raise
                    self._engine = engine
        return self._engine

    async def _new_engine(self) -> "AsyncEngine":
        library = await asyncio.to_thread(import_module, "sqlalchemy.ext.asyncio")
        engine: AsyncEngine = library.create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self._connect(self._settings.database_seconds),
            pool_size=self._settings.database_connections,
            max_overflow=0,
            pool_timeout=self._settings.database_seconds,
            pool_recycle=RECYCLE_SECONDS,
            pool_use_lifo=True,
        )
        return engine

    async def _connect(self, seconds: float) -> Any:
        """
        Connect.

        :param seconds: How long a statement may take, and a transaction be left alone; 0: without a bound.
        """
        import asyncpg  # type: ignore[import-untyped]

        bound = str(round(seconds * 1000))
        settings = {
            "application_name": "assay",
            "statement_timeout": bound,
            "idle_in_transaction_session_timeout": bound,
            # No statement here is long enough to gain by it, and estimates that are off make some wait for it.
            "jit": "off",
        }
        try:
            return await asyncpg.connect(
                self._settings.database_url,
                password=self._password(),
                timeout=CONNECT_SECONDS,
                server_settings=settings,
            )
        except ValueError:
            # What it says may hold the password.
            raise BadSettings("the setting ASSAY_DATABASE_URL: it is no URL of PostgreSQL") from None

    def _password(self) -> str | None:
        """Return what the file says now: it may be another since the last connection."""
        path = self._settings.database_password_file
        if path is None:
            return None
        return read_secret(path, "ASSAY_DATABASE_PASSWORD_FILE").decode().rstrip("\r\n")

    async def _migrated(self, to: str, told: "Told") -> None:
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import NullPool

        from host.database import lock
        from host.migrations.migrating import migrate

        def work(connection: "Connection") -> None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_WAIT}'")
            lock(connection, "assay migrate")
            migrate(connection, to, told)

        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: self._connect(0), poolclass=NullPool
        )
        try:
            async with engine.begin() as connection:
                await connection.run_sync(work)
        except (SQLAlchemyError, OSError, BadSettings) as error:
            raise _unusable(error) from error
        finally:
            await engine.dispose()


async def _disposed(engine: "AsyncEngine") -> None:
    """Say good-bye to the server; where it does not answer, go without."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await engine.dispose()
    except TimeoutError:
        await engine.dispose(close=False)


async def _once(engine: "AsyncEngine", work: "Callable[[Connection], T]", options: Mapping[str, Any]) -> T:
    async with engine.connect() as connection:
        if options:
            await connection.execution_options(**options)
        result = await connection.run_sync(work)
        if options is not READ:
            await _commit(connection)
        return result


async def _commit(connection: "AsyncConnection") -> None:
    from sqlalchemy.exc import DBAPIError

    try:
        await connection.commit()
    except (DBAPIError, OSError) as error:
        if isinstance(error, DBAPIError) and not error.connection_invalidated and _state_of(error) not in LOST:
            raise
        raise StoreUnavailable("the database was lost while it wrote; whether it has written is not known") from error


def _may_be_repeated(error: Exception) -> bool:
    """Return whether nothing of the transaction is kept, and the next time may be better."""
    from sqlalchemy.exc import DBAPIError, NotSupportedError

    if isinstance(error, DBAPIError):
        # A statement that was prepared before a migration is prepared anew.
        return (
            error.connection_invalidated or _state_of(error) in CONFLICTS | LOST or isinstance(error, NotSupportedError)
        )
    return isinstance(error, OSError)


def _state_of(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def _unusable(error: Exception) -> Exception:
    if _state_of(error) == NOT_TEXT:
        return InvalidArgument("request", "its texts cannot have the character NUL")
    return StoreUnavailable(
        f"the database cannot be used ({_cause(error)}); see ASSAY_DATABASE_URL and ASSAY_DATABASE_PASSWORD_FILE"
    )


def _cause(error: Exception) -> str:
    if isinstance(error, OSError):
        # Without the addresses that were tried: callers of the suite are told this too.
        return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or "it cannot be reached"
    original = getattr(error, "orig", None) or error
    return next(iter(str(getattr(original, "orig", None) or original).splitlines()), type(original).__name__)
