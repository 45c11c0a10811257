"""StageService for every stage: finds it by name, converts, runs it, converts back."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import structlog
from assay.candidates import candidate_from_proto
from assay.convert import finding_to_proto, result_from_proto, result_to_proto, rule_to_proto, seconds_from_proto
from assay.errors import AssayError, DeadlineExceeded, InvalidArgument, PluginFailed, UnknownStage
from assay.stage import Candidate, Finding, Stage, StageResult, StageStatus
from assay.v1 import stage_pb2, stage_pb2_grpc

from host.interceptors.around import Context
from host.interceptors.deadlines import seconds_left
from host.spans import detail
from services.stages.several import answers

_log = structlog.get_logger("assay.stages")

EVENT_QUEUE = 256
"""Events that may wait for a slow reader; a stage that reports more waits with it."""

DEFAULT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class QuietContext:
    """The context of a run of which only the result is wanted; see :class:`assay.stage.StageContext`."""

    prior_results: Mapping[str, StageResult]
    check_determinism: bool = False

    ends: float = math.inf
    """When the run's own time ends, on the monotonic clock."""

    @property
    def seconds_left(self) -> float:
        """The time until the deadline of the run, which is that of the call or sooner."""
        left = seconds_left()
        return max(min(DEFAULT_SECONDS if left is None else left, self.ends - time.monotonic()), 0.0)

    async def found(self, finding: Finding) -> None:
        """Pass over a finding: it stands in the result."""

    async def progress(self, message: str, fraction: float) -> None:
        """Pass over how far the run is."""


@dataclass(frozen=True, slots=True)
class RunContext(QuietContext):
    """The context of a run that is followed from outside."""

    events: asyncio.Queue[stage_pb2.RunStageResponse] = field(default_factory=lambda: asyncio.Queue(EVENT_QUEUE))

    async def found(self, finding: Finding) -> None:
        """Tell the caller of a finding before the end."""
        await self.events.put(stage_pb2.RunStageResponse(finding=finding_to_proto(finding)))

    async def progress(self, message: str, fraction: float) -> None:
        """Tell the caller how far the run is."""
        progress = stage_pb2.StageProgress(message=message, fraction=min(max(fraction, 0.0), 1.0))
        await self.events.put(stage_pb2.RunStageResponse(progress=progress))


class StageServicer(stage_pb2_grpc.StageServiceServicer):
    """
    Serves stages by name.

    :param stages: The stages of this server.
    """

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages = dict(stages)

    async def ListStages(  # noqa: N802  # the contract's name
        self, request: stage_pb2.ListStagesRequest, context: Context
    ) -> stage_pb2.ListStagesResponse:
        """See the contract."""
        return stage_pb2.ListStagesResponse(stages=[_info(stage) for _, stage in sorted(self._stages.items())])

    async def RunStage(  # noqa: N802  # the contract's name
        self, request: stage_pb2.RunStageRequest, context: Context
    ) -> AsyncIterator[stage_pb2.RunStageResponse]:
        """See the contract."""
        stage = self._stage(request.stage)
        candidate = candidate_from_proto(request.candidate)
        prior = _prior(request.prior_results)
        if request.result_only:
            yield stage_pb2.RunStageResponse(
                result=await _judge(stage, candidate, QuietContext(prior, request.check_determinism))
            )
            return
        run = RunContext(prior, request.check_determinism)
        task = asyncio.create_task(_judge(stage, candidate, run))
        try:
            async with aclosing(_events(task, run.events)) as events:
                async for event in events:
                    yield event
            yield stage_pb2.RunStageResponse(result=await task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def RunStages(  # noqa: N802  # the contract's name
        self, requests: AsyncIterator[stage_pb2.RunStagesRequest], context: Context
    ) -> AsyncIterator[stage_pb2.RunStagesResponse]:
        """See the contract."""
        async with aclosing(answers(requests, self._outcome)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def _outcome(
        self, run: stage_pb2.StageRun, candidate: Candidate, determinism: bool
    ) -> stage_pb2.RunStagesResponse:
        """Return what one stage of several came to: what goes wrong in it is its own."""
        seconds = seconds_from_proto(run.timeout) if run.HasField("timeout") else DEFAULT_SECONDS
        started = time.monotonic()
        try:
            quiet = QuietContext(_prior(run.prior_results), determinism, started + seconds)
            async with asyncio.timeout(seconds):
                result = await _judge(self._stage(run.stage), candidate, quiet)
            return stage_pb2.RunStagesResponse(result=result)
        except TimeoutError:
            error: AssayError = DeadlineExceeded(f"it took longer than the {seconds:g} s it had")
        except AssayError as caught:
            error = caught
        failure = stage_pb2.StageFailure(stage=run.stage, reason=f"ERROR_REASON_{error.reason}", message=error.message)
        return stage_pb2.RunStagesResponse(failure=failure)

    async def ListStageRules(  # noqa: N802  # the contract's name
        self, request: stage_pb2.ListStageRulesRequest, context: Context
    ) -> stage_pb2.ListStageRulesResponse:
        """See the contract."""
        stage = self._stage(request.stage)
        # A stage that was made before stages could list their rules has none to list.
        rules = sorted(getattr(stage, "rules", ()), key=lambda rule: rule.rule_id)
        return stage_pb2.ListStageRulesResponse(rules=[rule_to_proto(rule, stage.name) for rule in rules])

    def _stage(self, name: str) -> Stage:
        if name not in self._stages:
            raise UnknownStage("stage", f"there is no stage {name!r} here; there are {sorted(self._stages)}")
        return self._stages[name]


def _prior(messages: Sequence[stage_pb2.StageResult]) -> dict[str, StageResult]:
    try:
        return {message.stage: result_from_proto(message) for message in messages}
    except ValueError as error:
        raise InvalidArgument("prior_results", f"they are outside the contract: {error}") from None


async def _events(
    task: asyncio.Task[stage_pb2.StageResult], events: asyncio.Queue[stage_pb2.RunStageResponse]
) -> AsyncGenerator[stage_pb2.RunStageResponse]:
    """Yield events as they come until the task is done and none is left."""
    while True:
        waiting = asyncio.create_task(events.get())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        if waiting.cancelled():
            return
        yield waiting.result()


async def _judge(stage: Stage, candidate: Candidate, run: QuietContext) -> stage_pb2.StageResult:
    try:
        with detail(f"stage {stage.name}", {"assay.language": candidate.language}):
            return await _run(stage, candidate, run)
    except AssayError:
        raise
    except Exception as error:
        await _log.aexception("stage broke", stage=stage.name, exc_info=error)
        raise PluginFailed(f"the stage {stage.name!r} raised {type(error).__name__}") from error


async def _run(stage: Stage, candidate: Candidate, run: QuietContext) -> stage_pb2.StageResult:
    started = time.monotonic()
    if stage.languages and candidate.language not in stage.languages:
        result = StageResult(StageStatus.NOT_APPLICABLE, reason=f"{stage.name} does not judge {candidate.language!r}")
    else:
        result = await stage.run(candidate, run)
    findings = tuple(replace(finding, stage=stage.name) for finding in result.findings)
    seconds = time.monotonic() - started
    return result_to_proto(replace(result, findings=findings, stage=stage.name, version=stage.version, seconds=seconds))


def _info(stage: Stage) -> stage_pb2.StageInfo:
    return stage_pb2.StageInfo(
        name=stage.name,
        version=stage.version,
        description=stage.description,
        languages=sorted(stage.languages),
        requires=stage.requires,
    )
