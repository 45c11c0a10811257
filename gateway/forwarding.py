"""Hands calls of public methods on to their peers as they are: bytes, statuses, metadata, order and pace."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from assay.client import error_from_rpc
from assay.errors import AssayError, DeadlineExceeded, Unauthenticated, Unavailable

from gateway.contract import PublicMethod
from gateway.metadata import back, onward
from host.interceptors.around import Context

Channel = Callable[[str], grpc.aio.Channel]

OF_THE_CONNECTION = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""What gRPC says itself of a call whose peer cannot be reached, or is lost on the way."""


class Forwarding:
    """
    Serves every method that is public by calling the peer.

    :param methods: Those that are public, by path.
    :param channel: Returns the channel to a peer by its name.
    """

    def __init__(self, methods: Mapping[str, PublicMethod], channel: Channel) -> None:
        self._handlers: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
        for path, method in methods.items():
            service, _, name = path.removeprefix("/").partition("/")
            self._handlers.setdefault(service, {})[name] = _handler(_Forward(method, channel))

    def register(self, server: grpc.aio.Server) -> None:
        """Add the methods to a server."""
        for service, handlers in self._handlers.items():
            server.add_registered_method_handlers(service, handlers)


class _Forward:
    """The calls of one method."""

    def __init__(self, method: PublicMethod, channel: Channel) -> None:
        self.method = method
        self._channel = channel

    async def single(self, request: Any, context: Context) -> bytes:
        """Hand on a call with one answer."""
        async with self._outgoing(request, context) as call:
            if initial := back(await call.initial_metadata()):
                await context.send_initial_metadata(initial)
            answer: bytes = await call
            _end_with(context, await call.trailing_metadata())
            return answer

    async def stream(self, request: Any, context: Context) -> AsyncIterator[bytes]:
        """Hand on a call with a stream of answers: the next one is read when the client has room for it."""
        async with self._outgoing(request, context) as call:
            await context.send_initial_metadata(back(await call.initial_metadata()))
            async for answer in call:
                yield answer
            _end_with(context, await call.trailing_metadata())

    @asynccontextmanager
    async def _outgoing(self, request: Any, context: Context) -> AsyncIterator[Any]:
        """
        Begin the call to the peer, and end it however the client's ends.

        :param request: The bytes of the request, or the iterator over those of its messages.
        """
        call: Any = self._callable()(request, metadata=onward(context.invocation_metadata()))
        try:
            yield call
        except grpc.aio.AioRpcError as error:
            await _fail_with(context, error, self.method.peer)
        except asyncio.CancelledError:
            if _is_being_cancelled():
                raise
            # grpc.aio says it so where it was the peer that ended the call as cancelled.
            await context.abort(grpc.StatusCode.CANCELLED, await call.details() or "")
        finally:
            call.cancel()

    def _callable(self) -> Any:
        channel: Any = self._channel(self.method.peer)
        kind = "stream" if self.method.request_streaming else "unary"
        answers = "stream" if self.method.response_streaming else "unary"
        return getattr(channel, f"{kind}_{answers}")(self.method.path)


def _is_being_cancelled() -> bool:
    """Say whether the running task itself was asked to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _end_with(context: Context, metadata: Any) -> None:
    if kept := back(metadata):
        context.set_trailing_metadata((*(context.trailing_metadata() or ()), *kept))


async def _fail_with(context: Context, error: grpc.aio.AioRpcError, peer: str) -> None:
    """End a call as its peer did, details and all. Raises always."""
    trailing = error.trailing_metadata()
    if error.code() is grpc.StatusCode.UNAUTHENTICATED and isinstance(error_from_rpc(error), Unauthenticated):
        # It is this process that the peer does not know: the client's key was good.
        raise _unreachable(peer) from None
    if not trailing and (ours := _of_ours(error.code(), peer)):
        raise ours from None
    _end_with(context, trailing)
    await context.abort(error.code(), error.details() or "")


def _of_ours(code: grpc.StatusCode, peer: str) -> AssayError | None:
    """
    Return the error that stands for what gRPC said itself: its text names inner addresses.

    What a peer of ours says comes with metadata.
    """
    if code in OF_THE_CONNECTION:
        return _unreachable(peer)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded("the call took longer than the time it had")
    return None


def _unreachable(peer: str) -> Unavailable:
    return Unavailable(f"the service {peer!r} cannot be reached", metadata={"service": peer})


def _handler(forward: _Forward) -> "grpc.RpcMethodHandler[Any, Any]":
    method = forward.method
    match (method.request_streaming, method.response_streaming):
        case (False, False):
            return grpc.unary_unary_rpc_method_handler(forward.single)
        case (True, False):
            return grpc.stream_unary_rpc_method_handler(forward.single)
        case (False, True):
            return grpc.unary_stream_rpc_method_handler(forward.stream)
        case _:
            return grpc.stream_stream_rpc_method_handler(forward.stream)
