"""The public methods behind the door's guards, each of which answers for whom it was called."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from gateway.audit import AuditInterceptor, asked
from gateway.authentication import AuthenticationInterceptor
from gateway.authenticator import Authenticator
from gateway.contract import public_methods
from gateway.key_store import KeyStore
from gateway.keys import Key, new_key
from host.caller import caller
from host.events.memory import MemoryBus
from host.events.port import Bus
from host.interceptors.around import AroundInterceptor
from host.interceptors.late_reading import LateReading
from host.interceptors.status import StatusInterceptor
from tests.host import echo

Metadata = Sequence[tuple[str, str]]

SHAPES = {
    (False, False): "UnaryUnary",
    (False, True): "UnaryStream",
    (True, False): "StreamUnary",
    (True, True): "StreamStream",
}


WAITS = b"wait"
"""A request that is answered much later."""

waiting = asyncio.Event()
"""Set when such a request is being served."""


async def made_key(store: KeyStore, *scopes: str, tenant: str = "acme", **more: Any) -> tuple[str, Key]:
    """Keep a new key, which allows everything unless told otherwise."""
    values: dict[str, Any] = {"now": time.time()} | more
    text, key = new_key(await store.root(), tenant=tenant, scopes=frozenset(scopes or ("*",)), **values)
    await store.add(key)
    return text, key


def bearer(key: str) -> Metadata:
    """Return the metadata with which a key is shown."""
    return (("authorization", f"Bearer {key}"),)


@asynccontextmanager
async def guarded(
    folder: Path, authenticator: Authenticator, bus: Bus | None = None, around: Sequence[AroundInterceptor] = ()
) -> AsyncIterator[grpc.aio.Channel]:
    """
    Serve the guards, and what they guard, on a Unix socket, and give a channel to it.

    :param around: What stands around the guards.
    """
    interceptors = (
        StatusInterceptor(),
        *around,
        AuditInterceptor(bus or MemoryBus()),
        AuthenticationInterceptor(authenticator),
        LateReading(asked),
    )
    async with (
        echo.served(folder, interceptors, Everything()) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        yield channel


class Everything(grpc.GenericRpcHandler):
    """Serves every path, in the shape that the contract says."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """See :class:`grpc.GenericRpcHandler`."""
        method = public_methods().get(details.method)
        shape = (method.request_streaming, method.response_streaming) if method else (False, False)
        handlers: Any = echo.handler(_told)
        return handlers.service(_Details(f"/test.Echo/{SHAPES[shape]}"))


class _Details:
    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()


async def _told(request: bytes, context: Any) -> bytes:
    if request == WAITS:
        waiting.set()
        await asyncio.sleep(60)
    who = caller()
    return f"{who.tenant}/{who.name}/{' '.join(sorted(who.scopes))}".encode()


async def call(channel: Any, path: str, request: bytes = b"", **options: Any) -> str:
    """Call any method with one message, and return its answer."""
    options.setdefault("timeout", 10)
    method = public_methods().get(path)
    streams = (method.request_streaming, method.response_streaming) if method else (False, False)

    async def requests() -> AsyncIterator[bytes]:
        yield request

    kind = "_".join("stream" if streaming else "unary" for streaming in streams)
    answer = getattr(channel, kind)(path)(requests() if streams[0] else request, **options)
    if not streams[1]:
        return bytes(await answer).decode(errors="replace")
    return b"".join([message async for message in answer]).decode(errors="replace")
