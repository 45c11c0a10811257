"""
Structured logs on standard error: JSON for machines, text for people.

Every line that belongs to a trace has its ids. No line has anything of the code under test: exceptions are told without
their texts, and what libraries log without what they append to its first line.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

import structlog
from opentelemetry import trace

from host.tracebacks import told

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "silent": logging.CRITICAL,
}

FOREIGN_CHARACTERS = 500
"""What is kept of a line of a library's."""

Line = MutableMapping[str, Any]


def configure(level: str, style: str) -> None:
    """
    Set up logging for this process.

    :param level: "debug", "info", "warning" or "error"; "silent" for a command whose own output says what is wrong.
    :param style: "json" or "text".
    """
    last: Any = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.ExceptionRenderer(lambda info: told(info[1])),
    ]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(shared, last, level)


def add_trace(_: object, __: str, line: Line) -> Line:
    """Add the ids of the trace and the span that a line belongs to, if it belongs to any."""
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        line["trace_id"] = trace.format_trace_id(span.trace_id)
        line["span_id"] = trace.format_span_id(span.span_id)
    return line


class _Libraries(logging.Handler):
    """Writes what libraries log by the standard library's logging, in the form of all other lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line to standard error, whichever that is by now; where nobody reads it, it is lost."""
        with suppress(OSError, ValueError):
            print(self.format(record), file=sys.stderr)  # noqa: T201 it is where the log goes


def _configure_libraries(shared: list[Any], last: Any, level: str) -> None:
    handler = _Libraries(max(_LEVELS[level], logging.WARNING))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            foreign_pre_chain=[_first_line, *shared],
        )
    )
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if not isinstance(other, _Libraries)]
    root.addHandler(handler)
    # grpc.aio reports an aborted call as an unhandled error by the standard library's logging; ours has said it.
    logging.getLogger("grpc").setLevel(logging.CRITICAL)


def _first_line(_: object, __: str, line: Line) -> Line:
    """asyncio appends the whole of an exception to its lines, and others may do so too."""
    line["event"] = str(line.get("event", "")).partition("\n")[0][:FOREIGN_CHARACTERS]
    record = line.get("_record")
    line["logger"] = record.name if isinstance(record, logging.LogRecord) else ""
    return line
