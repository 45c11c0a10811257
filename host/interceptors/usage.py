"""Adds up what a call used, by itself and by the calls that it makes, and tells it in the trailing metadata."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from assay.outgoing import OutgoingInterceptor

from host.interceptors.around import AroundInterceptor, Context
from host.tally import Tally, tally, tallying

COMPLETE_SECONDS = 0.5
"""How long a call waits for the end of calls that were made for it, which is when they tell what they used."""

ANSWER_SECONDS = 0.05
"""What is kept of a call's time for its answer."""


class UsageInterceptor(AroundInterceptor):
    """Gives each call a tally, and tells at its end what stands in it; a call that used nothing says nothing."""

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        used = Tally()
        try:
            with tallying(used):
                yield
        finally:
            left = context.time_remaining()
            await used.complete(COMPLETE_SECONDS if left is None else min(COMPLETE_SECONDS, left - ANSWER_SECONDS))
            if used.amounts:
                context.set_trailing_metadata(used.metadata(context.trailing_metadata() or ()))


class OutgoingUsage(OutgoingInterceptor):
    """Adds what calls to peers used to the tally of the call that they are made for."""

    def begun(self, call: Any) -> None:
        """See :class:`OutgoingInterceptor`."""
        if (used := tally()) is not None:
            hear = used.expect()
            call.add_done_callback(lambda done: hear(_now(done.trailing_metadata()) or ()))


def _now(asked: Coroutine[Any, Any, Any]) -> Any:
    """
    Return what is there already; None where it is not.

    A call calls back before anybody who waits for it goes on, and by then knows its end: asking it waits for nothing. A
    task that asks would come too late for a caller that is done with its own work in the next turn of the event loop.
    """
    try:
        asked.send(None)
    except StopIteration as done:
        return done.value
    asked.close()
    return None
