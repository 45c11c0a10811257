"""`assay jobs`: dead jobs that are listed, shown and queued again in the suite's database."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from assay.errors import AssayError
from assay.v1 import validation_pb2

from cli.main import _status
from host.database import opened, sql
from host.settings import Settings
from services.validation.dead import Bounds
from services.validation.queue import Queue
from services.validation.store import Stored
from tests.cli.conftest import Ended

Jobs = Callable[..., Ended]
T = TypeVar("T")

QUEUED = validation_pb2.STATE_QUEUED


@pytest.fixture
def state(folder: Path) -> Path:
    """Give a state folder in which three jobs are dead, of two tenants, and one waits."""
    path = folder / "state"
    asyncio.run(with_queue(path, filled))
    return path


async def with_queue(state: Path, work: Callable[[Queue], Awaitable[T]]) -> T:
    """Do something with the queue of a state folder."""
    async with opened(Settings(state_dir=state)) as database:
        bounds = Bounds(1, 100, 1e9)
        return await work(Queue(database, keep=9, most=9, owner="p", lease=60, told=lambda _: None, bounds=bounds))


async def filled(queue: Queue) -> None:
    """Let jobs die."""
    for number, tenant in enumerate(("red", "red", "blue", "red")):
        body = validation_pb2.Validation(id=f"val_{number}", state=QUEUED).SerializeToString()
        await queue.create(Stored(f"val_{number}", tenant, "", "", 0, body, QUEUED), b"code of theirs")
        if number < 3:
            job = await queue.take(tenant)
            assert job is not None
            await queue.failed(job, AssayError("no \x1b[31mroom"))


@pytest.fixture
def jobs(state: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Give a function that calls a subcommand in this process."""
    monkeypatch.setenv("ASSAY_STATE_DIR", str(state))

    def run(*arguments: str) -> Ended:
        capfd.readouterr()
        status = _status(["jobs", *arguments])
        sys.stdout.flush()
        return Ended(status, *capfd.readouterr())

    return run


def asked(jobs: Jobs, *arguments: str) -> Any:
    """Call a subcommand that succeeds with --json, and return what it prints."""
    ended = jobs(*arguments, "--json")
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def test_listed(jobs: Jobs) -> None:
    """Those that are dead are listed with their reason, never with the code, and nothing in it reaches the terminal."""
    assert [one["id"] for one in asked(jobs, "list")] == ["val_2", "val_1", "val_0"]
    assert [one["id"] for one in asked(jobs, "list", "--tenant", "blue")] == ["val_2"]
    text = jobs("list").stdout
    assert all(word in text for word in ("val_0", "red", "INTERNAL", "room"))
    assert "\x1b" not in text
    assert "theirs" not in text


def test_shown(jobs: Jobs) -> None:
    """One is shown with all that is kept of it; there is none that is not dead."""
    shown = asked(jobs, "show", "val_1")
    assert (shown["tenant"], shown["attempts"], shown["reason"], shown["size"]) == ("red", 1, "INTERNAL", 14)
    assert "attempts  1\n" in jobs("show", "val_1").stdout
    ended = jobs("show", "val_3")
    assert (ended.status, ended.stdout) == (2, "")
    assert "no dead job val_3" in ended.stderr


def test_requeued(jobs: Jobs, state: Path) -> None:
    """What is queued again is dead no more and waits, once; what is not dead is named."""
    ended = jobs("requeue", "val_1", "val_9")
    assert (ended.status, ended.stdout) == (2, "val_1 of red is queued again\n")
    assert "val_9" in ended.stderr
    assert asyncio.run(with_queue(state, lambda queue: queue.waiting())) == {"red": 0}
    assert asked(jobs, "requeue", "--all", "--tenant", "blue") == ["val_2"]
    assert asked(jobs, "requeue", "--all") == ["val_0"]
    assert asked(jobs, "list") == []
    assert asked(jobs, "requeue", "--all") == []


@pytest.mark.parametrize("arguments", [[], ["--all", "val_0"], ["--tenant", "red"], ["--tenant", "red", "val_0"]])
def test_which(jobs: Jobs, arguments: list[str]) -> None:
    """Which are meant has to be said, in one way."""
    ended = jobs("requeue", *arguments)
    assert (ended.status, ended.stdout) == (2, "")
    assert "--all" in ended.stderr


def test_not_kept(jobs: Jobs, state: Path) -> None:
    """One whose validation is not kept any more stays dead, and that is said."""

    async def gone() -> None:
        async with opened(Settings(state_dir=state)) as database:
            await database.write(
                lambda connection: connection.execute(sql("DELETE FROM validations WHERE id = 'val_0'"))
            )

    asyncio.run(gone())
    ended = jobs("requeue", "--all")
    assert ended.status == 2
    assert "val_0: there is no such validation" in ended.stderr
    assert [one["id"] for one in asked(jobs, "list")] == ["val_0"]
