"""One way to adapt the calls that go out on a channel, whatever their shape."""

from collections.abc import Sequence
from typing import Any

import grpc.aio


class OutgoingInterceptor:
    """Changes the details of each outgoing call: its deadline, its metadata; or hears of its end."""

    def adapt(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        """Return the details with which the call goes out."""
        return details

    def begun(self, call: Any) -> None:
        """See a call that went out, whatever its shape."""


def for_every_shape(interceptors: Sequence[OutgoingInterceptor]) -> list[grpc.aio.ClientInterceptor]:
    """
    Return what to give to a channel: one object may intercept one shape only, and costs each call some time.

    :param interceptors: Outermost first.
    """
    return [kind(interceptors) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]


def replaced(details: grpc.aio.ClientCallDetails, **changes: Any) -> grpc.aio.ClientCallDetails:
    """Return the details of a call with some of them changed."""
    fields = ("method", "timeout", "metadata", "credentials", "wait_for_ready")
    return grpc.aio.ClientCallDetails(**({name: getattr(details, name) for name in fields} | changes))


class _Adapting:
    def __init__(self, interceptors: Sequence[OutgoingInterceptor]) -> None:
        self._interceptors = interceptors

    async def _go_on(self, continuation: Any, details: Any, request: Any) -> Any:
        for interceptor in self._interceptors:
            details = interceptor.adapt(details)
        call = await continuation(details, request)
        for interceptor in reversed(self._interceptors):
            interceptor.begun(call)
        return call


class _UnaryUnary(_Adapting, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary: Any = _Adapting._go_on


class _UnaryStream(_Adapting, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream: Any = _Adapting._go_on


class _StreamUnary(_Adapting, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary: Any = _Adapting._go_on


class _StreamStream(_Adapting, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream: Any = _Adapting._go_on
