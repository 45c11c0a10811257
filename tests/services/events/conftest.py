"""An event service for each test, over a socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host import catalog
from tests.services.events.serving import CATALOG, Serving, events_served


@pytest.fixture(autouse=True)
def _catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "BUILT_IN", CATALOG)


@pytest.fixture
async def served(folder: Path) -> AsyncIterator[Serving]:
    """Give an event service that keeps what happens in the test's folder."""
    async with events_served(folder) as serving:
        yield serving
