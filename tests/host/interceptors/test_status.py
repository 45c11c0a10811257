"""Exceptions as statuses: ours whole, foreign ones without their text, a peer's passed on."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest
from assay import errors
from assay.client import error_from_rpc
from structlog.testing import capture_logs

from host.interceptors.around import Context
from host.interceptors.chain import incoming
from tests.host import echo


async def failure(folder: Path, error: BaseException, shape: str = "UnaryUnary") -> grpc.aio.AioRpcError:
    """Call a handler that raises and return what the client gets."""

    async def fails(request: bytes, context: object) -> bytes:
        raise error

    async with (
        echo.served(folder, incoming(5), echo.handler(fails)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, shape)
    return caught.value


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_error_of_ours(folder: Path, shape: str) -> None:
    """An error raised in a handler of any shape reaches the client as its own class, with all that it says."""
    raised = errors.QueueFull("full", metadata={"queue": "runs"}, retry_after=1.5)
    caught = await failure(folder, raised, shape)
    assert caught.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    rebuilt = error_from_rpc(caught)
    assert type(rebuilt) is errors.QueueFull
    assert (rebuilt.message, rebuilt.metadata, rebuilt.retry_after) == ("full", {"queue": "runs"}, 1.5)


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_foreign_exception(folder: Path, shape: str) -> None:
    """An exception that is not ours is INTERNAL, and its text stays in the log."""
    with capture_logs() as logs:
        caught = await failure(folder, ValueError("password=hunter2"), shape)
    assert caught.code() is grpc.StatusCode.INTERNAL
    assert type(error_from_rpc(caught)) is errors.AssayError
    assert "hunter2" not in str(caught)
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["unhandled"]


async def test_peer_status_passes_on(folder: Path) -> None:
    """The status of a failed call to a peer becomes that of the call that made it."""

    async def refuses(request: bytes, context: object) -> bytes:
        raise errors.UnknownStage("policy.stages", "there is none")

    async with (
        echo.served(folder, incoming(5), echo.handler(refuses), "peer") as peer,
        grpc.aio.insecure_channel(peer) as to_peer,
    ):

        async def asks(request: bytes, context: object) -> bytes:
            return await echo.call(to_peer, "UnaryUnary")

        async with (
            echo.served(folder, incoming(5), echo.handler(asks)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await echo.call(channel, "UnaryStream")
    rebuilt = error_from_rpc(caught.value)
    assert type(rebuilt) is errors.UnknownStage
    assert isinstance(rebuilt, errors.UnknownStage)
    assert (rebuilt.field, rebuilt.description) == ("policy.stages", "there is none")


async def test_abort_is_untouched(folder: Path) -> None:
    """A handler that aborts with a status of its own is left alone."""

    async def aborts(request: bytes, context: Context) -> bytes:
        await context.abort(grpc.StatusCode.DATA_LOSS, "gone")

    async with (
        echo.served(folder, incoming(5), echo.handler(aborts)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary")
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.DATA_LOSS, "gone")


async def test_long_message(folder: Path) -> None:
    """An error whose text is longer than headers may be still arrives as what it is, shortened."""
    long = "\N{SNOWMAN}" * 100_000
    rebuilt = error_from_rpc(await failure(folder, errors.InvalidArgument("policy.stages", long, metadata={"a": long})))
    assert isinstance(rebuilt, errors.InvalidArgument)
    assert rebuilt.field == "policy.stages"
    assert 100 < len(rebuilt.description) < 2_000


async def test_a_client_that_has_just_left(folder: Path) -> None:
    """What is written to a client that left in that moment is no defect, and no line in the log."""
    waiting, written = asyncio.Event(), asyncio.Event()

    async def writes(request: bytes, context: Context) -> bytes:
        waiting.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            # As if the write had been on its way.
            try:
                await context.send_initial_metadata((("x", "y"),))
            finally:
                written.set()
        return b""

    with capture_logs() as logs:
        async with (
            echo.served(folder, incoming(60), echo.handler(writes)) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            call = asyncio.create_task(echo.call(channel, "UnaryUnary"))
            await waiting.wait()
            call.cancel()
            await asyncio.wait_for(written.wait(), 10)
    assert [log for log in logs if log["log_level"] == "error"] == []
