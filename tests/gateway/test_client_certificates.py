"""Clients' certificates over real TLS: whose calls they make, by which of their names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import connect, error_from_rpc
from assay.errors import PermissionDenied, Unauthenticated

from gateway.audit import asked
from gateway.authentication import AuthenticationInterceptor
from gateway.authenticator import Authenticator
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from host.interceptors.late_reading import LateReading
from host.interceptors.status import StatusInterceptor
from host.settings import Settings
from host.settings_network import CertificateSettings
from tests.certificates import Authority, Pair
from tests.gateway.guarded import Everything, bearer, call, made_key

RULES = "/assay.v1.ValidationService/ListRules"
EXECUTE = "/assay.v1.SandboxService/Execute"

KNOWN = {"builder": CertificateSettings(tenant="acme", scopes=["validations:read"])}


@asynccontextmanager
async def encrypted(folder: Path, store: KeyStore) -> AsyncIterator[tuple[str, Authority]]:
    """Serve the guards where every client shows a certificate; give the address and the authority for all of them."""
    authority = Authority(folder)
    certificate, key = authority.signed("door").content()
    authenticator = Authenticator(KeyRing(store), KNOWN)
    server = grpc.aio.server(
        interceptors=(StatusInterceptor(), AuthenticationInterceptor(authenticator), LateReading(asked))
    )
    server.add_generic_rpc_handlers((Everything(),))
    credentials = grpc.ssl_server_credentials([(key, certificate)], authority.content, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    try:
        yield f"tls:127.0.0.1:{port}", authority
    finally:
        await server.stop(1)


async def served(address: str, authority: Authority, pair: Pair, path: str = RULES, **options: Any) -> str:
    """Make one call with a certificate."""
    async with connect(address, ca=authority.content, certificate=pair.content()) as suite:
        return await call(suite.channel, path, **options)


async def test_by_name(folder: Path) -> None:
    """A certificate with a name that the settings know is its tenant, with its scopes and no others."""
    async with key_store(Settings(state_dir=folder)) as store, encrypted(folder, store) as (address, authority):
        pair = authority.signed("builder")
        assert await served(address, authority, pair) == "acme/certificate:builder/validations:read"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served(address, authority, pair, EXECUTE)
        assert type(error_from_rpc(caught.value)) is PermissionDenied


async def test_unknown_name(folder: Path) -> None:
    """A certificate of the authority whose names nobody knows is nobody's, and lets a key in all the same."""
    async with key_store(Settings(state_dir=folder)) as store, encrypted(folder, store) as (address, authority):
        pair = authority.signed("stranger")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served(address, authority, pair)
        assert type(error_from_rpc(caught.value)) is Unauthenticated
        text, key = await made_key(store, tenant="other")
        assert await served(address, authority, pair, metadata=bearer(text)) == f"other/{key.id}/*"


async def test_of_another_tenant(folder: Path) -> None:
    """A key and a certificate of two tenants are refused together."""
    async with key_store(Settings(state_dir=folder)) as store, encrypted(folder, store) as (address, authority):
        text, _ = await made_key(store, tenant="other")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served(address, authority, authority.signed("builder"), metadata=bearer(text))
        assert type(error_from_rpc(caught.value)) is Unauthenticated
