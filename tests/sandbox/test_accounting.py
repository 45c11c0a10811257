"""How long containers are held, counted for those who had them claimed."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from assay.v1 import sandbox_pb2 as pb
from assay.v1.source_pb2 import SourceFile

from host.caller import LOCAL_TENANT, Caller, acting_for, caller
from host.database import Database
from host.tally import SANDBOX_SECONDS
from host.usage import since
from sandbox.accounting import CountedSandboxes
from sandbox.sizing import Size
from tests.sandbox.conftest import sandbox_settings

SIZE = Size(1, 1, 1)


@dataclass(eq=False)
class Held:
    """A sandbox of nothing."""

    streams = None
    evidence = None
    version = "1"


class Shelf:
    """Sandboxes that are there at once."""

    def __init__(self) -> None:
        self.discarded = 0

    async def claim(self, language: str, size: Size) -> tuple[Held, frozenset[str]]:
        """Return one."""
        return Held(), frozenset()

    async def resize(self, language: str, sandbox: Held, size: Size) -> None:
        """Do nothing."""

    def discard(self, language: str, sandbox: Held, *, at_once: bool) -> None:
        """Count it."""
        self.discarded += 1

    async def settle(self, sandbox: Held) -> None:
        """Do nothing."""

    async def stands_still(self, sandbox: Held) -> bool:
        """Say that it does not."""
        return False


async def test_counted_for_who_claimed() -> None:
    """Each sandbox counts from its claim to its end, for the tenant that had it claimed, whoever ends it."""
    shelf, counted = Shelf(), dict[str, float]()
    sandboxes = CountedSandboxes(shelf, lambda seconds: counted.update({caller().tenant: seconds}))  # type: ignore[type-var]
    claimed: dict[str, Held] = {}
    for tenant, pause in (("first", 0.1), ("second", 0.05)):
        with acting_for(Caller(tenant)):
            claimed[tenant], _ = await sandboxes.claim("python", SIZE)
        await asyncio.sleep(pause)
    for held in claimed.values():
        contextvars.Context().run(sandboxes.discard, "python", held, at_once=True)
    assert counted.keys() == claimed.keys()
    assert counted["first"] > counted["second"] >= 0.05
    assert shelf.discarded == 2


def program(code: str) -> pb.ExecuteRequest:
    """Return the request to run a Python program."""
    return pb.ExecuteRequest(language="python", files=[SourceFile(path="main.py", content=code.encode())])


async def seconds(call: Any) -> float:
    """Return what a call tells at its end that it used."""
    return float(dict(await call.trailing_metadata()).get("x-assay-used-sandbox-seconds", "0"))


@pytest.mark.docker
async def test_told_and_kept(stub: Any) -> None:
    """A run, a stream and a batch each tell how long they held a container, and the tenant's total has all of it."""
    before = await kept()
    once = stub.Execute(program("import time; time.sleep(0.3)"))
    await once
    stream = stub.ExecuteStream(requests(program("import time; time.sleep(0.3)")))
    [answer async for answer in stream]
    batch = stub.ExecuteBatch(
        pb.ExecuteBatchRequest(program=program("import time; time.sleep(0.3)"), cases=[pb.BatchCase(), pb.BatchCase()])
    )
    [answer async for answer in batch]
    told = [await seconds(call) for call in (once, stream, batch)]
    assert min(told[:2]) >= 0.3
    assert told[2] >= 0.6
    async with asyncio.timeout(10):
        while await kept() - before < sum(told) - 0.01:
            await asyncio.sleep(0.1)


@pytest.mark.docker
async def test_given_up(stub: Any) -> None:
    """A run that its caller gave up counts for as long as it held a container."""
    before = await kept()
    stream = stub.ExecuteStream(requests(program("import time; time.sleep(30)")))
    await stream.read()
    await asyncio.sleep(0.3)
    stream.cancel()
    async with asyncio.timeout(10):
        while await kept() - before < 0.3:
            await asyncio.sleep(0.1)


async def requests(start: pb.ExecuteRequest) -> AsyncIterator[pb.ExecuteStreamRequest]:
    """Yield what starts a run, and nothing more."""
    yield pb.ExecuteStreamRequest(start=start)


async def kept() -> float:
    """Return the seconds that the database of the services under test has for the tenant of a private socket."""
    database = Database(sandbox_settings())
    used = await database.read(lambda connection: since(connection, 0, LOCAL_TENANT))
    await database.close()
    return sum(one.amount for one in used if one.kind == SANDBOX_SECONDS)
