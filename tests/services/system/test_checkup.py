"""A check-up: whatever a check meets, there is a report, in bounded time, that gives nothing away."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.errors import InvalidArgument, StoreUnavailable

from services.system import checkup
from services.system.checkup import Checkup, Found, Status, reason_of


class Check:
    """A check that does what a function says."""

    def __init__(self, name: str, look: Callable[[], Coroutine[Any, Any, Found]]) -> None:
        self.name = name
        self.look = look


async def well() -> Found:
    """Find all well."""
    return Found(Status.HEALTHY, figures={"things": 1.0})


async def breaks() -> Found:
    """Break, and quote what nobody should see."""
    raise ValueError("def secret(): pass")


async def cannot() -> Found:
    """Meet an error of the suite's own."""
    raise StoreUnavailable("the database is full")


async def hangs() -> Found:
    """Never come back."""
    await asyncio.sleep(600)
    return Found(Status.HEALTHY)


async def test_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check is told in the order of the names: as it is, or unhealthy with a reason where it broke or hung."""
    monkeypatch.setattr(checkup, "LOOK_SECONDS", 0.1)
    checks = Checkup([Check("d", hangs), Check("a", well), Check("c", cannot), Check("b", breaks)])
    async with asyncio.timeout(10):
        told = await checks.report()
    assert [(one.name, one.found.status.name, one.found.message) for one in told] == [
        ("a", "HEALTHY", ""),
        ("b", "UNHEALTHY", "the check broke: ValueError; the log has more"),
        ("c", "UNHEALTHY", "the database is full"),
        ("d", "UNHEALTHY", "it took longer than the 0.1 s it had"),
    ]
    assert await checks.report() == told
    await checks.close()


async def test_some() -> None:
    """Only what is named is looked at; a name that there is not is refused by its place, and not said again."""
    checks = Checkup([Check("a", well), Check("b", hangs)])
    assert [one.name for one in await checks.report(["a", "a"])] == ["a"]
    with pytest.raises(InvalidArgument, match="there are a, b") as caught:
        await checks.report(["a", "def secret"])
    assert caught.value.field == "checks[1]"
    assert "secret" not in caught.value.message


async def test_close() -> None:
    """Checks that are under way end with the service."""
    checks = Checkup([Check("a", hangs)])
    asking = asyncio.create_task(checks.report())
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await checks.close()
    assert (await asyncio.gather(asking, return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_no_inner_address() -> None:
    """That a peer cannot be reached is told without where it is."""
    async with grpc.aio.insecure_channel("unix:/nowhere/peer") as channel:
        method: Any = channel.unary_unary("/x/y")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await method(b"", timeout=5)
    assert reason_of(caught.value) == "a service that it needs cannot be reached"
