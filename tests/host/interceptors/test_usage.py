"""What calls use: added up through every shape of call, over several servers, and told however a call ends."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.errors import NotFound
from assay.outgoing import adapted

from host.interceptors.chain import incoming, outgoing
from host.tally import SANDBOX_SECONDS, tally
from tests.host import echo

KEY = "x-assay-used-sandbox-seconds"


async def uses(request: bytes, context: object) -> bytes:
    """Use as many seconds as the request says; fail where it says so too."""
    used = tally()
    assert used is not None
    amount, _, failing = request.partition(b" ")
    used.add(SANDBOX_SECONDS, float(amount))
    if failing:
        raise NotFound("it is not there")
    return b"done"


async def told(channel: Any, shape: str, request: bytes) -> tuple[grpc.StatusCode, dict[str, Any]]:
    """Call the method of a shape; return its status and trailing metadata."""

    async def requests() -> Any:
        yield request

    method: Any = getattr(channel, {
        "UnaryUnary": "unary_unary", "UnaryStream": "unary_stream",
        "StreamUnary": "stream_unary", "StreamStream": "stream_stream",
    }[shape])(f"/test.Echo/{shape}")  # fmt: skip
    call = method(requests() if shape.startswith("Stream") else request, timeout=10)
    if shape.endswith("Stream"):
        with suppress(grpc.aio.AioRpcError):
            [answer async for answer in call]
    return await call.code(), dict(await call.trailing_metadata())


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_told(folder: Path, shape: str) -> None:
    """A call of any shape tells what it used, and one that failed does so beside the details of its status."""
    async with (
        echo.served(folder, incoming(5), echo.handler(uses)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        code, trailing = await told(channel, shape, b"1.5")
        assert (code, trailing.get(KEY)) == (grpc.StatusCode.OK, "1.5")
        code, trailing = await told(channel, shape, b"0.25 failing")
        assert (code, trailing.get(KEY)) == (grpc.StatusCode.NOT_FOUND, "0.25")
        assert "grpc-status-details-bin" in trailing


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_through_others(folder: Path, shape: str) -> None:
    """What calls to peers used is part of what the call used that made them, failed ones included."""
    async with (
        echo.served(folder, incoming(5), echo.handler(uses), "peer") as peer,
        adapted(grpc.aio.insecure_channel(peer), outgoing()) as to_peer,
    ):

        async def asks(request: bytes, context: object) -> bytes:
            await echo.call(to_peer, shape, b"1")
            with pytest.raises(grpc.aio.AioRpcError):
                await echo.call(to_peer, shape, b"2 failing")
            return await echo.call(to_peer, shape, request)

        async with (
            echo.served(folder, incoming(5), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            assert await told(channel, shape, b"4") == (grpc.StatusCode.OK, {KEY: "7"})


async def test_calls_apart(folder: Path) -> None:
    """A call tells what it used itself, and not what others did before it."""
    async with (
        echo.served(folder, incoming(5), echo.handler(uses)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        for amount, said in ((b"1", "1"), (b"2", "2"), (b"0", None)):
            assert (await told(channel, "UnaryUnary", amount))[1].get(KEY) == said
