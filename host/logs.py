"""Structured logs on standard error: JSON for machines, text for people."""

import logging
import sys

import structlog

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "silent": logging.CRITICAL,
}


def configure(level: str, style: str) -> None:
    """
    Set up logging for this process.

    :param level: "debug", "info", "warning" or "error"; "silent" for a command whose own output says what is wrong.
    :param style: "json" or "text".
    """
    last = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # grpc.aio reports an aborted call as an unhandled error by the standard library's logging; ours has said it.
    logging.getLogger("grpc").setLevel(logging.CRITICAL)
