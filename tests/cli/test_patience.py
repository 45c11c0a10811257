"""Coming back when one is told to, within the time that there is."""

import time
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from cli.patience import patiently
from tests.gateway.quotas_setup import door
from tests.host import echo


async def answers(request: bytes, context: object) -> bytes:
    """Answer what was sent; fail where that is asked for."""
    if request == b"fail":
        raise ValueError("as it was told")
    return request


def calling(channel: Any, request: bytes = b"x") -> Any:
    """Return what calls within the seconds that it is given."""
    return lambda left: echo.call(channel, "UnaryUnary", request, timeout=left)


async def test_taken_in_the_end(folder: Path) -> None:
    """Calls that come too often are all taken, one after another."""
    async with door(folder, answers, calls_per_second=10, burst=1) as channel:
        started = time.monotonic()
        assert [await patiently(calling(channel), 20) for _ in range(5)] == [b"x"] * 5
        assert time.monotonic() - started >= 0.3


async def test_no_time_left(folder: Path) -> None:
    """Where the time is over before the suite has more, the refusal comes at once."""
    async with door(folder, answers, calls_per_second=0.01, burst=1) as channel:
        await patiently(calling(channel), 20)
        started = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await patiently(calling(channel), 20)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert time.monotonic() - started < 10


async def test_other_errors(folder: Path) -> None:
    """An error that is no refusal for now is not tried again."""
    async with door(folder, answers, calls_per_second=0.001, burst=1) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await patiently(calling(channel, b"fail"), 20)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
