"""What users of NATS may do, on a real server with the configuration that is rendered: what they need, no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import product
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from host import catalog, edges
from host.events.jetstream import JetStreamBus
from host.events.port import Event
from host.nats_conf import options_of, rendered
from host.nats_connection import NatsConnection
from host.nats_permissions import users
from host.nats_permits import JetStreamPermits
from host.permits import NO_PERMIT, Issued
from host.settings_network import NatsSettings
from host.wakes import NatsWakes
from tests.backing import Nats, started_nats
from tests.jetstream import BOUND, until

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def passwords(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of a password for each user, as `assay secrets` lays them out."""
    folder = tmp_path_factory.mktemp("identity")
    for user in users():
        (folder / user).mkdir()
        path = folder / user / "nats.password"
        path.write_text(f"0x-{user}\"'$VAR {{}}\n")
        path.chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def server(passwords: Path, backing_ready: None) -> Iterator[Nats]:
    """Give a server with the suite's configuration."""
    with started_nats(rendered(options_of(["--passwords", str(passwords)]))) as started:
        yield started


@asynccontextmanager
async def connected(server: Nats, passwords: Path, user: str) -> AsyncIterator[NatsConnection]:
    """Keep a connection as a service has it."""
    settings = NatsSettings(url=server.url, user=user, password_file=passwords / user / "nats.password")
    async with NatsConnection(settings, user).kept() as connection:
        yield connection


def test_those_who_use_it() -> None:
    """Each service that uses NATS has a user, of its name."""
    assert set(users()) == set(edges.NATS)
    assert set(users()) <= set(catalog.entries())


async def test_what_each_needs(server: Nats, passwords: Path) -> None:
    """Each service does what it does with the user that it has: events, permits, the dead, waking."""
    kinds = {"gateway": "audit.call", "sandbox": "sandbox.executed", "validation": "stage.completed"}
    woken: list[str] = []
    async with AsyncExitStack() as stack:
        links = {user: await stack.enter_async_context(connected(server, passwords, user)) for user in users()}
        buses = {user: JetStreamBus(link, 100) for user, link in links.items()}
        permits = JetStreamPermits(links["validation"])
        wakes = {name: NatsWakes(links[user]) for name, user in (("one", "validation"), ("events", "events"))}
        async with connected(server, passwords, "validation") as other:
            hearing = NatsWakes(other)
            works = [*(bus.at_work() for bus in buses.values()), *(one.at_work() for one in wakes.values())]
            for work in (*works, permits.at_work(), hearing.at_work()):
                await stack.enter_async_context(work)
            stack.enter_context(hearing.hearing("validation", woken.extend))
            listener = await stack.enter_async_context(buses["events"].listen(100))
            for user, kind in kinds.items():
                buses[user].publish(Event("team.a", kind, user))
            heard: set[str] = set()
            async with asyncio.timeout(BOUND):
                while heard != kinds.keys():
                    await listener.heard()
                    heard |= {event.resource for event in listener.take()}
            await until(lambda: permits.are_there)
            await permits.issue([Issued("val_1", "1.0")])
            permit = await permits.next(BOUND)
            assert permit is not NO_PERMIT
            await permit.hold()
            await permit.done()
            await permits.bury({"id": "val_1", "number": 1})
            async with asyncio.timeout(BOUND):
                while not woken:
                    wakes["one"].tell("validation", ["val_1"])
                    await asyncio.sleep(0.02)
            assert set(woken) == {"val_1"}
            await stack.aclose()


@asynccontextmanager
async def raw(server: Nats, passwords: Path, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """Yield a connection of a user that does what it likes, and what it is told that it may not."""
    refused: list[str] = []

    async def told(error: Exception) -> None:
        refused.append(str(error).lower())

    password = (passwords / user / "nats.password").read_text().strip()
    client = await nats.connect(server.url, user=user, password=password, error_cb=told)
    try:
        yield client, refused
    finally:
        await client.close()


FOREIGN = {
    "gateway": ("jobs.validation", "wake.validation", "assay.red.validation.completed", "assay.red.audit.call.more"),
    "validation": ("assay.red.audit.call", "assay.red.sandbox.executed", "wake.events"),
    "sandbox": ("jobs.validation", "dead.validation", "assay.red.validation.completed", "assay.red.audit.call"),
    "events": ("assay.red.validation.completed", "assay.red.audit.call", "jobs.validation", "wake.validation"),
}
"""What each could pretend, if it might."""

NOBODYS = (
    "$JS.API.STREAM.DELETE.ASSAY_EVENTS", "$JS.API.STREAM.PURGE.ASSAY_JOBS", "$JS.API.STREAM.CREATE.OTHER",
    "$JS.API.STREAM.MSG.GET.ASSAY_EVENTS", "$JS.API.STREAM.LIST", "$JS.API.CONSUMER.DELETE.ASSAY_JOBS.validation",
    "$JS.API.CONSUMER.CREATE.ASSAY_EVENTS.another", "$JS.API.CONSUMER.DURABLE.CREATE.ASSAY_EVENTS.another",
    "$SYS.REQ.SERVER.PING", "anything",
)  # fmt: skip
"""What nobody may ask for: to remove messages, to read those of others, to make streams."""

HEARING = (">", "assay.>", "*.red.>", "jobs.>", "$JS.ACK.>", "$JS.API.>", "$SYS.>", "_INBOX.>", "_INBOX_other.>")


@pytest.mark.parametrize("user", FOREIGN)
async def test_the_rest_is_refused(server: Nats, passwords: Path, user: str) -> None:
    """A user can neither say what another service says, nor ask JetStream for more, nor hear what is not its own."""
    streams = [subject for other in users() if other != user for subject in users()[other].publish if "API" in subject]
    async with raw(server, passwords, user) as (client, refused):
        for subject in (*FOREIGN[user], *NOBODYS, *streams):
            await client.publish(subject, b"{}")
        for subject in HEARING:
            await client.subscribe(subject)
        await client.flush()
        wanted = {f'publish to "{subject}"'.lower() for subject in (*FOREIGN[user], *NOBODYS, *streams)}
        wanted |= {f'subscription to "{subject}"'.lower() for subject in HEARING}
        await until(lambda: len(refused) >= len(wanted))
    assert {text for text, said in product(wanted, refused) if text in said} == wanted


async def test_strangers(server: Nats, passwords: Path) -> None:
    """Nobody comes in without a user, with another's password, or as somebody who is not there."""
    for user, password in (("", ""), ("events", "wrong"), ("events", ""), ("admin", "admin"), ("static", "0x-static")):
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
            await nats.connect(server.url, user=user or None, password=password or None, allow_reconnect=False)


async def test_passwords_of_the_environment(backing_ready: None, tmp_path: Path) -> None:
    """Without a folder the configuration names variables, which nats-server reads by itself."""
    text = rendered(options_of([]))
    for user in users():
        assert f"password: $ASSAY_NATS_PASSWORD_{user.upper()}" in text
    variables = "".join(f"ASSAY_NATS_PASSWORD_{user.upper()}: p-{user}\n" for user in users())
    with started_nats(variables + text) as started:
        path = tmp_path / "password"
        path.write_text("p-events")
        path.chmod(0o600)
        settings = NatsSettings(url=started.url, user="events", password_file=path)
        async with NatsConnection(settings, "test").kept() as connection, asyncio.timeout(BOUND):
            await connection.connected()
