"""
NATS and PostgreSQL for tests: real servers in containers, on ports of 127.0.0.1 that stay theirs over a restart.

The fixtures ``nats_server`` and ``postgres`` are one of each for a session (with pytest-xdist, one for each worker).
``started_nats`` and ``started_postgres`` start further ones, for tests that pause, kill or fill them. Containers carry
a label of this process; they are removed with their volumes as their block ends, and where the process is killed, by a
shell that waits for just that.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import docker.errors
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer, ExecConfig

ROOT = Path(__file__).parent.parent
NATS_IMAGE = "assay-nats:2.10"
POSTGRES_IMAGE = "assay-postgres:17"
READY_SECONDS = 60.0
DATABASE_USER = "assay"
LABEL = "assay.tests.owner"
OWNER = f"{os.getpid()}-{secrets.token_hex(4)}"

PLAIN_NATS = """
port: 4222
http: 8222
jetstream { store_dir: /data }
"""
"""The configuration of a server that asks nobody who they are; it is reached from this machine only."""

_REMOVE = f"""
exec >/dev/null 2>&1
cat
for round in 1 2 3; do docker ps -aq --filter label={LABEL}={OWNER} | xargs -r docker rm -f -v; sleep 2; done
"""
"""Run by a shell: waits for the end of this process, then removes what it left, and what was still being made."""


class Backing:
    """
    A running server of others, of which tests may take hold.

    :ivar port: The port of 127.0.0.1 that it listens on, restarted or not.
    """

    def __init__(self, container: DockerContainer, port: int, ready: Callable[["Backing"], bool]) -> None:
        self.port = port
        self._started = container
        self._container = container.get_wrapped_container()
        self._ready = ready

    @property
    def name(self) -> str:
        """The container's name, for ``docker`` commands of a test."""
        return str(self._container.name)

    def run(self, *command: str, user: str = "") -> str:
        """
        Run a command inside and return what it prints.

        :raises RuntimeError: Its exit status is not 0; the text is its output.
        """
        ended = self._started.exec(ExecConfig(list(command), user=user))
        if ended.exit_code != 0:
            raise RuntimeError(ended.output.decode(errors="replace"))
        return ended.output.decode()

    def logs(self) -> str:
        """Return what the server wrote to its log."""
        return str(self._container.logs().decode(errors="replace"))

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._container.pause()

    def unpause(self) -> None:
        """Let it go on from where it was frozen."""
        self._container.unpause()

    def kill(self) -> None:
        """End it by SIGKILL, as a lost machine would; what it stored stays."""
        self._container.kill("SIGKILL")
        self._container.wait(timeout=READY_SECONDS)

    def stop(self) -> None:
        """End it as an operator would, within 30 seconds."""
        self._container.stop(timeout=30)

    def start(self) -> None:
        """Start it again after ``kill`` or ``stop``, on its port with what it stored, and wait until it answers."""
        self._container.start()
        self.wait()

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def wait(self) -> None:
        """Wait until it answers, at most READY_SECONDS; it fails at once where the container has ended."""
        ends_at = time.monotonic() + READY_SECONDS
        while not self._ready(self):
            self._container.reload()
            if self._container.status == "exited" or time.monotonic() > ends_at:
                raise RuntimeError(
                    f"{self.name} is {self._container.status} and does not answer:\n{self.logs()[-2000:]}"
                )
            time.sleep(0.05)


class Nats(Backing):
    """
    A NATS server.

    :ivar url: ``nats://127.0.0.1:PORT``.
    :ivar monitoring_port: Where ``/healthz``, ``/jsz`` and ``/connz`` are, where the configuration opens 8222.
    """

    def __init__(self, container: DockerContainer, port: int, monitoring_port: int) -> None:
        super().__init__(container, port, _greets)
        self.url = f"nats://127.0.0.1:{port}"
        self.monitoring_port = monitoring_port


class Postgres(Backing):
    """
    A PostgreSQL server.

    :ivar password: The superuser's.
    :ivar url: The superuser's, with the password in it, of the database ``assay``.
    """

    def __init__(self, container: DockerContainer, port: int, password: str) -> None:
        super().__init__(container, port, _accepts)
        self.password = password
        self.url = self.url_of("assay")

    def url_of(self, database: str) -> str:
        """Return the superuser's URL of a database."""
        return f"postgresql://{DATABASE_USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "assay") -> str:
        """
        Run a statement as the superuser and return what it gives, a line a row, columns parted by "|".

        :raises RuntimeError: It fails; the text is PostgreSQL's.
        """
        return self.run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-U", DATABASE_USER, "-d", database, "-c", statement)

    def fresh_database(self) -> str:
        """Return the URL of a new, empty database; about a tenth of a second."""
        name = f"t_{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url_of(name)


