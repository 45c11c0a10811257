"""
Keeps the status of a call that its server ended while a message was on its way.

grpc.aio says INTERNAL instead, now and then: it takes a write that came too late for a failure of its own, also where
the server's status is there already (https://github.com/grpc/grpc/issues/36066). gRPC's other interfaces tell the
status, and RFC 9113, section 8.1, has a client keep an answer that is complete. A program that ends before it has read
all of its input is such a call.
"""

from typing import Any

from grpc.aio import _call

_INIT = "_init_stream_request_mixin"


class _Call:
    """What is below a call of grpc.aio's: a failure of a write is its status only where it has none."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def set_internal_error(self, text: str) -> None:
        """End the call, unless it has ended."""
        if not self._call.done():
            self._call.set_internal_error(text)


def mend() -> None:
    """Have every call of this process with a stream of requests keep its status. A second time does nothing."""
    mixin: Any = _call._StreamRequestMixin
    begin = getattr(mixin, _INIT)
    if getattr(begin, "mended", False):
        return

    def begin_mended(self: Any, requests: Any) -> None:
        self._cython_call = _Call(self._cython_call)
        begin(self, requests)

    begin_mended.mended = True  # type: ignore[attr-defined]
    setattr(mixin, _INIT, begin_mended)
