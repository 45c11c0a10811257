"""What validations come to: counted over all tenants, told to the suite's own services."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from assay.client import connect
from assay.errors import StoreUnavailable
from assay.v1 import candidate_pb2, source_pb2, statistics_pb2, statistics_pb2_grpc, validation_pb2

from host.caller import SYSTEM_TENANT
from host.database import Database
from host.embedded import embedded
from host.settings import Settings
from services.validation import jobs, store
from services.validation.statistics import Figures, QueueFigures, Statistics
from services.validation.store import Stored

if TYPE_CHECKING:
    from host.database import Connection

Catalog = Callable[..., None]

QUEUED, SUCCEEDED = 1, 3


def row(number: int, tenant: str, state: int, verdict: int) -> Stored:
    """Return a row."""
    return Stored(f"val_{number}", tenant, "", "", verdict, b"", state)


async def test_counted(database_url: str) -> None:
    """Validations count by verdict whoever's they are but the suite's own, and jobs by whether somebody has them."""
    held = Database(Settings(database_url=database_url))

    def fill(connection: "Connection") -> None:
        for number, (tenant, state, verdict) in enumerate(
            [("a", SUCCEEDED, 1), ("b", SUCCEEDED, 1), ("a", SUCCEEDED, 2), (SYSTEM_TENANT, SUCCEEDED, 1)]
            + [("a", QUEUED, 0)] * 3
        ):
            added = store.add(connection, row(number, tenant, state, verdict), 100)
            if state == QUEUED:
                jobs.queue(connection, added, b"", "")
        mine = jobs.oldest(connection, "a", time.time(), math.inf)
        assert mine is not None
        jobs.take(connection, mine, "me", time.time() + 60)
        other = jobs.oldest(connection, "a", time.time(), math.inf)
        assert other is not None
        jobs.take(connection, other, "other", time.time() + 60)
        connection.exec_driver_sql("UPDATE events SET created = created - 30")

    await held.write(fill)
    statistics = Statistics(held, "me")
    figures = await statistics.figures()
    assert dict(figures.verdicts) == {1: 2, 2: 1, 0: 3}
    assert (figures.queue.queued, figures.queue.elsewhere) == (1, 1)
    assert 30 <= figures.queue.oldest_seconds < 60
    assert statistics.queue == figures.queue
    await held.write(lambda connection: connection.exec_driver_sql("DELETE FROM jobs"))
    assert await statistics.figures() is figures
    assert await Statistics(held, "me").figures() == Figures(QueueFigures(), {1: 2, 2: 1, 0: 3})
    await held.close()


async def test_database_that_cannot_be_read(folder: Path) -> None:
    """A database that cannot be read is an error, not a count of nothing."""
    (folder / "file").write_text("")
    held = Database(Settings(state_dir=folder / "file"))
    with pytest.raises(StoreUnavailable):
        await Statistics(held, "me").figures()
    await held.close()


async def test_told(settings: Settings, toy_catalog: Catalog) -> None:
    """A service of the suite is told what there is; names are those of the contract."""
    toy_catalog(first="tests.toys:first")
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=b"x = 1\n")])
    async with embedded(settings) as address, connect(address) as suite:
        stub = statistics_pb2_grpc.StatisticsServiceStub(suite.channel)
        await suite.validation.Validate(validation_pb2.ValidateRequest(candidate=candidate), timeout=20)
        answer = await stub.GetValidationStatistics(statistics_pb2.GetValidationStatisticsRequest(), timeout=10)
    assert dict(answer.statistics.verdicts) == {"AUTHENTIC": 1}
    assert (answer.statistics.validations, answer.statistics.queued, answer.statistics.running) == (1, 0, 0)
    assert answer.statistics.max_queued == settings.validation.max_queued
