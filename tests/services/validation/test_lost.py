"""A server that is killed in mid-run: what it had queued is made by the next one, once."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
from assay.client import Suite, connect
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from host.database import Database, sql
from host.settings import Settings
from services.validation import jobs
from tests.processes import Server, host

READING = ("static", "placeholder", "semantic")
COUNT = 12
BOUND = 60.0


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[Server, Suite]]:
    """Run a server of the reading stages in a process of its own, and connect to it."""
    leases = {"ASSAY_VALIDATION__LEASE_SECONDS": "1", "ASSAY_VALIDATION__QUEUE_WORKERS": "2"}
    async with host(*READING, "validation", state=folder, **leases) as process, connect(process.address) as suite:
        yield process, suite


def request(number: int) -> validation_pb2.CreateValidationRequest:
    """Return a request that takes a moment; every other one has work to do."""
    lines = [f"def work_{line}(value: int) -> int:\n    return value + {line}\n\n\n" for line in range(300)]
    last = "    # TODO: implement\n    pass\n" if number % 2 else "    return name.title()\n"
    code = "".join(lines) + f"def greet_{number}(name: str) -> str:\n{last}"
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=code.encode())])
    return validation_pb2.CreateValidationRequest(candidate=candidate, request_id=f"r-{number}")


async def create(suite: Suite, number: int) -> str:
    """Queue a request and return its validation's identifier."""
    return (await suite.validation.CreateValidation(request(number), timeout=BOUND)).validation.id


async def watched(suite: Suite, identifier: str, after: int) -> list[validation_pb2.WatchValidationResponse]:
    """Follow a validation to its end."""
    asked = validation_pb2.WatchValidationRequest(id=identifier, after_sequence=after)
    return [event async for event in suite.validation.WatchValidation(asked, timeout=BOUND)]


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM])
async def test_lost_in_mid_run(folder: Path, stop: signal.Signals) -> None:
    """
    What was queued survives, what ran runs on where it was, what was done is not done again, and each validation has
    one end; whether the server could tidy up or not.
    """
    async with server(folder) as (process, suite):
        ids = [await create(suite, number) for number in range(COUNT)]
        done = (await watched(suite, ids[1], 0))[-1].snapshot
        await begun(suite, ids[3])
        await process.stop(stop)
        with pytest.raises(grpc.aio.AioRpcError):
            await create(suite, COUNT)
    waiting, had = await left_behind(folder)
    assert waiting > 2
    assert bool(had) is (stop is signal.SIGKILL)
    async with server(folder) as (process, suite):
        assert [await create(suite, number) for number in range(COUNT)] == ids
        ends = await asyncio.gather(*(watched(suite, identifier, 0) for identifier in ids))
        every = [await kept(folder, identifier) for identifier in ids]
        listed = await suite.validation.ListValidations(validation_pb2.ListValidationsRequest(), timeout=BOUND)
        assert await process.stop() == 0
    final = [events[-1].snapshot for events in ends]
    assert {validation.state for validation in final} == {validation_pb2.STATE_SUCCEEDED}
    assert [validation.verdict for validation in final] == [1, 2] * (COUNT // 2)
    assert final[1] == done
    assert [validation.id for validation in listed.validations] == ids[::-1]
    once = [*(f"{stage} {end}" for stage in READING for end in ("begins", "ends")), "STATE_SUCCEEDED"]
    for events in every:
        told = Counter(what(event) for event in events)
        assert {name: told[name] for name in once} == dict.fromkeys(once, 1)


async def begun(suite: Suite, identifier: str) -> None:
    """Wait until a stage of a validation is at work."""
    asked = validation_pb2.WatchValidationRequest(id=identifier, after_sequence=1)
    async for event in suite.validation.WatchValidation(asked, timeout=BOUND):
        if event.HasField("stage_started"):
            return


async def left_behind(folder: Path) -> tuple[int, int]:
    """Return how many jobs there are, and how many of them somebody has."""
    held = Database(Settings(state_dir=folder))
    count = sql("SELECT COUNT(*), COUNT(owner) FROM jobs")
    waiting, had = await held.read(lambda connection: connection.execute(count).one())
    await held.close()
    return waiting, had


async def kept(folder: Path, identifier: str) -> list[validation_pb2.WatchValidationResponse]:
    """Return all that is kept of what happened to a validation."""
    held = Database(Settings(state_dir=folder))
    events = await held.read(lambda connection: jobs.since(connection, identifier, 0))
    await held.close()
    return events


def what(event: validation_pb2.WatchValidationResponse) -> str:
    """Return what an event says, in a word or two."""
    match event.WhichOneof("event"):
        case "stage_started":
            return f"{event.stage_started} begins"
        case "stage_completed":
            return f"{event.stage_completed.stage} ends"
        case "state":
            return validation_pb2.State.Name(event.state)
        case kind:
            return str(kind)
