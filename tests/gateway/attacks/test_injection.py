"""Headers, paths and ids that mean something elsewhere mean nothing here."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import grpc
import grpc.aio
import httpx
import pytest
from assay.v1 import validation_pb2, validation_pb2_grpc

from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.raw_calls import call_headers, message, raw_connection
from tests.gateway.attacks.target import NEVER_TOLD, Target
from tests.gateway.guarded import call

RULES = "/assay.v1.ValidationService/ListRules"

IDENTITY = {
    "x-assay-tenant": "acme", "x-assay-caller": "root", "x-assay-scopes": "*", "x-assay-token": "x", "x-tenant": "acme",
    "x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1", "x-forwarded-user": "acme", "x-real-ip": "127.0.0.1",
    "x-original-url": "/metrics", "x-http-method-override": "DELETE", "x-rewrite-url": "/metrics",
}  # fmt: skip
"""Headers by which other programs are told who somebody is, or what they want."""

MEANINGFUL = (
    "..", ".", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "%0d%0aset-cookie: a=b", "a/b", "a?b", "a#b",
    "a%2fb", "' OR 1=1 --", "%", "*", "${jndi:ldap://x}", "{{7*7}}", "<script>alert(1)</script>", "a" * 5000, "\u202e",
    "%ff%fe", ":cancel", "x:cancel", "events", "val_x/events/..",
)  # fmt: skip
"""Ids that mean something to a file system, a database, a page, a template, or a path."""

SERVICE = "/assay.v1.ValidationService"

PATHS = (
    "", "/", "//", "*", RULES[1:], SERVICE, f"/{RULES}", f"{SERVICE}//ListRules", f"{RULES}/", f"{RULES}\x00",
    f"{SERVICE}/../StageService/Run", f"{SERVICE}%2FListRules", RULES.upper(), f"{RULES}?x=1", f"{RULES}\xff",
    "/assay.v1.StageService/Run", f"http://localhost{RULES}", "/" + "a" * 7000, "/\xff\xfe/x",
    "/grpc.health.v1.Health/Check/../Watch",
)  # fmt: skip
"""Paths that are nearly those of methods, that other programs would read as such, and that are no text."""


@pytest.fixture(scope="module")
async def http(target: Target, mallory: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that has a key."""
    headers = {"authorization": f"Bearer {mallory.key}"}
    async with httpx.AsyncClient(base_url=target.http, headers=headers, timeout=20) as client:
        yield client


async def test_made_up_identity(target: Target, http: httpx.AsyncClient, acme: Tenant, mallory: Tenant) -> None:
    """What a call says of itself in headers changes nothing of whose it is, and without a key opens nothing."""
    mark = "identity"
    async with target.channel() as channel:
        stub: Any = validation_pb2_grpc.ValidationServiceStub(channel)
        made = await stub.CreateValidation(
            validation_pb2.CreateValidationRequest(candidate=_candidate(mark)), metadata=acme.metadata, timeout=20
        )
        metadata = (*mallory.metadata, *IDENTITY.items())
        page = await stub.ListValidations(
            validation_pb2.ListValidationsRequest(page_size=1000), metadata=metadata, timeout=20
        )
        assert made.validation.id not in {each.id for each in page.validations}
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ListValidations(
                validation_pb2.ListValidationsRequest(), metadata=tuple(IDENTITY.items()), timeout=20
            )
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    answer = await http.get(f"/v1/validations/{made.validation.id}", headers=IDENTITY)
    assert answer.status_code == 404
    assert (await http.get("/v1/validations", headers=IDENTITY | {"authorization": ""})).status_code == 401


def _candidate(mark: str) -> Any:
    return {"files": [{"path": "a.py", "content": f"x = 1  # {mark}\n".encode()}], "language": "python"}


async def test_paths(target: Target, mallory: Tenant) -> None:
    """Paths that are nearly those of methods are none; each is refused, and the connection goes on."""
    async with target.channel() as channel, raw_connection(target.address) as raw:
        for path in PATHS:
            stream = raw.begin(call_headers(path, *mallory.metadata))
            raw.data(stream, message(b""))
            if path.isascii() and "\0" not in path and path:
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(channel, path, metadata=mallory.metadata)
                assert caught.value.code() in {grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL}, path
        await raw.writer.drain()
        assert await call(channel, RULES, metadata=mallory.metadata)


