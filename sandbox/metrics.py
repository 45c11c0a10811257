"""
What is measured of the sandbox, wrapped around it from outside: claims, makings, pools, the queue, and runs.

Names are those of OpenTelemetry; without a provider of metrics nothing is kept. Times are in seconds.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, aclosing, asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from assay.errors import AssayError
from assay.v1 import sandbox_pb2 as pb
from assay.v1 import sandbox_pb2_grpc
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import get_current_span

from host.spans import detail
from host.telemetry import BOUNDARIES
from sandbox.admission import Admission
from sandbox.pool import Stats
from sandbox.sizing import Size

NAME = "assay.sandbox"
PREFIX = "OUTCOME_"


class Aged(Protocol):
    """A sandbox that knows when it was made."""

    @property
    def made_at(self) -> float:
        """When, by the monotonic clock."""


T = TypeVar("T")
S = TypeVar("S", bound=Aged)


class Instruments:
    """Everything that is measured, made once for each meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

        def histogram(name: str, what: str) -> Any:
            return meter.create_histogram(
                f"{NAME}.{name}", unit="s", description=what, explicit_bucket_boundaries_advisory=BOUNDARIES
            )

        self.claims = meter.create_counter(
            f"{NAME}.claims", unit="{claim}", description="Sandboxes asked for, by result: hit, miss or failed."
        )
        self.runs = meter.create_counter(f"{NAME}.runs", unit="{run}", description="Runs by language and outcome.")
        self.run_seconds = histogram("run.duration", "How long programs ran, by language and outcome.")
        self.claim_seconds = histogram("claim.duration", "How long a run waited for its sandbox.")
        self.age_seconds = histogram("age", "How long a sandbox had waited when it was handed out.")
        self.make_seconds = histogram("make.duration", "How long making a sandbox took, by result: made or the error.")
        self.queue_seconds = histogram("queue.duration", "How long a call waited for its turn, by result.")

    def watch_pools(self, stats: Callable[[], Mapping[tuple[str, str], Stats]]) -> None:
        """Observe pools, by language and class, from now on."""

        def each(value: Callable[[Stats], int]) -> Callable[[CallbackOptions], Iterable[Observation]]:
            def observe(_: CallbackOptions) -> Iterable[Observation]:
                return [
                    Observation(value(pool), {"language": language, "class": kind})
                    for (language, kind), pool in stats().items()
                ]

            return observe

        def discarded(_: CallbackOptions) -> Iterable[Observation]:
            return [
                Observation(count, {"language": language, "class": kind, "reason": reason})
                for (language, kind), pool in stats().items()
                for reason, count in pool.discarded.items()
            ]

        gauge, total = self._meter.create_observable_up_down_counter, self._meter.create_observable_counter
        gauge(f"{NAME}.pool.ready", [each(lambda pool: pool.ready)], "{sandbox}", "Sandboxes that wait ready.")
        gauge(f"{NAME}.pool.target", [each(lambda pool: pool.target)], "{sandbox}", "How many should wait ready.")
        gauge(f"{NAME}.pool.making", [each(lambda pool: pool.making)], "{sandbox}", "Sandboxes in the making.")
        gauge(f"{NAME}.pool.waiting", [each(lambda pool: pool.waiting)], "{claim}", "Claims that wait for a sandbox.")
        total(f"{NAME}.pool.made", [each(lambda pool: pool.made)], "{sandbox}", "Sandboxes that were made.")
        total(f"{NAME}.pool.failed", [each(lambda pool: pool.failed)], "{sandbox}", "Sandboxes that were not made.")
        total(f"{NAME}.pool.discarded", [discarded], "{sandbox}", "Sandboxes that were ended unused, by reason.")

    def watch_queue(self, admission: Admission) -> None:
        """Observe the queue from now on."""
        gauge = self._meter.create_observable_up_down_counter
        gauge(f"{NAME}.queue.waiting", [lambda _: [Observation(admission.waiting)]], "{call}", "Calls that wait.")
        gauge(f"{NAME}.queue.running", [lambda _: [Observation(admission.running)]], "{call}", "Turns that are held.")

    def metered(self, language: str, make: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
        """Return a function that makes the same, measured."""

        async def measured() -> T:
            started, result = time.monotonic(), "cancelled"
            try:
                made = await make()
                result = "made"
            except Exception as error:
                result = _reason(error)
                raise
            finally:
                self.make_seconds.record(time.monotonic() - started, {"language": language, "result": result})
            return made

        return measured


class Sandboxes(Protocol[S]):
    """What :class:`MeteredSandboxes` goes around."""

    async def claim(self, language: str, size: Size) -> tuple[S, frozenset[str]]:
        """Return a sandbox that nobody has used."""

    async def resize(self, language: str, sandbox: S, size: Size) -> None:
        """Change the limits of a sandbox."""

    def discard(self, language: str, sandbox: S, *, at_once: bool) -> None:
        """End a sandbox."""

    async def settle(self, sandbox: S) -> None:
        """Wait a little for the runtime's word."""

    async def stands_still(self, sandbox: S) -> bool:
        """Tell whether a sandbox is paused."""


class MeteredSandboxes(Generic[S]):
    """Sandboxes, and what is measured where they are claimed."""

    def __init__(self, inner: Sandboxes[S], instruments: Instruments) -> None:
        self._inner = inner
        self._instruments = instruments
        self.resize = inner.resize
        self.discard = inner.discard
        self.settle = inner.settle
        self.stands_still = inner.stands_still

    async def claim(self, language: str, size: Size) -> tuple[S, frozenset[str]]:
        """Claim one; one that was made before that is a hit."""
        started, result = time.monotonic(), "failed"
        try:
            with detail("sandbox claim", {"assay.language": language}):
                sandbox, missing = await self._inner.claim(language, size)
            waited = started - sandbox.made_at
            result = "hit" if waited > 0 else "miss"
            self._instruments.age_seconds.record(max(0.0, waited), {"language": language})
        finally:
            labels = {"language": language, "result": result}
            self._instruments.claims.add(1, labels)
            self._instruments.claim_seconds.record(time.monotonic() - started, labels)
        return sandbox, missing


class MeteredAdmission(Admission):
    """A queue, and how long calls wait in it."""

    def __init__(self, running: int, waiting: int, instruments: Instruments) -> None:
        super().__init__(running, waiting)
        self._seconds = instruments.queue_seconds
        instruments.watch_queue(self)

    @asynccontextmanager
    async def turn(self, tenant: str = "") -> AsyncIterator[None]:
        """Wait for a turn and hold it. Tenants are not told apart here: there is no bound on their number."""
        started, result = time.monotonic(), "cancelled"

        def entered() -> None:
            self._seconds.record(time.monotonic() - started, {"result": result})

        try:
            with ExitStack() as waiting:
                waiting.enter_context(detail("sandbox queue"))
                async with super().turn(tenant):
                    waiting.close()
                    result = "admitted"
                    entered()
                    yield
        except Exception as error:
            if result != "admitted":
                result = _reason(error)
            raise
        finally:
            if result != "admitted":
                entered()


class MeteredServicer(sandbox_pb2_grpc.SandboxServiceServicer):
    """The edge of the service, and the runs that go through it. A call that fails has no outcome and is no run."""

    def __init__(self, inner: sandbox_pb2_grpc.SandboxServiceServicer, instruments: Instruments) -> None:
        self._inner: Any = inner
        self._instruments = instruments

    async def ListLanguages(  # noqa: N802
        self, request: pb.ListLanguagesRequest, context: Any
    ) -> pb.ListLanguagesResponse:
        """List the languages."""
        response: pb.ListLanguagesResponse = await self._inner.ListLanguages(request, context)
        return response

    async def Execute(  # noqa: N802 - the contract's name
        self, request: pb.ExecuteRequest, context: Any
    ) -> pb.ExecuteResponse:
        """Run one program."""
        response: pb.ExecuteResponse = await self._inner.Execute(request, context)
        self._count(request.language, response.result)
        return response

    async def ExecuteStream(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.ExecuteStreamRequest], context: Any
    ) -> AsyncIterator[pb.ExecuteStreamResponse]:
        """Run one program, its output as it comes."""
        language = ""

        async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
            nonlocal language
            async for request in request_iterator:
                language = language or request.start.language
                yield request

        responses: AsyncGenerator[pb.ExecuteStreamResponse, None] = self._inner.ExecuteStream(requests(), context)
        async with aclosing(responses):
            async for response in responses:
                if response.HasField("result"):
                    self._count(language, response.result)
                yield response

    async def ExecuteBatch(  # noqa: N802
        self, request: pb.ExecuteBatchRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteBatchResponse]:
        """Run one program on many inputs."""
        responses: AsyncGenerator[pb.ExecuteBatchResponse, None] = self._inner.ExecuteBatch(request, context)
        async with aclosing(responses):
            async for response in responses:
                if response.HasField("case_result"):
                    self._count(request.program.language, response.case_result.result)
                yield response

    def _count(self, language: str, result: pb.ExecutionResult) -> None:
        outcome = pb.Outcome.Name(result.outcome).removeprefix(PREFIX).lower()
        labels = {"language": language, "outcome": outcome}
        self._instruments.runs.add(1, labels)
        self._instruments.run_seconds.record(result.usage.wall_time.ToMicroseconds() / 1e6, labels)
        get_current_span().set_attributes({"assay.language": language, "assay.outcome": outcome})


def _reason(error: Exception) -> str:
    return error.reason.lower() if isinstance(error, AssayError) else "internal"
