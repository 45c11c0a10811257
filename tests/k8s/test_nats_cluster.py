"""Three servers of NATS, configured as the manifests do it: they find one another, lose nothing, let nobody else in."""

import asyncio
import contextlib
import io
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from cli.secrets import secrets_in
from host.nats_conf import options_of
from host.nats_conf import rendered as configuration
from host.nats_connection import inbox_of
from host.streams import JOBS, JOBS_SUBJECT, ensure
from tests.backing import LABEL, NATS_IMAGE, OWNER
from tests.k8s.manifests import Workload
from tests.k8s.variants import PRODUCTION, rendered

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]

SERVERS = 3
READY_SECONDS = 60


@dataclass(frozen=True)
class Cluster:
    """Servers that run, and the secrets that they were given."""

    servers: list[DockerContainer]
    secrets: Path

    def address(self, number: int) -> str:
        """Return where a server is reached from this machine."""
        container = self.servers[number].get_wrapped_container()
        container.reload()
        (network,) = container.attrs["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def trusting(self) -> ssl.SSLContext:
        """Return how to speak to them: their certificates are checked, and none is shown."""
        return ssl.create_default_context(cafile=str(self.secrets / "authority/ca.crt"))

    async def connected(self, number: int) -> Client:
        """Connect to a server as the validation service does."""
        return await nats.connect(
            f"nats://{self.address(number)}:4222",
            user="validation",
            password=(self.secrets / "identity/validation/nats.password").read_text(),
            tls=self.trusting(),
            tls_hostname="nats",
            tls_handshake_first=True,
            inbox_prefix=inbox_of("validation").encode(),
            allow_reconnect=False,
        )


@pytest.fixture(scope="module")
def cluster(backing_ready: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give the cluster of the production overlay, on a network from which nothing leads out."""
    secrets = tmp_path_factory.mktemp("secrets")
    with contextlib.redirect_stdout(io.StringIO()):
        secrets_in(secrets, ())
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(Network(docker_network_kw={"internal": True, "labels": {LABEL: OWNER}}))
        workload = rendered(PRODUCTION).workload("nats")
        count = workload.document["spec"]["replicas"]
        servers = [_server(workload, number, network, secrets) for number in range(count)]
        yield Cluster([stack.enter_context(server) for server in servers], secrets)


def _server(workload: Workload, number: int, network: Network, secrets: Path) -> DockerContainer:
    (conf,) = rendered(PRODUCTION).one("ConfigMap", "nats-cluster")["data"].values()
    files = {"/etc/nats/nats.conf": _configuration(workload, secrets), "/etc/nats-cluster/cluster.conf": conf}
    for name in ("nats/tls.crt", "nats/tls.key", "authority/ca.crt"):
        files[f"/run/assay/tls/{Path(name).name}"] = (secrets / name).read_text()
    name = f"{workload.name}-{number}"
    container = DockerContainer(NATS_IMAGE).with_network(network).with_network_aliases(f"{name}.{workload.name}")
    container.with_command([one.replace("$(POD_NAME)", name) for one in workload.main["args"]])
    container.with_kwargs(labels={LABEL: OWNER}, mem_limit="256m", cap_drop=["ALL"])
    for path, text in files.items():
        container.with_copy_into_container(text.encode(), path, 0o644)
    return container


def _configuration(workload: Workload, secrets: Path) -> str:
    """Return what the pod's first container writes, by the options that it is started with."""
    (script,) = workload.pod["initContainers"][0]["args"]
    command = script.partition("-m host.nats_conf ")[2].partition(" >")[0].split()
    command[command.index("--passwords") + 1] = str(secrets / "identity")
    return configuration(options_of(command))


async def published(cluster: Cluster, number: int, content: bytes) -> None:
    """Have the stream of jobs keep a message, by one of the servers, as soon as that can be."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with contextlib.suppress(Error, OSError):
                client = await cluster.connected(number)
                try:
                    await ensure(client.jetstream(), JOBS, SERVERS)
                    named = {"Nats-Msg-Id": content.hex()}
                    await client.jetstream().publish(JOBS_SUBJECT, content, timeout=5, headers=named)
                    return
                finally:
                    await client.close()
            await asyncio.sleep(0.5)


async def test_one_is_lost(cluster: Cluster) -> None:
    """What was acknowledged is still there, and more is taken, when any one of them is lost."""
    await published(cluster, 0, b"first")
    cluster.servers[0].get_wrapped_container().kill("SIGKILL")
    await published(cluster, 1, b"second")
    client = await cluster.connected(2)
    try:
        consumer = await client.jetstream().pull_subscribe_bind("validation", JOBS.name)
        taken = [message.data for message in await consumer.fetch(2, timeout=20)]
        assert taken == [b"first", b"second"]
    finally:
        await client.close()


def test_a_stranger_cannot_join(cluster: Cluster) -> None:
    """Who shows no certificate of the suite's authority is no server of the cluster."""
    with (
        socket.create_connection((cluster.address(1), 6222), timeout=10) as connection,
        pytest.raises(ssl.SSLError, match="certificate"),
        cluster.trusting().wrap_socket(connection, server_hostname="nats") as shown,
    ):
        # What it is refused for comes after its own part of the handshake.
        shown.recv(4096)
