"""More clients than a small suite can serve: none hangs, each tenant gets its share, and refusals come at once."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from assay.client import Suite
from assay.stage import Candidate, StageContext, StageResult
from assay.v1 import sandbox_pb2, validation_pb2

from host import catalog
from host.embedded import embedded
from host.settings import Settings, ValidationSettings
from host.settings_network import GatewaySettings, QuotaSettings
from tests.conftest import VALIDATION
from tests.gateway.crowd import CALL_SECONDS, crowd, keyed
from tests.processes import started
from tests.scenarios.asking import candidate
from tests.toys import Toy, completed, opened

number = itertools.count()


async def takes_time(subject: Candidate, context: StageContext) -> StageResult:
    """Take as long as a short run does."""
    await asyncio.sleep(0.02)
    return completed()


slow = opened(Toy("slow", takes_time))


async def validates(suite: Suite, tenant: str) -> None:
    """Have something judged that nobody had judged before."""
    request = validation_pb2.ValidateRequest(candidate=candidate(b"x = %d\n" % next(number)))
    await suite.validation.Validate(request, timeout=CALL_SECONDS)


async def runs(suite: Suite, tenant: str) -> None:
    """Run a program."""
    files = [{"path": "main.py", "content": b"print(1)"}]
    request = sandbox_pb2.ExecuteRequest(language="python", files=files)
    await suite.sandbox.Execute(request, timeout=CALL_SECONDS)


async def test_toy_stages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of forty clients of four tenants, unlike in number, each tenant is served about as often as any other."""
    toy = catalog.Entry("slow", catalog.STAGE_SERVICE, "tests.gateway.test_fairness:slow")
    door = catalog.Entry("gateway", "gateway.service:service")
    monkeypatch.setattr(catalog, "BUILT_IN", (toy, VALIDATION, door))
    tenants = {"a": 25, "b": 8, "c": 4, "d": 3}
    address = f"unix:{folder}/door"
    settings = Settings(
        state_dir=folder / "state",
        sandbox_enabled=False,
        validation=ValidationSettings(max_concurrent=2, queue_size=16, queue_workers=0),
        gateway=GatewaySettings(listen=address, quota=QuotaSettings(concurrent_runs=8)),
    )
    async with embedded(settings), keyed(folder / "state", address, tenants) as suites:
        figures = await crowd(suites, tenants, 3.0, validates)
    print(figures.describe())  # noqa: T201  # figures are looked at, not asserted
    assert not figures.others
    assert not figures.without_delay
    assert figures.refusals
    assert figures.ratio < 3


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.timeout(400)
@pytest.mark.parametrize("served", ["together", "gateway apart"])
@pytest.mark.parametrize("ask", [runs, validates])
async def test_two_hundred_clients(folder: Path, docker_ready: None, ask: object, served: str) -> None:
    """Of 200 clients of four tenants on two containers none hangs, and the tenants are served alike."""
    tenants = {"a": 110, "b": 50, "c": 25, "d": 15}
    suite = small_suite(folder, *SERVED[served])
    async with suite as address, keyed(folder / "state", address, tenants) as suites:
        figures = await crowd(suites, tenants, 60.0, ask)  # type: ignore[arg-type]
    print(figures.describe())  # noqa: T201  # figures are looked at, not asserted
    assert not figures.others
    assert not figures.without_delay
    assert figures.refusals
    assert figures.ratio < 3


INNER = tuple(name for name in catalog.entries() if name != catalog.GATEWAY)
SERVED = {"together": [(*INNER, catalog.GATEWAY)], "gateway apart": [INNER, (catalog.GATEWAY,)]}
"""The services of each process."""


@asynccontextmanager
async def small_suite(folder: Path, *processes: Sequence[str]) -> AsyncIterator[str]:
    """
    Serve the whole suite with two containers, and give its gateway's address.

    :param processes: The services of each process.
    """
    addresses = {name: f"unix:{folder}/{number}" for number, names in enumerate(processes) for name in names}
    environment = {
        "ASSAY_LOG_LEVEL": "error",
        "ASSAY_PEERS": json.dumps(addresses),
        "ASSAY_GATEWAY__LISTEN": f"unix:{folder}/door",
        "ASSAY_SANDBOX__MAX_CONCURRENT_RUNS": "2",
        "ASSAY_SANDBOX__POOLS": '{"python": {"floor": 2, "ceiling": 2}}',
        "ASSAY_SANDBOX__LANGUAGES": '["python"]',
    }
    async with AsyncExitStack() as stack:
        for names in processes:
            listen = addresses[names[0]]
            server = await started(*names, state=folder / "state", listen=listen, **environment)
            stack.push_async_callback(server.end)
            stack.push_async_callback(server.stop)
            await _there(Path(listen.removeprefix("unix:")))
        await _there(folder / "door")
        yield f"unix:{folder}/door"


async def _there(socket: Path) -> None:
    """Wait until somebody listens: at this level of the log a process does not say that it serves."""
    async with asyncio.timeout(60):
        while not socket.exists():
            await asyncio.sleep(0.1)
