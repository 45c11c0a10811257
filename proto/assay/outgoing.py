"""One way to adapt the calls that go out on a channel, whatever their shape."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import grpc.aio

Pair = tuple[str, str | bytes]


@dataclass(slots=True)
class Outgoing:
    """
    A call before it goes out.

    :param method: Its full path.
    :param timeout: The seconds that it has; None: it has no deadline.
    :param metadata: What goes along.
    """

    method: str
    timeout: float | None
    metadata: list[Pair]


class OutgoingInterceptor:
    """Changes each outgoing call: its deadline, its metadata; or hears of its end."""

    def adapt(self, call: Outgoing) -> None:
        """Change a call before it goes out. What is raised here is raised where the call is made."""

    def begun(self, call: Any) -> None:
        """See a call that went out, whatever its shape."""


def adapted(channel: grpc.aio.Channel, interceptors: Sequence[OutgoingInterceptor]) -> grpc.aio.Channel:
    """
    Return a channel that adapts the calls that go out on it.

    The interceptors of :mod:`grpc.aio` are called in a task of their own, behind which the call has another and each
    response passes through one more generator: a tenth of a millisecond for a call whose metadata change.

    :param interceptors: Outermost first.
    """
    made: Any = _Adapted(channel, tuple(interceptors))
    return made  # type: ignore[no-any-return]  # the interface has members that nobody asks for here


class _Adapted:
    """What there is to ask of a channel."""

    def __init__(self, channel: grpc.aio.Channel, interceptors: Sequence[OutgoingInterceptor]) -> None:
        self._channel = channel
        self._interceptors = interceptors
        self.close: Callable[[float | None], Awaitable[None]] = channel.close
        self.channel_ready = channel.channel_ready
        self.get_state = channel.get_state
        self.wait_for_state_change = channel.wait_for_state_change

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    def unary_unary(self, method: str, *coding: Any, **options: Any) -> Any:
        return self._calling(method, self._channel.unary_unary(method, *coding, **options))

    def unary_stream(self, method: str, *coding: Any, **options: Any) -> Any:
        return self._calling(method, self._channel.unary_stream(method, *coding, **options))

    def stream_unary(self, method: str, *coding: Any, **options: Any) -> Any:
        return self._calling(method, self._channel.stream_unary(method, *coding, **options))

    def stream_stream(self, method: str, *coding: Any, **options: Any) -> Any:
        return self._calling(method, self._channel.stream_stream(method, *coding, **options))

    def _calling(self, method: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        interceptors, inside_out = self._interceptors, tuple(reversed(self._interceptors))

        def call(*request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
            outgoing = Outgoing(method, timeout, list(metadata or ()))
            for interceptor in interceptors:
                interceptor.adapt(outgoing)
            made = inner(*request, timeout=outgoing.timeout, metadata=tuple(outgoing.metadata), **options)
            for interceptor in inside_out:
                interceptor.begun(made)
            return made

        return call
