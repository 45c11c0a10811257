"""One way to adapt the calls that go out to peers, whatever their shape."""

from typing import Any

import grpc.aio


class OutgoingInterceptor:
    """Changes the details of each outgoing call: its deadline, its metadata; or hears of its end."""

    def adapt(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        """Return the details with which the call goes out."""
        return details

    def begun(self, call: Any) -> None:
        """See a call that went out, whatever its shape."""

    def for_every_shape(self) -> list[grpc.aio.ClientInterceptor]:
        """Return the interceptors to give to a channel: one object may intercept one shape only."""
        return [
            _UnaryUnary(self),
            _UnaryStream(self),
            _StreamUnary(self),
            _StreamStream(self),
        ]


def replaced(details: grpc.aio.ClientCallDetails, **changes: Any) -> grpc.aio.ClientCallDetails:
    """Return the details of a call with some of them changed."""
    fields = ("method", "timeout", "metadata", "credentials", "wait_for_ready")
    return grpc.aio.ClientCallDetails(**({name: getattr(details, name) for name in fields} | changes))


class _Adapting:
    def __init__(self, interceptor: OutgoingInterceptor) -> None:
        self._interceptor = interceptor

    async def _go_on(self, continuation: Any, details: Any, request: Any) -> Any:
        call = await continuation(self._interceptor.adapt(details), request)
        self._interceptor.begun(call)
        return call


class _UnaryUnary(_Adapting, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary: Any = _Adapting._go_on


class _UnaryStream(_Adapting, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream: Any = _Adapting._go_on


class _StreamUnary(_Adapting, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary: Any = _Adapting._go_on


class _StreamStream(_Adapting, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream: Any = _Adapting._go_on