@pytest.mark.parametrize("identifier", MEANINGFUL)
async def test_ids_over_http(target: Target, mallory: Tenant, identifier: str) -> None:
    """An id that means something elsewhere is not found, as it stands and encoded, and becomes no header."""
    for written in {quote(identifier, safe=""), quote(identifier, safe="/:?#%")}:
        for path in (f"/v1/validations/{written}", f"/v1/validations/{written}/events"):
            status, head, body = await exchange(target, get(path, mallory))
            assert status in {400, 404, 405, 414}, (path, head)
            assert "set-cookie" not in head
            assert "text/html" not in head
            assert not any(word in body for word in NEVER_TOLD), body


async def test_ids_over_grpc(target: Target, mallory: Tenant) -> None:
    """The same ids are not found over gRPC, and the refusals do not repeat them."""
    async with target.channel() as channel:
        stub: Any = validation_pb2_grpc.ValidationServiceStub(channel)
        for identifier in MEANINGFUL:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.GetValidation(
                    validation_pb2.GetValidationRequest(id=identifier), metadata=mallory.metadata, timeout=20
                )
            assert caught.value.code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}
            assert len(identifier) < 5 or identifier not in (caught.value.details() or "")


@pytest.mark.parametrize("path", ["/docs/../../../etc/passwd", "/docs/%2e%2e/%2e%2e/etc/passwd", "/docs//etc/passwd",
                                  "/docs/..%5c..%5cetc", "/docs/%00", "/docs/page.py", "/docs/../page.py"])  # fmt: skip
async def test_files(target: Target, mallory: Tenant, path: str) -> None:
    """What the pages are made of is a list of files: no path leads out of it."""
    status, head, body = await exchange(target, get(path, mallory))
    assert status in {400, 404}, head
    assert "root:" not in body


POST = "POST /v1/validations HTTP/1.1\r\nhost: localhost\r\n"
GET = "GET /healthz HTTP/1.1\r\nhost"

SMUGGLED = (
    f"{POST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n",
    f"{POST}content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    f"{POST}content-length: +5\r\n\r\nhello",
    f"{POST}transfer-encoding: xchunked\r\n\r\nhello",
    f"{GET}: localhost\r\nx: a\rb\r\n\r\n",
    f"{GET} : localhost\r\n\r\n",
    f"{GET}: localhost\n\x00: x\n\n",
    "GET /healthz\r\n\r\n",
    "GET  /healthz  HTTP/9.9\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
"""Requests that two servers in a row could read in two ways, and what is no request."""


@pytest.mark.parametrize("request_text", SMUGGLED)
async def test_smuggled(target: Target, request_text: str) -> None:
    """A request that can be read in two ways is refused, and the connection ends with it."""
    status, head, _ = await exchange(target, request_text, is_all=True)
    assert status in {0, 400, 401, 404, 411, 431, 501}, head
    assert head.count("HTTP/1.1") <= 1, head


def get(path: str, tenant: Tenant) -> str:
    """Return a request as it goes out: nothing tidies the path up on its way."""
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {tenant.key}\r\nconnection: close\r\n\r\n"


async def exchange(target: Target, request: str, *, is_all: bool = False) -> tuple[int, str, str]:
    """
    Send bytes, and return status, head and body of what comes until the server hangs up; status 0: nothing.

    :param is_all: Whether the server is told that nothing more will come.
    """
    host, _, port = target.http.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request.encode("latin-1"))
        if is_all:
            writer.write_eof()
        content = await asyncio.wait_for(reader.read(1 << 20), 30)
        while more := await asyncio.wait_for(reader.read(1 << 20), 30):
            content += more
    finally:
        writer.close()
    head, _, body = content.decode("latin-1").partition("\r\n\r\n")
    return int(head.split(" ")[1]) if head else 0, head, body


async def test_foreign_host(target: Target, mallory: Tenant) -> None:
    """A page of another origin, and a name that was bound to this address, get no further than without a key."""
    origin = {"origin": "https://evil.example"}
    async with httpx.AsyncClient(base_url=target.http, timeout=20) as client:
        asked = await client.options("/v1/validations", headers=origin | {"access-control-request-method": "POST"})
        assert "access-control-allow-origin" not in asked.headers
        got = await client.get("/v1/rules", headers=origin | {"authorization": f"Bearer {mallory.key}"})
        assert "access-control-allow-origin" not in got.headers
        rebound = await client.get("/v1/rules", headers={"host": "evil.example"})
        assert rebound.status_code in {400, 401, 403, 421}
