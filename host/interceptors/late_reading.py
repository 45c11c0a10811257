"""Has the request of a call read, and its answer sent, within everything that stands around it."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from assay.errors import InvalidArgument
from google.protobuf.message import DecodeError

from host.interceptors.around import Context

Told = Callable[[str, Any], None]

_END = object()

UNREADABLE = "the request is no message of this method"

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]


class LateReading(grpc.aio.ServerInterceptor):
    """
    Makes every handler one that streams both ways: it reads its one request itself, and hands out its one answer.

    gRPC calls a handler of one request when the request is there, and sends its one answer when the handler is done:
    before and after, a call has no deadline and no quota of its own, and holds one of the server's places, with what
    has come of its request or is left of its answer, for as long as its client likes. Stands innermost, so that all of
    the interceptors are around both.

    What is no message of the method is refused as that; gRPC would call it an error of the server's, and tell of what.

    :param told: Is told of each request that was read, with the method's path.
    """

    def __init__(self, told: Told = lambda method, request: None) -> None:
        self._told = told

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the handler, which reads its request by itself."""
        handler: Any = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None:
            return None
        if handler.request_streaming:
            return readable(handler)
        wrapped = (
            self._stream(method, handler.unary_stream)
            if handler.response_streaming
            else self._single(method, handler.unary_unary)
        )
        return _both_ways(wrapped, handler)

    def _single(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def call(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            yield await behaviour(await self._first(method, requests), context)

        return call

    def _stream(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def call(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            responses = behaviour(await self._first(method, requests), context)
            if inspect.isawaitable(responses):
                # A handler may also write to the context itself and return nothing.
                await responses
                return
            async with aclosing(responses):
                async for response in responses:
                    yield response

        return call

    async def _first(self, method: str, requests: Any) -> Any:
        # Closed here and not by the garbage collector, which would take a task of the event loop for it.
        async with aclosing(aiter(requests)) as stream:
            request = await _next(stream)
        if request is _END:
            raise InvalidArgument("", "the call has no request")
        self._told(method, request)
        return request


def _both_ways(behaviour: Callable[..., Any], handler: Any) -> "Handler":
    made: Handler = grpc.stream_stream_rpc_method_handler(
        behaviour, handler.request_deserializer, handler.response_serializer
    )
    return made


def readable(handler: Any) -> "Handler":
    """Return a handler of a stream of requests to which each of them is readable."""
    if handler.response_streaming:
        return _both_ways(lambda requests, context: handler.stream_stream(_each(requests), context), handler)

    async def call(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        yield await handler.stream_unary(_each(requests), context)

    return _both_ways(call, handler)


async def _each(requests: Any) -> AsyncIterator[Any]:
    async with aclosing(aiter(requests)) as stream:
        while (request := await _next(stream)) is not _END:
            yield request


async def _next(stream: Any) -> Any:
    try:
        return await anext(stream, _END)
    except DecodeError:
        raise InvalidArgument("", UNREADABLE) from None
