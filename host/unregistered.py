"""
gRPC's asynchronous server, less a request that ends it.

grpcio decodes the path of a call in the loop that takes all calls, and where it is no UTF-8 that loop breaks, and the
server with it (seen with 1.85.1). Anybody who can connect can send such a path. Paths of methods that were registered
by name are compared before Python sees them, so here all others are refused without being decoded.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc.aio
from assay.errors import UnknownMethod
from grpc._cython import cygrpc
from grpc.aio import _server

from host.status import status_of

_REFUSAL = status_of(UnknownMethod("there is no such method, or none that can be called from here"))


LATER_SECONDS = 0.05
"""How long a refusal waits: by then the client's first message is under way."""


def registered_server(
    *,
    interceptors: Sequence[grpc.aio.ServerInterceptor],
    options: Sequence[tuple[str, Any]],
    maximum_concurrent_rpcs: int,
) -> grpc.aio.Server:
    """
    Return a server of methods that are registered by name, as generated code does, and of no others.

    Calls of others end as :class:`UnknownMethod`, before any interceptor. It has to be made in the event loop that it
    serves in; the parameters are those of :func:`grpc.aio.server`.
    """
    made: Any = _Server(interceptors, tuple(options), maximum_concurrent_rpcs)
    return made  # type: ignore[no-any-return]  # the base has another name in its types


class _Server(_server.Server):
    """The server that :mod:`grpc.aio` makes, but for what takes its calls."""

    def __init__(self, interceptors: Any, options: Any, maximum_concurrent_rpcs: int) -> None:
        # In the place of the base's own, which would make the server that is not wanted here.
        self._loop = asyncio.get_running_loop()
        self._server = _Calls(self._loop, None, (), interceptors, options, maximum_concurrent_rpcs)


class _Calls(cygrpc.AioServer):  # type: ignore[misc]  # it has no types
    """What takes the calls of a server."""

    def _make_request_call_future(self, method: bytes | None) -> "asyncio.Future[Any]":
        """Return what is done when a call of a method has come; of None, which stands for all other calls: never."""
        if method is not None:
            future: asyncio.Future[Any] = super()._make_request_call_future(method)
            return future
        return asyncio.get_running_loop().create_task(self._refuse_all())

    async def _refuse_all(self) -> None:
        refusals: set[asyncio.Task[None]] = set()
        while True:
            refusal = asyncio.create_task(_refuse(await self._request_call()))
            refusals.add(refusal)
            refusal.add_done_callback(refusals.discard)


async def _refuse(call: Any) -> None:
    context = cygrpc._ServicerContext(call, None, None, asyncio.get_running_loop())
    # A client of grpc.aio that streams, and finds the call over with its first message, takes that for a defect.
    await asyncio.sleep(LATER_SECONDS)
    try:
        await context.abort_with_status(_REFUSAL)
    except grpc.aio.BaseError:
        # Refused; or its client has left already.
        return
