"""The examples of docs/calling.md, run as they stand there against a gateway that asks for a key."""

import asyncio
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import BOUND, clean_environment

ROOT = Path(__file__).parent.parent
ASSAY = Path(sys.executable).with_name("assay")
TEXT = (ROOT / "docs" / "calling.md").read_text()
BLOCK = re.compile(r"^```(sh|python|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = {part.partition("\n")[0]: part for part in TEXT.split("\n## ")[1:]}
HEAD = TEXT.partition("\n## ")[0]

pytestmark = pytest.mark.docker


@dataclass(frozen=True, slots=True)
class Example:
    """
    Something to run, and what it prints.

    :param printed: With "…" for what may be anything; empty: nothing is said of it.
    """

    script: str
    printed: str = ""


def examples(text: str) -> Iterator[Example]:
    """Yield the examples of a part of the page."""
    blocks = [(kind, content) for kind, content in BLOCK.findall(text)]
    for (kind, content), (following, printed) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind in {"sh", "python"}:
            script = content if kind == "sh" else f"python - <<'END'\n{content}END\n"
            yield Example(script, printed if following in {"json", "text"} else "")


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell in a folder of its own, which knows where the gateway is."""

    folder: Path
    environment: dict[str, str]

    async def run(self, part: list[Example]) -> list[str]:
        """Run examples one after the other in one shell, and return what each of them prints."""
        mark = secrets.token_hex(8)
        script = "set -euo pipefail\n" + "".join(f"{example.script}\necho; echo {mark}\n" for example in part)
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=self.folder, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            stdout, stderr = await asyncio.wait_for(process.communicate(), 2 * BOUND)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, stdout.decode()[-2000:] + stderr.decode()[-2000:]
        return stdout.decode().split(f"\n{mark}\n")[:-1]


@pytest.fixture(scope="module")
async def shell(docker_ready: None) -> AsyncIterator[Shell]:
    """Serve the suite by the command that the page names, with a key that is made by the command that it names."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    grpc, http = (f"127.0.0.1:{free_port()}" for _ in range(2))
    state = clean_environment(ASSAY_STATE_DIR=str(folder / "state"))
    environment = state | {
        "PATH": f"{ASSAY.parent}:{os.environ['PATH']}",
        "ASSAY_KEY": await made_key(state),
        "GRPC": grpc,
        "HTTP": f"http://{http}",
    }
    work = folder / "work"
    work.mkdir()
    (work / "proto").symlink_to(ROOT / "proto")
    try:
        async with serving(grpc, http, state, folder / "log"):
            shell = Shell(work, environment)
            await shell.run(list(examples(HEAD)))
            yield shell
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def made_key(state: dict[str, str]) -> str:
    """Return a new key that allows everything."""
    command = [str(ASSAY), "keys", "create", "--tenant", "me", "--scope", "*"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=state, capture_output=True, text=True, timeout=BOUND, check=True
    )
    key: str = done.stdout.strip()
    return key


@asynccontextmanager
async def serving(grpc: str, http: str, state: dict[str, str], log: Path) -> AsyncIterator[None]:
    """Run `assay serve` until the block is left."""
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            ASSAY, "serve", "--listen", grpc, "--http", http, env=state, stderr=stderr
        )
    try:
        async with asyncio.timeout(BOUND):
            while '"serving"' not in log.read_text():
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), BOUND)


def matches(printed: str, expected: str) -> bool:
    """Say whether an output is what the page shows, spaces and line ends apart; "…" stands for anything."""
    parts = "".join(expected.split()).split("…")
    return re.fullmatch(".*".join(map(re.escape, parts)), "".join(printed.split())) is not None


@pytest.mark.parametrize("section", SECTIONS)
async def test_section(section: str, shell: Shell) -> None:
    """Every example of a section runs, and prints what the page says."""
    part = list(examples(SECTIONS[section]))
    assert any(example.printed for example in part)
    for example, printed in zip(part, await shell.run(part), strict=True):
        assert not example.printed or matches(printed, example.printed), printed


def test_matches() -> None:
    """What the page shows has to be there, in its order, from the beginning to the end."""
    assert matches('{"a": 1,\n "b": 2}\n', '{"a":1, … }')
    assert matches("one\n", "one")
    assert not matches("one two", "one")
    assert not matches("b a", "…a…b…")
