"""Many requests, some at one time, each answered when it is done."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


async def answers(
    requests: Sequence[Asked], ask: Callable[[int, Asked], Awaitable[Answer]], at_once: int
) -> AsyncGenerator[Answer]:
    """
    Yield an answer to each request, once, in the order in which they are there; leaving stops what is under way.

    Where the reader is slow, each of those at work holds its one answer, and begins no further request.

    :param ask: Is given a request's number and the request, and answers in any case.
    :param at_once: Requests at one time.
    """
    waiting = iter(enumerate(requests))
    done: asyncio.Queue[Answer] = asyncio.Queue(maxsize=1)

    async def work() -> None:
        for index, request in waiting:
            await done.put(await ask(index, request))

    workers = [asyncio.create_task(work()) for _ in range(min(at_once, len(requests)))]
    try:
        for _ in requests:
            yield await done.get()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
