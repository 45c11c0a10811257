"""The suite that a command talks to: a running one, or one of its own that lives as long as the command."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cli import exits

if TYPE_CHECKING:
    from assay.client import Suite

    from cli.running_suite import RunningSuite
    from host.settings import Settings

T = TypeVar("T")

MOST_WORKERS = 8
"""Processes that read code, however many processors there are: each may hold as much memory as settings say."""

ONE_WISH_SECONDS = 1.0
"""Signals this close together are one wish to stop: `timeout` signals its child and then its whole process group."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """
    Run a command's work to its end, and stop it cleanly on SIGINT, SIGTERM or SIGHUP.

    A later one ends the process at once.

    :raises cli.exits.Stopped: A signal ended it.
    """
    return asyncio.run(_guarded(work))


async def _guarded(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    received: list[signal.Signals] = []

    first = 0.0

    def stop(number: signal.Signals) -> None:
        nonlocal first
        if not received:
            first = loop.time()
            received.append(number)
            task.cancel()
        elif loop.time() - first > ONE_WISH_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise exits.Stopped(exits.SIGNALLED + received[0]) from None
        raise


@asynccontextmanager
async def suite(gateway: "RunningSuite | None", settings: "Settings | None" = None) -> "AsyncIterator[Suite]":
    """
    Yield a client of a running suite, or of one that this process serves until the block is left.

    :param gateway: The running suite; None: there is none.
    :param settings: Those of a suite of our own; None: :func:`own_settings`.
    """
    if gateway is not None:
        async with gateway.connected() as client:
            yield client
        return
    from assay.client import connect

    from host.embedded import embedded

    async with embedded(settings or own_settings()) as address, connect(address) as client:
        yield client


def own_settings(at_once: int = 1, *, sandbox: bool = True) -> "Settings":
    """
    Return the settings of a suite that lives as long as a command, and set up its logs.

    What the environment says holds. Where it says nothing, nothing is logged: the command's own output says what is
    wrong, and ASSAY_LOG_LEVEL asks for more. No more containers wait ready than the command can use.

    :param at_once: How many candidates or programs may be under way at one time.
    :param sandbox: Whether there is a sandbox, if the environment does not switch it off.
    """
    from host import logs
    from host.settings import read

    settings = read()
    if not sandbox:
        settings.sandbox_enabled = False
    # What a server queued in the same state folder is the server's: this suite ends with the command.
    settings.validation.queue_workers = 0
    # So is the door: who calls a command is the command itself.
    settings.gateway.listen = settings.gateway.http_listen = ""
    if "log_level" in settings.model_fields_set:
        logs.configure(settings.log_level, settings.log_format if "log_format" in settings.model_fields_set else "text")
    else:
        logs.configure("silent", "text")
    if not {"pool", "pools"} & settings.sandbox.model_fields_set:
        floor, _ = settings.sandbox.bounds("python")
        count = min(floor, max(1, at_once))
        settings.sandbox.pools = {"python": {"floor": count, "ceiling": count}}
    if "count" not in settings.workers.model_fields_set:
        settings.workers.count = min(max(settings.workers.count, cores()), MOST_WORKERS)
    return settings


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
