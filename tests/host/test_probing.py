"""The address for probes: health alone, without encryption, whatever the server beside it asks for."""

import asyncio
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import connect
from assay.v1 import stage_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from host.health import Health
from host.interceptors import probes
from host.listening import CannotListen
from host.probing import probed
from host.server import serving
from host.settings import ServerSettings, Settings
from host.settings_network import TlsSettings
from tests.certificates import Authority
from tests.host.test_server import Catalog

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def check(address: str, service: str = "") -> int:
    """Ask once, as a probe does: on a connection of its own, which is closed again."""
    async with grpc.aio.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        return int((await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)).status)


async def test_without_encryption(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A probe without TLS is told of a server that speaks nothing else, as a whole and by the service's name."""
    toy_catalog(first="tests.toys:first")
    pair = Authority(folder).signed("first.test")
    encrypted = settings.model_copy(
        update={
            "tls": TlsSettings(certificate=pair.certificate, key=pair.key),
            "server": ServerSettings(probe_listen=f"unix:{folder}/p"),
        }
    )
    async with serving(["first"], "127.0.0.1:0", encrypted) as address:
        assert await check(f"unix:{folder}/p") == SERVING
        assert await check(f"unix:{folder}/p", "assay.v1.StageService") == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await check(address)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_nothing_else(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """No method of the service is there, and no reflection."""
    toy_catalog(first="tests.toys:first")
    probing = settings.model_copy(update={"server": ServerSettings(probe_listen=f"unix:{folder}/p")})
    async with serving(["first"], f"unix:{folder}/s", probing), connect(f"unix:{folder}/p") as suite:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await suite.stages.ListStages(stage_pb2.ListStagesRequest(), timeout=5)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        reflect: Any = suite.channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [answer async for answer in reflect(iter([b""]), timeout=5)]
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_stop_is_told(folder: Path) -> None:
    """A probe hears NOT_SERVING as long as a server drains, and after it nothing."""
    health = Health()
    async with probed(f"unix:{folder}/p", health) as address:
        assert await check(address) == SERVING
        await health.stop()
        assert await check(address) == NOT_SERVING
    with pytest.raises(grpc.aio.AioRpcError):
        await check(address)


async def test_bounds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchers hold their places for a moment only, and one more than there are places is refused."""
    monkeypatch.setattr(probes, "MOST_PROBES", 1)
    monkeypatch.setattr(probes, "PROBE_SECONDS", 0.5)
    async with probed(f"unix:{folder}/p", Health()) as address, grpc.aio.insecure_channel(address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await check(address)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        async with asyncio.timeout(10):
            assert await watch.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await check(address) == SERVING


async def test_address_taken(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Where the address for probes is somebody's already the server does not start, and leaves its own address free."""
    toy_catalog(first="tests.toys:first")
    (folder / "p").write_text("a file")
    probing = settings.model_copy(update={"server": ServerSettings(probe_listen=f"unix:{folder}/p")})
    with pytest.raises(CannotListen):
        async with serving(["first"], f"unix:{folder}/s", probing):
            pass
    async with serving(["first"], f"unix:{folder}/s", settings) as address:
        assert await check(address) == SERVING
