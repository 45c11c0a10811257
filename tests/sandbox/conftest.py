"""A real sandbox service on a Unix socket, with the image built where it is missing."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import CHANNEL_OPTIONS
from assay.v1 import sandbox_pb2, sandbox_pb2_grpc

from host.server import serving
from host.settings import SandboxSettings, Settings

STATE = tempfile.TemporaryDirectory(prefix="t-", dir="/tmp")
"""Where services under test count what was used; removed at the end of the process."""


def sandbox_settings(**changes: Any) -> Settings:
    """Return settings for a service under test."""
    return Settings(state_dir=Path(STATE.name), sandbox=SandboxSettings(**changes))


@pytest.fixture(scope="session")
async def stub(docker_ready: None) -> "AsyncIterator[sandbox_pb2_grpc.SandboxServiceAsyncStub]":
    """A client of a service with the default settings, over gRPC."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        async with (
            serving(["sandbox"], f"unix:{folder}/s", sandbox_settings()) as address,
            grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel,
        ):
            yield sandbox_pb2_grpc.SandboxServiceStub(channel)


Run = Callable[..., Awaitable[sandbox_pb2.ExecutionResult]]


@pytest.fixture(scope="session")
async def run(stub: "sandbox_pb2_grpc.SandboxServiceAsyncStub") -> Run:
    """Run a Python program; keywords are the request's fields."""

    async def call(code: str | bytes, **fields: Any) -> sandbox_pb2.ExecutionResult:
        content = code.encode() if isinstance(code, str) else code
        files = [{"path": "main.py", "content": content}, *fields.pop("more_files", ())]
        request = sandbox_pb2.ExecuteRequest(language="python", files=files, **fields)
        response = await asyncio.wait_for(stub.Execute(request), 90)
        return response.result

    return call
