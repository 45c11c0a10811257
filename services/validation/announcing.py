"""
Telling the suite what happens to validations, whichever way they were asked for. Never what was judged.

What is told here is told at most once, and lost with a process that is killed; see docs/decisions/0010. What happened
to a queued validation is exact in its own watch.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from assay.errors import AssayError
from assay.stage import StageResult
from assay.v1 import error_reason_pb2, validation_pb2

from host.caller import caller
from host.events.port import Event, Value
from services.validation.following import NOBODY, Follower
from services.validation.judgement import Round

PROJECT = "project"
"""The label that names the project that a candidate belongs to."""

_KINDS = {
    validation_pb2.STATE_SUCCEEDED: "completed",
    validation_pb2.STATE_FAILED: "failed",
    validation_pb2.STATE_CANCELLED: "cancelled",
}


class Announcer:
    """
    Tells what happens to validations.

    :param publish: Is given each event; never waits and never fails.
    """

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish

    def created(self, tenant: str, message: validation_pb2.Validation) -> None:
        """Tell that there is a validation."""
        queued = message.state == validation_pb2.STATE_QUEUED
        self._tell(tenant, "validation.created", message, {"language": message.language, "queued": queued})

    def started(self, tenant: str, message: validation_pb2.Validation, attempt: int = 1) -> None:
        """Tell that the stages begin."""
        self._tell(tenant, "validation.started", message, {"attempt": attempt})

    def ended(self, tenant: str, message: validation_pb2.Validation) -> None:
        """Tell how a validation ended, by its state."""
        self._tell(tenant, f"validation.{_KINDS[message.state]}", message, dict(_end(message)))

    def died(self, tenant: str, message: validation_pb2.Validation) -> None:
        """Tell that a queued validation was given up, besides that it failed."""
        self._tell(tenant, "validation.dead", message, dict(_end(message)))

    @contextmanager
    def making(self, message: validation_pb2.Validation) -> Iterator[None]:
        """Tell that a validation that somebody waits for was made, or why it was not."""
        tenant = caller().tenant
        self.created(tenant, message)
        try:
            yield
        except asyncio.CancelledError:
            self._tell(tenant, "validation.cancelled", message, {})
            raise
        except Exception as error:
            reason = error.reason if isinstance(error, AssayError) else AssayError.reason
            self._tell(tenant, "validation.failed", message, {"reason": reason})
            raise
        self.ended(tenant, message)

    def following(self, message: validation_pb2.Validation, inner: Follower) -> "Announced":
        """
        Return what tells of the stages of a validation, which begin now, and lets another follow them as well.

        Of one that was queued it was told that it has begun when it was taken.
        """
        if inner is NOBODY:
            self.started(caller().tenant, message)
        return Announced(self, caller().tenant, message, inner)

    def stage_completed(self, tenant: str, message: validation_pb2.Validation, result: StageResult) -> None:
        """Tell what a stage came to."""
        data: dict[str, Value] = {
            "stage": result.stage,
            "status": f"STAGE_STATUS_{result.status.name}",
            "seconds": result.seconds,
            "findings": len(result.findings),
        }
        self._tell(tenant, "stage.completed", message, data)

    def repaired(self, message: validation_pb2.Validation) -> None:
        """Tell what repair came to, where there was need of it."""
        if not message.HasField("repair"):
            return
        repair = message.repair
        data: dict[str, Value] = {"rounds": len(repair.rounds), "improved": repair.improved}
        if repair.improved:
            data |= {"verdict": validation_pb2.Verdict.Name(repair.verdict), "score": repair.authenticity_score}
        self._tell(caller().tenant, "repair.completed", message, data)

    def _tell(self, tenant: str, kind: str, message: validation_pb2.Validation, data: Mapping[str, Value]) -> None:
        self._publish(Event(tenant, kind, message.id, message.labels.get(PROJECT, ""), data))


SILENT = Announcer(lambda _: None)
"""Tells nobody."""


class Announced:
    """Tells of stages once whoever else follows them has heard; see :class:`services.validation.following.Follower`."""

    def __init__(self, announcer: Announcer, tenant: str, message: validation_pb2.Validation, inner: Follower) -> None:
        self._announcer = announcer
        self._tenant = tenant
        self._message = message
        self._inner = inner
        self.done: Mapping[str, StageResult] = inner.done

    async def started(self, stage: str) -> None:
        """See :class:`services.validation.following.Follower`."""
        await self._inner.started(stage)

    async def completed(self, result: StageResult) -> None:
        """See :class:`services.validation.following.Follower`."""
        await self._inner.completed(result)
        self._announcer.stage_completed(self._tenant, self._message, result)

    async def unreachable(self, error: AssayError) -> None:
        """See :class:`services.validation.following.Follower`."""
        await self._inner.unreachable(error)

    async def repaired(self, made: Round) -> None:
        """See :class:`services.validation.following.Follower`."""
        await self._inner.repaired(made)


def _end(message: validation_pb2.Validation) -> Iterator[tuple[str, Value]]:
    """Yield what there is to say of an end."""
    if message.state == validation_pb2.STATE_FAILED:
        yield "reason", error_reason_pb2.ErrorReason.Name(message.error.reason).removeprefix("ERROR_REASON_")
    if message.state != validation_pb2.STATE_SUCCEEDED:
        return
    yield "verdict", validation_pb2.Verdict.Name(message.verdict)
    yield "score", message.authenticity_score
    yield "seconds", message.run_duration.ToMilliseconds() / 1000
    yield "findings", sum(len(result.findings) for result in message.stage_results)
    if message.reused_from:
        yield "reused_from", message.reused_from
