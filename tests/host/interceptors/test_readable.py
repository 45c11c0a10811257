"""Requests that are made messages within the interceptors."""

from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import InvalidArgument
from google.protobuf.duration_pb2 import Duration

from host.interceptors.readable import ReadableRequests
from host.interceptors.status import StatusInterceptor
from tests.host import echo


def durations(handler: Any) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return a handler that takes durations, and answers with their seconds."""
    kind = "_".join("stream" if part else "unary" for part in (handler.request_streaming, handler.response_streaming))
    made: grpc.RpcMethodHandler[Any, Any] = getattr(grpc, f"{kind}_rpc_method_handler")(
        getattr(handler, kind), Duration.FromString, lambda answer: answer
    )
    return made


async def seconds(request: Any, context: Any) -> bytes:
    """Answer with the seconds of a duration, or with the bytes of something else."""
    return str(request.seconds).encode() if isinstance(request, Duration) else bytes(request)


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_every_shape(folder: Path, shape: str) -> None:
    """Requests of any shape become messages; bytes that are none are refused as that, and nothing is told of them."""
    methods = {name: durations(handler) for name, handler in echo.methods(seconds).items()}
    generic = grpc.method_handlers_generic_handler("test.Echo", methods)
    async with (
        echo.served(folder, (StatusInterceptor(), ReadableRequests()), generic) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        # The echo of a stream as one answer joins what it gets, which has to be bytes.
        if shape != "StreamUnary":
            assert await echo.call(channel, shape, Duration(seconds=7).SerializeToString()) == b"7"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, shape, b"\xff\xff canary")
    assert type(error_from_rpc(caught.value)) is InvalidArgument
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_bytes(folder: Path, shape: str) -> None:
    """A method of bytes takes them as they are."""
    async with (
        echo.served(folder, (StatusInterceptor(), ReadableRequests()), echo.handler(seconds)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert await echo.call(channel, shape, b"\xff\xff") == b"\xff\xff"
