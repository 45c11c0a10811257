"""
Runs of stages that go out together: those of one candidate that begin at one time, at one address, are one call.

A call costs about as much as reading a short file does, and each carries the candidate.
"""

import asyncio
from collections.abc import Mapping, Sequence

import grpc
import grpc.aio
from assay.client import error_from_rpc
from assay.convert import duration_to_proto
from assay.errors import AssayError, InvalidArgument, PluginFailed, by_reason
from assay.v1 import candidate_pb2, error_reason_pb2, stage_pb2, stage_pb2_grpc


class StageCall:
    """
    One call for several stages; :meth:`run` adds one, until the event loop's next turn, in which it goes out.

    :param channel: To a server that serves all of them.
    """

    def __init__(
        self, channel: grpc.aio.Channel, candidate: candidate_pb2.Candidate, *, check_determinism: bool
    ) -> None:
        self._stub = stage_pb2_grpc.StageServiceStub(channel)
        self._candidate = candidate
        self._check_determinism = check_determinism
        self._waiting: dict[str, asyncio.Future[stage_pb2.StageResult]] = {}
        self._seconds: dict[str, float] = {}
        self._call: asyncio.Task[None] | None = None
        asyncio.get_running_loop().call_soon(self._go)

    async def run(self, name: str, seconds: float) -> stage_pb2.StageResult:
        """
        Run a stage as a part of this call, which must not have gone out, and return its result.

        :param seconds: The longest that it may take.
        :raises AssayError: It could not be run.
        """
        result: asyncio.Future[stage_pb2.StageResult] = asyncio.get_running_loop().create_future()
        self._waiting[name], self._seconds[name] = result, seconds
        try:
            return await result
        except asyncio.CancelledError:
            # Who waits for nothing more needs no call: the stages end with it. One that is answered ends by itself.
            if self._call is not None and not self._open():
                self._call.cancel()
            raise

    def _open(self) -> list[str]:
        """Return the stages whose results somebody waits for."""
        return [name for name, result in self._waiting.items() if not result.done()]

    def _go(self) -> None:
        if self._open():
            self._call = asyncio.create_task(self._done())

    async def _done(self) -> None:
        try:
            names = self._open()
            await (self._each(names[0]) if len(names) == 1 else self._several(names))
            reason: AssayError = PluginFailed("its server ended the call without a result")
        except grpc.aio.AioRpcError as error:
            reason = error_from_rpc(error)
        except AssayError as error:
            reason = error
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(reason)

    async def _several(self, names: Sequence[str]) -> None:
        request = stage_pb2.RunStagesRequest(
            candidate=self._candidate,
            runs=[stage_pb2.StageRun(stage=name, timeout=duration_to_proto(self._seconds[name])) for name in names],
            check_determinism=self._check_determinism,
        )
        try:
            async for event in self._stub.RunStages(request, timeout=max(self._seconds[name] for name in names)):
                self._take(event)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            await asyncio.gather(*map(self._each, names))

    async def _each(self, name: str) -> None:
        self._set(name, await run_stage(self._stub, self._request(name), self._seconds[name]))

    def _request(self, name: str) -> stage_pb2.RunStageRequest:
        return stage_pb2.RunStageRequest(
            stage=name, candidate=self._candidate, result_only=True, check_determinism=self._check_determinism
        )

    def _take(self, event: stage_pb2.RunStagesResponse) -> None:
        if event.HasField("result"):
            self._set(event.result.stage, event.result)
        elif (waiting := self._waiting.get(event.failure.stage)) is not None and not waiting.done():
            waiting.set_exception(_error(event.failure))

    def _set(self, name: str, result: stage_pb2.StageResult) -> None:
        waiting = self._waiting.get(name)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)


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
