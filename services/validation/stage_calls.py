"""
Runs of stages that go out together: those of one candidate at one address are one call.

A call costs about as much as reading a short file does, and each carries the candidate.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence

import grpc
import grpc.aio
from assay.client import error_from_rpc
from assay.convert import duration_to_proto, seconds_from_proto
from assay.errors import AssayError, InvalidArgument, PluginFailed, by_reason
from assay.v1 import candidate_pb2, error_reason_pb2, stage_pb2, stage_pb2_grpc

CLOSE_SECONDS = 1.0
"""How long a call that asks for nothing more, and was answered, may take to end."""


class StageCall:
    """
    One call for stages of one candidate, each of which is asked for when it begins.

    What is asked for in the turn of the event loop in which the call begins goes out together. A call that broke, or
    that was left because nobody waited for it any more, is made anew by the next that is asked for.

    :param channel: To a server that serves all of them.
    :param names: The stages that may be asked for, each once: with the last of them the call asks for nothing more.
        What goes out together begins in this order.
    :param seconds: The longest that all of them may take together.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        candidate: candidate_pb2.Candidate,
        names: Sequence[str],
        *,
        check_determinism: bool,
        seconds: float,
    ) -> None:
        self._stub = stage_pb2_grpc.StageServiceStub(channel)
        self._candidate = candidate
        self._check_determinism = check_determinism
        self._ends = asyncio.get_running_loop().time() + seconds
        self._order = {name: place for place, name in enumerate(names)}
        self._to_come = set(names)
        self._next: list[stage_pb2.StageRun] = []
        self._waiting: dict[str, tuple[stage_pb2.StageRun, asyncio.Future[stage_pb2.StageResult]]] = {}
        self._requests: asyncio.Queue[stage_pb2.RunStagesRequest | None] = asyncio.Queue()
        self._call: asyncio.Task[None] | None = None
        self._calls: list[asyncio.Task[None]] = []
        self._is_known_to_be_old = False

    async def run(self, name: str, prior: Sequence[stage_pb2.StageResult], seconds: float) -> stage_pb2.StageResult:
        """
        Run a stage and return its result.

        :param prior: The results of the stages that it requires.
        :param seconds: The longest that it may take.
        :raises AssayError: It could not be run.
        """
        loop = asyncio.get_running_loop()
        run = stage_pb2.StageRun(stage=name, timeout=duration_to_proto(seconds), prior_results=prior)
        result: asyncio.Future[stage_pb2.StageResult] = loop.create_future()
        self._waiting[name] = run, result
        self._next.append(run)
        self._to_come.discard(name)
        if self._call is not None and not self._call.done():
            self._ask()
        elif len(self._next) == 1:
            loop.call_soon(self._ask)
        try:
            return await result
        except asyncio.CancelledError:
            # Who waits for nothing more needs no call: the stages end with it. One that is answered ends by itself.
            if not self._open():
                self._leave()
            raise

    async def close(self) -> None:
        """End what goes on still, and wait until it has ended; within a bounded time."""
        if self._open():
            self._leave()
        self._requests.put_nowait(None)
        if self._calls:
            await asyncio.wait(self._calls, timeout=CLOSE_SECONDS)
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _open(self) -> list[stage_pb2.StageRun]:
        """Return the runs whose results somebody waits for."""
        return [run for run, result in self._waiting.values() if not result.done()]

    def _leave(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _ask(self) -> None:
        """Send what was asked for and was not sent."""
        asked, self._next = self._next, []
        runs = [run for run in asked if not self._waiting[run.stage][1].done()]
        if not runs:
            return
        runs.sort(key=lambda run: self._order.get(run.stage, len(self._order)))
        request = stage_pb2.RunStagesRequest(runs=runs)
        if self._is_known_to_be_old:
            self._begin(self._by_themselves(runs))
        elif self._call is None or self._call.done():
            request.candidate.CopyFrom(self._candidate)
            request.check_determinism = self._check_determinism
            self._requests = asyncio.Queue()
            self._call = self._begin(self._talk(self._requests))
        self._requests.put_nowait(request)
        if not self._to_come:
            self._requests.put_nowait(None)

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self._calls.append(asyncio.create_task(work))
        return self._calls[-1]

    async def _talk(self, requests: asyncio.Queue[stage_pb2.RunStagesRequest | None]) -> None:
        try:
            left = max(self._ends - asyncio.get_running_loop().time(), 0.0)
            async for event in self._stub.RunStages(_until_none(requests), timeout=left):
                self._take(event)
            reason: AssayError = PluginFailed("its server ended the call without a result")
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                self._is_known_to_be_old = True
                await self._by_themselves(self._open())
                return
            reason = error_from_rpc(error)
        except AssayError as error:
            reason = error
        for run in self._open():
            self._waiting[run.stage][1].set_exception(reason)

    async def _by_themselves(self, runs: Sequence[stage_pb2.StageRun]) -> None:
        """Ask for each in a call of its own: the server has no other."""
        await asyncio.gather(*map(self._by_itself, runs))

    async def _by_itself(self, run: stage_pb2.StageRun) -> None:
        request = stage_pb2.RunStageRequest(
            stage=run.stage,
            candidate=self._candidate,
            prior_results=run.prior_results,
            result_only=True,
            check_determinism=self._check_determinism,
        )
        try:
            self._set(run.stage, await run_stage(self._stub, request, seconds_from_proto(run.timeout)))
        except grpc.aio.AioRpcError as error:
            self._set(run.stage, error_from_rpc(error))
        except AssayError as error:
            self._set(run.stage, error)

    def _take(self, event: stage_pb2.RunStagesResponse) -> None:
        if event.HasField("result"):
            self._set(event.result.stage, event.result)
        else:
            self._set(event.failure.stage, _error(event.failure))

    def _set(self, name: str, outcome: stage_pb2.StageResult | AssayError) -> None:
        _, waiting = self._waiting.get(name, (None, None))
        if waiting is None or waiting.done():
            return
        if isinstance(outcome, AssayError):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)


async def _until_none(
    requests: asyncio.Queue[stage_pb2.RunStagesRequest | None],
) -> AsyncIterator[stage_pb2.RunStagesRequest]:
    while (request := await requests.get()) is not None:
        yield request


async def run_stage(
    stub: "stage_pb2_grpc.StageServiceAsyncStub", request: stage_pb2.RunStageRequest, seconds: float
) -> stage_pb2.StageResult:
    """
    Run one stage in a call of its own.

    :raises grpc.aio.AioRpcError: It could not be run.
    :raises PluginFailed: It ended without a result.
    """
    result: stage_pb2.StageResult | None = None
    async for event in stub.RunStage(request, timeout=seconds):
        if event.HasField("result"):
            result = event.result
    # Read to its end, which follows at once: a call that is left before is cancelled, with the answer there.
    if result is None:
        raise PluginFailed(f"the stage {request.stage!r} ended without a result")
    return result


REASONS: Mapping[int, str] = {
    number: name.removeprefix("ERROR_REASON_") for name, number in error_reason_pb2.ErrorReason.items()
}


def _error(failure: stage_pb2.StageFailure) -> AssayError:
    kind = by_reason().get(REASONS.get(failure.reason, ""), AssayError)
    return kind("candidate", failure.message) if issubclass(kind, InvalidArgument) else kind(failure.message)
