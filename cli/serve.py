"""`assay serve`: the whole suite in this process, until a signal."""

import asyncio
import sys

from host import logs, telemetry
from host.__main__ import DEFAULT_LISTEN, until_stopped
from host.embedded import embedded
from host.settings import read


def serve(listen: str, http: str, *, is_open: bool) -> int:
    """
    Serve behind the gateway until SIGINT or SIGTERM, then stop gracefully.

    Logs are text on a terminal and JSON elsewhere, unless the environment says otherwise.

    :param listen: Where gRPC clients call; empty: what the settings say, else DEFAULT_LISTEN.
    :param http: Where HTTP clients call; empty: what the settings say.
    :param is_open: Whether calls without a key are taken, where the settings do not say so already.
    :raises host.listening.CannotListen: An address cannot be bound, or may not be reached by those who can reach it.
    :raises host.settings.BadSettings: The environment holds a setting that cannot be used.
    """
    settings = read()
    gateway = settings.gateway
    gateway.listen = listen or gateway.listen or DEFAULT_LISTEN
    gateway.http_listen = http or gateway.http_listen
    gateway.open = is_open or gateway.open
    style = settings.log_format
    if "log_format" not in settings.model_fields_set and sys.stderr.isatty():
        style = "text"
    logs.configure(settings.log_level, style)
    with telemetry.told((), settings.telemetry):
        asyncio.run(until_stopped(embedded(settings)))
    return 0
