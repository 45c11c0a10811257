"""Who has no key, or not the right one, gets nothing: over gRPC and over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
import websockets

from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.target import Target
from tests.gateway.guarded import bearer, call

RULES = "/assay.v1.ValidationService/ListRules"
FIVE_SECONDS = 5.0


@pytest.fixture(scope="module")
async def channel(target: Target) -> AsyncIterator[Any]:
    """Give a connection to the gateway."""
    async with target.channel() as found:
        yield found


@pytest.fixture(scope="module")
async def http(target: Target) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the gateway over HTTP."""
    async with httpx.AsyncClient(base_url=target.http, timeout=20) as client:
        yield client


async def code_of(channel: Any, metadata: Any = (), path: str = RULES, request: bytes = b"") -> grpc.StatusCode:
    """Return how a call ends."""
    try:
        await call(channel, path, request, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def wrong_keys(target: Target, tenant: Tenant) -> dict[str, str]:
    """Return keys that open nothing, by what is wrong with them."""
    now = time.time()
    expired, _ = await target.key(now=now - 60, expires=now - 1)
    revoked, key = await target.key()
    await target.revoke(key)
    head, _, secret = tenant.key.rpartition("_")
    return {
        "expired": expired,
        "revoked": revoked,
        "one digit off": tenant.key[:-1] + ("0" if tenant.key[-1] != "0" else "1"),
        "another's secret": f"{head}_{expired.rpartition('_')[2]}",
        "no secret": head,
        "made up": f"assay_{'0' * 20}_{secret}",
        "empty": "",
        "long": tenant.key + "0" * 3000,
        "all there are": "*",
        "sql": "assay_' OR '1'='1_x",
    }


async def test_wrong_keys(target: Target, acme: Tenant, channel: Any, http: httpx.AsyncClient) -> None:
    """Each of them is refused, and the refusals are one and the same but for the time of day."""
    said: set[tuple[object, ...]] = set()
    for wrong in (await wrong_keys(target, acme)).values():
        assert await code_of(channel, bearer(wrong)) is grpc.StatusCode.UNAUTHENTICATED
        answer = await http.get("/v1/rules", headers={"authorization": f"Bearer {wrong}".strip()})
        said.add((answer.status_code, answer.text, answer.headers.get("www-authenticate")))
    assert len(said) == 1
    (status, _, challenge), = said  # fmt: skip
    assert (status, challenge) == (401, 'Bearer realm="assay"')
    assert await code_of(channel, acme.metadata) is grpc.StatusCode.OK


async def test_in_the_wrong_place(target: Target, acme: Tenant, channel: Any, http: httpx.AsyncClient) -> None:
    """A good key in the query, another header, a cookie, the user of an address or the body opens nothing."""
    key = acme.key
    for name in ("x-api-key", "api-key", "cookie", "proxy-authorization", "x-assay-key", "x-authorization"):
        assert await code_of(channel, ((name, f"Bearer {key}"),)) is grpc.StatusCode.UNAUTHENTICATED
        answer = await http.get("/v1/rules", headers={name: f"Bearer {key}"})
        assert answer.status_code == 401, name
    for query in (f"key={key}", f"access_token={key}", f"authorization=Bearer%20{key}"):
        assert (await http.get(f"/v1/rules?{query}")).status_code in {400, 401}
    assert (await http.get("/v1/rules", auth=(key, key))).status_code == 401
    assert (await http.post("/v1/validations", json={"key": key, "authorization": f"Bearer {key}"})).status_code == 401
    twice = [("authorization", f"Bearer {key}"), ("authorization", f"Bearer {key}")]
    assert (await http.get("/v1/rules", headers=twice)).status_code == 401
    assert await code_of(channel, twice) is grpc.StatusCode.UNAUTHENTICATED
    assert await code_of(channel, request=key.encode()) is grpc.StatusCode.UNAUTHENTICATED
    assert key.rpartition("_")[2] not in target.log.read_text()


async def test_every_route_needs_a_key(http: httpx.AsyncClient) -> None:
    """What is served without a key is what probes and readers of the API's pages need, and no more."""
    document = (await http.get("/openapi.json")).json()
    for path, methods in document["paths"].items():
        for method in methods:
            answer = await http.request(method.upper(), path.replace("{id}", "x"))
            is_free = path in {"/healthz", "/readyz", "/openapi.json", "/docs", "/live"}
            assert is_free or answer.status_code == 401, (method, path, answer.status_code)
    assert (await http.get("/metrics")).status_code == 401


async def test_revoked(target: Target, channel: Any) -> None:
    """A key that is in use is refused within five seconds of being taken back."""
    text, key = await target.key()
    assert await code_of(channel, bearer(text)) is grpc.StatusCode.OK
    await target.revoke(key)
    began = time.monotonic()
    while await code_of(channel, bearer(text)) is grpc.StatusCode.OK:
        assert time.monotonic() - began < FIVE_SECONDS
        await asyncio.sleep(0.05)
    print(f"a revoked key was refused after {time.monotonic() - began:.1f} s")  # noqa: T201 - the figure


async def test_streams_of_a_revoked_key(target: Target, http: httpx.AsyncClient) -> None:
    """Whatever follows events, over gRPC, HTTP or a WebSocket, ends when its key is taken back, and is told why."""
    text, key = await target.key("events:read")
    headers = {"authorization": f"Bearer {text}"}
    address = f"{target.http.replace('http', 'ws', 1)}/v1/events"
    path = "/assay.v1.EventService/Subscribe"
    async with (
        target.channel() as channel,
        websockets.connect(address, additional_headers=headers) as socket,
        http.stream("GET", "/v1/events", headers=headers, timeout=30) as events,
    ):
        calling = channel.unary_stream(path)(b"", metadata=bearer(text), timeout=30)
        lines = events.aiter_lines()
        await asyncio.wait_for(anext(lines), 10)
        await target.revoke(key)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in calling:
                pass
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "UNAUTHENTICATED" in "".join([line async for line in lines])
        with suppress(websockets.ConnectionClosed):
            async for _ in socket:
                pass
        assert socket.close_code == 4401


async def test_no_way_around(channel: Any) -> None:
    """Inner services cannot be called from outside at all, and what is beside the contract needs a key too."""
    for path in (
        "/assay.v1.StageService/RunStage",
        "/assay.v1.StageService/GetStageInfo",
        "/grpc.channelz.v1.Channelz/x",
        "/",
    ):
        assert await code_of(channel, path=path) is grpc.StatusCode.UNIMPLEMENTED
    for path in ("/grpc.health.v1.Health/Watch", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"):
        assert await code_of(channel, path=path) is grpc.StatusCode.UNAUTHENTICATED
