"""Who may use the suite and who does, as the system service tells it to those with a key that allows it."""

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import connect
from assay.v1 import statistics_pb2, statistics_pb2_grpc, system_pb2

from gateway.key_store import key_store
from host import catalog
from host.settings import Settings
from tests.conftest import VALIDATION
from tests.gateway.doors import embedded_behind_a_door
from tests.gateway.guarded import made_key

SUITE = (
    catalog.Entry("first", catalog.STAGE_SERVICE, "tests.toys:first"),
    VALIDATION,
    catalog.Entry("system", "services.system.service:service"),
    catalog.Entry(catalog.GATEWAY, "gateway.service:service"),
)


@pytest.fixture
async def door(folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the address of a gateway, and a key of each kind."""
    monkeypatch.setattr(catalog, "BUILT_IN", SUITE)
    async with key_store(settings) as store:
        keys = {
            "reads": (await made_key(store, "system:read", tenant="acme"))[0],
            "again": (await made_key(store, tenant="acme"))[0],
            "other": (await made_key(store, "sandbox:run", tenant="other"))[0],
        }
        await made_key(store, tenant="expired", expires=time.time() + 0.01)
        _, revoked = await made_key(store, tenant="revoked")
        await store.revoke(revoked.id, time.time())
    async with embedded_behind_a_door(settings, folder, open=False) as address:
        yield address, keys


async def test_users(door: tuple[str, dict[str, str]]) -> None:
    """Tenants with a valid key count once each, and as active where they called; other scopes see nothing of it."""
    address, keys = door
    request = system_pb2.GetSystemMetricsRequest()
    async with connect(address, key=keys["reads"]) as suite:
        async with asyncio.timeout(20):
            while True:
                users = (await suite.system.GetSystemMetrics(request, timeout=10)).metrics.users
                if users.active_tenants:
                    break
                await asyncio.sleep(0.2)
        report = (await suite.system.GetHealthReport(system_pb2.GetHealthReportRequest(checks=["queue"]))).report
    assert (users.tenants, users.active_tenants) == (2, 1)
    assert report.status == system_pb2.HEALTH_STATUS_HEALTHY
    async with connect(address, key=keys["other"]) as suite:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await suite.system.GetSystemMetrics(request, timeout=10)
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_statistics_are_not_public(door: tuple[str, dict[str, str]]) -> None:
    """What services tell one another cannot be asked for from outside, whatever the key."""
    address, keys = door
    async with connect(address, key=keys["again"]) as suite:
        access = statistics_pb2_grpc.AccessStatisticsServiceStub(suite.channel)
        validation = statistics_pb2_grpc.StatisticsServiceStub(suite.channel)
        calls: list[Any] = [
            access.GetAccessStatistics(statistics_pb2.GetAccessStatisticsRequest(), timeout=10),
            validation.GetValidationStatistics(statistics_pb2.GetValidationStatisticsRequest(), timeout=10),
        ]
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
