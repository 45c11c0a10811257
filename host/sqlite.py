"""
SQLite: transactions one after another, in a thread of the database's own.

A short transaction of SQLite takes less time than handing its statements to another thread one by one. SQLAlchemy is
slow to load, and is loaded in that thread when it is first needed.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from assay.errors import StoreUnavailable

from host.migrations import revisions

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from host.database import Connection
    from host.migrations.migrating import Told

T = TypeVar("T")

BUSY_SECONDS = 10.0
"""How long a writer waits for another one's lock."""

AGAIN_SECONDS = 0.01
"""When to try again what SQLite refuses instead of waiting."""

READ = "BEGIN"
WRITE = "BEGIN IMMEDIATE"
"""Begun for writing, what a transaction looked at cannot change before it writes."""


class Sqlite:
    """
    See :class:`host.database.Database`. A schema that is older than this version is brought up to date as it is opened.

    :param url: Returns the database's URL; may raise :class:`StoreUnavailable`.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._thread = ThreadPoolExecutor(1, "assay-database")

    async def open(self) -> None:
        """See :class:`host.database.Database`."""
        await self._in_thread(self._opened)

    async def write(self, work: "Callable[[Connection], T]") -> T:
        """See :class:`host.database.Database`."""
        return await self._in_thread(lambda: self._transaction(work, WRITE))

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """See :class:`host.database.Database`."""
        return await self._in_thread(lambda: self._transaction(work, READ))

    async def revision(self) -> str:
        """See :class:`host.database.Database`."""
        return await self._in_thread(lambda: self._with_new_engine(_revision))

    async def migrate(self, to: str, told: "Told") -> None:
        """See :class:`host.database.Database`."""
        await self._in_thread(lambda: self._with_new_engine(lambda engine: _migrate(engine, to, told)))

    async def close(self) -> None:
        """See :class:`host.database.Database`."""
        await self._in_thread(self._dispose)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _transaction(self, work: "Callable[[Connection], T]", begin: str) -> T:
        engine = self._opened()
        with _translated():
            return _run(engine, work, begin)

    def _opened(self) -> "Engine":
        if self._engine is None:
            with _translated():
                engine = open_engine(self._url())
                try:
                    _bring_up_to_date(engine)
                except BaseException:
                    engine.dispose()
                    raise
            self._engine = engine
        return self._engine

    def _with_new_engine(self, use: "Callable[[Engine], T]") -> T:
        with _translated():
            engine = open_engine(self._url())
            try:
                return use(engine)
            finally:
                engine.dispose()

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def open_engine(url: str) -> "Engine":
    """Return an engine with WAL, so that readers and a writer do not block one another."""
    from sqlalchemy import create_engine, event

    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        _use_wal(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def _run(engine: "Engine", work: "Callable[[Connection], T]", begin: str) -> T:
    with engine.begin() as connection:
        # The driver begins by itself only before the first write, when what was read may be old already.
        connection.exec_driver_sql(begin)
        return work(connection)


def _revision(engine: "Engine") -> str:
    return _run(engine, revisions.revision_of, READ)


def _bring_up_to_date(engine: "Engine") -> None:
    if revisions.steps(_revision(engine)):
        _migrate(engine, "", lambda before, after: None)


def _migrate(engine: "Engine", to: str, told: "Told") -> None:
    """Migrate in one transaction; others that are about to do the same wait for it, and find it done."""
    from host.migrations.migrating import migrate

    with engine.connect() as connection:
        # A table that is made anew, since SQLite cannot change it, goes before it comes back; ignored once begun.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql(WRITE)
        migrate(connection, to, told)
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise StoreUnavailable("the database was not migrated: rows would refer to others that are not there")
        connection.commit()
        # It keeps no foreign keys, so it is not for others to use.
        connection.invalidate()


def _use_wal(cursor: Any) -> None:
    """Write ahead from now on. Where another process is about to do the same, SQLite refuses instead of waiting."""
    from sqlite3 import SQLITE_BUSY, OperationalError

    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if error.sqlite_errorcode != SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(AGAIN_SECONDS)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the database's errors into ours; a broken constraint is the caller's to read."""
    try:
        from sqlalchemy.exc import IntegrityError, SQLAlchemyError
    except ImportError as error:
        raise _unusable(error) from error
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, ImportError) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> StoreUnavailable:
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    return StoreUnavailable(f"the database cannot be used ({cause}); see ASSAY_STATE_DIR and ASSAY_DATABASE_URL")
