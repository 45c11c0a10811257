"""
The Docker daemon: every call with a deadline, and bounded threads of their own for making, changing, removing and
querying, so that a removal that hangs never stops a claim.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

from assay.errors import SandboxUnavailable

if TYPE_CHECKING:
    from docker import APIClient

API_VERSION = "1.41"
"""The oldest that knows cgroup v2; daemons of today still speak it."""

MAKE_SECONDS = 30.0
REMOVE_SECONDS = 30.0
QUERY_SECONDS = 10.0
LOAD_SECONDS = 1800.0
REMOVE_THREADS = 8
QUERY_THREADS = 2
UPDATE_THREADS = 4
IMAGES = "assay-sandbox-*"
"""The names of all images of sandboxes, as the daemon's filter takes them."""

T = TypeVar("T")


class Missing(Exception):
    """There is no such container or image."""


class Refused(Exception):
    """The daemon answered that it cannot or will not."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the daemon listens: a Unix socket's path, or host and port, with TLS where there are certificates."""

    url: str
    socket_path: str = ""
    host: str = ""
    port: int = 0
    certificates: Path | None = None

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Return the address of a URL; empty: DOCKER_HOST with its companions, or the local socket."""
        url = url or os.environ.get("DOCKER_HOST", "") or "unix:///var/run/docker.sock"
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return cls(url, socket_path=parts.path)
        if parts.scheme not in {"tcp", "http", "https"} or not parts.hostname:
            raise SandboxUnavailable(f"Docker cannot be reached by {parts.scheme!r} addresses; use unix:// or tcp://")
        secure = parts.scheme == "https" or bool(os.environ.get("DOCKER_TLS_VERIFY"))
        folder = Path(os.environ.get("DOCKER_CERT_PATH", "") or Path.home() / ".docker") if secure else None
        return cls(url, host=parts.hostname, port=parts.port or (2376 if secure else 2375), certificates=folder)

    def ssl_context(self) -> ssl.SSLContext | None:
        """Return how to speak TLS, or None where plain text is spoken."""
        if self.certificates is None:
            return None
        context = ssl.create_default_context(cafile=str(self.certificates / "ca.pem"))
        context.load_cert_chain(self.certificates / "cert.pem", self.certificates / "key.pem")
        return context


class Daemon:
    """
    The calls that this service makes.

    :param make_threads: How many containers may be in the making at one time.
    """

    def __init__(self, address: Address, make_threads: int) -> None:
        self.address = address
        self._make = _Lane("make", make_threads, MAKE_SECONDS)
        self._update = _Lane("update", UPDATE_THREADS, MAKE_SECONDS)
        self._remove = _Lane("remove", REMOVE_THREADS, REMOVE_SECONDS)
        self._query = _Lane("query", QUERY_THREADS, QUERY_SECONDS)
        self._load = _Lane("load", 1, LOAD_SECONDS)

    async def create(self, name: str, config: dict[str, Any]) -> str:
        """Create a container; return its id."""

        def call(client: Any) -> str:
            return str(client.create_container_from_config(config, name)["Id"])

        return await self._run(self._make, call)

    async def start(self, container: str) -> None:
        """Start a container."""
        await self._run(self._make, lambda c: c.start(container))

    async def update(self, container: str, settings: dict[str, Any]) -> None:
        """Change the limits of a container."""

        def call(client: "APIClient") -> None:
            # The library's own method knows nothing of PidsLimit.
            url = f"{client.base_url}/v{API_VERSION}/containers/{container}/update"
            client._raise_for_status(client.post(url, json=settings, timeout=MAKE_SECONDS))  # type: ignore[attr-defined]

        await self._run(self._update, call)

    async def remove(self, container: str) -> None:
        """Kill and remove a container."""
        await self._run(self._remove, lambda c: c.remove_container(container, force=True, v=True))

    async def containers(self, label: str) -> list[dict[str, Any]]:
        """Return all containers with a label, in whatever state."""
        found = await self._run(self._query, lambda c: c.containers(all=True, filters={"label": label}))
        return list(found)

    async def info(self) -> dict[str, Any]:
        """Return what the daemon says of itself."""
        return dict(await self._run(self._query, lambda c: c.info()))

    async def inspect(self, container: str) -> dict[str, Any]:
        """Return what the daemon knows of a container; raise :class:`Missing` where it has none."""
        return dict(await self._run(self._query, lambda c: c.inspect_container(container)))

    async def images(self) -> frozenset[str]:
        """Return the tags of all images of sandboxes."""
        found = await self._run(self._query, lambda c: c.images(filters={"reference": IMAGES}))
        return frozenset(tag for image in found for tag in image.get("RepoTags") or ())

    async def load(self, archive: BinaryIO) -> None:
        """Have the images of an archive that ``docker save`` wrote; raise :class:`Refused` where it is none."""

        def call(client: "APIClient") -> None:
            load: Any = client.load_image
            for told in load(archive):
                if "error" in told:
                    raise Refused(str(told["error"])[:500])

        await self._run(self._load, call)

    async def _run(self, lane: "_Lane", call: Callable[["APIClient"], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(lane.seconds + 1.0):
                return await loop.run_in_executor(lane.threads, lambda: lane.call(self.address, call))
        except TimeoutError:
            raise unreachable("it does not answer") from None

    def close(self) -> None:
        """Give up the threads; calls under way end by their own deadlines."""
        for lane in (self._make, self._update, self._remove, self._query, self._load):
            lane.close()


class DaemonUnreachable(SandboxUnavailable):
    """The daemon cannot be had; the next one that answers may be another."""


def unreachable(why: str) -> DaemonUnreachable:
    """Return the error for a daemon that cannot be had."""
    return DaemonUnreachable(
        f"the Docker daemon cannot be used: {why}; run scripts/docker-up, or set ASSAY_SANDBOX__DOCKER_URL",
        retry_after=2.0,
    )


class _Lane:
    """Threads with a client for one sort of calls."""

    def __init__(self, name: str, threads: int, seconds: float) -> None:
        self.seconds = seconds
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix=f"docker-{name}")
        self._count = threads
        self._client: APIClient | None = None

    def call(self, address: Address, function: Callable[["APIClient"], T]) -> T:
        import docker.errors
        import requests.exceptions

        try:
            return function(self._connected(address))
        except (docker.errors.NotFound, docker.errors.ImageNotFound) as error:
            raise Missing(str(error.explanation or error)) from None
        except docker.errors.APIError as error:
            raise Refused(str(error.explanation or error)[:500]) from None
        except requests.exceptions.Timeout:
            raise unreachable("it does not answer") from None
        except (requests.exceptions.RequestException, docker.errors.DockerException, OSError):
            raise unreachable("it cannot be reached") from None

    def _connected(self, address: Address) -> "APIClient":
        if self._client is None:
            import docker
            from docker.tls import TLSConfig

            folder = address.certificates
            tls: Any = folder and TLSConfig(
                client_cert=(str(folder / "cert.pem"), str(folder / "key.pem")),
                ca_cert=str(folder / "ca.pem"),
                verify=True,
            )
            client = docker.APIClient(
                base_url=address.url,
                version=API_VERSION,
                timeout=int(self.seconds),
                tls=tls or False,
                max_pool_size=self._count + 2,
            )
            # Else each call reads all of the environment for proxies, in a thread, and fails with a KeyError where
            # another one takes a variable out meanwhile. Streams are attached without a proxy too.
            client.trust_env = False
            self._client = client
        return self._client

    def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()
