"""The record of each call: who, what, when, how it ended; and what never stands in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.v1 import validation_pb2
from structlog.testing import capture_logs

from gateway.authentication import PROBE
from gateway.authenticator import Authenticator
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from gateway.refusals import MOST_A_SECOND
from gateway.resources import resource_of
from host.events.memory import MemoryBus
from host.events.port import Event, Listener
from host.settings import Settings
from tests.gateway.guarded import WAITS, bearer, call, guarded, made_key, waiting

SERVICE = "/assay.v1.ValidationService"


class Heard:
    """What was told on the bus, and what was logged."""

    def __init__(self, listener: Listener, logs: list[Any]) -> None:
        self._listener = listener
        self._events: list[Event] = []
        self._logs = logs

    async def event(self) -> Event:
        """Return the next event."""
        if not self._events:
            await asyncio.wait_for(self._listener.heard(), 5)
            self._events += self._listener.take()
        return self._events.pop(0)

    async def lines(self, count: int) -> list[Any]:
        """Return the audit's lines, once there are as many."""
        async with asyncio.timeout(5):
            while len(found := [log for log in self._logs if log["event"] == "audit"]) < count:
                await asyncio.sleep(0.01)
        return found


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[KeyStore]:
    """Give the keys of a database of the test's own."""
    async with key_store(Settings(state_dir=folder)) as found:
        yield found


@asynccontextmanager
async def listening(folder: Path, store: KeyStore) -> AsyncIterator[tuple[Heard, grpc.aio.Channel]]:
    """Serve the guards, and hear what they record."""
    bus = MemoryBus()
    with capture_logs() as logs:
        async with bus.listen(1000) as listener, guarded(folder, Authenticator(KeyRing(store)), bus) as channel:
            yield Heard(listener, logs), channel


async def attempt(channel: grpc.aio.Channel, path: str, **options: Any) -> None:
    """Make a call, however it ends."""
    with suppress(grpc.aio.AioRpcError):
        await call(channel, path, **options)


async def test_a_call(folder: Path, store: KeyStore) -> None:
    """A call is an event of its tenant and a line: method, code, key's id, time, address, and the id it asks about."""
    text, key = await made_key(store)
    async with listening(folder, store) as (heard, channel):
        request = validation_pb2.GetValidationRequest(id="val_123").SerializeToString()
        await call(channel, f"{SERVICE}/GetValidation", request, metadata=bearer(text))
        event = await heard.event()
        (line,) = await heard.lines(1)
    assert (event.tenant, event.kind, event.resource) == ("acme", "audit.call", "val_123")
    data = dict(event.data)
    assert 0 <= float(data.pop("seconds")) < 10
    assert str(data.pop("address")).startswith("unix:")
    assert data == {"method": f"{SERVICE}/GetValidation", "code": "OK", "reason": "", "caller": key.id}
    assert (line["tenant"], line["resource"], line["caller"]) == ("acme", "val_123", key.id)


async def test_never_keys_or_contents(folder: Path, store: KeyStore) -> None:
    """Nothing of a key's secret or of a message stands in a record, whether the key is right or wrong."""
    text, _ = await made_key(store)
    secret = text.rpartition("_")[2]
    async with listening(folder, store) as (heard, channel):
        for metadata in (bearer(text), bearer(text[:-1]), (), (("x-api-key", text),)):
            for path in (f"{SERVICE}/Validate", f"{SERVICE}/GetValidation"):
                await attempt(channel, path, request=b"\x0a\x06canary", metadata=metadata)
        lines = await heard.lines(8)
        events = [await heard.event() for _ in range(2)]
    told = f"{[line for line in lines if line['resource'] != 'canary']} {events[:1]}"
    assert secret[:-1] not in told
    assert "canary" not in told


