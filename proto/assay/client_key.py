"""Shows a key with every call of a channel: one object a shape, as gRPC wants it."""

from collections.abc import Sequence
from typing import Any

import grpc.aio

from assay.errors import InvalidArgument


def showing(key: str) -> Sequence[grpc.aio.ClientInterceptor]:
    """
    Return the interceptors of a channel whose calls show a key.

    :param key: Printable ASCII.
    :raises InvalidArgument: It is something else; the text does not show it.
    """
    if not (key.isascii() and key.isprintable()):
        raise InvalidArgument("key", "it has characters that no key has")
    shown = ("authorization", f"Bearer {key}")
    return [kind(shown) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]


class _Showing:
    def __init__(self, shown: tuple[str, str]) -> None:
        self._shown = shown

    async def _go_on(self, continuation: Any, details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add(*self._shown)
        fields = ("method", "timeout", "credentials", "wait_for_ready")
        kept = {name: getattr(details, name) for name in fields}
        return await continuation(grpc.aio.ClientCallDetails(metadata=metadata, **kept), request)


class _UnaryUnary(_Showing, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary: Any = _Showing._go_on


class _UnaryStream(_Showing, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream: Any = _Showing._go_on


class _StreamUnary(_Showing, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary: Any = _Showing._go_on


class _StreamStream(_Showing, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream: Any = _Showing._go_on
