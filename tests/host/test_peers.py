"""Channels to peers: one for each address, an error for a name without one."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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


@asynccontextmanager
async def replica(name: bytes) -> AsyncIterator[tuple[grpc.aio.Server, int]]:
    """Serve what answers with a name, on a port of its own."""

    async def tell(request: bytes, context: object) -> bytes:
        return name

    server = grpc.aio.server(interceptors=incoming(5))
    server.add_generic_rpc_handlers((echo.handler(tell),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield server, port
    finally:
        await server.stop(0)


async def test_replicas() -> None:
    """Calls go to the replicas of one address by turns, and to those that are left when one is gone."""
    async with AsyncExitStack() as stack:
        names = (b"a", b"b", b"c")
        servers = {name: await stack.enter_async_context(replica(name)) for name in names}
        address = "ipv4:" + ",".join(f"127.0.0.1:{port}" for _, port in servers.values())
        peers = Peers({"echo": address})
        channel = peers.channel("echo")
        stack.push_async_callback(peers.close)
        # The first call needs one of the connections, the others come meanwhile.
        while len({await echo.call(channel, "UnaryUnary") for _ in range(6)}) < len(names):
            pass
        answers = Counter([await echo.call(channel, "UnaryUnary") for _ in range(30)])
        # A connection that comes or goes begins the round anew.
        assert answers.keys() == set(names)
        assert max(answers.values()) - min(answers.values()) <= 3
        await servers[b"b"][0].stop(0)
        left = Counter([await echo.call(channel, "UnaryUnary", wait_for_ready=True) for _ in range(20)])
        assert left.keys() == {b"a", b"c"}


async def test_replicas_by_name() -> None:
    """A name is asked for its addresses, as where services are found by name."""
    async with replica(b"a") as (_, port):
        peers = Peers({"echo": f"dns:///localhost:{port}"})
        assert await echo.call(peers.channel("echo"), "UnaryUnary", wait_for_ready=True) == b"a"
        await peers.close()
