"""What tests that look for tasks left behind share."""

import asyncio

SECONDS = 30
"""Longer than any watcher of a server that another test left serving sleeps between two looks."""


async def left_behind(before: set[asyncio.Task[object]]) -> set[asyncio.Task[object]]:
    """Give the tasks that were begun since `before` was taken, and that do not end within SECONDS.

    The event loop is the session's, so servers of other tests may begin tasks meanwhile: each look of a watcher is one,
    and ends by itself.
    """
    begun = asyncio.all_tasks() - before - {asyncio.current_task()}
    if not begun:
        return set()
    _, pending = await asyncio.wait(begun, timeout=SECONDS)
    return pending
