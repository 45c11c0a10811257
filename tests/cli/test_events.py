"""`assay events`: a line for each thing that happens, from where it is asked to go on."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host.database import Database
from host.events.port import Event, Value
from host.settings import Settings
from services.events.convert import stored
from services.events.store import EventStore
from tests.cli.conftest import ASSAY, Program
from tests.processes import clean_environment


@pytest.fixture
def happened(folder: Path) -> Path:
    """Give a folder of state in which two things happened."""

    async def add() -> None:
        database = Database(Settings(state_dir=folder))
        said: dict[str, Value] = {"verdict": "V\x1b[31m", "score": 0.25, "new": True}
        events = [Event("local", "a.b", "one", "shop", said), Event("local", "a.c", "two")]
        await EventStore(database, 100, 1e9).add([stored(event) for event in events])
        await database.close()

    asyncio.run(add())
    return folder


@contextmanager
def following(state: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the command until the block is left, then stop it as Ctrl-C does."""
    environment = clean_environment(ASSAY_STATE_DIR=str(state))
    command = subprocess.Popen([ASSAY, "events", *arguments], stdout=subprocess.PIPE, env=environment, text=True)
    try:
        yield command
        command.send_signal(signal.SIGINT)
        assert command.wait(timeout=30) == 130
    finally:
        command.kill()
        command.communicate()


def test_lines(happened: Path) -> None:
    """Each event is a line that a person can read, and no terminal obeys, until Ctrl-C."""
    with following(happened, "--after", "0") as command:
        assert command.stdout is not None
        first, second = command.stdout.readline(), command.stdout.readline()
    assert first[19:] == r"  1  a.b  one  project=shop new=true score=0.25 verdict=V\u001b[31m" + "\n"
    assert second[19:] == "  2  a.c  two\n"


def test_json(happened: Path) -> None:
    """As JSON each event is an object on its line; what was asked for is told alone."""
    with following(happened, "--after", "0", "--json", "--kind", "a.c") as command:
        assert command.stdout is not None
        (event,) = [json.loads(command.stdout.readline())]
    assert (event["kind"], event["resource"], event["sequence"]) == ("a.c", "two", "2")


def test_nothing_to_go_on_from(program: Program, happened: Path) -> None:
    """A number that nothing has had, and a kind that is none, are said in one line."""
    for options, said in ((["--after", "3"], "after_sequence"), (["--kind", "*"], "kinds[0]")):
        ended = program("events", *options, ASSAY_STATE_DIR=str(happened))
        assert ended.status == 2
        assert said in ended.stderr
        assert ended.stderr.count("\n") == 1
