"""Calls that their server ends while the client still writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay import late_writes
from assay.client import CHANNEL_OPTIONS
from grpc.aio import _call

CALLS = 100
REQUESTS = [b"x" * 1000] * 30


class Ending(grpc.GenericRpcHandler):
    """Answers the first request, reads no other, and ends as its method says."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See GenericRpcHandler."""
        code = grpc.StatusCode[handler_call_details.method.strip("/")]

        async def answer(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
            yield await anext(aiter(requests))
            if code is not grpc.StatusCode.OK:
                await context.abort(code, "that was it", (("told", "yes"),))

        return grpc.stream_stream_rpc_method_handler(answer)


@pytest.mark.parametrize("code", [grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED])
async def test_status_of_the_server(folder: Path, code: grpc.StatusCode) -> None:
    """The status, its text and the trailing metadata are the server's, whatever the client was about to write."""
    server = grpc.aio.server(handlers=[Ending()])
    address = f"unix:{folder}/s"
    server.add_insecure_port(address)
    await server.start()
    ends = set()
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        begin: Any = channel.stream_stream(f"/{code.name}")
        for _ in range(CALLS):
            call = begin(iter(REQUESTS))
            with suppress(grpc.aio.AioRpcError):
                assert [answer async for answer in call] == REQUESTS[:1]
            ends.add((await call.code(), await call.details(), dict(await call.trailing_metadata()).get("told")))
    await server.stop(None)
    assert ends == {(code, "that was it" if code.value[0] else "", "yes" if code.value[0] else None)}


async def test_one_by_one(folder: Path) -> None:
    """It is the same for a client that writes its messages one by one."""
    server = grpc.aio.server(handlers=[Ending()])
    address = f"unix:{folder}/s"
    server.add_insecure_port(address)
    await server.start()
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        begin: Any = channel.stream_stream("/OK")
        for _ in range(CALLS):
            call = begin()
            reading = asyncio.ensure_future(read(call))
            with suppress(asyncio.InvalidStateError):
                for request in REQUESTS:
                    await call.write(request)
            assert await reading == REQUESTS[:1]
            assert await call.code() is grpc.StatusCode.OK
    await server.stop(None)


async def read(call: Any) -> list[bytes]:
    """Return all answers of a call."""
    return [answer async for answer in call]


async def test_once() -> None:
    """What is mended is not mended again."""
    before = _call._StreamRequestMixin._init_stream_request_mixin
    late_writes.mend()
    assert _call._StreamRequestMixin._init_stream_request_mixin is before
