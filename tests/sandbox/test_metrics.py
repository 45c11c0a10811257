"""What is measured, read as an exporter would read it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from assay.errors import QueueFull, SandboxUnavailable
from assay.v1 import sandbox_pb2 as pb
from assay.v1 import sandbox_pb2_grpc
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from host.telemetry import BOUNDARIES
from sandbox.keeper import Keeper
from sandbox.metrics import Instruments, MeteredAdmission, MeteredSandboxes, MeteredServicer
from sandbox.pool import Stats
from sandbox.sizing import Size
from tests.sandbox.test_pool import PACE, Maker, Thing, answers, filled

SIZE = Size(1, 1, 1)


class Measured:
    """Instruments, and what an exporter would send of them."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider(metric_readers=[self._reader])
        self.instruments = Instruments(self._provider.get_meter("assay.sandbox"))

    def read(self, name: str) -> dict[tuple[str, ...], Any]:
        """Return the points of a metric, by the values of their attributes in the order of their names."""
        data = self._reader.get_metrics_data()
        found: dict[tuple[str, ...], Any] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name == f"assay.sandbox.{name}":
                        for point in metric.data.data_points:
                            labels = tuple(str(value) for _, value in sorted((point.attributes or {}).items()))
                            found[labels] = point.value if isinstance(point, NumberDataPoint) else point
        return found


@pytest.fixture
def measured() -> Measured:
    """Give instruments of a provider of their own."""
    return Measured()


@dataclass
class Sandbox:
    """A sandbox that was made some time ago."""

    made_at: float


@dataclass
class Shelf:
    """Sandboxes to claim, the next first; an error where it is raised instead."""

    following: list[Sandbox | Exception]
    calls: list[str] = field(default_factory=list)

    async def claim(self, language: str, size: Size) -> tuple[Sandbox, frozenset[str]]:
        """Claim the next; one that is not made yet takes a while."""
        match self.following.pop(0):
            case Exception() as error:
                raise error
            case sandbox:
                await asyncio.sleep(max(0.0, sandbox.made_at - time.monotonic()))
                return sandbox, frozenset({"memory_bytes"})

    async def resize(self, language: str, sandbox: Sandbox, size: Size) -> None:
        """Take note."""
        self.calls.append("resize")

    def discard(self, language: str, sandbox: Sandbox, *, at_once: bool) -> None:
        """Take note."""
        self.calls.append("discard")

    async def settle(self, sandbox: Sandbox) -> None:
        """Take note."""
        self.calls.append("settle")

    async def stands_still(self, sandbox: Sandbox) -> bool:
        """Take note."""
        self.calls.append("stands_still")
        return True


async def test_claims(measured: Measured) -> None:
    """Hits, misses and failures are counted, with the wait and the age; all else passes through as it is."""
    now = time.monotonic()
    ready, fresh = Sandbox(now - 40), Sandbox(now + 0.03)
    shelf = Shelf([ready, fresh, SandboxUnavailable("none")])
    sandboxes = MeteredSandboxes(shelf, measured.instruments)
    assert await sandboxes.claim("python", SIZE) == (ready, frozenset({"memory_bytes"}))
    assert await sandboxes.claim("python", SIZE) == (fresh, frozenset({"memory_bytes"}))
    with pytest.raises(SandboxUnavailable):
        await sandboxes.claim("c", SIZE)
    assert measured.read("claims") == {("python", "hit"): 1, ("python", "miss"): 1, ("c", "failed"): 1}
    seconds = measured.read("claim.duration")
    assert seconds["python", "miss"].sum >= 0.02 > seconds["python", "hit"].sum
    age = measured.read("age")["python",]
    assert (age.count, round(age.max), age.min) == (2, 40, 0)
    await sandboxes.resize("python", ready, SIZE)
    sandboxes.discard("python", ready, at_once=True)
    await sandboxes.settle(ready)
    assert await sandboxes.stands_still(ready)
    assert shelf.calls == ["resize", "discard", "settle", "stands_still"]


async def test_making(measured: Measured) -> None:
    """How long making took is told, by what came of it."""
    maker = Maker()
    make = measured.instruments.metered("python", maker.make)
    assert await make() is maker.made[0]
    for error in (SandboxUnavailable("no daemon"), ValueError()):
        maker.error = error
        with pytest.raises(type(error)):
            await make()
    points = measured.read("make.duration")
    assert {labels: point.count for labels, point in points.items()} == {
        ("python", "made"): 1,
        ("python", "sandbox_unavailable"): 1,
        ("python", "internal"): 1,
    }
    assert points["python", "made"].sum >= 0.009


