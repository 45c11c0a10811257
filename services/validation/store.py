"""Stored validations: what was decided, by tenant. The code that was judged is not kept, only its digest."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from assay.errors import InvalidArgument, NotFound, RequestIdReused

from host.caller import SYSTEM_TENANT
from host.database import Database, sql

if TYPE_CHECKING:
    from host.database import Connection

MAX_NUMBER = 2**63 - 1
"""The largest number that a row can have."""

PAGE_BYTES = 8 * 1024 * 1024
"""What the validations of one page have together at most, well below the largest message that is sent."""

PRUNE_SHARE = 100
"""The oldest are looked for once in a hundredth of ``keep``: to find them takes longer than to add one."""

KEEP_OF_SYSTEM = 50
"""What is kept of the validations that the suite makes for itself, to see whether it can: nobody asks for them."""

SUCCEEDED = 3
"""STATE_SUCCEEDED of the contract; states from here on are those of a validation that has ended."""


@dataclass(frozen=True, slots=True)
class Stored:
    """
    One row.

    :param request_digest: What the request asked for, so that a request_id is not used for two things.
    :param verdict: The number of the verdict in the contract.
    :param body: The validation as a serialised message, as it was made, and once it has ended as it ended.
    :param state: The number of the state in the contract.
    :param sequence: The number of the last thing that happened to it; 0 where it was not queued.
    :param key: What an equal validation of the same candidate would go by; empty where it is not to be used again.
    """

    id: str
    tenant: str
    request_id: str
    request_digest: str
    verdict: int
    body: bytes
    state: int = SUCCEEDED
    sequence: int = 0
    key: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state >= SUCCEEDED


INSERT = """
    INSERT INTO validations (id, tenant, request_id, request_digest, verdict, body, state, sequence, key)
    VALUES (:id, :tenant, :request_id, :request_digest, :verdict, :body, :state, :sequence, :key)
    ON CONFLICT (tenant, request_id) DO NOTHING
"""
PRUNE = """
    DELETE FROM validations WHERE tenant = :tenant AND state >= :ended AND number <= (
        SELECT number FROM validations WHERE tenant = :tenant ORDER BY number DESC LIMIT 1 OFFSET :keep
    )
"""
BY_ID = """
    SELECT id, tenant, request_id, request_digest, verdict, body, state, sequence, key
    FROM validations WHERE tenant = :tenant AND id = :id
"""
BY_REQUEST = """
    SELECT id, tenant, request_id, request_digest, verdict, body, state, sequence, key
    FROM validations WHERE tenant = :tenant AND request_id = :request_id
"""
BY_KEY = """
    SELECT id, tenant, request_id, request_digest, verdict, body, state, sequence, key
    FROM validations WHERE tenant = :tenant AND key = :key ORDER BY number DESC LIMIT 1
"""
_OF_PAGE = """
    FROM validations
    WHERE tenant = :tenant AND number < :before
        AND (:verdict = 0 OR verdict = :verdict) AND (:state = 0 OR state = :state)
    ORDER BY number DESC LIMIT :most
