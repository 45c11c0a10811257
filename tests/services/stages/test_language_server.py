"""A language server as a child: replaced when it is lost, late or worn out, bounded, and gone with its folder."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from assay.errors import PluginFailed, ShuttingDown
from ruff import find_ruff_bin

from services.stages.language_server import LanguageServer, ServerLost, ServerSpec

COMMAND = (str(find_ruff_bin()), "server", "--no-preview")

DEEP = "x = " + "-" * 200_000 + "1\n"
"""What ruff's parser runs out of stack on."""

NAME = "print(name)\n"
"""What has one diagnostic."""

Opened = Callable[..., LanguageServer]


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Opened]:
    """Make servers that are closed with the test."""
    servers: list[LanguageServer] = []

    def make(**more: object) -> LanguageServer:
        servers.append(LanguageServer(ServerSpec("ruff", COMMAND, "python", **more)))  # type: ignore[arg-type]
        return servers[-1]

    yield make
    for server in servers:
        await server.close()


async def codes(server: LanguageServer, text: str, **more: str) -> list[str]:
    """Return the codes of the diagnostics of one text."""
    found = await server.diagnose({"a.py": text}, ["a.py"], **more)
    return [item["code"] for item in found["a.py"]]


def folder_of(server: LanguageServer) -> Path:
    """Return the folder in which a server that runs lives."""
    return Path(f"/proc/{server.process}/cwd").resolve()


async def gone(process: int) -> bool:
    """Wait for the end of a process, within a bound."""
    for _ in range(250):
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_columns_are_code_points(opened: Opened) -> None:
    """A server counts columns as the contract does, and tells what it finds by the protocol."""
    found = await opened().diagnose({"a.py": 'print("😀", name)\n'}, ["a.py"])
    (item,) = found["a.py"]
    assert item["code"] == "F821"
    assert item["range"]["start"] == {"line": 0, "character": 11}


async def test_one_process_for_many_questions(opened: Opened) -> None:
    """Questions one after the other and at one time are answered by one process, each with its own answer."""
    server = opened()
    assert await codes(server, "x = 1\n") == []
    process = server.process
    answers = await asyncio.gather(*(codes(server, f"print(name_{number})\n" * number) for number in range(8)))
    assert [len(answer) for answer in answers] == list(range(8))
    assert server.process == process


async def test_settings_of_a_folder(opened: Opened, tmp_path: Path) -> None:
    """Documents within a folder are judged by that folder's settings, and a folder that was given stays."""
    for minor in (8, 13):
        (tmp_path / f"py3{minor}").mkdir()
        (tmp_path / f"py3{minor}" / "ruff.toml").write_text(f'target-version = "py3{minor}"\n')
    server = opened(folder=tmp_path)
    text = "x = 1\nmatch x:\n    case 1:\n        y = 2\n"
    assert await codes(server, text, within="py313") == []
    assert await codes(server, text, within="py38") == ["invalid-syntax"]
    await server.close()
    assert (tmp_path / "py38" / "ruff.toml").exists()


async def test_started_again_when_killed(opened: Opened) -> None:
    """A server that somebody kills is replaced, and the next question is answered."""
    server = opened()
    await server.warm()
    first = server.process
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert await gone(first)
    # A question that was on its way when the server was lost is answered by one of its own; the next starts another.
    assert await codes(server, NAME) == ["F821"]
    assert await codes(server, NAME) == ["F821"]
    assert server.process not in (None, first)


async def test_a_text_that_ends_every_server(opened: Opened) -> None:
    """A text that ends a server, and then the one that has no other question, is told apart; others are answered."""
    server = opened()
    await server.warm()
    asked = [codes(server, DEEP), *(codes(server, NAME) for _ in range(4))]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(answers[0], ServerLost)
    assert answers[1:] == [["F821"]] * 4
    assert await codes(server, NAME) == ["F821"]


async def test_deadline(opened: Opened) -> None:
    """A server that does not answer in time is ended, the error says so, and another takes its place."""
    server = opened(seconds=1.0)
    await server.warm()
    first = server.process
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(PluginFailed, match="longer than 1 s and was ended"):
        await codes(server, NAME)
    assert await gone(first)
    assert await codes(server, NAME) == ["F821"]


