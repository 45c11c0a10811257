"""The stages of the suite over gRPC, each found by its name."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import grpc.aio
from assay.candidates import candidate_to_proto
from assay.client import error_from_rpc
from assay.convert import result_from_proto, result_to_proto, rule_from_proto
from assay.errors import AssayError, PluginFailed, Unavailable
from assay.stage import Candidate, RuleInfo, StageResult, StageStatus
from assay.v1 import stage_pb2, stage_pb2_grpc

from services.validation.engine import StageDescription
from services.validation.stage_calls import StageCall

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
        self._seconds: dict[str, float] = {}
        """How long each took the last time."""
        self._ending: set[asyncio.Task[None]] = set()

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

    def _chains(self, names: Sequence[str]) -> Mapping[str, float]:
        """
        Return how long it takes from the begin of each stage until all has ended that waits for it, by what each took
        the last time: the longest of these is what a validation waits for.

        :param names: Each comes after those that it requires.
        """
        requires = {name: self._described[name][0].requires if name in self._described else () for name in names}
        chains: dict[str, float] = {}
        for name in reversed(names):
            after = (chains[other] for other, needed in requires.items() if name in needed)
            chains[name] = self._seconds.get(name, 0.0) + max(after, default=0.0)
        return chains

    def _heard(self, result: StageResult) -> None:
        """Remember how long a stage took, and forget what it said of itself if it is another version by now."""
        if result.status is StageStatus.COMPLETED:
            self._seconds[result.stage] = result.seconds
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

    @asynccontextmanager
    async def about(
        self, candidate: Candidate, names: Sequence[str], seconds: float, *, check_determinism: bool
    ) -> AsyncIterator["RemoteRuns"]:
        """See :class:`services.validation.engine.Stages`."""
        channels: defaultdict[grpc.aio.Channel, list[str]] = defaultdict(list)
        for name in sorted(names, key=self._chains(names).__getitem__, reverse=True):
            channels[self._channel(name)].append(name)
        message = candidate_to_proto(candidate)
        calls = [
            StageCall(channel, message, served, check_determinism=check_determinism, seconds=seconds)
            for channel, served in channels.items()
        ]
        by_name = {name: call for call, served in zip(calls, channels.values(), strict=True) for name in served}
        at_once = True
        try:
            yield RemoteRuns(by_name, self._heard)
            at_once = False
        finally:
            # A call that was answered ends by itself, while what was said is looked at.
            for call in calls:
                ending = asyncio.create_task(call.close(at_once=at_once))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)

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

    :param calls: The call in which each stage is asked for, by its name.
    :param heard: Hears every result.
    """

    def __init__(self, calls: Mapping[str, StageCall], heard: Callable[[StageResult], None]) -> None:
        self._calls = calls
        self._heard = heard

    async def run(self, name: str, prior: Mapping[str, StageResult], seconds: float) -> StageResult:
        """See :class:`services.validation.engine.StageRuns`."""
        before = [result_to_proto(result) for result in prior.values()]
        result = _checked(name, await self._calls[name].run(name, before, seconds))
        self._heard(result)
        return result


def _checked(name: str, message: stage_pb2.StageResult) -> StageResult:
    """Return a stage's answer if it is one: a third party may serve the stage, in any language."""
    if message.stage != name:
        raise PluginFailed(f"the stage {name!r} answered as {message.stage!r}")
    try:
        return result_from_proto(message)
    except (ValueError, AssayError) as error:
        raise PluginFailed(f"the stage {name!r} answered outside the contract: {error}") from None
