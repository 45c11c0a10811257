"""Requests that are nearly valid: whatever they are, the answer is one that the contract knows."""

import asyncio
import random
from collections import Counter
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest

from gateway.contract import public_methods
from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.mutations import VALID, as_json, mutated
from tests.gateway.attacks.target import NEVER_TOLD, Target

AT_ONCE = 8
CALL_SECONDS = 20.0
FOLLOWS = ("WatchValidation", "Subscribe")
FOLLOW_SECONDS = 0.3
"""How long a stream that goes on is listened to."""

MIB = 1024 * 1024
GROWTH = 200 * MIB
"""What the process may have more afterwards: caches, pages of the allocator, what it stored; not the requests."""

SOUND = {"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "OK"}
"""How a call may end, whatever was sent: never by an error of the server's."""

SEEDS = [
    pytest.param(300, id="300"),
    pytest.param(10_000, id="10000", marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
]


def test_every_method_is_there() -> None:
    """Each method of the contract has a valid request that is changed."""
    assert {f"/assay.v1.{name}" for name in VALID} == set(public_methods())


@pytest.mark.parametrize("count", SEEDS)
async def test_over_grpc(target: Target, mallory: Tenant, count: int) -> None:
    """Over gRPC each ends as a mistake of the caller's, or well, with no words of the suite's inside; nothing grows."""
    before = target.memory()
    ends: Counter[str] = Counter()
    async with target.channel() as channel:
        waiting = asyncio.Semaphore(AT_ONCE)

        async def one(seed: int) -> None:
            async with waiting:
                ends[await _sent(channel, mallory, random.Random(seed))] += 1

        await asyncio.gather(*(one(seed) for seed in range(count)))
    growth = (target.memory() - before) // MIB
    print(f"{count} mutations over gRPC: {dict(ends)}; memory {growth:+} MiB")  # noqa: T201 - the figures
    assert target.memory() - before < GROWTH
    # There is no sandbox here.
    assert set(ends) <= SOUND | {"UNAVAILABLE sandbox"}


async def _sent(channel: Any, tenant: Tenant, chance: random.Random) -> str:
    name = chance.choice(sorted(VALID))
    method = public_methods()[f"/assay.v1.{name}"]
    content = mutated(chance, VALID[name].SerializeToString())
    kind = "_".join("stream" if part else "unary" for part in (method.request_streaming, method.response_streaming))
    request: Any = iter([content]) if method.request_streaming else content
    seconds = FOLLOW_SECONDS if name.endswith(FOLLOWS) else CALL_SECONDS
    calling = getattr(channel, kind)(method.path)(request, metadata=tenant.metadata, timeout=seconds)
    try:
        if method.response_streaming:
            async for _ in calling:
                pass
        else:
            await calling
    except grpc.aio.AioRpcError as error:
        told = f"{error.details()} {error.trailing_metadata()}"
        assert not any(word in told for word in NEVER_TOLD), told
        is_missing = error.code() is grpc.StatusCode.UNAVAILABLE and name.startswith("SandboxService")
        return "UNAVAILABLE sandbox" if is_missing else error.code().name
    return "OK"


@pytest.mark.parametrize("count", SEEDS)
async def test_over_http(target: Target, mallory: Tenant, count: int) -> None:
    """Over HTTP too: paths, queries, headers and bodies."""
    before = target.memory()
    ends: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=target.http, timeout=CALL_SECONDS, limits=limits) as client:
        waiting = asyncio.Semaphore(AT_ONCE)

        async def one(seed: int) -> None:
            async with waiting:
                ends[await _requested(client, mallory, random.Random(seed))] += 1

        await asyncio.gather(*(one(seed) for seed in range(count)))
    growth = (target.memory() - before) // MIB
    print(f"{count} mutations over HTTP: {dict(ends)}; memory {growth:+} MiB")  # noqa: T201 - the figures
    assert target.memory() - before < GROWTH
    assert not {end for end in ends if end.startswith("5")} - {"503 sandbox", "504"}


async def _requested(client: httpx.AsyncClient, tenant: Tenant, chance: random.Random) -> str:
    name = chance.choice(sorted(VALID))
    method = public_methods()[f"/assay.v1.{name}"]
    route = chance.choice(method.routes)
    path, body = route.path.replace("{id}", "val_AAAAAAAAAAAAAAAAAAAAAA"), as_json(VALID[name])
    headers = {"authorization": f"Bearer {tenant.key}", "content-type": "application/json", "x-timeout-seconds": "10"}
    what = chance.choice(("body", "body", "body", "path", "query", "header"))
    if what == "body":
        body = mutated(chance, body)
    elif what == "path":
        path = "/" + _as_text(mutated(chance, path.encode()[1:]))
    elif what == "query":
        path += "?" + _as_text(mutated(chance, b"page_size=3&pageToken=x&kinds=a&after_sequence=1"))
    else:
        header = chance.choice(sorted(headers))
        headers[header] = _as_text(mutated(chance, headers[header].encode())).replace(" ", "")
    return await _told(client, name, (route.method, path, headers, body))


async def _told(client: httpx.AsyncClient, name: str, request: tuple[str, str, Any, bytes]) -> str:
    method, path, headers, body = request
    try:
        asked = client.build_request(method, path, headers=headers, content=body if method == "POST" else None)
    except (httpx.InvalidURL, ValueError):
        return "not sent"
    try:
        answer = await client.send(asked, stream=True)
    except (httpx.LocalProtocolError, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return "hung up"
    try:
        if "event-stream" in answer.headers.get("content-type", ""):
            return "200 stream"
        text = (await answer.aread()).decode(errors="replace")
    finally:
        await answer.aclose()
    assert answer.status_code < 400 or not any(word in text for word in NEVER_TOLD), text[:2000]
    is_missing = answer.status_code == 503 and name.startswith("SandboxService")
    return "503 sandbox" if is_missing else str(answer.status_code)


def _as_text(content: bytes) -> str:
    """Return bytes as they can stand in a path or a header that a client lets pass."""
    return "".join(chr(byte) if 33 <= byte < 127 else f"%{byte:02x}" for byte in content)
