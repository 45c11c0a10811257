"""What the tests of several folders share."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host import catalog
from host.settings import Settings

VALIDATION = catalog.Entry("validation", "services.validation.service:service")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for Unix sockets."""
    path = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Give settings of a suite without a sandbox, whose state lies in the test's folder."""
    return Settings(state_dir=folder / "state", sandbox_enabled=False)


@pytest.fixture
def toy_catalog(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a function that replaces the built-in services by toy stages, given as name=factory, and the engine."""

    def replace(**factories: str) -> None:
        toys = tuple(catalog.Entry(name, catalog.STAGE_SERVICE, factory) for name, factory in factories.items())
        monkeypatch.setattr(catalog, "BUILT_IN", (*toys, VALIDATION))

    return replace
