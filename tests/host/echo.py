"""A service with one method of each call shape, over raw bytes, all of which do the same."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

SHAPES = ("UnaryUnary", "UnaryStream", "StreamUnary", "StreamStream")

Behaviour = Callable[[bytes, Any], Awaitable[bytes]]


def handler(behave: Behaviour) -> grpc.GenericRpcHandler:
    """Return the service whose every method answers as a function says."""
    return grpc.method_handlers_generic_handler("test.Echo", methods(behave))


def methods(behave: Behaviour) -> dict[str, Any]:
    """Return the methods of that service, by their names."""

    async def unary_unary(request: bytes, context: Any) -> bytes:
        return await behave(request, context)

    async def unary_stream(request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield await behave(request, context)

    async def stream_unary(requests: AsyncIterator[bytes], context: Any) -> bytes:
        return await behave(b"".join([request async for request in requests]), context)

    async def stream_stream(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield await behave(request, context)

    return {
        "UnaryUnary": grpc.unary_unary_rpc_method_handler(unary_unary),
        "UnaryStream": grpc.unary_stream_rpc_method_handler(unary_stream),
        "StreamUnary": grpc.stream_unary_rpc_method_handler(stream_unary),
        "StreamStream": grpc.stream_stream_rpc_method_handler(stream_stream),
    }


@asynccontextmanager
async def served(
    folder: Path, interceptors: Sequence[grpc.aio.ServerInterceptor], generic: grpc.GenericRpcHandler, name: str = "s"
) -> AsyncIterator[str]:
    """Serve a generic handler on a Unix socket."""
    server = grpc.aio.server(interceptors=interceptors)
    server.add_generic_rpc_handlers((generic,))
    address = f"unix:{folder}/{name}"
    server.add_insecure_port(address)
    await server.start()
    try:
        yield address
    finally:
        await server.stop(1)


async def call(channel: Any, shape: str, request: bytes = b"x", **options: Any) -> bytes:
    """Call the method of a shape with one message and return the one answer."""
    options.setdefault("timeout", 10)
    method = f"/test.Echo/{shape}"

    async def requests() -> AsyncIterator[bytes]:
        yield request

    match shape:
        case "UnaryUnary":
            return bytes(await channel.unary_unary(method)(request, **options))
        case "StreamUnary":
            return bytes(await channel.stream_unary(method)(requests(), **options))
        case "UnaryStream":
            answers: Any = channel.unary_stream(method)(request, **options)
        case _:
            answers = channel.stream_stream(method)(requests(), **options)
    return b"".join([answer async for answer in answers])
