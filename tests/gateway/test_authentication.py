"""Calls through the guards, over real gRPC: who is let in, for whom they are served, and what is never read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import PermissionDenied, Unauthenticated

from gateway.authentication import PROBE
from gateway.authenticator import Authenticator
from gateway.contract import public_methods
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from host.settings import Settings
from tests.gateway.guarded import bearer, call, guarded, made_key

ONE_OF_EACH_SHAPE = {
    (method.request_streaming, method.response_streaming): path for path, method in public_methods().items()
}

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KeyStore]:
    """Give the keys of a database of these tests' own."""
    async with key_store(Settings(state_dir=tmp_path_factory.mktemp("keys"))) as found:
        yield found


async def refused(channel: grpc.aio.Channel, path: str, **options: Any) -> grpc.aio.AioRpcError:
    """Make a call that is to be refused, and return how."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(channel, path, **options)
    return caught.value


@pytest.mark.parametrize("path", public_methods())
async def test_every_method(folder: Path, store: KeyStore, path: str) -> None:
    """Each method is served for who has a key with its scope, and refused to a key with all others, and to none."""
    scope = public_methods()[path].scope
    others = {method.scope for method in public_methods().values()} - {scope} | {"audit:read", "metrics:read"}
    right, key = await made_key(store, scope)
    wrong, _ = await made_key(store, *others)
    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        assert await call(channel, path, metadata=bearer(right)) == f"acme/{key.id}/{scope}"
        denied = error_from_rpc(await refused(channel, path, metadata=bearer(wrong)))
        assert (type(denied), denied.metadata) == (PermissionDenied, {"scope": scope})
        assert type(error_from_rpc(await refused(channel, path))) is Unauthenticated


async def test_what_is_not_public(folder: Path, store: KeyStore) -> None:
    """What is no public method needs a key too, all but what probes ask."""
    text, _ = await made_key(store)
    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        for path in ("/assay.v1.StageService/Run", "/x/y", REFLECTION, f"{PROBE}/", "/grpc.health.v1.Health/Watch"):
            assert type(error_from_rpc(await refused(channel, path))) is Unauthenticated
            assert await call(channel, path, metadata=bearer(text))
        assert await call(channel, PROBE)


@pytest.mark.parametrize("path", ONE_OF_EACH_SHAPE.values())
async def test_open(folder: Path, store: KeyStore, path: str) -> None:
    """Behind an open door, calls without a key are served for the local tenant."""
    async with guarded(folder, Authenticator(KeyRing(store), is_open=True)) as channel:
        assert await call(channel, path) == "local/open/*"


async def test_in_the_wrong_place(folder: Path, store: KeyStore) -> None:
    """A key is taken from the authorization header and from nowhere else."""
    text, _ = await made_key(store)
    path = "/assay.v1.ValidationService/ListRules"
    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        for name in ("x-api-key", "api-key", "x-assay-key", "cookie", "proxy-authorization", "authorization-bin"):
            value: Any = f"Bearer {text}"
            metadata = ((name, value.encode() if name.endswith("-bin") else value),)
            assert (await refused(channel, path, metadata=metadata)).code() is grpc.StatusCode.UNAUTHENTICATED
        in_the_query = f"{path}?key={text}&authorization=Bearer%20{text}"
        assert (await refused(channel, in_the_query)).code() is grpc.StatusCode.UNAUTHENTICATED
        in_the_message = await refused(channel, path, request=text.encode())
        assert in_the_message.code() is grpc.StatusCode.UNAUTHENTICATED
        assert text not in str(in_the_message)


async def test_made_up_identity(folder: Path, store: KeyStore) -> None:
    """What a call says of its tenant, name and scopes itself counts for nothing."""
    text, key = await made_key(store, "validations:read")
    lies = (("x-assay-tenant", "other"), ("x-assay-caller", "root"), ("x-assay-scopes", "*"))
    path = "/assay.v1.ValidationService/ListRules"
    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        assert await call(channel, path, metadata=(*bearer(text), *lies)) == f"acme/{key.id}/validations:read"
        assert (await refused(channel, path, metadata=lies)).code() is grpc.StatusCode.UNAUTHENTICATED


async def test_no_message_of_a_stranger_is_read(folder: Path, store: KeyStore) -> None:
    """Who has no key is refused before a message came: none is waited for, and those that are sent are not read."""
    sent = 0

    async def nothing() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(1_000_000)

    async with guarded(folder, Authenticator(KeyRing(store))) as channel:
        untyped: Any = channel
        calls = [
            untyped.stream_stream("/assay.v1.ValidationService/Validate")(requests, timeout=10)
            for requests in (nothing(), endless())
        ]
        for calling in calls:
            with pytest.raises(grpc.aio.AioRpcError):
                await calling.read()
        assert await calls[0].code() is grpc.StatusCode.UNAUTHENTICATED
    # What fits into gRPC's own window may have gone out before the refusal came in.
    assert sent < 30
