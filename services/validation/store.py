"""Stored validations: what was decided, by tenant. The code that was judged is not kept, only its digest."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from assay.errors import InvalidArgument, NotFound, RequestIdReused, StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy import RowMapping, Table
    from sqlalchemy.ext.asyncio import AsyncEngine


MAX_NUMBER = 2**63 - 1
"""The largest number that a row can have."""


PAGE_BYTES = 8 * 1024 * 1024
"""What the validations of one page have together at most, well below the largest message that is sent."""


@dataclass(frozen=True, slots=True)
class Stored:
    """
    One row.

    :param request_digest: What the request asked for, so that a request_id is not used for two things.
    :param verdict: The number of the verdict in the contract.
    :param body: The validation as a serialised message.
    """

    id: str
    tenant: str
    request_id: str
    request_digest: str
    verdict: int
    body: bytes


class ValidationStore:
    """
    Keeps validations, the newest ``keep`` of them.

    The database is opened by the first call, in a thread, since loading SQLAlchemy takes longer than reading a file.

    :param open_engine: Opens the database; may raise :class:`StoreUnavailable`.
    :param keep: How many are kept; the oldest go first.
    """

    def __init__(self, open_engine: Callable[[], "AsyncEngine"], keep: int) -> None:
        self._open_engine = open_engine
        self._keep = keep
        self._lock = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._waiting: list[tuple[Stored, asyncio.Future[None]]] = []
        self._under_way: set[asyncio.Future[None]] = set()
        self._opened: tuple[AsyncEngine, Table] | None = None

    async def add(self, row: Stored) -> Stored:
        """
        Keep a validation and return it, or the one that has its request_id already.

        :raises RequestIdReused: The request_id stands for another request.
        :raises StoreUnavailable: The database cannot be written.
        """
        from sqlalchemy.exc import IntegrityError

        if not row.request_id:
            await self._together(row)
            return row
        try:
            await self._write([row])
        except IntegrityError:
            found = await self.by_request(row.tenant, row.request_id, row.request_digest)
            if found is None:
                raise StoreUnavailable("the validation could not be stored: its row contradicts another") from None
            return found
        return row

    async def _together(self, row: Stored) -> None:
        """Write a row with those that come while others are written: a transaction costs more than a row."""
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((row, written))
        async with self._turn:
            if self._waiting:
                waiting, self._waiting = self._waiting, []
                writing = asyncio.ensure_future(self._write_for(waiting))
                self._under_way.add(writing)
                writing.add_done_callback(self._under_way.discard)
                # Who gives up waiting does not take the others' rows along.
                await asyncio.shield(writing)
        await written

    async def _write_for(self, waiting: "list[tuple[Stored, asyncio.Future[None]]]") -> None:
        """Write rows, and tell each that waits for one."""
        failure: Exception | None = None
        try:
            await self._write([row for row, _ in waiting])
        except Exception as error:  # noqa: BLE001  # raised where each is waited for
            failure = error
        for _, written in waiting:
            if not written.done():
                written.set_result(None) if failure is None else written.set_exception(failure)

    async def _write(self, rows: Sequence[Stored]) -> None:
        from sqlalchemy import delete, func, insert, select

        engine, table = await self.open()
        values = [
            {name: getattr(row, name) for name in row.__slots__} | {"request_id": row.request_id or None}
            for row in rows
        ]
        async with _translated(), engine.begin() as connection:
            await connection.execute(insert(table), values)
            newest = select(func.max(table.c.number)).scalar_subquery()
            await connection.execute(delete(table).where(table.c.number <= newest - self._keep))

    async def by_request(self, tenant: str, request_id: str, request_digest: str) -> Stored | None:
        """
        Return the validation made with a request_id.

        :raises RequestIdReused: It stands for another request.
        """
        if not request_id:
            return None
        rows = await self._select(lambda table: (table.c.tenant == tenant) & (table.c.request_id == request_id), 1)
        if not rows:
            return None
        found = rows[0][1]
        if found.request_digest != request_digest:
            raise RequestIdReused("this request_id was used before, for another request")
        return found

    async def get(self, tenant: str, identifier: str) -> Stored:
        """
        Return one validation.

        :raises NotFound: There is none, or it is another tenant's.
        """
        rows = await self._select(lambda table: (table.c.tenant == tenant) & (table.c.id == identifier), 1)
        if not rows:
            raise NotFound("there is no such validation")
        return rows[0][1]

    async def page(self, tenant: str, size: int, token: str, verdict: int) -> tuple[Sequence[Stored], str]:
        """
        Return a page of validations, newest first, and the token of the next one.

        A page has fewer than ``size`` where they would be more than PAGE_BYTES; never none where there is one.

        :param verdict: Only those with this verdict; 0: all.
        :raises InvalidArgument: The token is not one of ours.
        """
        before = _number_of(token)

        def wanted(table: "Table") -> Any:
            clause = table.c.tenant == tenant
            if before is not None:
                clause &= table.c.number < before
            return clause & (table.c.verdict == verdict) if verdict else clause

        rows = await self._select(wanted, size + 1)
        kept = _within(rows[:size])
        following = _token_of(rows[kept - 1][0]) if len(rows) > kept else ""
        return [row for _, row in rows[:kept]], following

    async def _select(self, where: Callable[["Table"], Any], limit: int) -> list[tuple[int, Stored]]:
        from sqlalchemy import select

        engine, table = await self.open()
        query = select(table).where(where(table)).order_by(table.c.number.desc()).limit(limit)
        rows: list[tuple[int, Stored]] = []
        total = 0
        async with _translated(), engine.connect() as connection:
            async for row in (await connection.stream(query)).mappings():
                rows.append((row["number"], _stored(row)))
                total += len(row["body"])
                if total > PAGE_BYTES and len(rows) > 1:
                    break
        return rows

    async def open(self) -> tuple["AsyncEngine", "Table"]:
        """
        Open the database and make its table if it is not there.

        :raises StoreUnavailable: It cannot be opened, or its schema is another version's.
        """
        async with self._lock:
            if self._opened is None:
                self._opened = await self._open()
            return self._opened

    async def _open(self) -> tuple["AsyncEngine", "Table"]:
        await asyncio.to_thread(import_module, "sqlalchemy.ext.asyncio")
        from services.validation.schema import create, validations

        async with _translated():
            engine = self._open_engine()
            try:
                await create(engine)
            except BaseException:
                await engine.dispose()
                raise
        return engine, validations

    async def close(self) -> None:
        """Close the database, once what is being written is there."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._opened is not None:
            await self._opened[0].dispose()
            self._opened = None


def _stored(row: "RowMapping") -> Stored:
    values = {name: row[name] for name in Stored.__slots__}
    return Stored(**(values | {"request_id": values["request_id"] or ""}))


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Turn the database's errors into ours; a broken constraint is the caller's to read."""
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError

    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreUnavailable(
            f"the database cannot be used ({cause}); see ASSAY_STATE_DIR and ASSAY_DATABASE_URL"
        ) from error


def _within(rows: Sequence[tuple[int, Stored]]) -> int:
    """Return how many rows fit into a page, at least one."""
    sizes = accumulate(len(row.body) for _, row in rows)
    return max(1, sum(size <= PAGE_BYTES for size in sizes))


def _token_of(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _number_of(token: str) -> int | None:
    if not token:
        return None
    try:
        number = int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        number = 0
    # Only what we would have written ourselves: decoding alone passes over characters that do not belong.
    if not 0 < number <= MAX_NUMBER or _token_of(number) != token:
        raise InvalidArgument("page_token", "it is not the next_page_token of an earlier page")
    return number
