"""The system service, over a whole suite: what it reports, what that costs, and what nobody sees of it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import pytest
from assay.client import Suite, connect, error_from_rpc
from assay.errors import InvalidArgument
from assay.v1 import candidate_pb2, source_pb2, system_pb2, validation_pb2

from host.caller import SYSTEM_TENANT, TENANT_HEADER
from host.embedded import embedded
from host.server import serving
from host.settings import PoolSettings, SandboxSettings, Settings
from services.system import checkup

BOUND = 60.0
ALL = ["cache", "database", "memory", "queue", "sandbox", "validation"]
DEGRADED = system_pb2.HEALTH_STATUS_DEGRADED
UNHEALTHY = system_pb2.HEALTH_STATUS_UNHEALTHY


@pytest.fixture(scope="module")
async def suite() -> AsyncIterator[Suite]:
    """Give a suite that reads and runs nothing."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    async with embedded(Settings(state_dir=folder, sandbox_enabled=False)) as address, connect(address) as client:
        yield client
    shutil.rmtree(folder, ignore_errors=True)


async def report(suite: Suite, *names: str, timeout: float = BOUND) -> system_pb2.HealthReport:
    """Return a health report."""
    request = system_pb2.GetHealthReportRequest(checks=names)
    return (await suite.system.GetHealthReport(request, timeout=timeout)).report


async def stored(suite: Suite, tenant: str) -> int:
    """Return how many validations a tenant has."""
    asked = validation_pb2.ListValidationsRequest()
    said = ((TENANT_HEADER, tenant),)
    return len((await suite.validation.ListValidations(asked, timeout=BOUND, metadata=said)).validations)


async def test_hurried_first(suite: Suite) -> None:
    """Who asks first and gives up at once spoils the report for nobody; however many ask, it is made once."""
    for _ in range(5):
        with pytest.raises(grpc.aio.AioRpcError):
            await report(suite, timeout=0.001)
    reports = await asyncio.gather(*(report(suite) for _ in range(30)))
    assert len({one.SerializeToString(deterministic=True) for one in reports}) == 1
    assert await stored(suite, SYSTEM_TENANT) in {3, 4}


async def test_report(suite: Suite) -> None:
    """Every part is told, in order, and the whole is as its worst: here there is no sandbox."""
    told = await report(suite)
    assert [check.name for check in told.checks] == ALL
    assert told.status == max(check.status for check in told.checks) == DEGRADED
    assert [check.name for check in told.checks if check.status == UNHEALTHY] == []
    (sandbox,) = (check for check in told.checks if check.name == "sandbox")
    assert (sandbox.status, sandbox.message) == (DEGRADED, "the suite has no sandbox: code is read, and never run")
    (validation,) = (check for check in told.checks if check.name == "validation")
    assert validation.figures["validation_seconds"] > 0
    assert told.version
    assert told.create_time.seconds > 0


async def test_some(suite: Suite) -> None:
    """Checks are made by name; one that there is not is refused by its field."""
    assert [check.name for check in (await report(suite, "queue", "memory")).checks] == ["memory", "queue"]
    for names, field in ((("queue", "nothing"), "checks[1]"), (("queue",) * 101, "checks")):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await report(suite, *names)
        error = error_from_rpc(caught.value)
        assert isinstance(error, InvalidArgument)
        assert error.field == field


async def test_kept_out(suite: Suite) -> None:
    """What the suite validates for itself is in nobody's list and in no figure; what others do is."""
    await report(suite)
    assert await stored(suite, "local") == 0
    before = (await suite.system.GetSystemMetrics(system_pb2.GetSystemMetricsRequest(), timeout=BOUND)).metrics
    assert (before.validation.validations, dict(before.validation.verdicts)) == (0, {})
    assert before.performance.calls > 0
    assert 0 < before.performance.median_duration.ToNanoseconds() <= before.performance.p95_duration.ToNanoseconds()
    assert before.performance.memory_bytes > 10_000_000
    assert before.performance.uptime.ToNanoseconds() > 0
    assert before.performance.cpu_time.ToNanoseconds() > 0
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=b"x = 1\n")])
    await suite.validation.Validate(validation_pb2.ValidateRequest(candidate=candidate), timeout=BOUND)
    async with asyncio.timeout(BOUND):
        while not (
            after := (await suite.system.GetSystemMetrics(system_pb2.GetSystemMetricsRequest())).metrics
        ).validation.validations:
            await asyncio.sleep(0.2)
    assert dict(after.validation.verdicts) == {"AUTHENTIC": 1}


async def test_nobody_there(folder: Path) -> None:
    """Alone, the service tells what it cannot reach, without where that would be, and a snapshot is an error."""
    peers = dict.fromkeys(("validation", "sandbox"), f"unix:{folder}/nobody")
    settings = Settings(state_dir=folder / "state", peers=peers)
    async with serving(["system"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        told = await report(suite)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await suite.system.GetSystemMetrics(system_pb2.GetSystemMetricsRequest(), timeout=BOUND)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    said = [(check.name, check.message) for check in told.checks if check.status == UNHEALTHY]
    away = "a service that it needs cannot be reached"
    assert said == [(name, away) for name in ("cache", "queue", "sandbox", "validation")]


@pytest.mark.docker
@pytest.mark.usefixtures("docker_ready")
async def test_sandbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program is run, and stands for a while for those who ask later."""
    monkeypatch.setattr(checkup, "KEPT_SECONDS", 0.1)
    sandbox = SandboxSettings(languages=["python"], pool=PoolSettings(floor=0, ceiling=1), pools={})
    settings = Settings(state_dir=folder, sandbox=sandbox)
    async with serving(["sandbox", "system"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        first = (await report(suite, "sandbox")).checks[0]
        await asyncio.sleep(0.2)
        second = (await report(suite, "sandbox")).checks[0]
    assert (first.message, first.figures["languages"]) in {("", 1.0), ("limits are not enforced", 1.0)}
    assert first.figures["run_seconds"] == second.figures["run_seconds"]
    assert first.run_duration != second.run_duration