async def test_pools(measured: Measured) -> None:
    """Of each pool is told what is ready, in the making, waited for, made, failed, and discarded with the reason."""
    maker = Maker()
    pool = maker.pool(2)
    keeper: Keeper[Thing] = Keeper([pool], PACE, answers)

    def stats() -> Mapping[tuple[str, str], Stats]:
        return {("python", "default"): pool.stats()}

    measured.instruments.watch_pools(stats)
    # In the order of the names of the attributes: the class, the language.
    key = ("default", "python")
    waiting = asyncio.create_task(pool.claim())
    await asyncio.sleep(0)
    assert measured.read("pool.waiting") == {key: 1}
    keeper.open()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    # For the one who waits, and the first of those to come.
    assert measured.read("pool.making") == {key: 2}
    await waiting
    await filled(pool, 2)
    maker.made[-1].alive = False
    keeper._wake.set()
    await asyncio.sleep(0.1)
    await filled(pool, 2)
    expected = {"ready": 2, "target": 2, "making": 0, "waiting": 0, "made": 4, "failed": 0}
    assert {name: measured.read(f"pool.{name}") for name in expected} == {
        name: {key: value} for name, value in expected.items()
    }
    assert measured.read("pool.discarded") == {(*key, "unusable"): 1}
    await keeper.close()


async def test_queue(measured: Measured) -> None:
    """How long calls waited for their turn is told, those turned away too, and how many hold one or wait."""
    door = MeteredAdmission(1, 1, measured.instruments)

    async def call() -> None:
        async with door.turn("someone"):
            await asyncio.sleep(0.03)

    calls = [asyncio.create_task(call()) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert (measured.read("queue.running"), measured.read("queue.waiting")) == ({(): 1}, {(): 1})
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), type(None), QueueFull]
    seconds = measured.read("queue.duration")
    assert (seconds["admitted",].count, seconds["queue_full",].count) == (2, 1)
    assert seconds["admitted",].sum >= 0.01
    assert (measured.read("queue.running"), measured.read("queue.waiting")) == ({(): 0}, {(): 0})


async def test_a_call_that_fails_in_its_turn_was_admitted(measured: Measured) -> None:
    """What becomes of a call after its turn has come does not change how its wait is counted."""
    door = MeteredAdmission(1, 1, measured.instruments)
    with pytest.raises(SandboxUnavailable):
        async with door.turn():
            raise SandboxUnavailable("none")
    assert {labels: point.count for labels, point in measured.read("queue.duration").items()} == {("admitted",): 1}


class Servicer(sandbox_pb2_grpc.SandboxServiceServicer):
    """Answers as the service does, always the same."""

    RESULT = pb.ExecutionResult(outcome=pb.OUTCOME_OK)
    LATE = pb.ExecutionResult(outcome=pb.OUTCOME_WALL_TIME_LIMIT)

    async def Execute(self, request: pb.ExecuteRequest, context: Any) -> pb.ExecuteResponse:  # noqa: D102
        return pb.ExecuteResponse(result=self.RESULT)

    async def ExecuteStream(  # noqa: D102
        self, request_iterator: AsyncIterator[pb.ExecuteStreamRequest], context: Any
    ) -> AsyncIterator[pb.ExecuteStreamResponse]:
        assert [request.start.language async for request in request_iterator] == ["c", ""]
        yield pb.ExecuteStreamResponse(stdout=b"1")
        yield pb.ExecuteStreamResponse(result=self.LATE)

    async def ExecuteBatch(  # noqa: D102
        self, request: pb.ExecuteBatchRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteBatchResponse]:
        for result in (self.RESULT, self.LATE):
            yield pb.ExecuteBatchResponse(case_result=pb.CaseResult(result=result))
        yield pb.ExecuteBatchResponse(summary=pb.BatchSummary(passed=1))

    async def ListLanguages(self, request: pb.ListLanguagesRequest, context: Any) -> pb.ListLanguagesResponse:  # noqa: D102
        return pb.ListLanguagesResponse(next_page_token="x")


async def test_runs(measured: Measured) -> None:
    """Runs are counted by language and outcome, whichever call they came by; what is answered stays as it was."""
    servicer = MeteredServicer(Servicer(), measured.instruments)

    async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield pb.ExecuteStreamRequest(start=pb.ExecuteRequest(language="c"))
        yield pb.ExecuteStreamRequest(stdin=b"x")

    assert (await servicer.Execute(pb.ExecuteRequest(language="python"), None)).result == Servicer.RESULT
    assert len([response async for response in servicer.ExecuteStream(requests(), None)]) == 2
    batch = pb.ExecuteBatchRequest(program=pb.ExecuteRequest(language="python"))
    assert len([response async for response in servicer.ExecuteBatch(batch, None)]) == 3
    assert (await servicer.ListLanguages(pb.ListLanguagesRequest(), None)).next_page_token == "x"
    assert measured.read("runs") == {("python", "ok"): 2, ("python", "wall_time_limit"): 1, ("c", "wall_time_limit"): 1}


async def test_times_are_in_seconds(measured: Measured) -> None:
    """Histograms have boundaries between some milliseconds and some minutes."""
    await measured.instruments.metered("python", Maker().make)()
    assert measured.read("make.duration")["python", "made"].explicit_bounds == BOUNDARIES
