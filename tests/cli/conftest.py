"""The command as its users have it: in a process of its own, or quicker in this one, over a suite that runs already."""

import io
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import _status
from tests.processes import clean_environment

ASSAY = Path(sys.executable).with_name("assay")

LUA = """
language = "lua"
version = "5.4"
suffixes = [".lua"]
file = "main.lua"
warm = "exec"
run = ["/usr/bin/lua", "{entry}"]
[environment]
PATH = "/usr/bin"
"""


@dataclass
class Ended:
    """What a call of the command left behind."""

    status: int
    stdout: str
    stderr: str


Program = Callable[..., Ended]


def write_lua(folder: Path) -> None:
    """Make a folder of a language that is not built in, and whose image nobody has built."""
    folder.mkdir()
    (folder / "language.toml").write_text(LUA)
    (folder / "Dockerfile").write_text("FROM debian:trixie-slim\n")


@pytest.fixture(scope="session")
def state_dir() -> Iterator[Path]:
    """Give one folder for the state of every suite that these tests start."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def program(state_dir: Path) -> Program:
    """Give a function that runs `assay` with arguments in a process of its own, to its end."""

    def run(
        *arguments: str | Path, stdin: bytes = b"", seconds: float = 60, cwd: Path | None = None, **more: str
    ) -> Ended:
        done = subprocess.run(
            [ASSAY, *arguments],
            input=stdin,
            capture_output=True,
            timeout=seconds,
            cwd=cwd,
            env=clean_environment(**({"ASSAY_STATE_DIR": str(state_dir)} | more)),
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    return run


@pytest.fixture(scope="session")
def gateway(state_dir: Path) -> Iterator[str]:
    """Give the address of a suite without a sandbox, run by `assay serve`."""
    yield from _served(state_dir / "reading", state_dir, ASSAY_SANDBOX_ENABLED="false")


@pytest.fixture(scope="session")
def sandboxed(docker_ready: None, state_dir: Path) -> Iterator[str]:
    """Give the address of a whole suite, run by `assay serve`."""
    yield from _served(state_dir / "whole", state_dir, ASSAY_SANDBOX__POOLS='{"python": {"floor": 2}}')


def _served(path: Path, state_dir: Path, **settings: str) -> Iterator[str]:
    environment = clean_environment(ASSAY_STATE_DIR=str(state_dir), ASSAY_LOG_LEVEL="error", **settings)
    server = subprocess.Popen(
        [ASSAY, "serve", "--open", "--listen", f"unix:{path}"], env=environment, stdin=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            assert server.poll() is None, "the suite did not start"
            if _accepts(path):
                break
            time.sleep(0.1)
        yield f"unix:{path}"
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@pytest.fixture
def assay(gateway: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    """Give a function that calls a command in this process, over the running suite."""

    def run(command: str, *arguments: str | Path, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        status = _status([command, "--gateway", gateway, *(str(argument) for argument in arguments)])
        sys.stdout.flush()
        return Ended(status, *capfd.readouterr())

    return run
