"""Permits in a work queue of JetStream; what they are is said in :mod:`host.permits`."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog
from assay.errors import Unavailable
from opentelemetry import metrics

from host.beside import beside
from host.nats_connection import NatsConnection
from host.nats_pull import Pull
from host.permits import NO_PERMIT, Issued, Permit
from host.streams import DEAD, DEAD_SUBJECT, JOBS, JOBS_SUBJECT, PERMIT_DELIVERIES, ensure
from host.waiting import a_while

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

_log = structlog.get_logger("assay.permits")

_refused = metrics.get_meter("assay.events").create_counter(
    "assay.permits.refused", "{message}", "Messages in the queue that were no permits"
)

ACK_SECONDS = 5.0
"""How long JetStream may take to say that it has a message."""

RETRY_SECONDS = 0.5
"""When to try again what JetStream could not do."""

CLOSE_SECONDS = 1.0
"""How long giving permits back may take, at the end."""

MAX_TEXT = 64
"""Characters of each thing that a permit says."""


class JetStreamPermits:
    """:class:`host.permits.Permits` in a work queue of JetStream, where each is handed to one replica."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._pull: Pull | None = None
        self._client: Client | None = None
        self._arrived: list[Msg] = []
        self._wanted = asyncio.Event()

    @property
    def are_there(self) -> bool:
        """See :class:`host.permits.Permits`."""
        self._wanted.set()
        return self._client is not None and self._client is self._connection.client

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Keep the queue there until the block is left."""
        try:
            async with beside(self._work()):
                yield
        finally:
            await self.stop()
            for message in self._arrived:
                await JetStreamPermit(message).back()
            await self._flush()

    async def _flush(self) -> None:
        if (client := self._connection.client) is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.flush(), CLOSE_SECONDS)

    async def _work(self) -> None:
        await self._wanted.wait()
        while True:
            client = await self._connection.connected()
            try:
                await self._prepare(client)
                await self._connection.lost(client)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                await _log.awarning(
                    "the queue of JetStream cannot be used yet", error=f"{type(error).__name__}: {str(error)[:200]}"
                )
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                self._client = None

    async def _prepare(self, client: "Client") -> None:
        jetstream = client.jetstream(timeout=ACK_SECONDS)
        for stream in (JOBS, DEAD):
            await ensure(jetstream, stream, self._connection.replicas)
        # Those of a connection before are handed out again.
        self._arrived.clear()
        self._pull = Pull(client, JOBS, self._arrived.append)
        await self._pull.subscribe()
        self._client = client

    async def issue(self, permits: Sequence[Issued]) -> None:
        """See :class:`host.permits.Permits`."""
        sending = (
            self._publish(JOBS_SUBJECT, {"id": one.id, "trace": one.trace}, f"{one.id}/{one.mark}", one.trace)
            for one in permits
        )
        ends = await asyncio.gather(*sending, return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end if isinstance(end, Unavailable) else _unavailable(end)

    async def bury(self, dead: Mapping[str, Any]) -> None:
        """See :class:`host.permits.Permits`."""
        await self._publish(DEAD_SUBJECT, dead, f"dead/{dead['id']}/{dead['number']}")

    async def _publish(self, subject: str, said: Mapping[str, Any], identifier: str, trace: str = "") -> None:
        if not self.are_there or self._client is None:
            raise Unavailable("NATS is away")
        headers = {"Nats-Msg-Id": identifier} | ({"traceparent": trace} if trace else {})
        message = json.dumps(said, separators=(",", ":")).encode()
        try:
            await self._client.jetstream(timeout=ACK_SECONDS).publish(subject, message, headers=headers)
        except Exception as error:  # noqa: BLE001  # whatever it is, it was not taken
            raise _unavailable(error) from None

    async def next(self, seconds: float) -> Permit:
        """See :class:`host.permits.Permits`."""
        until = asyncio.get_running_loop().time() + seconds
        while (permit := self._next()) is None:
            left = until - asyncio.get_running_loop().time()
            if left <= 0 or not self.are_there or self._pull is None or self._client is None:
                await asyncio.sleep(max(0.0, left))
                return NO_PERMIT
            self._pull.changed.clear()
            if not self._pull.is_asking:
                with suppress(Exception):
                    await self._pull.ask(1, left)
            await a_while(self._pull.changed, left)
        if permit.is_last:
            # Nobody would be handed it again: it does not stay behind, and its job is found by looking.
            await permit.end()
            return NO_PERMIT
        return permit

    async def stop(self) -> None:
        """See :class:`host.permits.Permits`."""
        if self._pull is not None:
            await self._pull.close()

    def _next(self) -> "JetStreamPermit | None":
        """Return a permit that is there, less those that are none."""
        while self._arrived:
            message = self._arrived.pop(0)
            permit = JetStreamPermit(message)
            if _is_permit(message.data):
                return permit
            _refused.add(1)
            _log.error("a message in the queue is no permit", size=len(message.data))
            asyncio.get_running_loop().create_task(permit.end())
        return None


class JetStreamPermit:
    """A :class:`host.permits.Permit` of JetStream."""

    def __init__(self, message: "Msg") -> None:
        self._message = message

    @property
    def is_last(self) -> bool:
        """Whether it will not be handed out again."""
        return self._message.metadata.num_delivered >= PERMIT_DELIVERIES

    async def hold(self) -> None:
        """See :class:`host.permits.Permit`."""
        with suppress(Exception):
            await self._message.in_progress()

    async def done(self) -> None:
        """See :class:`host.permits.Permit`."""
        with suppress(Exception):
            await self._message.ack()

    async def back(self) -> None:
        """See :class:`host.permits.Permit`."""
        with suppress(Exception):
            await self._message.nak()

    async def end(self) -> None:
        """Have it handed out to nobody any more: it is none."""
        with suppress(Exception):
            await self._message.term()


def _is_permit(message: bytes) -> bool:
    """Say whether a message is a permit: what it says is not used, but who can write others could mean anything."""
    if len(message) > JOBS.max_message_bytes:
        return False
    try:
        read = json.loads(message)
    except (ValueError, RecursionError):
        return False
    if not isinstance(read, dict) or read.keys() != {"id", "trace"}:
        return False
    return all(isinstance(value, str) and len(value) <= MAX_TEXT for value in read.values())


def _unavailable(error: BaseException) -> Unavailable:
    return Unavailable(f"NATS did not take it ({type(error).__name__})")
