"""Writes one structured line for each call: its method, its code, its time. Never what was said in it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import structlog
from opentelemetry import trace

from host.interceptors.around import AroundInterceptor, Context

_log = structlog.get_logger("assay.call")

QUIET_PREFIXES = ("/grpc.health.", "/grpc.reflection.")
"""Methods that probes call all the time: logged at level debug."""


class LoggingInterceptor(AroundInterceptor):
    """One line at the end of each call."""

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        started = time.monotonic()
        try:
            yield
        finally:
            code = context.code() or grpc.StatusCode.OK
            level = "debug" if details.method.startswith(QUIET_PREFIXES) else "info"
            span = trace.get_current_span().get_span_context()
            await _log.alog(
                _LEVELS[level],
                "call",
                method=details.method,
                code=code.name if isinstance(code, grpc.StatusCode) else str(code),
                seconds=round(time.monotonic() - started, 6),
                peer=context.peer(),
                trace_id=trace.format_trace_id(span.trace_id) if span.is_valid else None,
            )


_LEVELS = {"debug": 10, "info": 20}
