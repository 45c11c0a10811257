"""Prints the metrics of some calls; a process of its own, since the provider of metrics is one for a process."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc.aio
from assay.errors import NotFound

from host import logs, telemetry
from host.call_counts import COUNTS, INNER, PUBLIC, from_outside
from host.interceptors.chain import incoming
from host.interceptors.metrics import MetricsInterceptor
from tests.host import echo


async def behave(request: bytes, context: object) -> bytes:
    """Fail, wait, or answer."""
    if request == b"fail":
        raise NotFound("no")
    if request == b"wait":
        await asyncio.sleep(30)
    return request


class Anything(grpc.GenericRpcHandler):
    """Serves every path there could be."""

    def service(self, handler_call_details: Any) -> Any:
        """See :class:`grpc.GenericRpcHandler`."""
        return grpc.unary_unary_rpc_method_handler(behave)


async def main() -> None:
    """Make calls, and print what was measured of them."""
    logs.configure("error", "json")
    telemetry.exposition()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            echo.served(Path(folder), incoming(5), echo.handler(behave)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            for shape in echo.SHAPES:
                await echo.call(channel, shape)
            with suppress(grpc.aio.AioRpcError):
                await echo.call(channel, "StreamStream", b"fail")
            waiting = asyncio.create_task(echo.call(channel, "StreamStream", b"wait"))
            await asyncio.sleep(0.3)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.sleep(0.2)
        assert from_outside() is COUNTS[INNER]
        door = MetricsInterceptor(PUBLIC, {"/test.Echo/Known"})
        async with (
            echo.served(Path(folder), [door], Anything(), "door") as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            for number in range(50):
                method: Any = channel.unary_unary(f"/made.up/{number}")
                await method(b"x", timeout=5)
            await channel.unary_unary("/test.Echo/Known")(b"x", timeout=5)  # type: ignore[arg-type]
    print(telemetry.exposition().decode())  # noqa: T201  # read by the test
    counts = COUNTS[INNER]
    assert (counts.calls, counts.failed, counts.active) == (6, 2, 0)
    assert from_outside() is COUNTS[PUBLIC]


asyncio.run(main())
