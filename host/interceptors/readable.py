"""Requests that can be read: what is no message of its method is refused as that."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from assay.errors import InvalidArgument
from google.protobuf.message import DecodeError

from host.interceptors.late_reading import UNREADABLE, readable

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]


class ReadableRequests(grpc.aio.ServerInterceptor):
    """
    Has requests made messages where the other interceptors stand around it; gRPC would call what is none an error of
    the server's, and tell of what.

    For callers that are known. Those who are not are also to be bounded in how long their request takes, which costs
    each call a quarter of a millisecond (:class:`host.interceptors.late_reading.LateReading`).
    """

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the handler, which makes messages of its requests by itself."""
        handler: Any = await continuation(handler_call_details)
        if handler is None or handler.request_deserializer is None:
            return handler  # type: ignore[no-any-return]
        if handler.request_streaming:
            return readable(handler)
        shape = "unary_stream" if handler.response_streaming else "unary_unary"
        behaviour, read = getattr(handler, shape), handler.request_deserializer
        made: Handler = getattr(grpc, f"{shape}_rpc_method_handler")(
            lambda content, context: behaviour(_message(read, content), context), None, handler.response_serializer
        )
        return made


def _message(read: Callable[[bytes], Any], content: bytes) -> Any:
    try:
        return read(content)
    except DecodeError:
        raise InvalidArgument("", UNREADABLE) from None
