"""Replicas of the validation service that share a database and a NATS: who takes what is queued, who hears of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from assay.client import Suite, connect
from assay.stage import Candidate, StageContext, StageResult
from assay.v1 import candidate_pb2, source_pb2, validation_pb2
from nats.js.errors import NotFoundError

from host.embedded import embedded_names
from host.events import jetstream as bus
from host.server import serving
from host.settings import Settings, ValidationSettings
from host.settings_network import NatsSettings
from host.streams import DEAD, JOBS
from services.validation import queue as queue_module
from services.validation import watching, workers
from services.validation.validating import Validating
from tests import toys
from tests.backing import Nats, started_nats
from tests.jetstream import BOUND, emptied, jetstream, stream_info

pytestmark = pytest.mark.docker

HERE = "tests.services.validation.test_permits"

gate = asyncio.Event()


async def waits_at_gate(candidate: Candidate, context: StageContext) -> StageResult:
    """Find nothing, once the gate is open."""
    await asyncio.wait_for(gate.wait(), 60)
    return toys.completed()


gated = toys.opened(toys.Toy("gated", waits_at_gate))


@pytest.fixture(autouse=True)
def _closed_gate(toy_catalog: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody here keeps events.
    monkeypatch.setattr(bus, "CLOSE_SECONDS", 0.1)
    gate.clear()
    toy_catalog(gated=f"{HERE}:gated")


@pytest.fixture
async def url(nats_server: Nats) -> str:
    """Give the address of a NATS without streams."""
    await emptied(nats_server.url)
    return nats_server.url


@asynccontextmanager
async def replica(folder: Path, name: str, url: str, count: int) -> AsyncIterator[Suite]:
    """Run a suite that makes so many queued validations at one time."""
    settings = Settings(
        state_dir=folder,
        sandbox_enabled=False,
        nats=NatsSettings(url=url),
        validation=ValidationSettings(queue_workers=count, lease_seconds=2, max_attempts=3),
    )
    async with (
        serving(embedded_names(settings), f"unix:{folder}/{name}", settings) as address,
        connect(address) as suite,
    ):
        yield suite


async def create(suite: Suite, number: int = 0) -> str:
    """Queue a validation and return its id."""
    file = source_pb2.SourceFile(path="a.py", content=b"x = %d\n" % number)
    candidate = candidate_pb2.Candidate(files=[file])
    asked = validation_pb2.CreateValidationRequest(candidate=candidate)
    return (await suite.validation.CreateValidation(asked, timeout=BOUND)).validation.id


async def ended(suite: Suite, identifier: str) -> validation_pb2.Validation:
    """Follow a validation to its end."""
    asked = validation_pb2.WatchValidationRequest(id=identifier)
    events = [event async for event in suite.validation.WatchValidation(asked, timeout=60)]
    return events[-1].snapshot


async def figures(url: str) -> tuple[int, int]:
    """Return how many permits wait, and how many are in use."""
    async with jetstream(url) as context, asyncio.timeout(BOUND):
        while True:
            with suppress(NotFoundError):
                info = await context.consumer_info(JOBS.name, "validation")
                return info.num_pending or 0, info.num_ack_pending or 0
            await asyncio.sleep(0.02)


async def at_work(url: str) -> None:
    """Wait until replicas take jobs by permits: before they are connected they look for some."""
    await figures(url)
    await asyncio.sleep(1.2)


async def come_to(url: str, wanted: tuple[int, int]) -> None:
    """Wait until so many permits wait and are in use."""
    found = (-1, -1)
    try:
        async with asyncio.timeout(BOUND):
            while (found := await figures(url)) != wanted:
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"{found} permits, not {wanted}")


async def test_any_replica(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What one replica queues another makes, and who follows it at the first is woken; the permits that wait are the depth
    of the queue, and none is left at the end. Nobody looks by himself meanwhile.
    """
    async with replica(folder, "a", url, 0) as idle, replica(folder, "b", url, 2):
        await at_work(url)
        for module in (watching, workers):
            monkeypatch.setattr(module, "LOOK_SECONDS", 30.0)
        await at_work(url)
        ids = [await create(idle, number) for number in range(7)]
        await come_to(url, (5, 2))
        watches = [asyncio.create_task(ended(idle, identifier)) for identifier in ids]
        await asyncio.sleep(0.1)
        gate.set()
        async with asyncio.timeout(25):
            ends = await asyncio.gather(*watches)
        assert {end.state for end in ends} == {validation_pb2.STATE_SUCCEEDED}
        await come_to(url, (0, 0))


