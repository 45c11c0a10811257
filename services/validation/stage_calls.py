"""
Runs of stages that go out together: those of one candidate at one address are one call.

A call costs about as much as reading a short file does, and each carries the candidate.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import grpc
import grpc.aio
import structlog
from assay.client import error_from_rpc
from assay.convert import duration_to_proto, seconds_from_proto
from assay.errors import AssayError, InvalidArgument, PluginFailed, Unavailable, by_reason
from assay.v1 import candidate_pb2, error_reason_pb2, stage_pb2, stage_pb2_grpc

CLOSE_SECONDS = 1.0
"""How long a call that asks for nothing more may take to end; a stage that nobody waits for ends by its time."""

TRIES = 3
"""Calls in which a stage is asked for, where each ends before it can know of it."""

_log = structlog.get_logger("assay.validation")


class StageCall:
    """
    One call for stages of one candidate, each of which is asked for when it begins.

    What is asked for in the turn of the event loop in which the call begins goes out together. Where the call ended
    before its time, what is asked for later goes out in another one.

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
        self._talk: _Talk | None = None
        self._talks: list[_Talk] = []
        self._has_runs_only = False
        """Whether the server has no call but that for one stage."""

    async def run(self, name: str, prior: Sequence[stage_pb2.StageResult], seconds: float) -> stage_pb2.StageResult:
        """
        Run a stage and return its result.

        :param prior: The results of the stages that it requires.
        :param seconds: The longest that it may take.
        :raises AssayError: It could not be run.
        """
        run = stage_pb2.StageRun(stage=name, timeout=duration_to_proto(seconds), prior_results=prior)
        self._to_come.discard(name)
        for _ in range(TRIES):
            if self._has_runs_only:
                return await self._by_itself(run)
            try:
                return await self._answer(run)
            except _Unimplemented:
                self._has_runs_only = True
            except _Ended:
                pass
        raise Unavailable("its server ended one call after another")

    async def close(self, *, at_once: bool) -> None:
        """
        End what goes on still, and wait until it has ended, within a bounded time.

        :param at_once: Do not wait for what a server has to say at its end.
        """
        await asyncio.gather(*(talk.close(0.0 if at_once else CLOSE_SECONDS) for talk in self._talks))

    async def _answer(self, run: stage_pb2.StageRun) -> stage_pb2.StageResult:
        if self._talk is None or not self._talk.is_open:
            first = stage_pb2.RunStagesRequest(candidate=self._candidate, check_determinism=self._check_determinism)
            left = max(self._ends - asyncio.get_running_loop().time(), 0.0)
            self._talk = _Talk(self._stub, first, left, self._order)
            self._talks.append(self._talk)
        talk = self._talk
        answer = talk.ask(run, is_last=not self._to_come)
        try:
            return await answer
        except asyncio.CancelledError:
            if talk.is_idle:
                # The stage that nobody waits for goes on for as long as it may; what comes next need not go with it.
                talk.ask_no_more()
            raise

    async def _by_itself(self, run: stage_pb2.StageRun) -> stage_pb2.StageResult:
        """Ask for a stage in a call of its own."""
        request = stage_pb2.RunStageRequest(
            stage=run.stage,
            candidate=self._candidate,
            prior_results=run.prior_results,
            result_only=True,
            check_determinism=self._check_determinism,
        )
        result: stage_pb2.StageResult | None = None
        try:
            async for event in self._stub.RunStage(request, timeout=seconds_from_proto(run.timeout)):
                if event.HasField("result"):
                    result = event.result
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error) from None
        # Read to its end, which follows at once: a call that is left before is cancelled, with the answer there.
        if result is None:
            raise PluginFailed(f"the stage {run.stage!r} ended without a result")
        return result


class _Ended(Exception):
    """The call ended before it could know of a stage: another call may do better."""


class _Unimplemented(Exception):
    """The server has no such call."""


