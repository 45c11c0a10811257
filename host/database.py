"""
The database: SQLite by default, another by URL.

Transactions are functions of a connection. They run one after another in a thread of the database's own: a short
transaction of SQLite takes less time than handing its statements to another thread one by one. SQLAlchemy is slow to
load, and is loaded in that thread when it is first needed.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from assay.errors import StoreUnavailable

from host.settings import Settings
from host.spans import detail

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy import Engine, TextClause

    Connection = sqlalchemy.Connection

T = TypeVar("T")

BUSY_SECONDS = 10.0
"""How long a writer waits for another one's lock."""

AGAIN_SECONDS = 0.01
"""When to try again what SQLite refuses instead of waiting."""


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


class Database:
    """
    One database. It is opened by the first transaction; where that fails, the next one tries again.

    :param url: Returns its URL; may raise :class:`StoreUnavailable`.
    :param prepare: Makes what is missing in a database that was just opened, in a transaction.
    """

    def __init__(self, url: Callable[[], str], prepare: "Callable[[Connection], None]") -> None:
        self._url = url
        self._prepare = prepare
        self._engine: Engine | None = None
        self._thread = ThreadPoolExecutor(1, "assay-database")

    async def open(self) -> None:
        """
        Open the database, if it is not open.

        :raises StoreUnavailable: It cannot be opened, or its schema is another version's.
        """
        await self._in_thread(self._opened)

    async def write(self, work: "Callable[[Connection], T]") -> T:
        """
        Run a transaction that writes, and return what it returns; where it raises, nothing of it is kept.

        Who gives up waiting for a transaction that has begun does not stop it.

        :raises StoreUnavailable: The database cannot be used.
        :raises sqlalchemy.exc.IntegrityError: A constraint is broken.
        """
        with detail("database write", {"code.function.name": getattr(work, "__qualname__", "")}):
            return await self._in_thread(lambda: self._transaction(work, "BEGIN IMMEDIATE"))

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """
        Run a transaction that only reads, on one state of the database, and return what it returns.

        :raises StoreUnavailable: The database cannot be used.
        """
        with detail("database read", {"code.function.name": getattr(work, "__qualname__", "")}):
            return await self._in_thread(lambda: self._transaction(work, "BEGIN"))

    async def close(self) -> None:
        """Close the database, once what was begun is done."""
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
                    _run(engine, self._prepare, "BEGIN IMMEDIATE")
                except BaseException:
                    engine.dispose()
                    raise
            self._engine = engine
        return self._engine

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


@cache
def sql(statement: str) -> "TextClause":
    """Return a statement of this program's own text, with its parameters written ``:name``, ready to be executed."""
    from sqlalchemy import text

    return text(statement)


def _run(engine: "Engine", work: "Callable[[Connection], T]", begin: str) -> T:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # The driver begins by itself only before the first write, when what was read may be old already.
            connection.exec_driver_sql(begin)
        return work(connection)


def open_engine(url: str) -> "Engine":
    """Return an engine; for SQLite with WAL, so that readers and a writer do not block one another."""
    from sqlalchemy import create_engine, event

    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        _use_wal(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


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
