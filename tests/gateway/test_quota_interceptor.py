"""Quotas around real calls: what is refused, how, and what a call tells of what it used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import AssayError, QuotaExceeded, RateLimited

from host.settings import Settings
from host.tally import SANDBOX_SECONDS, tally
from host.usage import own_metering
from tests.gateway.quotas_setup import door
from tests.host import echo


async def answers(request: bytes, context: object) -> bytes:
    """Answer twice what was sent; fail where that is asked for."""
    if request == b"fail":
        raise ValueError("as it was told")
    return request * 2


async def refusal(channel: Any, shape: str = "UnaryUnary", **options: Any) -> AssayError:
    """Call, and return the error with which the call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(channel, shape, **options)
    return error_from_rpc(caught.value)


def begin(channel: Any, shape: str, request: bytes) -> Any:
    """Begin a call, and return it."""

    async def requests() -> AsyncIterator[bytes]:
        yield request

    asks, says = (
        ("unary" if shape.startswith("Unary") else "stream"),
        ("unary" if shape.endswith("Unary") else "stream"),
    )
    method = getattr(channel, f"{asks}_{says}")(f"/test.Echo/{shape}")
    return method(requests() if asks == "stream" else request, timeout=10)


async def told(channel: Any, shape: str, request: bytes) -> dict[str, Any]:
    """Call, however it ends, and return the trailing metadata."""
    call = begin(channel, shape, request)
    if shape.endswith("Stream"):
        with suppress(grpc.aio.AioRpcError):
            [answer async for answer in call]
    return dict(await call.trailing_metadata())


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_told(folder: Path, shape: str) -> None:
    """A call of any shape tells that it was one, and how many bytes passed, also where it fails."""
    async with door(folder, answers) as channel:
        assert await told(channel, shape, b"hello") == {"x-assay-used-calls": "1", "x-assay-used-bytes": "15"}
        failed = await told(channel, shape, b"fail")
        assert failed["x-assay-used-calls"] == "1"
        assert failed["x-assay-used-bytes"] == "4"
        assert "grpc-status-details-bin" in failed


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_too_often(folder: Path, shape: str) -> None:
    """Calls beyond the rate are refused with the quota and a delay, those of another tenant are not."""
    async with door(folder, answers, calls_per_second=0.1, burst=2) as channel:
        for _ in range(2):
            await echo.call(channel, shape)
        error = await refusal(channel, shape)
        assert isinstance(error, RateLimited)
        assert error.metadata["quota"] == "calls_per_second"
        assert 1 < (error.retry_after or 0) <= 10
        await echo.call(channel, shape, metadata=[("tenant", "b")])


@pytest.mark.parametrize(
    ("quota", "spends"), [("concurrent_runs", "runs"), ("concurrent_streams", "runs"), ("concurrent_streams", "")]
)
async def test_too_many(folder: Path, quota: str, spends: str) -> None:
    """Calls beyond those that may be under way are refused at once, and allowed again when one of them has ended."""
    go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def waits(request: bytes, context: object) -> bytes:
        begun.release()
        await go_on.wait()
        return request

    async with door(folder, waits, spends=spends, **{quota: 2}) as channel:
        under_way = [asyncio.create_task(echo.call(channel, shape)) for shape in ("UnaryUnary", "UnaryStream")]
        for _ in under_way:
            await asyncio.wait_for(begun.acquire(), 5)
        error = await refusal(channel)
        assert isinstance(error, QuotaExceeded)
        assert (error.metadata["quota"], error.metadata["limit"]) == (quota, "2")
        assert error.retry_after
        go_on.set()
        await asyncio.gather(*under_way)
        assert await echo.call(channel, "UnaryUnary") == b"x"


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_slots_come_back(folder: Path, shape: str) -> None:
    """A slot is free again however its call ended: well, by a failure, given up, or out of time."""
    begun = asyncio.Semaphore(0)

    async def behaves(request: bytes, context: object) -> bytes:
        begun.release()
        if request == b"wait":
            await asyncio.sleep(30)
        return await answers(request, context)

    async with door(folder, behaves, spends="runs", concurrent_runs=1) as channel:
        for _ in range(3):
            assert await echo.call(channel, shape) == b"xx"
            with pytest.raises(grpc.aio.AioRpcError):
                await echo.call(channel, shape, b"fail")
            with pytest.raises(grpc.aio.AioRpcError):
                await echo.call(channel, shape, b"wait", timeout=0.1)
            await eventually(channel, shape)
            while not begun.locked():
                await begun.acquire()
            task = asyncio.create_task(echo.call(channel, shape, b"wait"))
            await asyncio.wait_for(begun.acquire(), 5)
            task.cancel()
            await eventually(channel, shape)


