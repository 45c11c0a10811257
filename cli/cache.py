"""
What was checked before: validations by a digest of all that they depend on.

The key takes in the candidate with its context, the policy, the settings of the suite, the code of the suite and its
data, what is installed beside it, and the environment whose packages the candidate may use. Only what reading alone
decided is kept, by stages that had all that they need: what was run is run again, and what failed is tried again.

The file lies in the state folder. It is bounded in entries and bytes; the results that were not asked for longest go
first. Several processes may use it at one time. One that cannot be used is done without.
"""

import hashlib
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from assay.v1 import stage_pb2, validation_pb2

if TYPE_CHECKING:
    from host.settings import Settings

MAX_ENTRIES = 20_000
MAX_BYTES = 128 * 1024 * 1024
MAX_ENTRY_BYTES = 1024 * 1024

BATCH = 64
"""Results that are written at one time."""

BUSY_SECONDS = 2.0
"""How long one process waits for another one's write."""

RUNNING = frozenset({"execution"})
"""Stages that run code."""

_UNREAD = frozenset({"__pycache__", "node_modules"})
"""Folders of the suite that come and go without changing what it decides."""

_SCHEMA = 1
_FILE = f"checked-{_SCHEMA}.db"
_SETTLED = frozenset({stage_pb2.STAGE_STATUS_COMPLETED, stage_pb2.STAGE_STATUS_NOT_APPLICABLE})


class Cache:
    """
    Results of one suite.

    :param connection: An open file; None: nothing is kept.
    :param suite: The digest of all that is the same for every candidate.
    """

    def __init__(self, connection: sqlite3.Connection | None, suite: bytes) -> None:
        self._connection = connection
        self._suite = suite
        self._used: dict[bytes, float] = {}
        self._new: list[tuple[bytes, float, int, bytes]] = []
        # Looked up in a thread, and written in another.
        self._lock = threading.Lock()

    def key(self, request: validation_pb2.ValidateRequest) -> bytes:
        """Return the digest that a request's result goes by."""
        made = hashlib.sha256(self._suite)
        made.update(request.SerializeToString(deterministic=True))
        return made.digest()

    def get(self, key: bytes) -> validation_pb2.Validation | None:
        """Return the result of an equal request, or None."""
        if self._connection is None:
            return None
        with self._lock, suppress(sqlite3.Error):
            row = self._connection.execute("SELECT body FROM results WHERE key = ?", (key,)).fetchone()
            if row is not None:
                self._used[key] = time.time()
                return validation_pb2.Validation.FromString(row[0])
        return None

    def put(self, key: bytes, validation: validation_pb2.Validation) -> None:
        """Keep a result, if it is one that an equal request would have again."""
        body = validation.SerializeToString()
        if self._connection is None or not _is_settled(validation) or len(body) > MAX_ENTRY_BYTES:
            return
        self._new.append((key, time.time(), len(body), body))
        if len(self._new) >= BATCH:
            self._write(self._connection)

    def tidy(self) -> None:
        """Write what is new, note what was asked for, and drop what is over the bounds."""
        if self._connection is None:
            return
        self._write(self._connection)
        with self._lock, suppress(sqlite3.Error), self._connection:
            rows = [(used, key) for key, used in self._used.items()]
            self._connection.executemany("UPDATE results SET used = ? WHERE key = ?", rows)
            self._connection.execute(_DROP, (MAX_ENTRIES, MAX_BYTES))

    def _write(self, connection: sqlite3.Connection) -> None:
        rows, self._new = self._new, []
        with self._lock, suppress(sqlite3.Error), connection:
            connection.executemany(_KEEP, rows)


_KEEP = "INSERT OR REPLACE INTO results (key, used, size, body) VALUES (?, ?, ?, ?)"
_DROP = """
DELETE FROM results WHERE key IN (
  SELECT key FROM (
    SELECT key, row_number() OVER newest AS number, sum(size) OVER newest AS total
    FROM results WINDOW newest AS (ORDER BY used DESC, key)
  ) WHERE number > ? OR total > ?
)
"""


def _is_settled(validation: validation_pb2.Validation) -> bool:
    for result in validation.stage_results:
        if result.stage in RUNNING:
            if result.status != stage_pb2.STAGE_STATUS_SKIPPED:
                return False
        elif result.status not in _SETTLED or "not_available" in result.details:
            return False
    return True


@contextmanager
def opened(settings: "Settings | None") -> Iterator[Cache]:
    """
    Open the cache of a suite of our own, and close it.

    :param settings: Those of the suite; None: nothing is kept.
    """
    connection = None if settings is None else _connected(Path(settings.state_dir).expanduser())
    if settings is None or connection is None:
        yield Cache(None, b"")
        return
    with closing(connection):
        cache = Cache(connection, _suite(settings))
        yield cache
        cache.tidy()


def _connected(folder: Path) -> sqlite3.Connection | None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / _FILE, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, used REAL, size INTEGER, body BLOB)"
        )
    except (OSError, sqlite3.Error):
        return None
    return connection


def _suite(settings: "Settings") -> bytes:
    """Return the digest of the suite: its settings, its code and data, and what it finds around it."""
    made = hashlib.sha256(settings.model_dump_json(exclude={"log_level", "log_format", "state_dir"}).encode())
    own = Path(__file__).parent.parent
    for lines in (*(_stamps(own / part) for part in ("host", "services", "proto/assay")), _around(settings)):
        for line in lines:
            made.update(f"{line}\n".encode())
    return made.digest()


def _stamps(folder: Path) -> Iterator[str]:
    """Yield a line for each file of the suite that may decide: its name, size and time."""
    for path in sorted(folder.rglob("*")):
        if _UNREAD.isdisjoint(path.parts) and path.is_file():
            facts = path.stat()
            yield f"{path} {facts.st_size} {facts.st_mtime_ns}"


def _around(settings: "Settings") -> Iterator[str]:
    """Yield what is installed where the suite runs and in the folders that options of stages name, and its helpers."""
    named = [Path(value).expanduser() for options in settings.stage_options.values() for value in options.values()]
    folders = [Path(entry) for entry in sys.path if entry]
    folders += [*named, *(found for folder in named for found in sorted(folder.glob("lib/python*/site-packages")))]
    for folder in folders:
        yield from (f"{path} {path.stat().st_mtime_ns}" for path in sorted(folder.glob("*.dist-info")))
    # Where stages keep what they build, for example reference environments.
    held = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "assay"
    yield from sorted(map(str, held.glob("*")))
    yield shutil.which("node") or ""
