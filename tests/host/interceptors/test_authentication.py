"""Who calls: believed by a token, or by headers on a private socket; told on to peers; and before anything is read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import AssayError, DeadlineExceeded, RateLimited, Unauthenticated, Unavailable
from assay.outgoing import adapted
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from host.caller import Caller, acting_for, caller
from host.interceptors import probes
from host.interceptors.authentication import Identify, OutgoingIdentity, by_headers, by_nothing, by_token
from host.interceptors.chain import incoming, outgoing
from host.tokens import Signer, Verifier
from tests.host import echo

KEY = Ed25519PrivateKey.generate()
ACME = Caller("acme", "key_1", frozenset({"b:read", "a:write"}))


def trusting() -> Identify:
    """Return what takes the tokens of one signer."""
    return by_token(Verifier({"gateway": KEY.public_key()}, 1000))


def bearer(method: str = "/test.Echo/UnaryUnary", who: Caller = ACME) -> tuple[str, str]:
    """Return the header that shows a valid token."""
    return "authorization", f"Bearer {Signer('gateway', KEY, 30).sign(method, who)}"


async def who(request: bytes, context: object) -> bytes:
    """Tell on whose behalf the call is served."""
    found = caller()
    return f"{found.tenant}|{found.name}|{' '.join(sorted(found.scopes))}".encode()


async def said(address: str, *metadata: tuple[str, str], shape: str = "UnaryUnary") -> str:
    """Ask who calls, with some metadata."""
    async with grpc.aio.insecure_channel(address) as channel:
        return (await echo.call(channel, shape, metadata=metadata)).decode()


async def refusal(address: str, *metadata: tuple[str, str], shape: str = "UnaryUnary") -> AssayError:
    """Return what a call is refused with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await said(address, *metadata, shape=shape)
    return error_from_rpc(caught.value)


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_token(folder: Path, shape: str) -> None:
    """A call of any shape is served on behalf of whom its token names, once; without one it is refused."""
    method = f"/test.Echo/{shape}"
    async with echo.served(folder, incoming(5, trusting()), echo.handler(who)) as address:
        shown = bearer(method)
        assert await said(address, shown, shape=shape) == "acme|key_1|a:write b:read"
        for metadata in ([], [shown], [bearer("/test.Echo/Other")]):
            error = await refusal(address, *metadata, shape=shape)
            assert type(error) is Unauthenticated
            assert error.message == "the call has no valid token"


async def test_token_in_the_wrong_place(folder: Path) -> None:
    """A token counts in one header, once, and after its word; what other headers say counts for nothing."""
    async with echo.served(folder, incoming(5, trusting()), echo.handler(who)) as address:
        for metadata in (
            [("authorization", bearer()[1].removeprefix("Bearer "))],
            [("authorization", bearer()[1].replace("Bearer", "bearer"))],
            [("authorization", bearer()[1] + " ")],
            [("authorization", bearer()[1].replace("Bearer ", "Bearer  "))],
            [("x-authorization", bearer()[1])],
            [bearer(), bearer()],
            [("authorization", "Basic YTpi"), bearer()],
            [("x-assay-tenant", "acme"), ("x-assay-scopes", "*")],
            [("authorization", "")],
        ):
            assert isinstance(await refusal(address, *metadata), Unauthenticated)
        answer = await said(address, bearer(), ("x-assay-tenant", "victim"), ("x-assay-caller", "root"))
    assert answer == "acme|key_1|a:write b:read"


async def test_refused_before_it_is_read(folder: Path) -> None:
    """A call without a token is refused although its client never sends the message."""

    async def never() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    async with (
        echo.served(folder, incoming(30, trusting()), echo.handler(who)) as address,
        grpc.aio.insecure_channel(address) as channel,
        asyncio.timeout(10),
    ):
        # A stream of one message is a single message on the wire.
        call: Any = channel.stream_unary("/test.Echo/UnaryUnary")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(never())
    assert isinstance(error_from_rpc(caught.value), Unauthenticated)