async def test_stopped(folder: Path, url: str) -> None:
    """A replica that stops gives back what it makes, and another has it; no permit is left behind."""
    async with replica(folder, "a", url, 0) as idle:
        async with replica(folder, "b", url, 2):
            await at_work(url)
            identifier = await create(idle)
            asked = validation_pb2.WatchValidationRequest(id=identifier, after_sequence=1)
            async for event in idle.validation.WatchValidation(asked, timeout=BOUND):
                if event.HasField("stage_started"):
                    break
        gate.set()
        async with replica(folder, "c", url, 1):
            assert (await ended(idle, identifier)).state == validation_pb2.STATE_SUCCEEDED
            await come_to(url, (0, 0))


@pytest.mark.slow
async def test_nats_is_away(folder: Path, backing_ready: None) -> None:
    """
    Without NATS what is queued is found by looking, and calls go on; when it is back permits of what waits are issued,
    and those of what was made meanwhile are not.
    """
    gate.set()
    with started_nats() as server:
        async with replica(folder, "a", server.url, 0) as idle:
            async with replica(folder, "b", server.url, 2):
                assert (await ended(idle, await create(idle))).state == validation_pb2.STATE_SUCCEEDED
                await asyncio.to_thread(server.kill)
                ids = [await create(idle, number) for number in range(5)]
                ends = await asyncio.gather(*(ended(idle, identifier) for identifier in ids))
                assert {end.state for end in ends} == {validation_pb2.STATE_SUCCEEDED}
            waiting = [await create(idle, number) for number in range(10, 14)]
            await asyncio.to_thread(server.start)
            await come_to(server.url, (4, 0))
            async with replica(folder, "c", server.url, 2):
                ends = await asyncio.gather(*(ended(idle, identifier) for identifier in waiting))
                assert {end.state for end in ends} == {validation_pb2.STATE_SUCCEEDED}
                await come_to(server.url, (0, 0))


async def test_lost_permits(folder: Path, url: str) -> None:
    """Permits that are lost, or are none, or are too many, change nothing."""
    gate.set()
    async with replica(folder, "a", url, 0) as idle:
        await figures(url)
        ids = [await create(idle, number) for number in range(4)]
        await come_to(url, (4, 0))
        async with jetstream(url) as context:
            await context.purge_stream(JOBS.name)
            for message in (b"", b"[" * 3_000, b'{"id":1,"trace":""}', b'{"id":"val_1","trace":""}', b"x" * 4_000):
                await context.publish(JOBS.subject, message)
        async with replica(folder, "b", url, 2):
            ends = await asyncio.gather(*(ended(idle, identifier) for identifier in ids))
            assert {end.state for end in ends} == {validation_pb2.STATE_SUCCEEDED}
            await come_to(url, (0, 0))


async def test_dead(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails each time is tried so often, told of in the stream of the dead, and holds up nobody behind it."""
    monkeypatch.setattr(queue_module, "AGAIN_SECONDS", 0.05)
    attempts: list[str] = []
    poison: list[str] = []
    resume = Validating.resume

    async def breaks(self: Validating, message: validation_pb2.Validation, *more: object) -> str:
        """Break, as by a defect of ours, over one of the candidates."""
        if message.candidate_digest in poison:
            attempts.append(message.id)
            raise RuntimeError("a defect")
        return await resume(self, message, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Validating, "resume", breaks)
    gate.set()
    async with replica(folder, "a", url, 2) as suite:
        asked = validation_pb2.GetValidationRequest(id=await create(suite, 1_000))
        made = (await suite.validation.GetValidation(asked, timeout=BOUND)).validation
        await ended(suite, made.id)
        poison.append(made.candidate_digest)
        bad = await create(suite, 1_000)
        good = [await create(suite, number) for number in range(10)]
        end = await ended(suite, bad)
        assert (end.state, len(attempts)) == (validation_pb2.STATE_FAILED, 3)
        assert end.error.message.startswith("it was given up after 3 attempts")
        ends = await asyncio.gather(*(ended(suite, identifier) for identifier in good))
        assert {end.state for end in ends} == {validation_pb2.STATE_SUCCEEDED}
        async with jetstream(url) as context, asyncio.timeout(BOUND):
            while not (info := await stream_info(context, DEAD.name)).state.messages:
                await asyncio.sleep(0.05)
            message = await context.get_msg(DEAD.name, info.state.last_seq)
        assert message.data is not None
        assert bad.encode() in message.data
        assert b'"attempts":3' in message.data
        await come_to(url, (0, 0))
