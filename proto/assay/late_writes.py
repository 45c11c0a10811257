"""
Keeps the status of a call that its server ended while a message was on its way.

grpc.aio says INTERNAL instead, now and then: it takes a write that came too late for a failure of its own, also where
the server's status is there already, or about to be (https://github.com/grpc/grpc/issues/36066). gRPC's other
interfaces tell the status, and RFC 9113, section 8.1, has a client keep an answer that is complete. A program that ends
before it has read all of its input is such a call.
"""

from typing import Any

from grpc._cython import cygrpc
from grpc.aio import _call

_INIT = "_init_stream_request_mixin"

REJECTED = "grpc_call_start_batch"
"""Stands in the failure of a write that was never begun, after which no status may come."""


class _Call:
    """What is below a call of grpc.aio's, of which a message that comes too late is dropped."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    async def send_serialized_message(self, message: bytes) -> None:
        """Send a message. Where the call is over, its status says so to whoever reads its answers."""
        try:
            await self._call.send_serialized_message(message)
        except cygrpc.ExecuteBatchError as error:
            if REJECTED in str(error):
                raise


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
