"""What proofs by faults run on: a suite of one process a service, over its own NATS and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.backed import Backed, backed


@pytest.fixture
async def both(folder: Path, backing_ready: None, docker_ready: None) -> AsyncIterator[Backed]:
    """Give a NATS and a PostgreSQL of the test's own, which it may kill."""
    async with backed(folder) as servers:
        yield servers
