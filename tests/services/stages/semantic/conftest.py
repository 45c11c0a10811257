"""The part that asks ty, with real workers, a real server, and an environment of packages that the test makes."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from assay.stage import Workers

from services.stages.semantic.part import Part
from services.stages.semantic.types_part import types_part
from services.stages.workers import ProcessWorkers
from tests.services.stages.semantic.resources import Options

BOX = """
class Box:
    def __init__(self, size):
        self.size = size

    def close(self):
        return self


class Crate(Box):
    def stack(self):
        return self


def pack(size) -> Box:
    return Crate(size)
"""

LAZY = """
import importlib

NAMES = {"Late": "parcel.box"}


def __getattr__(name):
    return getattr(importlib.import_module(NAMES[name]), name)
"""

ASKED = """
def __getattr__(name):
    if name == "Old":
        return 1
    raise AttributeError(name)
"""

CLIENT = """
class Client:
    def __init__(self):
        self.fresh = 1


def newer():
    pass
"""

PACKAGES: Mapping[str, str] = {
    "parcel/__init__.py": "from parcel.box import Box\n\n\ndef send(box, *, speed=1):\n    return box\n",
    "parcel/box.py": BOX,
    "parcel/lazy.py": LAZY,
    "parcel/asked.py": ASKED,
    "parcel-2.5.dist-info/METADATA": "Name: parcel\nVersion: 2.5\n",
    "parcel-2.5.dist-info/RECORD": "parcel/__init__.py,,\n",
    "stubbed/__init__.py": CLIENT,
    "stubbed-stubs/__init__.pyi": "class Client:\n    def call(self) -> int: ...\n",
    "spread/part/__init__.py": "x = 1\n",
}
"""Made for these tests: an ordinary package, one that makes names, one whose stub lags, and a namespace."""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder built like an environment, with a few packages."""
    prefix = tmp_path_factory.mktemp("environment")
    for name, text in PACKAGES.items():
        path = prefix / "lib" / "python3.13" / "site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return prefix


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """One real worker process."""
    started = ProcessWorkers(count=1, memory_bytes=2 * 1024**3, task_seconds=60.0, tasks_per_worker=1_000)
    yield started
    started.close()


@pytest.fixture(scope="session")
async def types(workers: Workers, environment: Path) -> AsyncIterator[Part]:
    """The part with the packages of the environment."""
    async with types_part(Options({"reference": str(environment)}, workers)) as part:
        yield part


@pytest.fixture(scope="session")
async def types_alone(workers: Workers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Part]:
    """The part without any packages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("no-cache")))
        async with types_part(Options({}, workers)) as part:
            yield part
