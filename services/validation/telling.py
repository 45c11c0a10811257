"""Writing down what happens to a queued validation while it is made."""

import asyncio
from collections.abc import Mapping

from assay.convert import result_from_proto, result_to_proto
from assay.errors import AssayError, Unavailable
from assay.stage import StageResult

from services.validation import convert
from services.validation.jobs import COMPLETED, Happening, Job
from services.validation.judgement import Round
from services.validation.queue import Queue


class JobFollower:
    """
    Writes down what happens to a job; see :class:`services.validation.following.Follower`.

    Stages do not wait for it: what happens while something is written is written together, next.
    """

    def __init__(self, queue: Queue, job: Job) -> None:
        self._queue = queue
        self._job = job
        self._pending: list[tuple[str, Happening]] = []
        self._writing: asyncio.Task[None] | None = None
        said = (result_from_proto(event.stage_completed) for event in job.done)
        self.done: Mapping[str, StageResult] = {result.stage: result for result in said}

    async def started(self, stage: str) -> None:
        """See :class:`services.validation.following.Follower`."""
        self._tell(f"started/{stage}", Happening(stage_started=stage))

    async def completed(self, result: StageResult) -> None:
        """See :class:`services.validation.following.Follower`."""
        self._tell(f"{COMPLETED}{result.stage}", Happening(stage_completed=result_to_proto(result)))

    async def unreachable(self, error: AssayError) -> None:
        """End this attempt, unless it is the last: nobody waits, and what was away for a moment is there later."""
        if not self._queue.is_last(self._job):
            # Whatever it is there: here it is neither the database's end nor this process's.
            raise Unavailable(error.message)

    async def repaired(self, made: Round) -> None:
        """See :class:`services.validation.following.Follower`."""
        self._tell(f"round/{made.number}", Happening(repair_round=convert.round_to_proto(made)))

    def _tell(self, name: str, event: Happening) -> None:
        """Have something written; raises what kept the last from it."""
        self._pending.append((name, event))
        if self._writing is None or self._writing.done():
            if self._writing is not None:
                self._writing.result()
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._pending:
            pending, self._pending = self._pending, []
            await self._queue.happened(self._job, pending)

    async def written(self) -> None:
        """
        Wait until everything is written.

        :raises LeaseLost: The job is not this process's any more.
        :raises StoreUnavailable: The database cannot be written.
        """
        if self._writing is not None:
            await self._writing

    def close(self) -> None:
        """Write nothing more."""
        if self._writing is not None:
            self._writing.cancel()
