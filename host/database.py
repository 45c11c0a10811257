"""The database: SQLite by default, another by URL. SQLAlchemy is slow to load and is imported when first needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import StoreUnavailable

from host.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

BUSY_SECONDS = 10.0
"""How long a writer waits for another one's lock."""


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
    return f"sqlite+aiosqlite:///{folder / 'assay.db'}"


def open_engine(url: str) -> "AsyncEngine":
    """Return an engine; for SQLite with WAL, so that readers and a writer do not block one another."""
    from sqlalchemy import event
    from sqlalchemy.ext.asyncio import create_async_engine

    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine
