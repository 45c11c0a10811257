"""The way to the gateway's own gRPC server, on which every request goes on as a call."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc.aio
from google.protobuf.message_factory import GetMessageClass

from gateway.contract import PublicMethod

WINDOW_BYTES = 64 * 1024
"""What may be under way to a client that does not read, for each stream."""


class Channels:
    """
    Channels to one address. A connection carries a bounded number of calls, so there are as many as calls need.

    :param address: Of the private listener.
    :param streams: Calls that one connection carries.
    :param most_bytes: The largest message.
    """

    def __init__(self, address: str, *, streams: int, most_bytes: int) -> None:
        self._address = address
        self._streams = streams
        self._options = (
            ("grpc.max_receive_message_length", most_bytes),
            ("grpc.max_send_message_length", most_bytes),
            ("grpc.enable_http_proxy", 0),
            # Channels with equal options would share one connection.
            ("grpc.use_local_subchannel_pool", 1),
            # Where the client of a stream does not read, its source has to notice, and soon.
            ("grpc.http2.lookahead_bytes", WINDOW_BYTES),
            ("grpc.http2.bdp_probe", 0),
        )
        self._all: list[_Channel] = [self._open()]

    @property
    def first(self) -> grpc.aio.Channel:
        """The channel that there always is."""
        return self._all[0].channel

    def caller(self, method: PublicMethod) -> Callable[..., Any]:
        """Return what begins a call of a method, whatever its shape: a function of requests, metadata and timeout."""
        return partial(self._begin, method)

    def _begin(self, method: PublicMethod, *requests: Any, **told: Any) -> Any:
        free = min(self._all, key=lambda each: each.calls)
        if free.calls >= self._streams:
            free = self._open()
            self._all.append(free)
        return free.begin(method, *requests, **told)

    def _open(self) -> "_Channel":
        return _Channel(grpc.aio.insecure_channel(self._address, options=self._options))

    async def close(self) -> None:
        """Close all of them; calls under way end as cancelled."""
        for each in self._all:
            await each.channel.close()


class _Channel:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.calls = 0
        self._callers: dict[str, Any] = {}

    def begin(self, method: PublicMethod, *requests: Any, **told: Any) -> Any:
        if method.path not in self._callers:
            self._callers[method.path] = self._caller(method)
        call = self._callers[method.path](*requests, **told)
        self.calls += 1
        call.add_done_callback(self._ended)
        return call

    def _ended(self, call: Any) -> None:
        self.calls -= 1

    def _caller(self, method: PublicMethod) -> Any:
        requests = "stream" if method.request_streaming else "unary"
        answers = "stream" if method.response_streaming else "unary"
        return getattr(self.channel, f"{requests}_{answers}")(
            method.path,
            request_serializer=GetMessageClass(method.request).SerializeToString,
            response_deserializer=GetMessageClass(method.response).FromString,
        )


@asynccontextmanager
async def channels_to(address: str, *, streams: int, most_bytes: int) -> AsyncIterator[Channels]:
    """Give channels to an address, closed when the block is left."""
    channels = Channels(address, streams=streams, most_bytes=most_bytes)
    try:
        yield channels
    finally:
        await channels.close()
