"""Writes one structured line for each call: its method, its code, its time. Never what was said in it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import structlog

from host.interceptors.around import AroundInterceptor, Context, code_of

_log = structlog.get_logger("assay.call")

QUIET_PREFIXES = ("/grpc.health.", "/grpc.reflection.")
"""Methods that probes call all the time: logged at level debug."""

METHOD_CHARACTERS = 200


class LoggingInterceptor(AroundInterceptor):
    """One line at the end of each call."""

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        started = time.monotonic()
        # Asked now: grpc crashes the process when it is asked for the peer of a call that has ended.
        peer = context.peer()
        given_up = False
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            given_up = True
            raise
        finally:
            code = grpc.StatusCode.CANCELLED if given_up else code_of(context)
            level = "debug" if details.method.startswith(QUIET_PREFIXES) else "info"
            # Written here: a thread for it would cost a call eight times as much, and a call could end before it.
            _log.log(
                _LEVELS[level],
                "call",
                # Before the gateway it may be anything.
                method=details.method[:METHOD_CHARACTERS],
                code=code.name,
                seconds=round(time.monotonic() - started, 6),
                peer=peer,
            )


_LEVELS = {"debug": 10, "info": 20}
