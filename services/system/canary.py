"""Canaries: candidates whose verdict is known, for the engine and for what it keeps."""

import asyncio
import time
from collections.abc import Callable, Sequence

import grpc.aio
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2, validation_pb2_grpc

from services.system.checkup import Found, Status

CALL_SECONDS = 15.0
SLOW_SECONDS = 5.0
"""A function of two lines that takes longer is a sign of overload."""

READING = ("static", "placeholder", "semantic")
"""The stages that canaries go through: those that need neither a sandbox nor anybody else."""

REAL = b'def double(number: int) -> int:\n    """Return twice the number."""\n    return 2 * number\n'
EMPTY = b'def double(number: int) -> int:\n    """Return twice the number."""\n    raise NotImplementedError\n'

Channel = Callable[[], grpc.aio.Channel]


class ValidationCheck:
    """
    Has a real function and an empty one validated: the first has to be found authentic, and the second not.

    :param channel: Returns the channel to the validation service.
    """

    name = "validation"

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def look(self) -> Found:
        """See :class:`services.system.checkup.Check`."""
        started = time.monotonic()
        engine = _Engine(self._channel())
        stages = await engine.stages()
        if not stages:
            return Found(Status.UNHEALTHY, "there is no stage that reads")
        real, empty = await asyncio.gather(*(engine.validate(code, stages, fresh=True) for code in (REAL, EMPTY)))
        seconds = time.monotonic() - started
        figures = {"validation_seconds": seconds}
        if real.verdict != validation_pb2.VERDICT_AUTHENTIC:
            return Found(Status.UNHEALTHY, unable(real) or "a real function is not found authentic", figures)
        if empty.verdict != validation_pb2.VERDICT_INAUTHENTIC:
            return Found(Status.UNHEALTHY, "a function that does nothing is not found inauthentic", figures)
        if seconds > SLOW_SECONDS:
            return Found(Status.DEGRADED, f"two functions of two lines took {seconds:.1f} s", figures)
        return Found(Status.HEALTHY, figures=figures)


class CacheCheck:
    """
    Has an equal candidate validated again: the answer has to be the one that is kept.

    :param channel: Returns the channel to the validation service.
    """

    name = "cache"

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def look(self) -> Found:
        """See :class:`services.system.checkup.Check`."""
        engine = _Engine(self._channel())
        stages = await engine.stages()
        made = await engine.validate(REAL, stages, fresh=False)
        if not made.reused_from:
            made = await engine.validate(REAL, stages, fresh=False)
        if made.reused_from:
            return Found(Status.HEALTHY)
        return Found(Status.DEGRADED, f"equal candidates are judged anew: {unable(made) or 'none of them is kept'}")


class _Engine:
    """The validation service, asked for one canary at a time."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = validation_pb2_grpc.ValidationServiceStub(channel)

    async def stages(self) -> Sequence[str]:
        """Return which of the reading stages the suite has."""
        listed = await self._stub.ListValidationStages(
            validation_pb2.ListValidationStagesRequest(), timeout=CALL_SECONDS
        )
        names = {entry.stage.name for entry in listed.stages}
        return [name for name in READING if name in names]

    async def validate(self, code: bytes, stages: Sequence[str], *, fresh: bool) -> validation_pb2.Validation:
        """Return what is decided about a function."""
        candidate = candidate_pb2.Candidate(
            files=[source_pb2.SourceFile(path="double.py", content=code)], language="python"
        )
        policy = validation_pb2.ValidationPolicy(stages=stages, fresh=fresh)
        request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
        return (await self._stub.Validate(request, timeout=CALL_SECONDS)).validation


def unable(validation: validation_pb2.Validation) -> str:
    """Return which stage of a validation did not do its work, and why; empty where all did."""
    for result in validation.stage_results:
        if result.status in {stage_pb2.STAGE_STATUS_FAILED, stage_pb2.STAGE_STATUS_SKIPPED}:
            return f"the stage {result.stage!r} was not heard: {result.reason}"
    return ""
