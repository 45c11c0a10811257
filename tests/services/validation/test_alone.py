"""A job that was lost twice is made alone: what brings its process down takes no other along."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from assay.client import Suite, connect
from assay.stage import Candidate, StageContext, StageResult
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from host.database import opened, sql
from host.embedded import embedded
from host.settings import Settings, ValidationSettings
from tests import toys

BOUND = 30.0

there: list[str] = []
together: list[int] = []


async def stays_a_while(candidate: Candidate, context: StageContext) -> StageResult:
    """Take note of who else is there."""
    name = candidate.files[0].path
    there.append(name)
    together.append(len(there) if "poison.py" in there else 0)
    await asyncio.sleep(0.3)
    together.append(len(there) if "poison.py" in there else 0)
    there.remove(name)
    return toys.completed()


staying = toys.opened(toys.Toy("staying", stays_a_while))


def settings(folder: Path, count: int) -> Settings:
    """Return settings of a suite that makes so many queued validations at one time."""
    return Settings(state_dir=folder, sandbox_enabled=False, validation=ValidationSettings(queue_workers=count))


async def create(suite: Suite, name: str) -> str:
    """Queue a validation."""
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path=name, content=name.encode())])
    asked = validation_pb2.CreateValidationRequest(candidate=candidate)
    return (await suite.validation.CreateValidation(asked, timeout=BOUND)).validation.id


async def ended(suite: Suite, identifier: str) -> validation_pb2.State:
    """Follow a validation to its end."""
    asked = validation_pb2.WatchValidationRequest(id=identifier)
    events = [event async for event in suite.validation.WatchValidation(asked, timeout=BOUND)]
    return events[-1].snapshot.state


async def lost_twice(folder: Path, identifier: str) -> None:
    """Let a job be as one whose process was lost twice."""
    statement, wanted = sql("UPDATE jobs SET attempts = 2 WHERE id = :id"), {"id": identifier}
    async with opened(settings(folder, 0)) as database:
        await database.write(lambda connection: connection.execute(statement, wanted))


async def test_alone(folder: Path, toy_catalog: Callable[..., None]) -> None:
    """Nothing is begun beside it, wherever in the queue it stands, and what waits for that is made afterwards."""
    toy_catalog(staying="tests.services.validation.test_alone:staying")
    together.clear()
    names = ["a.py", "b.py", "poison.py", "c.py", "d.py", "e.py"]
    async with embedded(settings(folder, 0)) as address, connect(address) as suite:
        ids = [await create(suite, name) for name in names]
    await lost_twice(folder, ids[2])
    async with embedded(settings(folder, 4)) as address, connect(address) as suite:
        ends = await asyncio.gather(*(ended(suite, identifier) for identifier in ids))
    assert set(ends) == {validation_pb2.STATE_SUCCEEDED}
    assert len(together) == 2 * len(names)
    assert sorted(together)[-2:] == [1, 1]
