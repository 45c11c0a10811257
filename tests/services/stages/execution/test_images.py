"""What the execution stage knows of the sandbox's images."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
from assay.v1 import limits_pb2, sandbox_pb2, sandbox_pb2_grpc

from services.stages.execution import images
from services.stages.execution.images import Images


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


async def test_learned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another image, or other limits where none are asked for, are another digest, once the last answer is old."""
    lister, known, seen = Lister(), Images(), []  # type: ignore[abstract]
    async with served(folder, lister) as stub:
        for change in ({}, {"image": "assay/python:2"}, {"default_limits": limits_pb2.ExecutionLimits(processes=3)}):
            lister.language.MergeFrom(sandbox_pb2.Language(**change))
            monkeypatch.setattr(images, "KEPT_SECONDS", 0.0)
            await known.learn(stub)
            seen.append(known.digest)
            monkeypatch.setattr(images, "KEPT_SECONDS", 60.0)
            await known.learn(stub)
            assert known.digest == seen[-1]
    assert len(set(seen)) == lister.calls == 3
    assert "unknown" not in seen


async def test_nobody_there(folder: Path) -> None:
    """The images of a sandbox that does not answer are unknown, and it is asked again."""
    lister, known = Lister(), Images()  # type: ignore[abstract]
    async with grpc.aio.insecure_channel(f"unix:{folder}/none") as channel:
        await known.learn(sandbox_pb2_grpc.SandboxServiceStub(channel))
    assert known.digest == "unknown"
    async with served(folder, lister) as stub:
        await known.learn(stub)
    assert (lister.calls, known.digest != "unknown") == (1, True)
