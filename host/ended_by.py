"""Work that something else may bring to an end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def ended_by(
    over: Callable[[], Awaitable[object]], error: Callable[[], Exception], *, after: float = 0.0
) -> AsyncIterator[None]:
    """
    End the block when something comes to its end, by raising an error.

    :param over: Comes to its end when the block is to be ended; it is cancelled where the block ends before.
    :param error: Returns what is raised then. What ends the block otherwise goes on as it is.
    :param after: Seconds after which it is begun to wait: what is over sooner pays for no task.
    """
    loop = asyncio.get_running_loop()
    waiting: list[asyncio.Task[None]] = []

    async def wait(scope: asyncio.Timeout) -> None:
        await over()
        scope.reschedule(loop.time())

    try:
        async with asyncio.timeout(None) as scope:
            begin = loop.call_later(after, lambda: waiting.append(asyncio.create_task(wait(scope))))
            try:
                yield
            finally:
                begin.cancel()
                for task in waiting:
                    task.cancel()
    except TimeoutError:
        if not scope.expired():
            raise
        raise error() from None
