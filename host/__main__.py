"""Serves some services of the catalog, or all of them: ``python -P -m host [NAME…] [--listen ADDRESS]``."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from host import catalog, logs, telemetry
from host.embedded import embedded_names
from host.listening import CannotListen
from host.migrations.revisions import WrongSchema
from host.server import serving
from host.settings import BadSettings, read

DEFAULT_LISTEN = "127.0.0.1:50051"


ONE_WISH_SECONDS = 1.0
"""Signals this close together are one wish to stop: `timeout` signals its child and then its whole process group."""


async def until_stopped(served: AbstractAsyncContextManager[str]) -> None:
    """
    Serve until SIGTERM or SIGINT, then stop gracefully. A later one ends the process at once.

    :param served: What serves, as long as its block is not left.
    :raises CannotListen: The address is taken or not ours.
    :raises host.catalog.BrokenCatalog: A name is unknown, or a plug-in broken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    first = 0.0

    def on_signal(number: signal.Signals) -> None:
        nonlocal first
        if not stop.is_set():
            first = loop.time()
            stop.set()
        elif loop.time() - first > ONE_WISH_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    async with served:
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 2 where the service cannot be started."""
    parser = argparse.ArgumentParser(prog="host", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="services to serve; none: all")
    parser.add_argument("--listen", default=DEFAULT_LISTEN, help="host:port or unix:/path (default: %(default)s)")
    parsed = parser.parse_args(arguments)
    try:
        settings = read()
        logs.configure(settings.log_level, settings.log_format)
        with telemetry.told(parsed.names, settings.telemetry):
            names = parsed.names or embedded_names(settings)
            asyncio.run(until_stopped(serving(names, parsed.listen, settings)))
    except (CannotListen, catalog.BrokenCatalog, BadSettings, WrongSchema) as error:
        parser.exit(2, f"host: {error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
