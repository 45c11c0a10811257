"""A key does what its scopes say and nothing else: every method of the contract, over gRPC and over HTTP."""

import asyncio
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from assay.v1 import event_pb2, event_pb2_grpc

from gateway.contract import PublicMethod, public_methods
from gateway.scopes import EVERYTHING, grantable
from tests.gateway.attacks.target import Target
from tests.gateway.guarded import bearer

LET_IN_SECONDS = 2.0

BARRED = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


async def code_of(channel: Any, method: PublicMethod, key: str) -> grpc.StatusCode:
    """Return how an empty call ends, or that its first answer came."""
    kind = "_".join(
        "stream" if streams else "unary" for streams in (method.request_streaming, method.response_streaming)
    )
    request: Any = iter([b""]) if method.request_streaming else b""
    calling = getattr(channel, kind)(method.path)(request, metadata=bearer(key), timeout=20)
    try:
        if method.response_streaming:
            await asyncio.wait_for(calling.read(), LET_IN_SECONDS)
        else:
            await calling
    except grpc.aio.AioRpcError as error:
        return error.code()
    except TimeoutError:
        # It says nothing yet: it was let in.
        calling.cancel()
    return grpc.StatusCode.OK


@pytest.fixture(scope="module")
async def keys(target: Target) -> dict[str, tuple[str, str]]:
    """Give for each scope of the contract a key that has it alone, and one that has all but it."""
    all_scopes = set(grantable()) - {EVERYTHING}
    return {
        scope: ((await target.key(scope))[0], (await target.key(*(all_scopes - {scope})))[0])
        for scope in {method.scope for method in public_methods().values()}
    }


@pytest.mark.parametrize("path", public_methods())
async def test_over_grpc(target: Target, keys: dict[str, tuple[str, str]], path: str) -> None:
    """A key that lacks the method's scope is refused, whatever else it has; one that has it alone is let in."""
    method = public_methods()[path]
    right, wrong = keys[method.scope]
    async with target.channel() as channel:
        assert await code_of(channel, method, wrong) is grpc.StatusCode.PERMISSION_DENIED
        assert await code_of(channel, method, right) not in BARRED


@pytest.mark.parametrize("path", public_methods())
async def test_over_http(target: Target, keys: dict[str, tuple[str, str]], path: str) -> None:
    """The same holds on each of its routes."""
    method = public_methods()[path]
    right, wrong = keys[method.scope]
    async with httpx.AsyncClient(base_url=target.http, timeout=20) as client:
        for route in method.routes:
            for key, barred in ((wrong, True), (right, False)):
                headers = {"authorization": f"Bearer {key}"}
                address = route.path.replace("{id}", "val_x")
                async with client.stream(route.method, address, headers=headers) as answer:
                    assert (answer.status_code == 403) is barred, (route, answer.status_code)
                    assert answer.status_code != 401


async def test_metrics(target: Target) -> None:
    """The figures of all tenants are for keys with the scope that says so."""
    wrong, _ = await target.key(*(set(grantable()) - {EVERYTHING, "metrics:read"}))
    right, _ = await target.key("metrics:read")
    async with httpx.AsyncClient(base_url=target.http, timeout=20) as client:
        for key, status in ((wrong, 403), (right, 200)):
            assert (await client.get("/metrics", headers={"authorization": f"Bearer {key}"})).status_code == status


async def test_audit(target: Target) -> None:
    """The records of calls are told to keys that may read them, and not to those that may follow the other events."""
    wrong, _ = await target.key("events:read", tenant="audited")
    right, _ = await target.key("events:read", "audit:read", tenant="audited")
    asked = event_pb2.SubscribeRequest(kinds=["audit.*", "audit.call"])
    told: dict[str, list[str]] = {wrong: [], right: []}
    async with target.channel() as channel:
        stub: Any = event_pb2_grpc.EventServiceStub(channel)
        for _ in range(2):
            for key, kinds in told.items():
                calling = stub.Subscribe(asked, metadata=bearer(key), timeout=2)
                with suppress(grpc.aio.AioRpcError):
                    async for answer in calling:
                        kinds.append(answer.event.kind)
    assert told[wrong] == []
    # Those of the calls above.
    assert set(told[right]) == {"audit.call"}
