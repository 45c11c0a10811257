"""A suite behind its gateway in a process of its own, as it is attacked."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import psutil

from gateway.key_store import key_store
from gateway.keys import Key, new_key
from host.settings import Settings
from host.settings_network import QuotaSettings
from tests.processes import clean_environment

UNBOUNDED = {
    "calls_per_second": 0, "burst": 1, "concurrent_runs": 0, "concurrent_streams": 0, "sandbox_seconds_per_day": 0,
    "bytes_per_day": 0,
}  # fmt: skip
"""A quota that refuses nothing, so that an attack meets what is behind."""

BOUNDED = "bounded"
"""The tenant whose quota is the one that tenants have where nothing is said."""

NEVER_TOLD = (
    "Traceback",
    'File "',
    ".py:",
    "site-packages",
    "sqlalchemy",
    "asyncio",
    "google.protobuf",
    "Error:",
    "0x7f",
)
"""What stands in texts that were made for whoever mends the suite, and tells a stranger how it is built."""

START_SECONDS = 60.0


@dataclass
class Target:
    """
    What is attacked.

    :param address: Of the gateway, for gRPC.
    :param http: Of the gateway, for HTTP: "http://host:port".
    """

    address: str
    http: str
    state: Path
    log: Path
    process: psutil.Process
    keys: dict[str, str] = field(default_factory=dict)

    async def key(self, *scopes: str, tenant: str = "acme", **more: Any) -> tuple[str, Key]:
        """Make a key, which allows everything unless told otherwise."""
        async with key_store(Settings(state_dir=self.state)) as store:
            values: dict[str, Any] = {"now": time.time()} | more
            text, key = new_key(await store.root(), tenant=tenant, scopes=frozenset(scopes or ("*",)), **values)
            await store.add(key)
        return text, key

    async def revoke(self, key: Key) -> None:
        """Take a key back."""
        async with key_store(Settings(state_dir=self.state)) as store:
            await store.revoke(key.id, time.time())

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[Any]:
        """Yield a connection of its own."""
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1))
        async with grpc.aio.insecure_channel(self.address, options=options) as channel:
            yield channel

    def memory(self) -> int:
        """Return the memory that the gateway's process takes, in bytes."""
        return int(self.process.memory_info().rss)

    def defects(self) -> list[str]:
        """Return the lines of the log that tell of something nobody had thought of."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or '"event": "unhandled"' in line or "Exception" in line]


@asynccontextmanager
async def attacked(folder: Path, **settings: str) -> AsyncIterator[Target]:
    """Serve a whole suite without a sandbox behind its gateway, until the block is left."""
    log = folder / "log"
    environment = clean_environment(
        ASSAY_STATE_DIR=str(folder / "state"),
        ASSAY_SANDBOX_ENABLED="false",
        ASSAY_GATEWAY__QUOTA=json.dumps(UNBOUNDED),
        ASSAY_GATEWAY__QUOTAS=json.dumps({BOUNDED: QuotaSettings().model_dump()}),
        ASSAY_LOG_FORMAT="json",
        **settings,
    )
    assay = Path(sys.executable).with_name("assay")
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            assay, "serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", env=environment, stderr=file
        )
    try:
        address, http = await _addresses(log, process)
        yield Target(address, http, folder / "state", log, psutil.Process(process.pid))
        assert process.returncode is None, "the gateway has ended"
    finally:
        await _ended(process)


async def _addresses(log: Path, process: asyncio.subprocess.Process) -> tuple[str, str]:
    async with asyncio.timeout(START_SECONDS):
        while True:
            assert process.returncode is None, log.read_text()
            lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            if any(line["event"] == "serving" for line in lines):
                (said,) = [line for line in lines if line["event"] == "gateway"]
                return said["address"], f"http://{said['http']}" if said.get("http") else ""
            await asyncio.sleep(0.05)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 40)
        except TimeoutError:
            os.kill(process.pid, 9)
            raise