async def test_recycled_after_questions(opened: Opened) -> None:
    """After as many questions as its specification says a server is replaced."""
    server = opened(questions=2)
    await codes(server, "x = 1\n")
    first = server.process
    await codes(server, "x = 1\n")
    assert server.process is None
    await codes(server, "x = 1\n")
    assert server.process not in (None, first)


async def test_recycled_by_memory(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that holds more than it may after a question is replaced."""
    server = opened()
    await codes(server, "x = 1\n")
    assert server.process is not None
    monkeypatch.setattr("services.stages.server_process.PAGE_BYTES", 1 << 30)
    monkeypatch.setattr("services.stages.server_process.WEIGHED_EVERY", 1)
    await codes(server, "x = 1\n")
    assert server.process is None


async def test_memory_is_bounded(opened: Opened) -> None:
    """The kernel gives a server no more than twice what it may hold."""
    server = opened(memory_bytes=300 << 20)
    await server.warm()
    assert server.process is not None
    limits = Path(f"/proc/{server.process}/limits").read_text().splitlines()
    (data,) = (line for line in limits if line.startswith("Max data size"))
    assert str(600 << 20) in data


async def test_abandoned(opened: Opened) -> None:
    """An asker that goes away takes nobody's answer along: those who ask with it and after it have theirs."""
    server = opened()
    await server.warm()
    asked = asyncio.create_task(codes(server, "x = 1\n" * 200_000))
    beside = asyncio.create_task(codes(server, NAME))
    await asyncio.sleep(0.05)
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    assert await codes(server, NAME) == ["F821"]
    assert await beside == ["F821"]


async def test_end(opened: Opened) -> None:
    """Closing ends the process and removes its folder; who asks after it, or was waiting, is told."""
    server = opened()
    await server.warm()
    process, folder = server.process, folder_of(server)
    assert process is not None
    assert folder.is_dir()
    os.kill(process, signal.SIGSTOP)
    asked = asyncio.create_task(codes(server, NAME))
    await asyncio.sleep(0.05)
    await server.close()
    assert await gone(process)
    assert not folder.exists()
    for late in (asked, codes(server, NAME)):
        await told(late)


async def told(late: Awaitable[object]) -> None:
    """Hold that a question is answered by an error that names the end."""
    with pytest.raises(ShuttingDown):
        await late


async def test_environment(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this process's environment reaches a server, and its home is its folder."""
    monkeypatch.setenv("RUFF_NO_CACHE", "not for others")
    monkeypatch.setenv("PRIVATE", "not for others")
    server = opened(environment={"TOLD": "this"})
    await server.warm()
    environment = psutil.Process(server.process).environ()
    assert environment == {"PATH": os.defpath, "HOME": str(folder_of(server)), "TOLD": "this"}


async def test_huge_answer(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is larger than may be is never read, and the server that gave it is ended."""
    server = opened()
    await server.warm()
    first = server.process
    monkeypatch.setattr("services.stages.json_rpc.MAX_MESSAGE_BYTES", 50_000)
    with pytest.raises(ServerLost, match="longer one than may be"):
        await codes(server, NAME * 1_000)
    assert await codes(server, NAME) == ["F821"]
    assert first is not None
    assert await gone(first)


async def test_no_such_program() -> None:
    """A program that is not there is an error that names the server, and leaves no folder."""
    server = LanguageServer(ServerSpec("ruff", ("/nowhere/ruff",), "python"))
    with pytest.raises(PluginFailed, match="ruff could not be started: No such file"):
        await codes(server, "x = 1\n")


async def test_no_server() -> None:
    """A program that ends at once, or speaks no protocol, is an error that says that it did not start."""
    for command in (("/bin/true",), ("/bin/echo", "hello")):
        with pytest.raises(PluginFailed, match="did not start"):
            await codes(LanguageServer(ServerSpec("none", command, "python")), "x = 1\n")
