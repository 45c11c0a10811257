"""Whose usage it is: what tenants have run through the door counts for them, whether anybody waits for it or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
from assay.client import Suite, error_from_rpc
from assay.errors import QuotaExceeded
from assay.v1 import sandbox_pb2, validation_pb2

from host.database import Database
from host.embedded import embedded
from host.settings import SandboxSettings, Settings
from host.settings_network import GatewaySettings, QuotaSettings
from host.tally import BYTES, CALLS, SANDBOX_SECONDS
from host.usage import since
from tests.gateway.crowd import keyed
from tests.scenarios.asking import AUTHENTIC, candidate

pytestmark = pytest.mark.docker

TESTS = (
    b"import time\n\nfrom words import most_common\n\ntime.sleep(0.2)\nassert most_common('a b a', 1) == [('a', 2)]\n"
)
PROGRAM = sandbox_pb2.ExecuteRequest(
    language="python",
    files=[{"path": "main.py", "content": b"import time\ntime.sleep(0.3)\n"}],
)


@asynccontextmanager
async def opened(folder: Path, tenants: dict[str, QuotaSettings]) -> AsyncIterator[dict[str, Suite]]:
    """Serve a suite with one container behind its door, and yield a client for each tenant."""
    settings = Settings(
        state_dir=folder / "state",
        sandbox=SandboxSettings(languages=["python"], pools={"python": {"floor": 1, "ceiling": 2}}),
        gateway=GatewaySettings(listen=f"unix:{folder}/door", quotas=tenants),
    )
    async with embedded(settings), keyed(folder / "state", f"unix:{folder}/door", dict.fromkeys(tenants, 1)) as suites:
        yield suites


async def used(folder: Path, tenant: str) -> dict[str, float]:
    """Return what the database has of a tenant."""
    database = Database(Settings(state_dir=folder / "state"))
    rows = await database.read(lambda connection: since(connection, 0, tenant))
    await database.close()
    return {row.kind: row.amount for row in rows}


async def test_by_tenant(folder: Path, docker_ready: None) -> None:
    """A run, a validation and a queued one count for those who asked; a quota that is used up stops them alone."""
    quotas = {
        "runs": QuotaSettings(sandbox_seconds_per_day=0.25),
        "queues": QuotaSettings(),
        "reads": QuotaSettings(),
    }
    async with opened(folder, quotas) as suites:
        await suites["runs"].sandbox.Execute(PROGRAM, timeout=60)
        request = validation_pb2.CreateValidationRequest(candidate=candidate(AUTHENTIC, TESTS))
        queued = (await suites["queues"].validation.CreateValidation(request, timeout=60)).validation
        watched = validation_pb2.WatchValidationRequest(id=queued.id)
        assert [event async for event in suites["queues"].validation.WatchValidation(watched, timeout=90)]
        await suites["reads"].validation.ListRules(validation_pb2.ListRulesRequest(), timeout=60)
        # Counted once a second, and believed for one.
        await asyncio.sleep(2.5)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await suites["runs"].sandbox.Execute(PROGRAM, timeout=60)
        error = error_from_rpc(caught.value)
        assert isinstance(error, QuotaExceeded)
        assert error.metadata["quota"] == "sandbox_seconds_per_day"
        listing = sandbox_pb2.ListLanguagesRequest()
        assert (await suites["runs"].sandbox.ListLanguages(listing, timeout=60)).languages
    by_tenant = {tenant: await used(folder, tenant) for tenant in quotas}
    assert by_tenant["runs"][SANDBOX_SECONDS] >= 0.3
    assert by_tenant["queues"][SANDBOX_SECONDS] >= 0.2
    assert by_tenant["reads"].keys() == {CALLS, BYTES}
    assert {tenant: kinds[CALLS] for tenant, kinds in by_tenant.items()} == {"runs": 2, "queues": 2, "reads": 1}