"""
SIZES = f"SELECT number, LENGTH(body) {_OF_PAGE}"
PAGE = f"SELECT id, tenant, request_id, request_digest, verdict, body, state, sequence, key {_OF_PAGE}"


class ValidationStore:
    """
    Keeps validations, those of each tenant apart: about the newest ``keep`` of them, and those that have not ended.

    :param keep: How many are kept of each tenant; the oldest go first.
    """

    def __init__(self, database: Database, keep: int) -> None:
        self._database = database
        self._keep = keep

    async def add(self, row: Stored) -> Stored:
        """
        Keep a validation and return it, or the one that has its request_id already.

        :raises RequestIdReused: The request_id stands for another request.
        :raises StoreUnavailable: The database cannot be written.
        """
        return await self._database.write(lambda connection: add(connection, row, self._keep))

    async def by_request(self, tenant: str, request_id: str, request_digest: str) -> Stored | None:
        """
        Return the validation made with a request_id.

        :raises RequestIdReused: It stands for another request.
        """
        if not request_id:
            return None
        return await self._database.read(lambda connection: by_request(connection, tenant, request_id, request_digest))

    async def reusable(self, tenant: str, key: str) -> Stored | None:
        """Return the newest validation that goes by a key."""

        def work(connection: "Connection") -> Stored | None:
            row = connection.execute(sql(BY_KEY), {"tenant": tenant, "key": key}).first()
            return None if row is None else stored(row)

        return await self._database.read(work)

    async def get(self, tenant: str, identifier: str) -> Stored:
        """
        Return one validation.

        :raises NotFound: There is none, or it is another tenant's.
        """
        return await self._database.read(lambda connection: get(connection, tenant, identifier))

    async def page(
        self, tenant: str, size: int, token: str, verdict: int = 0, state: int = 0
    ) -> tuple[Sequence[Stored], str]:
        """
        Return a page of validations, newest first, and the token of the next one.

        A page has fewer than ``size`` where they would be more than PAGE_BYTES; never none where there is one.

        :param verdict: Only those with this verdict; 0: all.
        :param state: Only those in this state; 0: all.
        :raises InvalidArgument: The token is not one of ours.
        """
        wanted = {"tenant": tenant, "before": _number_of(token), "verdict": verdict, "state": state}
        return await self._database.read(lambda connection: _page(connection, wanted, size))


def add(connection: "Connection", row: Stored, keep: int) -> Stored:
    """Add a row, within a transaction; see :meth:`ValidationStore.add`. Now and then the tenant's oldest give way."""
    values = {name: getattr(row, name) for name in row.__slots__}
    values |= {"request_id": row.request_id or None, "key": row.key or None}
    found = by_request(connection, row.tenant, row.request_id, row.request_digest)
    while found is None and not connection.execute(sql(INSERT), values).rowcount:
        # Another process has added one with this request_id since it was looked for.
        found = by_request(connection, row.tenant, row.request_id, row.request_digest)
    if found is not None:
        return found
    if row.tenant == SYSTEM_TENANT:
        keep = min(keep, KEEP_OF_SYSTEM)
    if secrets.randbelow(max(1, keep // PRUNE_SHARE)) == 0:
        connection.execute(sql(PRUNE), {"tenant": row.tenant, "keep": keep, "ended": SUCCEEDED})
    return row


def by_request(connection: "Connection", tenant: str, request_id: str, request_digest: str) -> Stored | None:
    """Return the row of a request_id, within a transaction; see :meth:`ValidationStore.by_request`."""
    if not request_id:
        return None
    row = connection.execute(sql(BY_REQUEST), {"tenant": tenant, "request_id": request_id}).first()
    if row is None:
        return None
    found = stored(row)
    if found.request_digest != request_digest:
        raise RequestIdReused("this request_id was used before, for another request")
    return found


def get(connection: "Connection", tenant: str, identifier: str) -> Stored:
    """Return one row, within a transaction; see :meth:`ValidationStore.get`."""
    row = connection.execute(sql(BY_ID), {"tenant": tenant, "id": identifier}).first()
    if row is None:
        raise NotFound("there is no such validation")
    return stored(row)


def stored(columns: "Sequence[Any]") -> Stored:
    """Return what COLUMNS of a row say."""
    identifier, tenant, request_id, digest, verdict, body, state, sequence, key = columns
    return Stored(identifier, tenant, request_id or "", digest, verdict, body, state, sequence, key or "")


def _page(connection: "Connection", wanted: dict[str, object], size: int) -> tuple[list[Stored], str]:
    # Their sizes first: PostgreSQL's driver brings all rows of an answer at once.
    sizes = connection.execute(sql(SIZES), wanted | {"most": size + 1}).all()
    kept = max(1, sum(total <= PAGE_BYTES for total in accumulate(length for _, length in sizes[:size])))
    rows = [stored(row) for row in connection.execute(sql(PAGE), wanted | {"most": kept})]
    return rows, _token_of(sizes[kept - 1][0]) if len(sizes) > kept else ""


def _token_of(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _number_of(token: str) -> int:
    if not token:
        return MAX_NUMBER
    try:
        number = int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        number = 0
    # Only what we would have written ourselves: decoding alone passes over characters that do not belong.
    if not 0 < number <= MAX_NUMBER or _token_of(number) != token:
        raise InvalidArgument("page_token", "it is not the next_page_token of an earlier page")
    return number
