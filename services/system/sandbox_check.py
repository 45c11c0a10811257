"""Whether programs can be run."""

import time
from collections.abc import Callable, Mapping

import grpc.aio
from assay.errors import Unavailable
from assay.v1 import sandbox_pb2, sandbox_pb2_grpc, source_pb2

from services.system.checkup import Found, Status

CALL_SECONDS = 15.0

RUN_KEPT_SECONDS = 60.0
"""How long a run stands for all others: each takes a container."""

LANGUAGE = "python"
"""The language of the program that is run."""

PROGRAM = b"print(6 * 7)\n"
OUTPUT = b"42\n"


class SandboxCheck:
    """
    Asks for the languages, and once a minute at most has a program of one line run.

    :param channel: Returns the channel to the sandbox; raises :class:`Unavailable` where the suite has none.
    """

    name = "sandbox"

    def __init__(self, channel: Callable[[], grpc.aio.Channel]) -> None:
        self._channel = channel
        self._ran: tuple[Found, float] | None = None

    async def look(self) -> Found:
        """See :class:`services.system.checkup.Check`."""
        try:
            stub = sandbox_pb2_grpc.SandboxServiceStub(self._channel())
        except Unavailable:
            return Found(Status.DEGRADED, "the suite has no sandbox: code is read, and never run")
        answer = await stub.ListLanguages(sandbox_pb2.ListLanguagesRequest(), timeout=CALL_SECONDS)
        reasons = {language.name: language.unavailable_reason for language in answer.languages}
        there = [language.name for language in answer.languages if language.available]
        figures = {"languages": float(len(there))}
        if not there:
            why = next(iter(reasons.values()), "it has none")
            return Found(Status.UNHEALTHY, f"no language can be run: {why}", figures)
        if LANGUAGE not in there:
            why = reasons.get(LANGUAGE, "it is not served")
            return Found(Status.DEGRADED, f"{LANGUAGE} cannot be run: {why}", figures)
        if self._ran is None or time.monotonic() >= self._ran[1]:
            self._ran = await self._run(stub), time.monotonic() + RUN_KEPT_SECONDS
        return _with(self._ran[0], figures)

    async def _run(self, stub: "sandbox_pb2_grpc.SandboxServiceAsyncStub") -> Found:
        """Return how a run goes."""
        file = source_pb2.SourceFile(path="main.py", content=PROGRAM)
        started = time.monotonic()
        asked = sandbox_pb2.ExecuteRequest(language=LANGUAGE, files=[file])
        result = (await stub.Execute(asked, timeout=CALL_SECONDS)).result
        figures = {"run_seconds": time.monotonic() - started}
        if result.outcome != sandbox_pb2.OUTCOME_OK or result.stdout.content != OUTPUT:
            outcome = sandbox_pb2.Outcome.Name(result.outcome).removeprefix("OUTCOME_")
            return Found(Status.UNHEALTHY, f"a program of one line ended with {outcome}", figures)
        if result.evidence.get("limits"):
            return Found(Status.DEGRADED, "limits are not enforced", figures)
        return Found(Status.HEALTHY, figures=figures)


def _with(found: Found, figures: Mapping[str, float]) -> Found:
    return Found(found.status, found.message, {**figures, **found.figures})
