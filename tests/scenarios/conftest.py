"""The deployments on which every scenario runs: the same body against one process and against several."""

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from assay.client import Suite, connect

from host.embedded import embedded
from host.settings import Settings
from tests.processes import host

READING = ("static", "placeholder", "semantic")

Deployment = Callable[[Path, bool], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def in_one_process(folder: Path, sandbox: bool) -> AsyncIterator[str]:
    """Run the whole suite in this process."""
    async with embedded(Settings(state_dir=folder, sandbox_enabled=sandbox)) as address:
        yield address


@asynccontextmanager
async def in_several_processes(folder: Path, sandbox: bool) -> AsyncIterator[str]:
    """Run the stages, the engine and the sandbox in processes of their own, which find each other by name."""
    async with AsyncExitStack() as stack:
        peers: dict[str, str] = {}

        async def serve(*names: str) -> str:
            server = await stack.enter_async_context(host(*names, state=folder, ASSAY_PEERS=json.dumps(peers)))
            stack.push_async_callback(server.stop)
            peers.update(dict.fromkeys(names, server.address))
            return server.address

        if sandbox:
            await serve("sandbox")
            await serve("execution")
        await serve(*READING, "scoring")
        yield await serve("validation")


DEPLOYMENTS: dict[str, Deployment] = {"embedded": in_one_process, "processes": in_several_processes}


@asynccontextmanager
async def deployed(deployment: Deployment, *, sandbox: bool) -> AsyncIterator[Suite]:
    """Run a deployment and connect to it."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    try:
        async with deployment(folder, sandbox) as address, connect(address) as suite:
            yield suite
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=DEPLOYMENTS)
async def suite(request: pytest.FixtureRequest) -> AsyncIterator[Suite]:
    """Give a client of a suite that reads and runs nothing."""
    async with deployed(DEPLOYMENTS[request.param], sandbox=False) as client:
        yield client


@pytest.fixture(scope="session", params=DEPLOYMENTS)
async def running_suite(request: pytest.FixtureRequest, docker_ready: None) -> AsyncIterator[Suite]:
    """Give a client of a suite that runs code in a sandbox too."""
    async with deployed(DEPLOYMENTS[request.param], sandbox=True) as client:
        yield client