async def test_who_is_refused(folder: Path, store: KeyStore) -> None:
    """A refused call of a tenant is its event; one that nobody can be made out for is a line alone."""
    text, key = await made_key(store, "events:read")
    async with listening(folder, store) as (heard, channel):
        await attempt(channel, f"{SERVICE}/Validate", metadata=bearer(text[:-1]))
        await attempt(channel, f"{SERVICE}/Validate", metadata=bearer(text))
        event = await heard.event()
        lines = await heard.lines(2)
    assert (event.tenant, event.data["caller"]) == ("acme", key.id)
    assert (event.data["code"], event.data["reason"]) == ("PERMISSION_DENIED", "PERMISSION_DENIED")
    assert [(line["tenant"], line["code"]) for line in lines] == [
        ("", "UNAUTHENTICATED"),
        ("acme", "PERMISSION_DENIED"),
    ]
    assert "caller" not in lines[0]


async def test_a_call_that_is_given_up(folder: Path, store: KeyStore) -> None:
    """A call that its client gives up is recorded as such."""
    text, _ = await made_key(store)
    async with listening(folder, store) as (heard, channel):
        waiting.clear()
        calling = asyncio.create_task(call(channel, f"{SERVICE}/Validate", WAITS, metadata=bearer(text)))
        await asyncio.wait_for(waiting.wait(), 10)
        calling.cancel()
        assert (await heard.event()).data["code"] == "CANCELLED"


@pytest.mark.parametrize(
    ("said", "told"),
    [("203.0.113.7", "203.0.113.7"), ("2001:db8::1", "2001:db8::1"), ("203.0.113.7, 10.0.0.1", "unix:"),
     ("<script>", "unix:"), ("", "unix:")],
)  # fmt: skip
async def test_where_it_comes_from(folder: Path, store: KeyStore, said: str, told: str) -> None:
    """On a Unix socket, whoever hands a call on says where it comes from, if it is an address."""
    text, _ = await made_key(store)
    async with listening(folder, store) as (heard, channel):
        metadata = (*bearer(text), ("x-forwarded-for", said))
        await call(channel, f"{SERVICE}/ListRules", metadata=metadata)
        assert (await heard.event()).data["address"] == told


async def test_a_flood_of_refusals(folder: Path, store: KeyStore) -> None:
    """Of many refusals a few are recorded, and how many were not is told with the next one."""
    async with listening(folder, store) as (heard, channel):
        await asyncio.gather(*(attempt(channel, f"{SERVICE}/ListRules") for _ in range(200)))
        before = len(await heard.lines(MOST_A_SECOND))
        await asyncio.sleep(1.1)
        await attempt(channel, f"{SERVICE}/ListRules")
        lines = await heard.lines(before + 1)
    assert before < 100
    assert len(lines) + sum(line.get("left_out", 0) for line in lines) == 201


async def test_probes_are_not_recorded(folder: Path, store: KeyStore) -> None:
    """What probes ask all the time is no record."""
    async with listening(folder, store) as (heard, channel):
        await call(channel, PROBE)
        await attempt(channel, f"{SERVICE}/ListRules")
        assert [line["method"] for line in await heard.lines(1)] == [f"{SERVICE}/ListRules"]


@pytest.mark.parametrize("name", ["", "a b", "x" * 129, "a\nb", "é", "<script>"])
def test_what_is_no_name(name: str) -> None:
    """What a request asks about is recorded where it could be a name of ours, else left out."""
    request = validation_pb2.GetValidationRequest(id=name).SerializeToString()
    assert resource_of(f"{SERVICE}/GetValidation", request) == ""


@pytest.mark.parametrize("request_bytes", [b"\xff", b"\x0a\xff", bytes(10_000), b"\x0a\x02\xff\xfe"])
def test_what_cannot_be_read(request_bytes: bytes) -> None:
    """A request that is none, or larger than one that asks about something, is about nothing."""
    assert resource_of(f"{SERVICE}/GetValidation", request_bytes) == ""
    assert resource_of(f"{SERVICE}/ListRules", b"") == resource_of("/x/y", b"") == ""
