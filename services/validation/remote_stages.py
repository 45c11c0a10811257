"""The stages of the suite over gRPC, each found by its name."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import grpc.aio
from assay.candidates import candidate_to_proto
from assay.client import error_from_rpc
from assay.convert import result_from_proto, result_to_proto, rule_from_proto
from assay.errors import AssayError, PluginFailed, Unavailable
from assay.stage import Candidate, RuleInfo, StageResult
from assay.v1 import candidate_pb2, stage_pb2, stage_pb2_grpc

from services.validation.engine import StageDescription
from services.validation.stage_calls import StageCall, run_stage

KEPT_SECONDS = 30.0
"""How long it is believed what a stage says of itself: it may be another version when it comes back."""


class RemoteStages:
    """
    Implements :class:`services.validation.engine.Stages`.

    What a stage says of itself is kept for a while; one that did not answer is asked again by the next call, and so is
    one whose results turn out to be another version's.

    :param names: All stages of the suite, in their order.
    :param channel: Returns the channel to a stage.
    """

    def __init__(self, names: Sequence[str], channel: Callable[[str], grpc.aio.Channel]) -> None:
        self._names = tuple(names)
        self._channel = channel
        self._described: dict[str, tuple[StageDescription, float]] = {}

    async def describe(self, seconds: float) -> Sequence[StageDescription]:
        """See :class:`services.validation.engine.Stages`."""
        now = time.monotonic()
        known = {name: said for name, (said, until) in self._described.items() if now < until}
        asked = [name for name in self._names if name not in known]
        for name in self._described.keys() & asked:
            # Others go by what was said last meanwhile, instead of asking too.
            self._described[name] = self._described[name][0], now + KEPT_SECONDS
        answers = await asyncio.gather(*(self._ask(name, seconds) for name in asked))
        for answer in answers:
            known[answer.name] = answer
            if answer.unavailable:
                self._described.pop(answer.name, None)
            else:
                self._described[answer.name] = answer, now + KEPT_SECONDS
        return [known[name] for name in self._names]

    def _heard(self, result: StageResult) -> None:
        """Forget what a stage said of itself if it is another version by now."""
        described = self._described.get(result.stage)
        if described is not None and described[0].version != result.version:
            del self._described[result.stage]

    async def _ask(self, name: str, seconds: float) -> StageDescription:
        try:
            stub = stage_pb2_grpc.StageServiceStub(self._channel(name))
        except Unavailable as error:
            return StageDescription(name, unavailable=error.message, configured=False)
        try:
            answer = await stub.ListStages(stage_pb2.ListStagesRequest(), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            return StageDescription(name, unavailable=f"it cannot be reached: {error_from_rpc(error).message}")
        for stage in answer.stages:
            if stage.name == name:
                return StageDescription(
                    name, stage.version, stage.description, frozenset(stage.languages), tuple(stage.requires)
                )
        return StageDescription(name, unavailable="the server at its address does not serve it")

    def about(self, candidate: Candidate, *, check_determinism: bool) -> "RemoteRuns":
        """See :class:`services.validation.engine.Stages`."""
        message = candidate_to_proto(candidate)
        return RemoteRuns(self._channel, message, self._heard, check_determinism=check_determinism)

    async def rules(self, name: str, seconds: float) -> Sequence[RuleInfo]:
        """See :class:`services.validation.engine.Stages`."""
        stub = stage_pb2_grpc.StageServiceStub(self._channel(name))
        try:
            answer = await stub.ListStageRules(stage_pb2.ListStageRulesRequest(stage=name), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error) from None
        try:
            return tuple(rule_from_proto(rule) for rule in answer.rules)
        except ValueError as error:
            raise PluginFailed(f"the stage {name!r} lists rules outside the contract: {error}") from None


class RemoteRuns:
    """
    Implements :class:`services.validation.engine.StageRuns`.

    :param channel: Returns the channel to a stage.
    :param heard: Hears every result.
    """

    def __init__(
        self,
        channel: Callable[[str], grpc.aio.Channel],
        candidate: candidate_pb2.Candidate,
        heard: Callable[[StageResult], None],
        *,
        check_determinism: bool,
    ) -> None:
        self._channel = channel
        self._candidate = candidate
        self._heard = heard
        self._check_determinism = check_determinism
        self._calls: dict[grpc.aio.Channel, StageCall] = {}

    async def run(self, name: str, prior: Mapping[str, StageResult], seconds: float) -> StageResult:
        """See :class:`services.validation.engine.StageRuns`."""
        result = _checked(name, await self._answer(name, prior, seconds))
        self._heard(result)
        return result

    async def _answer(self, name: str, prior: Mapping[str, StageResult], seconds: float) -> stage_pb2.StageResult:
        channel = self._channel(name)
        if not prior:
            return await self._call(channel).run(name, seconds)
        request = stage_pb2.RunStageRequest(
            stage=name,
            candidate=self._candidate,
            prior_results=[result_to_proto(result) for result in prior.values()],
            result_only=True,
            check_determinism=self._check_determinism,
        )
        try:
            return await run_stage(stage_pb2_grpc.StageServiceStub(channel), request, seconds)
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error) from None

    def _call(self, channel: grpc.aio.Channel) -> StageCall:
        """Return the call in which those of the stages go out that begin in this turn of the event loop."""
        if channel not in self._calls:
            self._calls[channel] = StageCall(channel, self._candidate, check_determinism=self._check_determinism)
            asyncio.get_running_loop().call_soon(self._calls.pop, channel)
        return self._calls[channel]


def _checked(name: str, message: stage_pb2.StageResult) -> StageResult:
    """Return a stage's answer if it is one: a third party may serve the stage, in any language."""
    if message.stage != name:
        raise PluginFailed(f"the stage {name!r} answered as {message.stage!r}")
    try:
        return result_from_proto(message)
    except (ValueError, AssayError) as error:
        raise PluginFailed(f"the stage {name!r} answered outside the contract: {error}") from None
