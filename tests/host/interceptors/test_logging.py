"""The line in the log for each call: what stands in it, and what never does."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest
from assay.errors import NotFound
from structlog.testing import capture_logs

from host.interceptors.chain import incoming
from host.logs import add_trace
from tests.host import echo

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRET = b"def secret(): pass"


async def logged(
    folder: Path, behave: echo.Behaviour, shape: str = "UnaryUnary", **options: object
) -> dict[str, object]:
    """Make one call and return its line."""
    with capture_logs([add_trace]) as logs:
        async with (
            echo.served(folder, incoming(5), echo.handler(behave)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            try:
                await echo.call(channel, shape, SECRET, **options)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)
    (line,) = [log for log in logs if log["event"] == "call"]
    assert SECRET.decode() not in str(logs)
    return dict(line)


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_line(folder: Path, shape: str) -> None:
    """A call is one line with its method, code, time and trace, and nothing of what was said."""

    async def answers(request: bytes, context: object) -> bytes:
        await asyncio.sleep(0.01)
        return request

    line = await logged(folder, answers, shape, metadata=(("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"),))
    assert (line["method"], line["code"], line["trace_id"]) == (f"/test.Echo/{shape}", "OK", TRACE)
    assert 0.01 <= float(str(line["seconds"])) < 5
    assert set(line) == {"event", "log_level", "method", "code", "seconds", "peer", "trace_id", "span_id"}


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_code_of_an_error(folder: Path, shape: str) -> None:
    """The line of a call that failed has the code that the client got, by name."""

    async def fails(request: bytes, context: object) -> bytes:
        raise NotFound("no")

    assert (await logged(folder, fails, shape))["code"] == "NOT_FOUND"


async def test_code_of_a_defect(folder: Path) -> None:
    """The line of a call that broke says INTERNAL."""

    async def breaks(request: bytes, context: object) -> bytes:
        raise ZeroDivisionError

    assert (await logged(folder, breaks))["code"] == "INTERNAL"


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_code_of_a_cancelled_call(folder: Path, shape: str) -> None:
    """The line of a call that the client gave up says CANCELLED, not OK."""

    async def waits(request: bytes, context: object) -> bytes:
        await asyncio.sleep(30)
        return b""

    assert (await logged(folder, waits, shape, timeout=0.2))["code"] in {"CANCELLED", "DEADLINE_EXCEEDED"}
