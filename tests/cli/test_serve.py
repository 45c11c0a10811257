"""`assay serve`, and commands that are told to use what it serves: who gets in, and what is said to who does not."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import _status
from gateway.key_store import key_store
from host.settings import Settings
from tests.certificates import Authority
from tests.cli.conftest import ASSAY, Ended, Program
from tests.gateway.guarded import made_key
from tests.processes import clean_environment

BOUND = 60.0


@dataclass(frozen=True)
class Served:
    """A suite that runs encrypted and asks for keys."""

    address: str
    authorities: Path
    strangers: Path
    key: str


async def _key(state: Path) -> str:
    async with key_store(Settings(state_dir=state)) as store:
        return (await made_key(store))[0]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a suite that `assay serve` serves, with a key to it."""
    folder = tmp_path_factory.mktemp("serve")
    authority, strangers = Authority(folder), Authority(folder, "strangers")
    pair = authority.signed("door")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = clean_environment(
        ASSAY_STATE_DIR=str(folder),
        ASSAY_SANDBOX_ENABLED="false",
        ASSAY_LOG_LEVEL="error",
        ASSAY_GATEWAY__CERTIFICATE=str(pair.certificate),
        ASSAY_GATEWAY__KEY=str(pair.key),
    )
    server = subprocess.Popen([ASSAY, "serve", "--listen", address], env=environment, stdin=subprocess.DEVNULL)
    try:
        _wait_for(address, server)
        yield Served(f"tls:{address}", authority.path, strangers.path, asyncio.run(_key(folder)))
    finally:
        server.terminate()
        assert server.wait(timeout=BOUND) == 0


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    host, _, port = address.rpartition(":")
    for _ in range(600):
        assert server.poll() is None, "the suite did not start"
        with socket.socket() as client:
            if client.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the suite does not listen")


Stages = Callable[..., Ended]


@pytest.fixture
def stages(served: Served, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Stages:
    """Give a function that asks the suite for its stages, with some variables of the environment."""

    def run(*arguments: str, address: str = served.address, **variables: str) -> Ended:
        for name in ("ASSAY_KEY", "ASSAY_CA"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        status = _status(["stages", "--gateway", address, *arguments])
        sys.stdout.flush()
        return Ended(status, *capfd.readouterr())

    return run


def test_a_key_opens(served: Served, stages: Stages) -> None:
    """A command shows the key of its option or of the environment, where it may stand with its line's end."""
    trust = {"ASSAY_CA": str(served.authorities)}
    for ended in (stages("--key", served.key, **trust), stages(ASSAY_KEY=f"{served.key}\n", **trust)):
        assert ended.status == 0, ended.stderr
        assert "placeholder" in ended.stdout


@pytest.mark.parametrize("key", ["", "assay_wrong_key", "x"])
def test_no_key(served: Served, stages: Stages, key: str) -> None:
    """Without a key that is right a command fails in one line, which says what is needed."""
    ended = stages(ASSAY_KEY=key, ASSAY_CA=str(served.authorities))
    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr == "assay: a valid key is needed: authorization: Bearer KEY\n"


@pytest.mark.parametrize("strangers", [False, True])
def test_a_certificate_of_somebody_else(served: Served, program: Program, strangers: bool) -> None:
    """Where the gateway's certificate cannot be trusted, the key stays here, and the variable to set is named."""
    trust = {"ASSAY_CA": str(served.strangers)} if strangers else {}
    ended = program("stages", "--gateway", served.address, ASSAY_KEY=served.key, **trust)
    assert ended.status == 2
    (line,) = ended.stderr.splitlines()
    assert "certificate is not one that can be trusted (ASSAY_CA names" in line


def test_authorities_that_are_not_there(served: Served, stages: Stages) -> None:
    """A file of authorities that cannot be read is named."""
    ended = stages("--key", served.key, ASSAY_CA="/nowhere/ca.pem")
    assert (ended.status, ended.stderr) == (2, "assay: ASSAY_CA: /nowhere/ca.pem: no such file or directory\n")


def test_never_in_the_clear(stages: Stages) -> None:
    """A key is not sent to another machine without encryption; what to write instead is said, the key is not."""
    ended = stages("--key", "assay_secret", address="203.0.113.7:1")
    assert ended.status == 2
    assert "use tls:203.0.113.7:1" in ended.stderr
    assert "secret" not in ended.stderr


def test_nobody_there(stages: Stages, folder: Path) -> None:
    """An address where nobody answers is named."""
    ended = stages(address=f"unix:{folder}/nobody")
    assert (ended.status, ended.stderr) == (2, f"assay: no suite answers at unix:{folder}/nobody\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--open", "--listen", "0.0.0.0:0"], "an open gateway may not listen on '0.0.0.0:0'"),
        (["--open", "--http", "0.0.0.0:0"], "an open gateway may not listen on '0.0.0.0:0'"),
        (["--listen", "0.0.0.0:0"], "a gateway without a certificate may not listen on '0.0.0.0:0'"),
        (["--open", "--listen", "unix:"], "cannot listen on 'unix:'"),
    ],
)
def test_where_it_does_not_serve(program: Program, arguments: list[str], text: str) -> None:
    """Where others could come in, or read a key on its way, it does not start, and says why in one line."""
    ended = program("serve", *arguments, ASSAY_SANDBOX_ENABLED="false", ASSAY_LOG_LEVEL="error")
    assert ended.status == 2
    (line,) = ended.stderr.splitlines()
    assert text in line


def test_it_says_how_to_get_a_key(folder: Path) -> None:
    """At its start it says how a key is made, unless it asks for none."""
    for option, hinted in ((), True), (("--open",), False):
        environment = clean_environment(ASSAY_STATE_DIR=str(folder), ASSAY_SANDBOX_ENABLED="false")
        path = f"unix:{folder}/{os.urandom(4).hex()}"
        with subprocess.Popen(
            [ASSAY, "serve", "--listen", path, *option],
            env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as server:  # fmt: skip
            assert server.stderr is not None
            line = server.stderr.readline()
            server.terminate()
        assert ("assay keys create" in line) is hinted
        assert path in line


def test_a_command_opens_no_door(program: Program) -> None:
    """A command that starts a suite of its own listens nowhere, whatever the environment says of a gateway."""
    door = {"ASSAY_GATEWAY__LISTEN": "0.0.0.0:0", "ASSAY_GATEWAY__HTTP_LISTEN": "0.0.0.0:0"}
    ended = program("stages", ASSAY_SANDBOX_ENABLED="false", **door)
    assert ended.status == 0, ended.stderr
