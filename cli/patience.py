"""Coming back when one is told to: a suite that is used by many refuses calls, and says when there is more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc.aio
from assay.client import error_from_rpc

T = TypeVar("T")


async def patiently(call: Callable[[float], Awaitable[T]], seconds: float) -> T:
    """
    Call until the call is taken, or there is no time left for another try; return what it returns.

    :param call: Makes the call, within the seconds that are left.
    :param seconds: For all tries together.
    :raises grpc.aio.AioRpcError: What the last try ended with.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        left = until - loop.time()
        try:
            return await call(left)
        except grpc.aio.AioRpcError as error:
            pause = _told(error)
            if pause is None or loop.time() + pause >= until:
                raise
        await asyncio.sleep(pause)


def _told(error: grpc.aio.AioRpcError) -> float | None:
    """Return when to come back, in seconds; None where a call was not refused for now, or nobody knows."""
    if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
        return None
    return error_from_rpc(error).retry_after
