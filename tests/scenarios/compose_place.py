"""The suite of compose.yaml, brought up for a test: a project, ports and secrets of its own, and gone with its end."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.secrets import secrets_in

ROOT = Path(__file__).parent.parent.parent
COMPOSE = str(Path(sys.executable).parent / "docker-compose")
UP_SECONDS, DOWN_SECONDS, BUILD_SECONDS, COMMAND_SECONDS = 300, 180, 1800, 120

SETTINGS = """
ASSAY_GATEWAY__QUOTA={"calls_per_second": 0, "concurrent_runs": 0, "concurrent_streams": 0}
ASSAY_WORKERS__COUNT=1
ASSAY_SANDBOX__LANGUAGES=["python"]
ASSAY_SANDBOX__POOLS={"python": {"floor": 2, "ceiling": 4}}
"""
"""What a small machine runs beside the tests; and scenarios ask more quickly than a tenant may by default."""


@dataclass(frozen=True)
class Composed:
    """
    A suite that runs in containers.

    :param door: How it is connected to: arguments of :func:`assay.client.connect`.
    :param http: Where its HTTP side is.
    """

    project: str
    environment: Mapping[str, str]
    door: Mapping[str, Any]
    http: str
    ca: Path

    async def compose(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
        """Run `docker compose` on it and return what it prints."""
        return await asyncio.to_thread(_compose, self.environment, self.project, *arguments, seconds=seconds)


@asynccontextmanager
async def composed(folder: Path, *, sandbox: bool = True) -> AsyncIterator[Composed]:
    """
    Bring a suite up, and take it down with its volumes as the block is left, or this process is killed.

    :param sandbox: Whether the engine knows of what runs code.
    """
    project = f"assay-test-{os.getpid()}-{folder.name.lower().replace('_', '-')}"
    environment = _environment(folder, sandbox)
    await asyncio.to_thread(_build)
    remover = _remover(environment, project)
    try:
        await asyncio.to_thread(_up, environment, project)
        create = ("assay", "keys", "create", "--tenant=acme", "--scope=*")
        key = await asyncio.to_thread(_compose, environment, project, "exec", "-T", "gateway", *create)
        ca = folder / "secrets/door/tls.crt"
        door = {"address": f"tls:127.0.0.1:{environment['ASSAY_PORT']}", "ca": ca.read_bytes(), "key": key.strip()}
        yield Composed(project, environment, door, f"https://127.0.0.1:{environment['ASSAY_HTTP_PORT']}", ca)
    finally:
        await asyncio.to_thread(remover.communicate, timeout=DOWN_SECONDS)


def _environment(folder: Path, sandbox: bool) -> Mapping[str, str]:
    secrets_in(folder / "secrets", [])
    (folder / "settings.env").write_text(SETTINGS)
    docker = Path("/var/run/docker.sock")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [str(listener.getsockname()[1]) for listener in (one, other)]
    chosen = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST", "ASSAY_IMAGE") if name in os.environ}
    return chosen | {
        "COMPOSE_FILE": "compose.yaml" if sandbox else "compose.yaml:tests/scenarios/reading.compose.yaml",
        "ASSAY_SECRETS": str(folder / "secrets"),
        "ASSAY_SETTINGS": str(folder / "settings.env"),
        "ASSAY_DOCKER_SOCKET": str(docker),
        "ASSAY_DOCKER_GID": str(docker.stat().st_gid),
        "ASSAY_PORT": ports[0],
        "ASSAY_HTTP_PORT": ports[1],
    }


def _build() -> None:
    """Build what is to be tried, of what stands here now; a named image is taken as it is."""
    if "ASSAY_IMAGE" not in os.environ:
        subprocess.run([ROOT / "scripts" / "image"], check=True, timeout=BUILD_SECONDS)
    subprocess.run([ROOT / "scripts" / "offline-images"], check=True, timeout=BUILD_SECONDS)


def _command(project: str, *arguments: str) -> list[str]:
    return [COMPOSE, "--env-file=/dev/null", f"--project-name={project}", *arguments]


def _compose(environment: Mapping[str, str], project: str, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
    done = subprocess.run(
        _command(project, *arguments),
        check=False,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _up(environment: Mapping[str, str], project: str) -> None:
    wait = ("--wait", f"--wait-timeout={UP_SECONDS}")
    try:
        _compose(environment, project, "up", "--detach", "--pull=never", *wait, seconds=UP_SECONDS + 60)
    except AssertionError as error:
        logs = _compose(environment, project, "logs", "--no-color", "--tail=15")
        raise AssertionError(f"{error}\n{logs[-12_000:]}") from None


def _remover(environment: Mapping[str, str], project: str) -> "subprocess.Popen[bytes]":
    """Start a shell that waits for this process to let go of it, or to end, and takes the suite down then."""
    down = _command(project, "down", "--volumes", "--remove-orphans", "--timeout=30")
    return subprocess.Popen(
        ["sh", "-c", 'cat; exec "$@"', "down", *down],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
