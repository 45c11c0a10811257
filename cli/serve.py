"""`assay serve`: the whole suite in this process, until a signal."""

import asyncio
import sys

from host import logs, telemetry
from host.__main__ import serve as serve_suite
from host.settings import read


def serve(listen: str) -> int:
    """
    Serve until SIGINT or SIGTERM, then stop gracefully.

    Logs are text on a terminal and JSON elsewhere, unless the environment says otherwise.

    :raises host.listening.CannotListen: The address cannot be bound.
    :raises host.settings.BadSettings: The environment holds a setting that cannot be used.
    """
    settings = read()
    style = settings.log_format
    if "log_format" not in settings.model_fields_set and sys.stderr.isatty():
        style = "text"
    logs.configure(settings.log_level, style)
    with telemetry.told((), settings.telemetry):
        asyncio.run(serve_suite((), listen, settings))
    return 0
