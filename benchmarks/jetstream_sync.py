"""
What it costs that a message is on the disk before JetStream says that it has it.

    python -m benchmarks.jetstream_sync [--rounds 3] [--seconds 3]

JetStream acknowledges a message once it is written, and has it brought to the disk every two minutes (`sync_interval`),
or before each acknowledgement (`always`). With three servers a message is acknowledged once two have it. Each way runs
on servers of its own, in containers of the image that compose uses, on one disk; all take turns in one run. A message
is as large as an event of the suite. Alone: one message after the other is acknowledged, as what somebody waits for;
many: 64 are under way at one time, as the bus sends events.
"""

import argparse
import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import docker
from docker.models.containers import Container
from nats.aio.client import Client
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import StorageType

from benchmarks.intervals import quantile

IMAGE = "assay-nats:2.10"
BYTES = 400
ALONE = 200
UNDER_WAY = 64
READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Way:
    """How messages are kept: the interval of bringing them to the disk, and on how many servers each is."""

    name: str
    sync: str
    replicas: int = 1


WAYS = (
    Way("one server, every 2 minutes", "2m"),
    Way("one server, always", "always"),
    Way("three servers, every 2 minutes", "2m", 3),
    Way("three servers, always", "always", 3),
)


@dataclass
class Measured:
    """
    What was measured of a way.

    :param alone: Milliseconds until each of the messages that came alone was acknowledged.
    :param rates: Messages a second, of those that came together, in each round.
    """

    alone: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def configuration(way: Way, name: str, servers: list[str]) -> str:
    """Return the configuration of a server."""
    text = f'server_name: {name}\nport: 4222\njetstream {{ store_dir: "/data", sync_interval: {way.sync} }}\n'
    if way.replicas > 1:
        routes = ", ".join(f"nats://{server}:6222" for server in servers)
        text += f"cluster {{ name: bench, port: 6222, routes: [{routes}] }}\n"
    return text


@contextmanager
def running(client: docker.DockerClient, way: Way) -> Iterator[str]:
    """Run the servers of a way, and yield the address of one of them."""
    mark = secrets.token_hex(4)
    servers = [f"bench-nats-{mark}-{number}" for number in range(way.replicas)]
    with ExitStack() as stack:
        network = client.networks.create(f"bench-nats-{mark}")
        stack.callback(network.remove)
        started: list[Container] = []
        for name in servers:
            lines = configuration(way, name, servers)
            script = f"cat >/tmp/n.conf <<'E'\n{lines}E\nexec nats-server --config /tmp/n.conf"
            container = client.containers.run(
                IMAGE,
                ["-c", script],
                entrypoint="sh",
                name=name,
                network=network.name,
                detach=True,
                ports={"4222/tcp": ("127.0.0.1", 0)},
            )
            stack.callback(container.remove, force=True, v=True)
            started.append(container)
        started[0].reload()
        (bound,) = started[0].ports["4222/tcp"] or []
        yield f"nats://127.0.0.1:{bound['HostPort']}"


async def stream(jetstream: JetStreamContext, way: Way) -> None:
    """Make the stream, as soon as the servers have found one another."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with suppress(Error):
                await jetstream.add_stream(
                    name="BENCH", subjects=["bench"], storage=StorageType.FILE, num_replicas=way.replicas,
                    max_bytes=256 * 1024 * 1024,
                )  # fmt: skip
                return
            await asyncio.sleep(0.2)


async def connected(url: str) -> Client:
    """Connect to a server as soon as it is there."""

    async def ignored(_: Exception) -> None:
        """The daemon's proxy takes connections before the server is there."""

    client = Client()
    await client.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=1, error_cb=ignored)
    return client


async def measure(url: str, way: Way, seconds: float, measured: Measured) -> None:
    """Publish one after the other, and then many at one time."""
    client = await connected(url)
    try:
        jetstream, message = client.jetstream(timeout=10), secrets.token_bytes(BYTES)
        await stream(jetstream, way)
        for number in range(ALONE + 20):
            begun = time.perf_counter()
            await jetstream.publish("bench", message)
            if number >= 20:
                measured.alone.append((time.perf_counter() - begun) * 1000)
        begun, until, count = time.perf_counter(), time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            await asyncio.gather(*(jetstream.publish("bench", message) for _ in range(UNDER_WAY)))
            count += UNDER_WAY
        measured.rates.append(count / (time.perf_counter() - begun))
    finally:
        await client.close()


def table(measured: dict[Way, Measured]) -> str:
    """Return what was measured, as a table in Markdown."""
    lines = [
        "| how | alone, p50 ms | p99 ms | messages a second, 64 under way |",
        "|---|---|---|---|",
    ]
    for way, found in measured.items():
        rates = sorted(found.rates)
        lines.append(
            f"| {way.name} | {quantile(found.alone, 0.5):.2f} | {quantile(found.alone, 0.99):.2f} "
            f"| {rates[len(rates) // 2]:,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f}) |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every way, by turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0].strip())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of many at one time, in each round")
    options = parser.parse_args()
    client = docker.from_env(timeout=60)
    measured: dict[Way, Measured] = defaultdict(Measured)
    for _ in range(options.rounds):
        for way in WAYS:
            with running(client, way) as url:
                asyncio.run(measure(url, way, options.seconds, measured[way]))
    print(table(measured))


if __name__ == "__main__":
    main()
