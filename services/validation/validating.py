"""Making validations, whoever asks: checked, looked up, judged, and stored."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from assay.candidates import candidate_from_proto
from assay.convert import duration_to_proto
from assay.errors import ShuttingDown
from assay.stage import StageStatus
from assay.v1 import validation_pb2

from host.caller import caller
from host.spans import carried
from services.validation import convert, reuse
from services.validation.announcing import SILENT, Announcer
from services.validation.digest import candidate_digest
from services.validation.following import NOBODY, Follower
from services.validation.judgement import Judgement
from services.validation.judging import Judging, Prepared
from services.validation.queue import Queue
from services.validation.store import Stored, ValidationStore
from services.validation.turns import KeyedLocks
from services.validation.watching import Watching

Turn = AbstractAsyncContextManager[None]
"""What is held while stages run."""


class Validating:
    """
    Makes validations, each for the tenant that calls: what others have is never looked at.

    :param left: Returns the seconds that are left of the call that is being served; None: it has no deadline.
    :param stopping: Set when the service is about to stop.
    :param announcer: Tells the suite what happens to those that somebody waits for, and of every stage.
    """

    def __init__(
        self,
        *,
        judging: Judging,
        store: ValidationStore,
        queue: Queue,
        watching: Watching,
        left: Callable[[], float | None],
        stopping: asyncio.Event,
        announcer: Announcer = SILENT,
    ) -> None:
        self._judging = judging
        self._store = store
        self._queue = queue
        self._watching = watching
        self._left = left
        self._stopping = stopping
        self._announcer = announcer
        self._under_way = KeyedLocks()

    async def validate(self, request: validation_pb2.ValidateRequest, turn: Turn) -> validation_pb2.Validation:
        """
        Return the validation of a request: the one that has its request_id, or one made now and stored.

        :raises AssayError: It cannot be made.
        """
        request_id = convert.request_id_from_proto(request.request_id)
        if not request_id:
            return await self._made(request, "", turn)
        digest = _request_digest(request)
        # Calls with one request_id go one after another, so that the second finds what the first stored.
        async with self._under_way.hold(f"{caller().tenant}/{request_id}"):
            found = await self._store.by_request(caller().tenant, request_id, digest)
            if found is not None:
                return await self._ended(found)
            return await self._made(request, digest, turn)

    async def queue(self, request: validation_pb2.ValidateRequest) -> validation_pb2.Validation:
        """
        Return the validation of a request: the one that has its request_id, or one that is queued now.

        :raises AssayError: It cannot be queued.
        """
        request_id = convert.request_id_from_proto(request.request_id)
        digest = _request_digest(request) if request_id else ""
        found = await self._store.by_request(caller().tenant, request_id, digest)
        if found is not None:
            return convert.validation_from_row(found)
        message = _begun(await self._prepared(request), request_id)
        message.state = validation_pb2.STATE_QUEUED
        row = _row(message, digest, "")
        return convert.validation_from_row(await self._queue.create(row, request.SerializeToString(), carried()))

    async def resume(
        self, message: validation_pb2.Validation, request: validation_pb2.ValidateRequest, follower: Follower
    ) -> str:
        """
        Make a validation that was queued, and return what an equal one would go by; empty where none is to.

        :raises AssayError: It cannot be made.
        """
        return await self._fill(message, await self._prepared(request), nullcontext(), follower)

    async def _prepared(self, request: validation_pb2.ValidateRequest) -> Prepared:
        candidate = candidate_from_proto(request.candidate)
        return await self._judging.prepare(candidate, convert.policy_from_proto(request.policy), self._left())

    async def _made(
        self, request: validation_pb2.ValidateRequest, digest: str, turn: Turn
    ) -> validation_pb2.Validation:
        prepared = await self._prepared(request)
        message = _begun(prepared, request.request_id)
        with self._announcer.making(message):
            key = await self._fill(message, prepared, turn)
            row = _row(message, digest, key)
            stored = await self._store.add(row)
            if stored is not row:
                # Another process was quicker with this request_id.
                message.state = validation_pb2.STATE_CANCELLED
        return message if stored is row else await self._ended(stored)

    async def _fill(
        self, message: validation_pb2.Validation, prepared: Prepared, turn: Turn, follower: Follower = NOBODY
    ) -> str:
        """Write what is decided into a validation, and return what an equal one goes by; empty where none is to."""
        started = time.monotonic()
        key = reuse.key_of(prepared, message.candidate_digest)
        earlier = None if prepared.policy.fresh else await self._store.reusable(caller().tenant, key)
        if earlier is not None:
            reuse.copy(message, validation_pb2.Validation.FromString(earlier.body))
            key = ""
        else:
            async with turn:
                started = time.monotonic()
                followed = self._announcer.following(message, follower)
                judgement, repair = await self._judging.judge(prepared, self._left(), followed)
            self._check_stopping(judgement)
            convert.fill(message, judgement, repair)
            self._announcer.repaired(message)
            key = key if reuse.is_settled(prepared, judgement, repair) else ""
        message.end_time.GetCurrentTime()
        message.run_duration.CopyFrom(duration_to_proto(time.monotonic() - started))
        return key

    def _check_stopping(self, judgement: Judgement) -> None:
        """Raise where a stage failed while the service stops: called too late, it says nothing of the candidate."""
        if self._stopping.is_set() and any(result.status is StageStatus.FAILED for result in judgement.results):
            raise ShuttingDown("the service is stopping, and not all stages could be asked any more")

    async def _ended(self, row: Stored) -> validation_pb2.Validation:
        if row.ended:
            return convert.validation_from_row(row)
        return await self._watching.ended(row.tenant, row.id)


def _begun(prepared: Prepared, request_id: str) -> validation_pb2.Validation:
    candidate = prepared.candidate
    message = validation_pb2.Validation(
        id=f"val_{secrets.token_urlsafe(16)}",
        language=candidate.language,
        candidate_digest=candidate_digest(candidate),
        request_id=request_id,
        labels=dict(candidate.labels),
    )
    message.create_time.GetCurrentTime()
    return message


def _row(message: validation_pb2.Validation, request_digest: str, key: str) -> Stored:
    return Stored(
        id=message.id,
        tenant=caller().tenant,
        request_id=message.request_id,
        request_digest=request_digest,
        verdict=message.verdict,
        body=message.SerializeToString(),
        state=message.state,
        key=key,
    )


def _request_digest(request: validation_pb2.ValidateRequest) -> str:
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
