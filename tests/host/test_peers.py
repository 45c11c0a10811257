"""Channels to peers: one for each address, an error for a name without one."""

from pathlib import Path

import grpc.aio
import pytest
from assay.errors import Unavailable

from host.interceptors.chain import incoming
from host.peers import Peers
from tests.host import echo


async def answers(request: bytes, context: object) -> bytes:
    """Answer with what was said."""
    return request


async def test_by_name(folder: Path) -> None:
    """Names with one address share a channel, which carries calls to it."""
    async with echo.served(folder, incoming(5), echo.handler(answers)) as address:
        peers = Peers({"a": address, "b": address, "c": f"unix:{folder}/other"})
        assert peers.channel("a") is peers.channel("b")
        assert peers.channel("a") is not peers.channel("c")
        assert await echo.call(peers.channel("a"), "UnaryUnary") == b"x"
        await peers.close()


async def test_not_configured() -> None:
    """A name without an address is an error that says what to set."""
    with pytest.raises(Unavailable, match="ASSAY_PEERS") as caught:
        Peers({}).channel("sandbox")
    assert caught.value.metadata == {"service": "sandbox"}


async def test_closed(folder: Path) -> None:
    """Closing closes the channels, and twice does no harm."""
    peers = Peers({"a": f"unix:{folder}/nobody"})
    channel = peers.channel("a")
    await peers.close()
    await peers.close()
    with pytest.raises(grpc.aio.UsageError):
        await echo.call(channel, "UnaryUnary")
