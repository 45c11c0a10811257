"""What the tests of several folders share."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host import catalog
from host.settings import Settings

pytest_plugins = ("tests.backing", "tests.databases")

ROOT = Path(__file__).parent.parent

VALIDATION = catalog.Entry("validation", "services.validation.service:service")


@pytest.fixture(scope="session")
def docker_ready() -> None:
    """Make sure of a daemon that answers and the sandbox image; a missing daemon is a skip, and in CI a failure."""
    try:
        subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        if os.environ.get("CI"):
            pytest.fail("CI needs a Docker daemon", pytrace=False)
        pytest.skip("no Docker daemon answers; run scripts/docker-up")
    environment = os.environ | {"PYTHON": sys.executable}
    subprocess.run([ROOT / "scripts" / "sandbox-image"], timeout=900, check=True, env=environment)


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
