"""`assay usage`: what tenants used, out of the suite's database."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.main import _status
from host.settings import Settings
from host.usage import own_metering
from tests.cli.conftest import Ended


@pytest.fixture
def usage(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Give a function that calls the command in this process, over a database in which two tenants used something."""
    monkeypatch.setenv("ASSAY_STATE_DIR", str(folder))

    async def use() -> None:
        async with own_metering(Settings(state_dir=folder)) as meter:
            meter.add("ci", "calls", 3)
            meter.add("ci", "sandbox-seconds", 1.25)
            meter.add("ci", "bytes", 3 * 1024**2)
            meter.add("other\x1b[31m", "ai-micro-usd", 2_500_000)

    asyncio.run(use())

    def call(*arguments: str) -> Ended:
        capfd.readouterr()
        status = _status(["usage", *arguments])
        sys.stdout.flush()
        return Ended(status, *capfd.readouterr())

    return call


def test_table(usage: Callable[..., Ended]) -> None:
    """Each tenant has a line a day, with its amounts; nothing in a name reaches the terminal as it is."""
    ended = usage()
    lines = ended.stdout.splitlines()
    assert ended.status == 0
    assert lines[1].split() == [datetime.now(UTC).date().isoformat(), "ci", "3", "1.2", "3.0", "0.00"]
    assert lines[2].split()[-1] == "2.50"
    assert "\x1b[31m" not in ended.stdout


def test_json(usage: Callable[..., Ended]) -> None:
    """One tenant's use is told for programs, in the units in which it is counted."""
    ended = usage("--tenant", "ci", "--days", "1", "--json")
    day = datetime.fromtimestamp(time.time(), UTC).date().isoformat()
    assert json.loads(ended.stdout) == [
        {"day": day, "tenant": "ci", "bytes": 3145728, "calls": 3, "sandbox_seconds": 1.25}
    ]


def test_nobody(usage: Callable[..., Ended]) -> None:
    """Of a tenant that used nothing there is nothing to tell, which is no error."""
    ended = usage("--tenant", "nobody", "--json")
    assert (ended.status, json.loads(ended.stdout)) == (0, [])
