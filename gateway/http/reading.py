"""A stream of answers, read no faster than the client takes them, with a beat where nothing comes for a while."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from assay.errors import ShuttingDown, Unavailable
from google.protobuf.message import Message

FIRST_SECONDS = 1.0
"""How long the first answer is waited for before the stream is begun without it. What is refused is refused by then,
and with a status of its own."""

BEAT_SECONDS = 15.0
"""After how long without an answer something is sent all the same, so that nobody between takes the client for gone."""


async def answers(call: Any, stopping: asyncio.Event | None) -> AsyncGenerator[Message | None]:
    """
    Yield the answers of a call, and None where nothing comes for a while. The call ends with it.

    :param stopping: Ends the stream when it is set; None: the call is let go on to its end.
    :raises grpc.aio.AioRpcError: The call ended with another status than OK.
    :raises ShuttingDown: The gateway is about to stop.
    """
    stream = aiter(call)
    stop = asyncio.ensure_future(stopping.wait() if stopping else asyncio.Event().wait())
    reading: asyncio.Future[Any] | None = None
    beat = FIRST_SECONDS
    try:
        while True:
            reading = reading or asyncio.ensure_future(_next(stream))
            await asyncio.wait({reading, stop}, timeout=beat, return_when=asyncio.FIRST_COMPLETED)
            beat = BEAT_SECONDS
            if reading.done():
                answer = _result(reading)
                reading = None
                if answer is None:
                    return
                yield answer
            elif stop.done():
                raise ShuttingDown("the gateway is stopping: another one goes on from the last sequence")
            else:
                yield None
    finally:
        call.cancel()
        await _end(stop, reading)


async def _next(stream: Any) -> Any:
    return await anext(stream, None)


def _result(reading: "asyncio.Future[Any]") -> Any:
    if reading.cancelled():
        # grpc.aio says it so where it was the other side that ended the call as cancelled.
        raise Unavailable("the call was cancelled")
    return reading.result()


async def _end(*futures: "asyncio.Future[Any] | None") -> None:
    there = [future for future in futures if future is not None]
    for future in there:
        future.cancel()
    await asyncio.gather(*there, return_exceptions=True)