async def test_probes(folder: Path) -> None:
    """Health needs no token; what only sounds like it does, whether it exists or not."""
    async with (
        echo.served(folder, incoming(5, trusting()), echo.handler(who)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        for method in (
            "/grpc.health.v1.HealthX/Check",
            "/grpc.health.v1.Health",
            "grpc.health.v1.Health/Check",
            "/x/y",
        ):
            unknown: Any = channel.unary_unary(method)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await unknown(b"", timeout=5)
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    server = grpc.aio.server(interceptors=incoming(5, trusting()))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    address = f"unix:{folder}/h"
    server.add_insecure_port(address)
    await server.start()
    async with grpc.aio.insecure_channel(address) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
    await server.stop(0)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_probes_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who only looks has few calls at one time, and each for a moment, whether its request comes; others are served."""
    monkeypatch.setattr(probes, "MOST_PROBES", 3)
    monkeypatch.setattr(probes, "PROBE_SECONDS", 1.0)

    async def never() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    server = grpc.aio.server(interceptors=incoming(30, trusting()))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    server.add_generic_rpc_handlers((echo.handler(who),))
    server.add_insecure_port(f"unix:{folder}/h")
    await server.start()
    async with grpc.aio.insecure_channel(f"unix:{folder}/h") as channel:
        untyped: Any = channel
        check = untyped.stream_unary("/grpc.health.v1.Health/Check")
        watch = untyped.unary_stream("/grpc.health.v1.Health/Watch")
        held = [check(never(), timeout=20) for _ in range(2)]
        watching = watch(b"", timeout=20)
        await watching.read()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await untyped.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=20)
        assert isinstance(error_from_rpc(caught.value), RateLimited)
        assert await echo.call(channel, "UnaryUnary", metadata=[bearer()])
        known = watch(b"", timeout=20, metadata=[bearer("/grpc.health.v1.Health/Watch")])
        await known.read()
        for one in (*held, watching.read()):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await one
            assert isinstance(error_from_rpc(caught.value), DeadlineExceeded)
        assert not known.done()
        assert await untyped.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=20)
        known.cancel()
    await server.stop(0)


async def test_headers(folder: Path) -> None:
    """On a private socket a caller is who it says; who says nothing is the person at this machine."""
    async with echo.served(folder, incoming(5, by_headers), echo.handler(who)) as address:
        assert await said(address) == "local||*"
        assert await said(address, ("x-assay-caller", "x"), ("x-assay-scopes", "a")) == "local||*"
        assert await said(address, ("x-assay-tenant", "acme")) == "acme||"
        told = [("x-assay-tenant", "acme"), ("x-assay-caller", "J%C3%BCrgen%20X"), ("x-assay-scopes", "b a")]
        assert await said(address, *told) == "acme|Jürgen X|a b"
        for name in ("", "a b", "a/b", "x" * 65, "a%20b", "a,b"):
            assert isinstance(await refusal(address, ("x-assay-tenant", name)), Unauthenticated)


async def test_nothing(folder: Path) -> None:
    """Where nothing is believed everybody is the person at this machine; a token that cannot be verified is refused."""
    async with echo.served(folder, incoming(5, by_nothing), echo.handler(who)) as address:
        assert await said(address, ("x-assay-tenant", "acme")) == "local||*"
        error = await refusal(address, bearer())
    assert isinstance(error, Unauthenticated)
    assert "ASSAY_TOKENS__TRUSTED" in error.message


async def asked_as(one: Caller, channel: grpc.aio.Channel, shape: str, *metadata: tuple[str, str]) -> str:
    """Ask a peer who calls, on somebody's behalf."""
    with acting_for(one):
        return (await echo.call(channel, shape, metadata=metadata)).decode()


@pytest.mark.parametrize("shape", echo.SHAPES)
@pytest.mark.parametrize("signs", [True, False])
async def test_told_on(folder: Path, shape: str, signs: bool) -> None:
    """A peer hears by whom it is called, by a token or by headers, whatever the metadata of the call says."""
    identify = trusting() if signs else by_headers
    identity = OutgoingIdentity(Signer("gateway", KEY, 30) if signs else None, private=True)
    lies = [("x-assay-tenant", "victim"), ("x-assay-scopes", "*"), ("authorization", "Bearer x"), ("x-other", "1")]
    async with (
        echo.served(folder, incoming(5, identify), echo.handler(who)) as address,
        adapted(grpc.aio.insecure_channel(address), outgoing(identity)) as channel,
    ):
        assert await asked_as(ACME, channel, shape, *lies) == "acme|key_1|a:write b:read"
        nobody = Caller("acme", "Jürgen\n", frozenset())
        assert await asked_as(nobody, channel, shape) == "acme|Jürgen\n|"
        assert (await echo.call(channel, shape)).decode() == "local||*"


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_cannot_be_told(folder: Path, shape: str) -> None:
    """A peer that cannot be told whose call it is is not called for a tenant; it is for the person at this machine."""
    async with (
        echo.served(folder, incoming(5), echo.handler(who)) as address,
        adapted(grpc.aio.insecure_channel(address), outgoing(OutgoingIdentity())) as channel,
    ):
        assert await asked_as(Caller(), channel, shape) == "local||*"
        with pytest.raises(Unavailable, match="cannot be told whose call it is"):
            await asked_as(ACME, channel, shape)


async def test_side_by_side(folder: Path) -> None:
    """Calls that are served at one time are each on behalf of their own caller, also in the calls that they make."""
    async with echo.served(folder, incoming(5, trusting()), echo.handler(who), "peer") as peer:
        identity = OutgoingIdentity(Signer("gateway", KEY, 30))
        async with adapted(grpc.aio.insecure_channel(peer), outgoing(identity)) as to_peer:

            async def asks(request: bytes, context: object) -> bytes:
                await asyncio.sleep(0.001 * (request[0] % 7))
                return await echo.call(to_peer, "UnaryStream")

            async with (
                echo.served(folder, incoming(5, by_headers), echo.handler(asks)) as address,
                grpc.aio.insecure_channel(address) as channel,
            ):
                calls = [
                    echo.call(
                        channel, echo.SHAPES[number % 4], bytes([number]), metadata=[("x-assay-tenant", f"t{number}")]
                    )
                    for number in range(40)
                ]
                answers = await asyncio.gather(*calls)
    assert [answer.decode() for answer in answers] == [f"t{number}||" for number in range(40)]
