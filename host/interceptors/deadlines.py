"""Gives every call a deadline, and hands what is left of it to the calls that it makes."""

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
from assay.errors import DeadlineExceeded
from assay.outgoing import Outgoing, OutgoingInterceptor

from host.interceptors.around import AroundInterceptor, Context
from host.interceptors.following import follows

_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("assay_deadline", default=None)


def seconds_left() -> float | None:
    """Return the time until the deadline of the call that is being served; None outside of one."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic()


class DeadlineInterceptor(AroundInterceptor):
    """
    Ends calls that run over the client's deadline or the server's own, whichever is sooner.

    A method that follows something, and reflection, have the client's alone.

    :param max_seconds: The longest that any other call may take, in seconds.
    """

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        seconds = context.time_remaining()
        if not (follows(details.method) or details.method.startswith("/grpc.reflection.")):
            seconds = self._max_seconds if seconds is None else min(seconds, self._max_seconds)
        if seconds is None:
            yield
            return
        if seconds <= 0:
            raise DeadlineExceeded("the deadline had passed before the call began")
        token = _deadline.set(time.monotonic() + seconds)
        try:
            async with asyncio.timeout(seconds) as scope:
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise DeadlineExceeded(f"the call took longer than the {seconds:g} s it had") from None
        finally:
            _forget(token)


def _forget(token: contextvars.Token[float | None]) -> None:
    try:
        _deadline.reset(token)
    except ValueError:
        # A response stream that is torn down by another task has left its context already.
        _deadline.set(None)


class OutgoingDeadlines(OutgoingInterceptor):
    """Bounds each call to a peer by what is left of the deadline of the call that is being served."""

    def adapt(self, call: Outgoing) -> None:
        """See :class:`OutgoingInterceptor`."""
        left = seconds_left()
        if left is not None:
            timeout = left if call.timeout is None else min(left, call.timeout)
            # grpc refuses a negative timeout; a call with none left ends at once.
            call.timeout = max(timeout, 0.001)
