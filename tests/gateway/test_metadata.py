"""Which metadata goes through the door."""

from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from gateway.metadata import Pair, back, onward
from tests.gateway.doors import echo_behind_a_door
from tests.host import echo

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "key",
    ["authorization", "cookie", "x-assay-tenant", "x-assay-scopes", "x-assay-", "x-forwarded-for", "forwarded",
     "connection", "te", "host", "content-type", "user-agent", "grpc-timeout", "grpc-accept-encoding", "grpc-trace-bin",
     "k" * 65, "key with spaces", "schlüssel", "key\n", "Key", "", ":path", "traceparent", "tracestate", "baggage"],
)  # fmt: skip
def test_stays_outside(key: str) -> None:
    """What says who calls, or belongs to one connection, or is no key, is not told to a peer."""
    assert list(onward([(key, "value")])) == []


@pytest.mark.parametrize("value", ["naïve", "a\nb", "a\x00b", "\x7f"])
def test_values_that_cannot_travel(value: str) -> None:
    """A value that is no printable ASCII is left out: gRPC would refuse the whole call."""
    assert list(onward([("note", value)])) == []


def test_goes_on() -> None:
    """What is the client's own goes on as it is, in its order, doubles and bytes too."""
    pairs: list[Pair] = [("request-id", "7"), ("note", "a b"), ("note", "c"), ("blob-bin", b"\x00\xff"), ("x-own", "")]
    assert list(onward(pairs)) == pairs


def test_comes_back() -> None:
    """A client is told the details of a status and what a call used, and nothing else of gRPC's and the suite's own."""
    told: list[Pair] = [("grpc-status-details-bin", b"d"), ("note", "x")]
    kept: list[Pair] = [("grpc-message", "m"), ("x-assay-tenant", "t"), ("content-type", "application/grpc")]
    assert list(back([*told, *kept])) == told


async def test_on_the_wire(folder: Path) -> None:
    """A peer sees the client's own metadata and the trace, once each, and nothing that stands for a caller."""
    seen: list[Any] = []

    async def listens(request: bytes, context: Any) -> bytes:
        seen.extend(context.invocation_metadata())
        return b""

    said = (
        ("authorization", "Bearer assay_x_y"),
        ("x-assay-tenant", "somebody-else"),
        ("traceparent", TRACE),
        ("note", "1"),
        ("blob-bin", b"\x00"),
    )
    async with (
        echo_behind_a_door(folder, echo.handler(listens)) as (door, _),
        grpc.aio.insecure_channel(door) as channel,
    ):
        await echo.call(channel, "UnaryUnary", metadata=said)
    assert [value for key, value in seen if key == "traceparent"] == [TRACE]
    assert {("note", "1"), ("blob-bin", b"\x00")} <= set(seen)
    assert "somebody-else" not in {value for _, value in seen}
    assert "authorization" not in dict(seen)
