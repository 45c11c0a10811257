"""Several stages of one call: each begins when it is asked for, and answers once, by itself."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from assay.candidates import candidate_from_proto
from assay.errors import InvalidArgument
from assay.stage import Candidate
from assay.v1 import stage_pb2

MOST_RUNS = 100
"""Stages that one call may ask for."""

Ask = Callable[[stage_pb2.StageRun, Candidate, bool], Awaitable[stage_pb2.RunStagesResponse]]


async def answers(
    requests: AsyncIterator[stage_pb2.RunStagesRequest], ask: Ask
) -> AsyncGenerator[stage_pb2.RunStagesResponse]:
    """
    Yield what each stage came to that is asked for, in the order in which they end; leaving stops what is under way.

    :param ask: Is given a run, the candidate, and whether what runs is to be run twice; answers in any case.
    :raises InvalidArgument: A request is none; no stage goes on.
    """
    done: asyncio.Queue[stage_pb2.RunStagesResponse | None] = asyncio.Queue(MOST_RUNS + 1)

    async def run(asked: stage_pb2.StageRun, candidate: Candidate, determinism: bool) -> None:
        done.put_nowait(await ask(asked, candidate, determinism))

    async def read() -> None:
        candidate: Candidate | None = None
        determinism, named = False, set[str]()
        requested: Any = aiter(requests)
        # Closed here and not by the garbage collector.
        async with aclosing(requested) as stream, asyncio.TaskGroup() as group:
            async for request in stream:
                _check(request, named, is_first=candidate is None)
                if candidate is None:
                    candidate, determinism = candidate_from_proto(request.candidate), request.check_determinism
                # In the order of the request, each when the one before had a turn: the others find room beside it.
                for one in request.runs:
                    group.create_task(run(one, candidate, determinism))
                    await asyncio.sleep(0)
        if candidate is None:
            raise InvalidArgument("", "the call has no request")

    reading = asyncio.create_task(read())
    reading.add_done_callback(lambda _: done.put_nowait(None))
    try:
        while (answer := await done.get()) is not None:
            yield answer
        await reading
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _check(request: stage_pb2.RunStagesRequest, named: set[str], *, is_first: bool) -> None:
    if not request.runs:
        raise InvalidArgument("runs", "at least one stage is needed")
    if request.HasField("candidate") and not is_first:
        raise InvalidArgument("candidate", "it is given in the first request, for all of the call")
    for run in request.runs:
        if run.stage in named:
            raise InvalidArgument("runs", "a stage is named twice")
        named.add(run.stage)
    if len(named) > MOST_RUNS:
        raise InvalidArgument("runs", f"a call may ask for {MOST_RUNS} stages")
