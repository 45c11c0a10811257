"""HTTP sides for tests: of a whole suite behind its gateway, and in front of a gRPC server that does as a test says."""

import base64
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
from assay.client import CHANNEL_OPTIONS
from google.protobuf.message_factory import GetMessageClass
from websockets.asyncio.client import connect

from gateway.contract import public_methods
from gateway.http.door import Admit
from gateway.http.service import HttpSide, http_side
from gateway.key_store import key_store
from gateway.keys import new_key
from host.embedded import embedded
from host.interceptors.status import StatusInterceptor
from host.settings import Settings
from host.settings_network import GatewaySettings, QuotaSettings

UNBOUNDED = QuotaSettings(
    calls_per_second=0, burst=1, concurrent_runs=0, concurrent_streams=0, sandbox_seconds_per_day=0, bytes_per_day=0
)
"""A quota that refuses nothing."""

STUB = b"def area(radius):\n    # TODO: implement\n    pass\n"

VALIDATE = "/assay.v1.ValidationService/Validate"
WATCH = "/assay.v1.ValidationService/WatchValidation"
SUBSCRIBE = "/assay.v1.EventService/Subscribe"
EXECUTE_STREAM = "/assay.v1.SandboxService/ExecuteStream"

Behaviour = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Web:
    """
    A gateway's HTTP side.

    :param address: "host:port".
    :param keys: By a name of the test's own.
    """

    address: str
    keys: Mapping[str, str]

    def client(self, key: str = "", **options: Any) -> httpx.AsyncClient:
        """Return a client, with a key where one is named."""
        headers = {"authorization": f"Bearer {self.keys[key]}"} if key else {}
        return httpx.AsyncClient(base_url=f"http://{self.address}", headers=headers, timeout=30, **options)

    def socket(self, path: str, key: str = "", **options: Any) -> "connect":
        """Return a connection on a WebSocket, to be entered."""
        headers = {"authorization": f"Bearer {self.keys[key]}"} if key else {}
        return connect(f"ws://{self.address}{path}", additional_headers=headers, proxy=None, **options)


def candidate(content: bytes = STUB, path: str = "area.py") -> dict[str, Any]:
    """Return a candidate of one file, as JSON has it."""
    return {"language": "python", "files": [{"path": path, "content": base64.b64encode(content).decode()}]}


@asynccontextmanager
async def suite_on_the_web(*, sandbox: bool = False, **gateway: Any) -> AsyncIterator[Web]:
    """Serve a whole suite with its gateway, and keys "acme", "other" and "reader", which only reads validations."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    address = f"127.0.0.1:{free_port()}"
    values: dict[str, Any] = {"listen": f"unix:{folder}/door", "http_listen": address, "quota": UNBOUNDED} | gateway
    settings = Settings(state_dir=folder / "state", sandbox_enabled=sandbox, gateway=GatewaySettings(**values))
    try:
        async with embedded(settings):
            yield Web(address, await _keys(settings))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Return a port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def side_of(
    folder: Path, behaviours: Mapping[str, Behaviour], admit: Admit | None = None, **gateway: Any
) -> AsyncIterator[HttpSide]:
    """
    Serve an HTTP side in front of a gRPC server whose methods do as a test says.

    :param behaviours: By the paths of public methods: what :mod:`grpc.aio` takes for a method of that shape.
    """
    server = grpc.aio.server(interceptors=[StatusInterceptor()], options=CHANNEL_OPTIONS)
    server.add_generic_rpc_handlers((_Behaving(behaviours),))
    server.add_insecure_port(f"unix:{folder}/private")
    await server.start()
    settings = GatewaySettings(**({"http_listen": "127.0.0.1:0"} | gateway))
    try:
        async with http_side(settings, f"unix:{folder}/private", admit or _admit_all, drain_seconds=1) as side:
            yield side
    finally:
        await server.stop(0)


async def _admit_all(shown: Sequence[str], scope: str, method: str, address: str) -> str:
    return shown[0] if shown else "stranger"


class _Behaving(grpc.GenericRpcHandler):
    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self._behaviours = behaviours

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See :class:`grpc.GenericRpcHandler`."""
        behave = self._behaviours.get(handler_call_details.method)
        if behave is None:
            return None
        method = public_methods()[handler_call_details.method]
        shape = "_".join(
            "stream" if each else "unary" for each in (method.request_streaming, method.response_streaming)
        )
        return getattr(grpc, f"{shape}_rpc_method_handler")(
            behave,
            request_deserializer=GetMessageClass(method.request).FromString,
            response_serializer=GetMessageClass(method.response).SerializeToString,
        )


def web_of(side: HttpSide) -> Web:
    """Return a side as a test speaks to it, with a key that nobody looks at."""
    return Web(side.address, {"any": "any"})


async def _keys(settings: Settings) -> Mapping[str, str]:
    wanted = {"acme": ("acme", "*"), "other": ("other", "*"), "reader": ("acme", "validations:read")}
    made = {}
    async with key_store(settings) as store:
        root = await store.root()
        for name, (tenant, scope) in wanted.items():
            made[name], key = new_key(root, tenant=tenant, scopes=frozenset({scope}), now=time.time())
            await store.add(key)
    return made