def _greets(server: Backing) -> bool:
    """Return whether a NATS server greets who connects; the daemon's proxy takes connections before it is there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=2) as connection:
        return connection.recv(4) == b"INFO"
    return False


def _accepts(server: Backing) -> bool:
    """Return whether PostgreSQL takes connections over TCP, which it does once its cluster is made."""
    try:
        server.run("pg_isready", "--quiet", "--host=127.0.0.1")
    except (RuntimeError, docker.errors.APIError):
        return False
    return True


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(listener.getsockname()[1]) for listener in found]


@contextlib.contextmanager
def _running(make: Callable[[], DockerContainer], *ports: int) -> Iterator[tuple[DockerContainer, list[int]]]:
    """Start a container with ports of its own; where another process took one in the meantime, with others."""
    for left in reversed(range(5)):
        container, chosen = make(), _free_ports(len(ports))
        # The daemon's client takes an address and a port; the annotation knows of ports alone.
        cast(dict[str, Any], container.ports).update(
            {f"{port}/tcp": ("127.0.0.1", host) for port, host in zip(ports, chosen, strict=True)}
        )
        container.with_kwargs(labels={LABEL: OWNER})
        try:
            container.start()
        except docker.errors.APIError as error:
            container.stop()
            if not left or "port is already allocated" not in str(error):
                raise
            continue
        break
    try:
        yield container, chosen
    finally:
        container.stop()


@contextlib.contextmanager
def started_nats(
    conf: str = PLAIN_NATS, *, files: Mapping[str, bytes] | None = None, store_mib: int | None = None
) -> Iterator[Nats]:
    """
    Start a NATS server and wait until it greets.

    :param conf: Its configuration; clients are expected on 4222, monitoring on 8222, streams in /data.
    :param files: What else lies in the container, by path: certificates, included configurations.
    :param store_mib: Give /data this many MiB of memory, and no more; it is lost when the server ends. Otherwise /data
        is a volume of the server's own, which stays over a restart.
    """

    def make() -> DockerContainer:
        container = DockerContainer(NATS_IMAGE)
        for path, content in {"/etc/nats/nats.conf": conf.encode(), **(files or {})}.items():
            container.with_copy_into_container(content, path, 0o644)
        if store_mib is not None:
            container.with_tmpfs_mount("/data", f"size={store_mib}m,uid=10001,gid=10001,mode=0700")
        return container

    with _running(make, 4222, 8222) as (container, [port, monitoring_port]):
        server = Nats(container, port, monitoring_port)
        server.wait()
        yield server


@contextlib.contextmanager
def started_postgres(*settings: str) -> Iterator[Postgres]:
    """
    Start a PostgreSQL server and wait until it accepts connections.

    :param settings: Such as ``max_connections=20``, besides its defaults.
    """
    password = secrets.token_urlsafe(16)

    def make() -> DockerContainer:
        container = DockerContainer(POSTGRES_IMAGE, env={"POSTGRES_USER": DATABASE_USER, "POSTGRES_PASSWORD": password})
        return container.with_command([word for setting in settings for word in ("-c", setting)])

    with _running(make, 5432) as (container, [port]):
        server = Postgres(container, port, password)
        server.wait()
        yield server


@pytest.fixture(scope="session")
def backing_ready() -> Iterator[None]:
    """Make sure of a daemon, of the images, and that nothing stays; no daemon is a skip, and in CI a failure."""
    try:
        subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        if os.environ.get("CI"):
            pytest.fail("CI needs a Docker daemon", pytrace=False)
        pytest.skip("no Docker daemon answers; run scripts/docker-up")
    subprocess.run([ROOT / "scripts" / "offline-images", "nats", "postgres"], timeout=900, check=True)
    testcontainers_config.ryuk_disabled = True
    remover = subprocess.Popen(["sh", "-c", _REMOVE], stdin=subprocess.PIPE, start_new_session=True)
    yield
    os.killpg(remover.pid, signal.SIGKILL)
    remover.communicate()


@pytest.fixture(scope="session")
def nats_server(backing_ready: None) -> Iterator[Nats]:
    """Give a NATS server with JetStream that all tests of a session share: name streams so that they do not meet."""
    with started_nats() as server:
        yield server


@pytest.fixture(scope="session")
def postgres(backing_ready: None) -> Iterator[Postgres]:
    """Give a PostgreSQL server that all tests of a session share: each takes a ``fresh_database()``."""
    # The containers end with the tests: their disk may lose what it likes, and tables are made in half the time.
    with started_postgres("fsync=off", "max_connections=300") as server:
        yield server
