"""How many files are checked side by side: each read, looked up among what is known, and else asked about."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc.aio
from assay.client import error_from_rpc
from assay.v1 import candidate_pb2, validation_pb2

from cli.cache import Cache
from cli.candidates import Framing, candidate_of
from cli.checked import Checked, CheckedFile
from cli.patience import patiently
from cli.policies import Policies
from cli.sources import BadSource, Source

if TYPE_CHECKING:
    from assay.client import Suite

AHEAD = 4
"""Files in memory, as a multiple of those under way: a slow one does not hold up those behind it."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A source that was read: what is asked of the suite, by which key it is known, and its result if it is."""

    request: validation_pb2.ValidateRequest
    key: bytes
    known: validation_pb2.Validation | None


class Checker:
    """
    Checks sources.

    :param client: Returns the suite. It is called by the one task that takes the results, when first needed.
    :param at_once: Files under way at one time.
    :param seconds: The longest time for one file.
    :param fail_on: See :class:`cli.checked.Checked`.
    """

    def __init__(
        self,
        client: "Callable[[], Awaitable[Suite]]",
        framing: Framing,
        policies: Policies,
        cache: Cache,
        *,
        at_once: int,
        seconds: float,
        fail_on: int,
    ) -> None:
        self._client = client
        self._framing = framing
        self._policies = policies
        self._cache = cache
        self._window = at_once * AHEAD
        self._turns = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._fail_on = fail_on

    async def results(self, sources: Sequence[Source]) -> AsyncGenerator[Checked, None]:
        """Yield the results in the order of the sources."""
        under_way: deque[asyncio.Future[Checked]] = deque()
        try:
            for source in sources:
                while under_way and (len(under_way) == self._window or under_way[0].done()):
                    yield await under_way.popleft()
                under_way.append(await self._begun(source))
            while under_way:
                yield await under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _begun(self, source: Source) -> "asyncio.Future[Checked]":
        """Read a source, and return its result, which is there or will be."""
        try:
            ready = await asyncio.to_thread(self._ready, source)
        except BadSource as error:
            return _there(Checked(source.name, reason="SOURCE", message=str(error)))
        if ready.known is not None:
            return _there(self._checked(source, ready, ready.known))
        return asyncio.create_task(self._asked(await self._client(), source, ready))

    def _ready(self, source: Source) -> _Ready:
        candidate = candidate_of(source, self._framing)
        policy = self._policies.of(source, candidate.files[0].path)
        request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
        key = self._cache.key(request)
        return _Ready(request, key, self._cache.get(key))

    async def _asked(self, client: "Suite", source: Source, ready: _Ready) -> Checked:
        async with self._turns:
            try:
                answer = await patiently(
                    lambda left: client.validation.Validate(ready.request, timeout=left), self._seconds
                )
            except grpc.aio.AioRpcError as error:
                failure = error_from_rpc(error)
                return Checked(source.name, reason=failure.reason, message=failure.message)
        self._cache.put(ready.key, answer.validation)
        return self._checked(source, ready, answer.validation)

    def _checked(self, source: Source, ready: _Ready, validation: validation_pb2.Validation) -> Checked:
        files = _files(source, ready.request.candidate)
        return Checked(source.name, validation, files=files, fail_on=self._fail_on, known=ready.known is not None)


def _there(checked: Checked) -> "asyncio.Future[Checked]":
    done: asyncio.Future[Checked] = asyncio.get_running_loop().create_future()
    done.set_result(checked)
    return done


def _files(source: Source, candidate: candidate_pb2.Candidate) -> dict[str, CheckedFile]:
    beside = (*(file for tests in candidate.tests for file in tests.files), *candidate.context_files)
    files = {file.path: CheckedFile(file.path, file.content) for file in beside}
    return files | {file.path: CheckedFile(source.name, file.content) for file in candidate.files}
