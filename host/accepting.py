"""
Taking calls as they come.

grpc.aio asks its core for one call of each method, and having taken one waits for those of all methods anew, some turns
of the event loop later: where a turn is long, since others are served, each call of a crowd waits that long for the one
before it, and a server of thirty methods spends on it as much as an eighth of a call. Here each method is asked for
beside the others.

One call of a method is taken at a time all the same: so whoever calls one method more than can be served does not keep
those out who call others.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import grpc
import grpc.aio
from grpc._cython import cygrpc


class AcceptingServer(cygrpc.AioServer):  # type: ignore[misc]  # it has no types
    """
    What takes the calls of a server that :mod:`grpc.aio` makes, of methods that are registered by name.

    The parameters are those of the base class, less those that are for other methods.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        interceptors: Sequence[grpc.aio.ServerInterceptor],
        options: Sequence[tuple[str, Any]],
        maximum_concurrent_rpcs: int,
    ) -> None:
        super().__init__(loop, None, (), interceptors, options, None)
        # The base's own cannot be read from here.
        self._around = tuple(interceptors)
        self._methods = _Methods()
        self._most = maximum_concurrent_rpcs
        self._active = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def add_registered_method_handlers(self, method_handlers: dict[str, Any]) -> None:
        """See the base class."""
        super().add_registered_method_handlers(method_handlers)
        self._methods.handlers.update(method_handlers)

    def _make_request_call_future(self, method: bytes | None) -> "asyncio.Future[Any]":
        """Return what ends when no call of a method can come any more: each that does is served beside it."""
        if method is None:
            future: asyncio.Future[Any] = super()._make_request_call_future(method)
            return future
        return self._task(self._ask(method))

    async def _ask(self, method: bytes) -> None:
        """Serve one call of a method after the other; raises what the core says when it is told to stop."""
        name = method.decode()
        while True:
            self._serve(name, await self._request_registered_call(method))

    def _serve(self, method: str, call: Any) -> None:
        """Serve a call that came, within the bound on how many are served at one time."""
        loop, is_beyond = asyncio.get_running_loop(), self._active >= self._most
        handling = cygrpc._handle_rpc(method, self._methods, self._around, call, loop, is_beyond)
        task = self._task(cygrpc._schedule_rpc_coro(handling, call, loop, method))
        if not is_beyond:
            self._active += 1
            task.add_done_callback(self._ended)

    def _ended(self, _: "asyncio.Task[None]") -> None:
        self._active -= 1

    def _task(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Methods:
    """Finds the handlers of methods, as grpc.aio asks for them."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}

    def resolve_handler(self, details: grpc.HandlerCallDetails) -> Any:
        return self.handlers.get(details.method)
