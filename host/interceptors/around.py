"""One way to run something around a call, whatever the call's shape."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

import grpc
import grpc.aio

Context = grpc.aio.ServicerContext[Any, Any]


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def code_of(context: Context) -> grpc.StatusCode:
    """Return the status that a handler has set, by abort or by itself; OK where it set none."""
    code: Any = context.code()
    return code if isinstance(code, grpc.StatusCode) else _CODES[code or 0]


class AroundInterceptor(grpc.aio.ServerInterceptor, ABC):
    """A server interceptor that is an async context manager around each call, of any of the four shapes."""

    @abstractmethod
    def around(self, details: grpc.HandlerCallDetails, context: Context) -> AbstractAsyncContextManager[None]:
        """Return what is entered before the handler runs and left after its last message."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the handler with this interceptor around it; None where there is no such method."""
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return None
        wrap, behavior, make = _shape(handler)
        wrapped: grpc.RpcMethodHandler[Any, Any] = make(
            wrap(behavior, lambda context: self.around(handler_call_details, context)),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
        return wrapped


Around = Callable[[Context], AbstractAsyncContextManager[None]]


def _shape(handler: Any) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    match (handler.request_streaming, handler.response_streaming):
        case (False, False):
            return _single, handler.unary_unary, grpc.unary_unary_rpc_method_handler
        case (True, False):
            return _single, handler.stream_unary, grpc.stream_unary_rpc_method_handler
        case (False, True):
            return _stream, handler.unary_stream, grpc.unary_stream_rpc_method_handler
        case _:
            return _stream, handler.stream_stream, grpc.stream_stream_rpc_method_handler


def _single(behavior: Callable[..., Any], around: Around) -> Callable[..., Any]:
    async def call(request: Any, context: Context) -> Any:
        async with around(context):
            return await behavior(request, context)

    return call


def _stream(behavior: Callable[..., Any], around: Around) -> Callable[..., Any]:
    async def call(request: Any, context: Context) -> AsyncIterator[Any]:
        async with around(context):
            responses = behavior(request, context)
            if inspect.isawaitable(responses):
                # A handler may also write to the context itself and return nothing.
                await responses
                return
            # Closed here and not by the garbage collector: the handler's clean-up belongs inside what is around it.
            async with aclosing(responses):
                async for response in responses:
                    yield response

    return call
