"""
The bus of several processes: events go through JetStream, where they stay until they are stored.

Publishing is a buffer in memory and a task that empties it. Each event is kept until JetStream has said that it has it;
one that comes twice has one id, by which JetStream and whoever stores it keep it once.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from opentelemetry import metrics

from host.beside import beside
from host.events.memory import count_dropped
from host.events.port import Event
from host.events.wire import BadMessage, decode, encode
from host.nats_connection import NatsConnection
from host.nats_pull import Pull
from host.spans import carried
from host.streams import EVENTS, ensure
from host.waiting import a_while

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

_log = structlog.get_logger("assay.events")

_refused = metrics.get_meter("assay.events").create_counter(
    "assay.events.refused", "{event}", "Messages on the bus that were no events"
)

BATCH = 64
"""Events that are sent before JetStream has said of the first that it has it."""

ACK_SECONDS = 5.0
"""How long JetStream may take to say so."""

RETRY_SECONDS = 0.5
"""When to try again what JetStream did not take."""

CLOSE_SECONDS = 5.0
"""How long what was told last may take to be sent, at the end."""

ASK_EVENTS = 500
"""Events that are asked for at one time."""

ASK_SECONDS = 5.0
"""How long a request for events stands."""

TOO_LARGE = 10054
"""JetStream's error for a message that it will never take."""


@dataclass(frozen=True, slots=True)
class _Told:
    """An event that waits to be sent."""

    event: Event
    subject: str
    message: bytes
    headers: Mapping[str, str]


