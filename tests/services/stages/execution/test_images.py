"""What the execution stage knows of the sandbox's images."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
from assay.v1 import limits_pb2, sandbox_pb2, sandbox_pb2_grpc

from services.stages.execution import images
from services.stages.execution.images import UNKNOWN, Images


class Lister(sandbox_pb2_grpc.SandboxServiceServicer):
    """A sandbox service that lists one language."""

    def __init__(self) -> None:
        self.language = sandbox_pb2.Language(name="python", image="assay/python:1")
        self.calls = 0

    async def ListLanguages(  # the contract's name
        self, request: sandbox_pb2.ListLanguagesRequest, context: object
    ) -> sandbox_pb2.ListLanguagesResponse:
        """List it."""
        self.calls += 1
        return sandbox_pb2.ListLanguagesResponse(languages=[self.language])


@asynccontextmanager
async def served(folder: Path, lister: Lister) -> AsyncIterator["sandbox_pb2_grpc.SandboxServiceAsyncStub"]:
    """Serve a sandbox service, and yield a client of it."""
    server = grpc.aio.server()
    sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(lister, server)
    server.add_insecure_port(f"unix:{folder}/s")
    await server.start()
    async with grpc.aio.insecure_channel(f"unix:{folder}/s") as channel:
        yield sandbox_pb2_grpc.SandboxServiceStub(channel)
    await server.stop(0)


async def test_learned(folder: Path) -> None:
    """They are asked for once."""
    lister, known = Lister(), Images()  # type: ignore[abstract]
    async with served(folder, lister) as stub:
        for _ in range(3):
            await known.learn(stub)
    assert (lister.calls, known.digest != UNKNOWN) == (1, True)


async def test_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another image, or other limits where none are asked for, are noticed after a while; nobody is asked before."""
    monkeypatch.setattr(images, "EVERY_SECONDS", 0.01)
    lister, known = Lister(), Images()  # type: ignore[abstract]
    async with served(folder, lister) as stub:
        keeping = asyncio.create_task(known.keep())
        await asyncio.sleep(0.05)
        assert lister.calls == 0
        await known.learn(stub)
        seen = [known.digest]
        for change in ({"image": "assay/python:2"}, {"default_limits": limits_pb2.ExecutionLimits(processes=3)}):
            lister.language.MergeFrom(sandbox_pb2.Language(**change))
            async with asyncio.timeout(20):
                while known.digest in seen:
                    await asyncio.sleep(0.01)
            seen.append(known.digest)
        keeping.cancel()
    assert len(set(seen)) == 3


async def test_nobody_there(folder: Path) -> None:
    """The images of a sandbox that does not answer are unknown, and it is asked again."""
    lister, known = Lister(), Images()  # type: ignore[abstract]
    async with grpc.aio.insecure_channel(f"unix:{folder}/none") as channel:
        await known.learn(sandbox_pb2_grpc.SandboxServiceStub(channel))
    assert known.digest == UNKNOWN
    async with served(folder, lister) as stub:
        await known.learn(stub)
    assert (lister.calls, known.digest != UNKNOWN) == (1, True)
