"""Messages of a consumer of JetStream, asked for by number: no more come than there is room for."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from host.streams import Stream

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

PATIENCE_SECONDS = 2.0
"""How long after a request should have ended it is taken to be lost."""

STILL_THERE = "100"
"""The status by which a server says that a request is not forgotten. With every other one the request has ended:
nothing came in its time, or as much is out as may be, or there is no such consumer."""


ACK = "$JS.ACK."
"""How the subject begins on which it is told what became of a message. What has none is no message of a consumer."""


class Pull:
    """
    Asks for messages and hands them on.

    nats-py's own ``fetch`` waits out its time for a batch that is not full; an event would be a second late.

    :param arrived: Is given each message, in the event loop; must not wait and not fail.
    """

    def __init__(self, client: "Client", stream: Stream, arrived: "Callable[[Msg], None]") -> None:
        self._client = client
        assert stream.consumer is not None
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream.name}.{stream.consumer.name}"
        self._arrived = arrived
        self._inbox = client.new_inbox()
        self._open = 0
        self._until = 0.0
        self._subscription: Subscription | None = None
        self.changed = asyncio.Event()
        """Set whenever a message came, or a request ended."""

    async def subscribe(self) -> None:
        """Begin to hear answers."""
        self._subscription = await self._client.subscribe(self._inbox, cb=self._hear)

    async def close(self) -> None:
        """Hear nothing more. What is asked for and has not come goes to somebody else."""
        with suppress(Exception):
            if self._subscription is not None:
                await self._subscription.unsubscribe()

    @property
    def is_asking(self) -> bool:
        """Whether messages that were asked for may still come."""
        return self._open > 0 and asyncio.get_running_loop().time() < self._until + PATIENCE_SECONDS

    async def ask(self, most: int, seconds: float) -> None:
        """Ask for at most so many messages that there are or come within a time."""
        self._open = most
        self._until = asyncio.get_running_loop().time() + seconds
        request = {"batch": most, "expires": int(seconds * 1e9)}
        await self._client.publish(self._subject, json.dumps(request).encode(), reply=self._inbox)

    async def _hear(self, message: "Msg") -> None:
        if message.reply.startswith(ACK):
            self._open = max(0, self._open - 1)
            self._arrived(message)
        elif (message.headers or {}).get("Status", STILL_THERE) != STILL_THERE:
            self._open = 0
        self.changed.set()
