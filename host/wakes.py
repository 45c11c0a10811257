"""Waking other replicas of a service: the database has something new, and they need not wait until they look."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol

import structlog
from opentelemetry import metrics

from host.beside import beside
from host.streams import wake_subject
from host.waiting import a_while

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

    from host.nats_connection import NatsConnection

_log = structlog.get_logger("assay.wakes")

_refused = metrics.get_meter("assay.events").create_counter(
    "assay.wakes.refused", "{message}", "Messages that should have woken a replica and were none"
)

Heard = Callable[[Collection[str]], None]
"""Is told of what there is news."""

TOGETHER_SECONDS = 0.005
"""What is told within this time is told together."""

RETRY_SECONDS = 0.5
"""When to subscribe again after that failed."""

MOST_NAMES = 100
MAX_NAME = 128
MAX_BYTES = 32 * 1024
"""What one message may say."""

MOST_WAITING = 10_000
"""Names that may wait to be told; with more, those that are left out are found by whoever looks."""


class Wakes(Protocol):
    """Tells other processes that there is news, at most once and soon. Who does not hear of it looks later."""

    def tell(self, topic: str, names: Collection[str]) -> None:
        """
        Tell the other processes. Never waits and never fails.

        :param topic: What it is about, for example "validation".
        :param names: What there is news of, for example ids of validations.
        """

    def hearing(self, topic: str, heard: Heard) -> AbstractContextManager[None]:
        """Have what other processes tell of a topic told until the block is left, in the event loop."""


class NoWakes:
    """:class:`Wakes` of a process that is alone, or does not know of the others."""

    def tell(self, topic: str, names: Collection[str]) -> None:
        """See :class:`Wakes`."""

    @contextmanager
    def hearing(self, topic: str, heard: Heard) -> Iterator[None]:
        """See :class:`Wakes`."""
        yield


class NatsWakes:
    """:class:`Wakes` over core NATS: nothing is kept of it."""

    def __init__(self, connection: "NatsConnection") -> None:
        self._connection = connection
        self._me = secrets.token_hex(8)
        self._waiting: dict[str, set[str]] = {}
        self._told = asyncio.Event()
        self._heard: dict[str, Heard] = {}

    def tell(self, topic: str, names: Collection[str]) -> None:
        """See :class:`Wakes`."""
        waiting = self._waiting.setdefault(topic, set())
        if len(waiting) + len(names) <= MOST_WAITING:
            waiting.update(names)
            self._told.set()

    @contextmanager
    def hearing(self, topic: str, heard: Heard) -> Iterator[None]:
        """See :class:`Wakes`; one for each topic."""
        assert topic not in self._heard
        self._heard[topic] = heard
        self._told.set()
        try:
            yield
        finally:
            del self._heard[topic]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Tell and hear until the block is left."""
        async with beside(self._work()):
            yield

    async def _work(self) -> None:
        await self._told.wait()
        while True:
            client = await self._connection.connected()
            try:
                await self._serve(client)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                await _log.awarning("replicas cannot be woken yet", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _serve(self, client: "Client") -> None:
        """Tell and hear while a connection lasts. What was told while there was none is forgotten: all have looked."""
        subscribed: set[str] = set()
        self._waiting.clear()
        while client.is_connected:
            for topic in self._heard.keys() - subscribed:
                await client.subscribe(wake_subject(topic), cb=self._receiver(topic))
                subscribed.add(topic)
            self._told.clear()
            await self._send(client)
            await a_while(self._told, 1)
            await asyncio.sleep(TOGETHER_SECONDS)

    async def _send(self, client: "Client") -> None:
        waiting, self._waiting = self._waiting, {}
        for topic, names in waiting.items():
            several = sorted(names)
            for start in range(0, len(several), MOST_NAMES):
                message = json.dumps([self._me, *several[start : start + MOST_NAMES]]).encode()
                await client.publish(wake_subject(topic), message)

    def _receiver(self, topic: str) -> "Callable[[Msg], Awaitable[None]]":
        async def receive(message: "Msg") -> None:
            names = _names(message.data)
            if names is None:
                _refused.add(1)
                await _log.aerror("a message that should wake us is none", topic=topic, size=len(message.data))
            elif names[0] != self._me and (heard := self._heard.get(topic)) is not None:
                heard(names[1:])

        return receive


def _names(message: bytes) -> list[str] | None:
    """Return who tells and of what; None where a message is not what it should be."""
    if len(message) > MAX_BYTES:
        return None
    try:
        read = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, list) or not 1 <= len(read) <= MOST_NAMES + 1:
        return None
    return read if all(isinstance(name, str) and len(name) <= MAX_NAME for name in read) else None
