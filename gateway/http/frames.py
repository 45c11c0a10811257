"""uvicorn's WebSocket, made to tell when its client does not read, and to let no flood of frames hold others up."""

import asyncio
from typing import Any

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from gateway.http.connections import Connection, Connections, Watched

MOST_PARTS = 1_000
"""Frames that one message of a WebSocket may come in. Their bytes are bounded elsewhere; empty ones have none."""

CONTROLS_AT_ONCE, CONTROLS_PER_SECOND = 30, 1
"""Pings and pongs that a client may send. We ask for one every twenty seconds."""

SLICE_BYTES, MOST_SLICE_BYTES = 256, 64 * 1024
"""What is read of one client's frames before all others have their turn: little, since a frame may be as small as six
bytes, and more where it turns out to be within one frame."""

LEFT_OVER_BYTES = 64 * 1024
"""What a client may still send after the connection was closed towards it."""


class WebSocketProtocol(Watched, WebSocketsSansIOProtocol):
    """One connection that speaks WebSocket."""

    def __init__(self, connection: Connection, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._watched = connection
        self._all = connections
        self._began = connections.now()
        self._controls = 0
        self._unread = bytearray()
        self._is_reading = False
        self._slice = SLICE_BYTES

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        self._unread += data
        if self.close_sent and len(self._unread) > LEFT_OVER_BYTES:
            self.transport.abort()
        elif not self._is_reading:
            self._read()

    async def receive(self) -> ASGIReceiveEvent:
        """Return the next message of the client, or that it left."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if not self._is_reading:
                self._read()
        return message

    def _read(self) -> None:
        """Read a slice of what came, unless the application has not taken the message before; then let others read."""
        self._is_reading = False
        if self.transport.is_closing() or self.read_paused:
            return
        part = bytes(self._unread[: self._slice])
        del self._unread[: self._slice]
        if part:
            before = self._heard()
            super().data_received(part)
            is_within_one = self._heard() == before and not self.close_sent
            self._slice = min(2 * self._slice, MOST_SLICE_BYTES) if is_within_one else SLICE_BYTES
        if self._unread:
            self.transport.pause_reading()
            self._is_reading = True
            self.loop.call_soon(self._read)
        elif not self.read_paused:
            self.transport.resume_reading()

    def _heard(self) -> tuple[int, int, int]:
        """Return numbers that change with every frame."""
        return self.queue.qsize(), len(self.frames), self._controls

    def shutdown(self) -> None:
        """Leave it to the application to end a stream at the stop: it says why, or lets it end by itself."""
        if not self.handshake_complete:
            super().shutdown()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`."""
        super().connection_made(transport)
        # From here on the protocol's own pings tell whether the client is there.
        self._watched.heard(0, "nothing", self._all.now())

    def handle_ping(self) -> None:
        """Answer a ping, unless the client reads no answers: they would pile up."""
        if self._may_control() and self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong."""
        if self._may_control():
            super().handle_pong(event)
        else:
            self.transport.abort()

    def _may_control(self) -> bool:
        self._controls += 1
        return self._controls <= CONTROLS_AT_ONCE + CONTROLS_PER_SECOND * (self._all.now() - self._began)

    def handle_cont(self, event: Frame) -> None:
        """Take a further part of a message, of which there may not be any number."""
        if len(self.frames) >= MOST_PARTS:
            self.transport.abort()
        else:
            super().handle_cont(event)
