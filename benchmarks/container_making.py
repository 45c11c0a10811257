"""
Making one container of the sandbox and removing it, by raw calls over the daemon's Unix socket, each step timed.

Used by :mod:`benchmarks.container_start`. The service makes its containers by the same calls in the same order.
"""

import contextlib
import copy
import http.client
import itertools
import json
import math
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from host.settings import SandboxSettings
from sandbox import sizing
from sandbox.containers.daemon import API_VERSION
from sandbox.containers.spec import Isolation, config
from sandbox.language import load_all
from sandbox.runner.frames import Kind
from sandbox.sizing import Size

Config = dict[str, Any]
Change = Callable[[Config], object]

LABEL = "assay.benchmark"
SECONDS = 60.0
PHASES = ("create", "attach", "start", "ready")


class Connection(http.client.HTTPConnection):
    """HTTP over the daemon's Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = open_socket(self._path)

    def call(self, method: str, path: str, body: Config | None = None) -> Any:
        """Return the answer's JSON; RuntimeError where the daemon refuses."""
        content = None if body is None else json.dumps(body)
        self.request(method, f"/v{API_VERSION}{path}", content, {"Content-Type": "application/json"})
        response = self.getresponse()
        data = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {data[:300]!r}")
        return json.loads(data) if data.startswith((b"{", b"[")) else None


def open_socket(path: str) -> socket.socket:
    """Return a connected socket whose every wait is bounded."""
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(SECONDS)
    connected.connect(path)
    return connected


def attach(path: str, container: str) -> socket.socket:
    """Attach to a container's standard streams."""
    stream = open_socket(path)
    line = f"POST /v{API_VERSION}/containers/{container}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1"
    stream.sendall(
        f"{line}\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        piece = stream.recv(1)
        if not piece:
            raise ConnectionError("the daemon ended the attach")
        head += piece
    if b" 101 " not in head:
        raise RuntimeError(f"attach: {head!r}")
    return stream


@dataclass(frozen=True)
class Variant:
    """
    One way to make a container and to end it.

    :param change: Changes the full spec in place.
    :param end: "remove" (kill and remove), "leave" (process 1 ends with its input, AutoRemove does the rest).
    :param library: Create and start by docker-py instead of by raw calls.
    """

    change: Change = lambda config: None
    end: str = "remove"
    library: bool = False


@dataclass
class Taken:
    """Milliseconds of one making, by phase, of the removal, and of CPU time of both together where it can be told."""

    phases: dict[str, float] = field(default_factory=dict)
    removal: float = 0.0
    cpu: float = math.nan

    @property
    def total(self) -> float:
        """From the create call until READY."""
        return sum(self.phases.values())


class Bench:
    """Makes containers of the full spec and its variants, and removes every one of them."""

    def __init__(self, socket_path: str, cpu_seconds: Callable[[], float]) -> None:
        self.path = socket_path
        self._cpu_seconds = cpu_seconds
        self.label = {LABEL: uuid.uuid4().hex}
        self.language = load_all()["python"]
        settings = SandboxSettings()
        limits = settings.default_limits
        disk = sizing.applied_disk(limits.disk_bytes, limits.memory_bytes, asked=False)
        self._config = config(
            self.language,
            Size(limits.memory_bytes, limits.processes, disk),
            Isolation(settings.runtime, settings.cpus, settings.max_limits.open_files, limits.open_files, 600.0),
            self.label,
        )

    def full(self) -> Config:
        """Return the spec of sandbox/containers/spec.py, to be changed at will."""
        return copy.deepcopy(self._config)

    def make(self, connection: Connection, spec: Config, library: Any = None) -> tuple[str, socket.socket, Taken]:
        """Make a container and wait until process 1 has said something, or has ended."""
        marks = [time.perf_counter()]
        if library is not None:
            name = library.create_container_from_config(spec)["Id"]
        else:
            name = connection.call("POST", "/containers/create", spec)["Id"]
        marks.append(time.perf_counter())
        stream = attach(self.path, name)
        marks.append(time.perf_counter())
        if library is not None:
            library.start(name)
        else:
            connection.call("POST", f"/containers/{name}/start")
        marks.append(time.perf_counter())
        said = stream.recv(65536)
        if said[:1] == b"\x02" or said[8:9] == bytes([Kind.BROKEN]):
            raise RuntimeError(f"process 1 did not start: {said[8:]!r}")
        marks.append(time.perf_counter())
        times = ((after - before) * 1000 for before, after in itertools.pairwise(marks))
        return name, stream, Taken(dict(zip(PHASES, times, strict=True)))

    def end(self, connection: Connection, name: str, stream: socket.socket, how: str) -> float:
        """Remove a container; return the milliseconds until it is gone."""
        if how == "remove":
            started = time.perf_counter()
            connection.call("DELETE", f"/containers/{name}?force=1&v=1")
            stream.close()
            return (time.perf_counter() - started) * 1000
        waiter = Connection(self.path)
        waiter.request("POST", f"/v{API_VERSION}/containers/{name}/wait?condition=removed")
        waiter_answer = waiter.getresponse()
        started = time.perf_counter()
        with contextlib.suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)
        stream.close()
        waiter_answer.read()
        taken = (time.perf_counter() - started) * 1000
        waiter.close()
        return taken

    def once(self, connection: Connection, variant: Variant, library: Any = None) -> Taken:
        """Make and remove one container of a variant."""
        spec = self.full()
        variant.change(spec)
        before = self._cpu_seconds()
        name, stream, taken = self.make(connection, spec, library if variant.library else None)
        taken.removal = self.end(connection, name, stream, variant.end)
        taken.cpu = (self._cpu_seconds() - before) * 1000
        return taken

    def clear(self) -> None:
        """Remove whatever an interruption left."""
        connection = Connection(self.path)
        filters = json.dumps({"label": [f"{LABEL}={self.label[LABEL]}"]}).replace('"', "%22").replace(" ", "")
        for container in connection.call("GET", f"/containers/json?all=1&filters={filters}"):
            with contextlib.suppress(RuntimeError):
                connection.call("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        connection.close()