class JetStreamBus:
    """
    A :class:`host.events.port.Bus` of all processes that are connected to one NATS.

    :param most: Events that may wait to be sent, while NATS is away; those beyond are dropped, and counted.
    """

    def __init__(self, connection: NatsConnection, most: int) -> None:
        self._connection = connection
        self._most = most
        self._waiting: deque[_Told] = deque()
        self._sending = 0
        self._told = asyncio.Event()
        self._sent = asyncio.Event()

    def publish(self, event: Event) -> None:
        """See :class:`host.events.port.Bus`."""
        if len(self._waiting) + self._sending >= self._most:
            count_dropped(event)
            return
        try:
            subject, message = encode(event)
        except BadMessage as error:
            # A defect of whoever tells it.
            count_dropped(event)
            _log.error("an event cannot be told", error=str(error))
            return
        trace = carried()
        headers = {"Nats-Msg-Id": event.id} | ({"traceparent": trace} if trace else {})
        self._waiting.append(_Told(event, subject, message, headers))
        self._told.set()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Send until the block is left; what was told until then is sent before, if NATS is there."""
        sending = asyncio.create_task(self._send())
        try:
            yield
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS if self._connection.client is not None else 0):
                    await self._emptied()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            if lost := len(self._waiting) + self._sending:
                await _log.aerror("events are lost: NATS did not take them", count=lost)

    @asynccontextmanager
    async def listen(self, most: int) -> AsyncIterator["JetStreamListener"]:
        """See :class:`host.events.port.Bus`; all who listen share the events, each of which comes to one of them."""
        listener = JetStreamListener(self._connection, most)
        async with listener.at_work():
            yield listener

    async def _emptied(self) -> None:
        while self._waiting or self._sending:
            self._sent.clear()
            await self._sent.wait()

    async def _send(self) -> None:
        was_told = False
        while True:
            await self._told.wait()
            client = await self._connection.connected()
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            failed = await self._sent_batch(client, batch)
            if not self._waiting:
                self._told.clear()
            self._sent.set()
            if failed:
                if not was_told:
                    await _log.awarning("events cannot be sent yet", error=failed)
                await asyncio.sleep(RETRY_SECONDS)
            was_told = bool(failed)

    async def _sent_batch(self, client: "Client", batch: Sequence[_Told]) -> str:
        """Send events; those that JetStream did not take wait again. Return why, in a word; empty: it took all."""
        self._sending = len(batch)
        left = list(batch)
        try:
            jetstream = client.jetstream(timeout=ACK_SECONDS)
            ends = await asyncio.gather(*(_sent(jetstream, told) for told in batch), return_exceptions=True)
            left = [told for told, end in zip(batch, ends, strict=True) if end is not None]
            return next((type(end).__name__ for end in ends if end is not None), "")
        finally:
            self._waiting.extendleft(reversed(left))
            self._sending = 0


async def _sent(jetstream: "JetStreamContext", told: _Told) -> None:
    from nats.js.errors import APIError

    try:
        await jetstream.publish(told.subject, told.message, headers=dict(told.headers))
    except APIError as error:
        if error.err_code != TOO_LARGE:
            raise
        count_dropped(told.event)


class JetStreamListener:
    """
    A :class:`host.events.port.Listener` over the consumer of events; one is with one listener at a time.

    :param most: How many events may wait; what there is no room for waits in JetStream, so that none is dropped.
    """

    def __init__(self, connection: NatsConnection, most: int) -> None:
        self._connection = connection
        self._most = most
        # By id: one that JetStream hands out again, as dealing with it takes long, is not dealt with twice.
        self._waiting: dict[str, tuple[Event, Msg]] = {}
        self._taken: dict[str, Msg] = {}
        self._done: list[Msg] = []
        self._bad: list[Msg] = []
        self._told = asyncio.Event()
        self._wake = asyncio.Event()
        self._is_hushed = False
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """See :class:`host.events.port.Listener`."""
        return len(self._waiting)

    async def heard(self) -> None:
        """See :class:`host.events.port.Listener`."""
        await self._told.wait()

    def take(self) -> Sequence[Event]:
        """See :class:`host.events.port.Listener`."""
        self._done.extend(self._taken.values())
        taken, self._waiting = self._waiting, {}
        self._taken = {identifier: message for identifier, (_, message) in taken.items()}
        self._told.clear()
        self._wake.set()
        return [event for event, _ in taken.values()]

    def hush(self) -> None:
        """See :class:`host.events.port.Listener`."""
        self._is_hushed = True

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Listen until the block is left. What was not dealt with by then is handed to another listener, soon."""
        try:
            async with beside(self._hear()):
                yield
        finally:
            await self._acknowledge()
            for message in (*(message for _, message in self._waiting.values()), *self._taken.values()):
                with suppress(Exception):
                    await message.nak()
            if (client := self._connection.client) is not None:
                with suppress(Exception):
                    await asyncio.wait_for(client.flush(), 1)

    async def _hear(self) -> None:
        while True:
            client = await self._connection.connected()
            try:
                await ensure(client.jetstream(timeout=ACK_SECONDS), EVENTS, self._connection.replicas)
                await self._hear_from(client)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                await _log.awarning("events cannot be heard yet", error=f"{type(error).__name__}: {str(error)[:200]}")
            await asyncio.sleep(RETRY_SECONDS)

    async def _hear_from(self, client: "Client") -> None:
        """Hear events while a connection lasts."""
        pull = Pull(client, EVENTS, self._arrived)
        pull.changed = self._wake
        await pull.subscribe()
        try:
            while client.is_connected:
                self._wake.clear()
                await self._acknowledge()
                room = min(ASK_EVENTS, self._most - len(self._waiting))
                if room > 0 and not pull.is_asking and not self._is_hushed:
                    await pull.ask(room, ASK_SECONDS)
                await a_while(self._wake, ASK_SECONDS)
        finally:
            await pull.close()

    def _arrived(self, message: "Msg") -> None:
        try:
            event = decode(message.subject, message.data)
        except BadMessage as error:
            _refused.add(1)
            _log.error("a message on the bus is no event", error=str(error), size=len(message.data))
            self._bad.append(message)
            return
        if event.id in self._taken:
            self._taken[event.id] = message
        else:
            self._waiting[event.id] = event, message
            self._told.set()

    async def _acknowledge(self) -> None:
        """Say what was dealt with. Where that does not arrive it is handed out again, and stored once all the same."""
        done, self._done = self._done, []
        bad, self._bad = self._bad, []
        for message in done:
            with suppress(Exception):
                await message.ack()
        for message in bad:
            with suppress(Exception):
                await message.term()