async def eventually(channel: Any, shape: str) -> None:
    """Call until a call is taken: the server hears a moment later that a client gave up."""
    async with asyncio.timeout(5):
        while True:
            with suppress(grpc.aio.AioRpcError):
                await echo.call(channel, shape)
                return
            await asyncio.sleep(0.05)


async def test_used_up(folder: Path) -> None:
    """A tenant that used its bytes is refused until the day ends, with what it used; so is a stream that goes on."""
    async with door(folder, answers, bytes_per_day=1000) as channel:
        await echo.call(channel, "UnaryUnary", b"x" * 400)
        error = await refusal(channel)
        assert isinstance(error, QuotaExceeded)
        assert error.metadata == {"quota": "bytes_per_day", "limit": "1000", "used": "1200"}
        assert 0 < (error.retry_after or 0) <= 86_400


async def test_stream_of_too_many_bytes(folder: Path) -> None:
    """A stream is ended when its tenant's bytes are used up, though none were when it began."""
    block = b"x" * 1024 * 1024

    async with door(folder, answers, bytes_per_day=4 * 1024 * 1024) as channel:

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield block

        stream = channel.stream_stream("/test.Echo/StreamStream")(endless(), timeout=30)
        received = 0
        with suppress(grpc.aio.AioRpcError):
            async for answer in stream:
                received += len(answer)
        assert await stream.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert received <= 17 * 1024 * 1024


@pytest.mark.parametrize(("kind", "quota"), [
    ("sandbox-seconds", "sandbox_seconds_per_day"), ("ai-micro-usd", "ai_micro_usd_per_day"),
])  # fmt: skip
async def test_spent(folder: Path, kind: str, quota: str) -> None:
    """What other processes used up refuses calls that run code or queue it, of that tenant; others go on."""
    async with own_metering(Settings(state_dir=folder / "state")) as meter:
        meter.add("a", kind, 60.5)
    for spends in ("runs", "queues", ""):
        async with door(folder, answers, spends=spends, **{quota: 60}) as channel:
            await echo.call(channel, "UnaryUnary", metadata=[("tenant", "b")])
            if not spends:
                await echo.call(channel, "UnaryUnary")
                continue
            error = await refusal(channel)
            assert isinstance(error, QuotaExceeded)
            assert error.metadata == {"quota": quota, "limit": "60", "used": "60"}


async def test_used_behind_the_door(folder: Path) -> None:
    """What the services behind the door used is told with what the door counted."""

    async def runs(request: bytes, context: object) -> bytes:
        used = tally()
        assert used is not None
        used.add(SANDBOX_SECONDS, 2.5)
        return request

    async with door(folder, runs) as channel:
        assert (await told(channel, "UnaryUnary", b"x"))["x-assay-used-sandbox-seconds"] == "2.5"


async def test_gives_way(folder: Path) -> None:
    """In overload a call of the tenant with the most is ended for one of another, and says when to come back."""
    begun = asyncio.Semaphore(0)

    async def waits(request: bytes, context: object) -> bytes:
        begun.release()
        if request != b"short":
            await asyncio.sleep(30)
        return request

    async with door(folder, waits, most=4) as channel:
        tasks = [asyncio.create_task(echo.call(channel, shape)) for shape in echo.SHAPES]
        for _ in tasks:
            await asyncio.wait_for(begun.acquire(), 5)
        assert isinstance(await refusal(channel), RateLimited)
        assert await echo.call(channel, "UnaryUnary", b"short", metadata=[("tenant", "b")]) == b"short"
        done, waiting = await asyncio.wait(tasks, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1
        ended = done.pop().exception()
        assert isinstance(ended, grpc.aio.AioRpcError)
        error = error_from_rpc(ended)
        assert isinstance(error, RateLimited)
        assert error.retry_after
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_not_a_tenants(folder: Path) -> None:
    """What is not public goes by: it is not counted, and not refused."""
    async with door(folder, answers, calls_per_second=0.001, burst=1) as channel:
        await echo.call(channel, "UnaryUnary")
        unary: Any = channel.unary_unary("/test.Echo/Nothing")
        for _ in range(3):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await unary(b"", timeout=5)
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
