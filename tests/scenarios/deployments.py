"""The deployments on which every scenario runs: one process and several, called straight and through the gateway."""

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.key_store import key_store
from host.embedded import embedded
from host.settings import Settings
from host.settings_network import GatewaySettings
from tests.certificates import Authority
from tests.gateway.guarded import made_key
from tests.identities import Identities
from tests.processes import host
from tests.scenarios.backed import backed
from tests.scenarios.compose_place import Composed, composed
from tests.scenarios.fleet import NO_QUOTA, fleet

READING = ("static", "placeholder", "semantic")

CALLERS = {"sandbox": ["execution", "gateway"], "execution": ["validation"], READING[0]: ["validation"],
           "validation": ["gateway"]}  # fmt: skip
"""Who calls what, where processes ask each other for tokens."""


@dataclass(frozen=True)
class Place:
    """
    A suite that runs.

    :param straight: How it is connected to behind its gateway: arguments of :func:`assay.client.connect`.
    :param door: How through it.
    :param composed: What it runs in, where that is Docker Compose.
    """

    straight: Mapping[str, Any]
    door: Mapping[str, Any]
    composed: Composed | None = None


async def _key(folder: Path) -> str:
    async with key_store(Settings(state_dir=folder)) as store:
        return (await made_key(store))[0]


@asynccontextmanager
async def one_process(folder: Path, sandbox: bool) -> AsyncIterator[Place]:
    """Run the whole suite in this process, with a gateway before it that asks for a key."""
    door = GatewaySettings(listen=f"unix:{folder}/door", quota=NO_QUOTA)
    async with embedded(Settings(state_dir=folder, sandbox_enabled=sandbox, gateway=door)) as address:
        yield Place({"address": address}, {"address": door.listen, "key": await _key(folder)})


@asynccontextmanager
async def several_processes(folder: Path, sandbox: bool) -> AsyncIterator[Place]:
    """Run the stages, the engine and the sandbox in processes of their own, which find each other by name."""
    async with _processes(folder, sandbox, None) as peers:
        yield Place({"address": peers["validation"]}, {})


@asynccontextmanager
async def secured_processes(folder: Path, sandbox: bool) -> AsyncIterator[Place]:
    """Run the same encrypted and with tokens between them, and an encrypted gateway before them."""
    identities, authority = Identities(folder), Authority(folder, "public")
    pair = authority.signed("door")
    async with _processes(folder, sandbox, identities) as peers:
        environment = {
            **identities.environment("gateway", trusts=()),
            "ASSAY_PEERS": json.dumps(peers),
            "ASSAY_GATEWAY__LISTEN": "127.0.0.1:0",
            "ASSAY_GATEWAY__CERTIFICATE": str(pair.certificate),
            "ASSAY_GATEWAY__KEY": str(pair.key),
            "ASSAY_GATEWAY__QUOTA": NO_QUOTA.model_dump_json(),
        }
        async with host("gateway", state=folder, **environment) as gateway:
            door = {"address": f"tls:{gateway.address}", "ca": authority.content, "key": await _key(folder)}
            yield Place({}, door)
            await gateway.stop()


@asynccontextmanager
async def _processes(folder: Path, sandbox: bool, identities: Identities | None) -> AsyncIterator[dict[str, str]]:
    async with AsyncExitStack() as stack:
        peers: dict[str, str] = {}

        async def serve(*names: str) -> None:
            secured = identities.environment(names[0], trusts=CALLERS[names[0]]) if identities else {}
            environment = {"ASSAY_PEERS": json.dumps(peers), **secured}
            server = await stack.enter_async_context(host(*names, state=folder, **environment))
            stack.push_async_callback(server.stop)
            peers.update(dict.fromkeys(names, server.address))

        if sandbox:
            await serve("sandbox")
            await serve("execution")
        await serve(*READING, "scoring")
        await serve("validation")
        yield peers


@asynccontextmanager
async def distributed(folder: Path, sandbox: bool) -> AsyncIterator[Place]:
    """Run a process for each service, as on many machines: with NATS and PostgreSQL between them."""
    async with backed(folder) as both, fleet(folder, sandbox=sandbox, environment=both.environment, own=both.own) as it:
        yield Place({}, it.door)


@asynccontextmanager
async def containers(folder: Path, sandbox: bool) -> AsyncIterator[Place]:
    """Run the suite of compose.yaml, called from outside through its gateway."""
    async with composed(folder, sandbox=sandbox) as suite:
        yield Place({}, suite.door, suite)


PLACES: Mapping[str, Callable[[Path, bool], AbstractAsyncContextManager[Place]]] = {
    "one": one_process,
    "several": several_processes,
    "secured": secured_processes,
    "distributed": distributed,
    "compose": containers,
}


@asynccontextmanager
async def running(place: str, *, sandbox: bool) -> AsyncIterator[Place]:
    """Run a suite in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    try:
        async with PLACES[place](folder, sandbox) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)