class _Talk:
    """
    One call.

    :param first: The first request, without its runs.
    :param order: The place of each stage among those that go out together.
    """

    def __init__(
        self,
        stub: "stage_pb2_grpc.StageServiceAsyncStub",
        first: stage_pb2.RunStagesRequest,
        seconds: float,
        order: Mapping[str, int],
    ) -> None:
        self._order = order
        self._first = first
        self._at_first: list[stage_pb2.StageRun] | None = []
        """What goes out with the first request, until it has."""
        self._answers: dict[str, asyncio.Future[stage_pb2.StageResult]] = {}
        self._requests: asyncio.Queue[stage_pb2.RunStagesRequest | None] = asyncio.Queue()
        self._is_last = False
        self._going_on = asyncio.create_task(self._go(stub, seconds))

    @property
    def is_open(self) -> bool:
        """Whether a stage can be asked for."""
        return not (self._is_last or self._going_on.done())

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return all(answer.done() for answer in self._answers.values())

    def ask(self, run: stage_pb2.StageRun, *, is_last: bool) -> "asyncio.Future[stage_pb2.StageResult]":
        """
        Ask for a stage, which was not asked for before, and return its result to come.

        :param is_last: Whether nothing more will be asked for.
        """
        answer: asyncio.Future[stage_pb2.StageResult] = asyncio.get_running_loop().create_future()
        self._answers[run.stage] = answer
        if self._at_first is not None:
            # It goes out when this call's task has its first turn, after those who ask in this one.
            self._at_first.append(run)
        else:
            self._requests.put_nowait(stage_pb2.RunStagesRequest(runs=[run]))
        if is_last:
            self.ask_no_more()
        return answer

    def ask_no_more(self) -> None:
        """Ask for nothing more: the call ends with its answers."""
        self._is_last = True
        self._requests.put_nowait(None)

    async def close(self, seconds: float) -> None:
        """End the call, after a while if it does not by itself."""
        self.ask_no_more()
        await asyncio.wait([self._going_on], timeout=seconds)
        self._going_on.cancel()
        await asyncio.gather(self._going_on, return_exceptions=True)

    async def _go(self, stub: "stage_pb2_grpc.StageServiceAsyncStub", seconds: float) -> None:
        reason: Exception = PluginFailed("its server ended the call without a result")
        can_go_on = False
        try:
            async for event in stub.RunStages(self._asked(), timeout=seconds):
                self._take(event)
            can_go_on = True
        except grpc.aio.AioRpcError as error:
            reason = error_from_rpc(error)
            can_go_on = error.code() is grpc.StatusCode.UNAVAILABLE
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                reason = _Unimplemented()
        except AssayError as error:
            reason = error
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody waits for an answer that cannot come
            await _log.aexception("a call for stages broke", exc_info=error)
            reason = PluginFailed(f"its server's answers could not be read: {type(error).__name__}")
        finally:
            self.ask_no_more()
            begun_with = {run.stage for run in self._first.runs}
            for name, answer in self._answers.items():
                if not answer.done():
                    answer.set_exception(_Ended() if can_go_on and name not in begun_with else reason)

    async def _asked(self) -> AsyncIterator[stage_pb2.RunStagesRequest]:
        asked, self._at_first = self._at_first or [], None
        wanted = [run for run in asked if not self._answers[run.stage].cancelled()]
        if not wanted:
            return
        self._first.runs.extend(sorted(wanted, key=lambda run: self._order[run.stage]))
        yield self._first
        while (request := await self._requests.get()) is not None:
            yield request

    def _take(self, event: stage_pb2.RunStagesResponse | None) -> None:
        if event is None:
            raise PluginFailed("its server answered what is no message of this contract")
        name = event.result.stage if event.HasField("result") else event.failure.stage
        answer = self._answers.get(name)
        if answer is None or (answer.done() and not answer.cancelled()):
            raise PluginFailed(f"its server answered as {name!r}, which was not asked for, or answered before")
        if answer.cancelled():
            return
        if event.HasField("result"):
            answer.set_result(event.result)
        else:
            answer.set_exception(_error(event.failure))


REASONS: Mapping[int, str] = {
    number: name.removeprefix("ERROR_REASON_") for name, number in error_reason_pb2.ErrorReason.items()
}


def _error(failure: stage_pb2.StageFailure) -> AssayError:
    kind = by_reason().get(REASONS.get(failure.reason, ""), AssayError)
    return kind("candidate", failure.message) if issubclass(kind, InvalidArgument) else kind(failure.message)
