"""The service under measurement: a process of its own, asked over gRPC; and its batches."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
from assay.client import CHANNEL_OPTIONS
from assay.v1 import sandbox_pb2 as pb
from assay.v1 import sandbox_pb2_grpc

from benchmarks.sandbox_throughput_backends import docker
from sandbox.containers.owner import OWNER
from tests.corpus.sandbox_cases import Case
from tests.corpus.sandbox_expectations import Observed, observed

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

UP_SECONDS = 60.0
CALL_SECONDS = 120.0
LANGUAGES = ("python", "c")


@dataclass
class Service:
    """The service as a backend."""

    stub: "SandboxServiceAsyncStub"
    process: int
    started: float
    name: str = "this service"
    lacks: str = "nothing"

    async def run(self, case: Case, slot: int) -> Observed:
        """Run a case by Execute."""
        response: pb.ExecuteResponse = await self.stub.Execute(case.request(), timeout=CALL_SECONDS)
        return observed(response.result)

    def inexpressible(self, case: Case) -> str:
        """Say nothing: it has words for every case."""
        return ""

    async def batch(self, program: Case, inputs: list[bytes], expected: list[bytes]) -> float:
        """Run a program on inputs in one batch; return the seconds. A wrong answer is an AssertionError."""
        cases = [
            pb.BatchCase(stdin=given, expected_stdout=wanted) for given, wanted in zip(inputs, expected, strict=True)
        ]
        request = pb.ExecuteBatchRequest(program=program.request(), cases=cases)
        started = time.perf_counter()
        async for response in self.stub.ExecuteBatch(request, timeout=CALL_SECONDS):
            if response.WhichOneof("event") == "summary":
                assert response.summary.passed == len(inputs), response.summary
                return time.perf_counter() - started
        raise AssertionError("the batch ended without a summary")

    def containers(self) -> list[str]:
        """Return the ids of its containers that run."""
        lines = docker(
            "ps", "--no-trunc", "--filter", f"label={OWNER}", "--format", f'{{{{.ID}}}} {{{{.Label "{OWNER}"}}}}'
        )
        return [line.split()[0] for line in lines.splitlines() if f".{self.process}." in line.split()[1]]

    async def until_full(self, count: int) -> float:
        """Wait until so many containers are up; return the seconds since the start of the process."""
        async with asyncio.timeout(UP_SECONDS):
            while len(await asyncio.to_thread(self.containers)) < count:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.02)
        return time.perf_counter() - self.started


@asynccontextmanager
async def service(**settings: Any) -> AsyncIterator[Service]:
    """
    Give a service in a process of its own, with the default settings but for these of ``ASSAY_SANDBOX__``.

    It is given as soon as it serves; its pool may still be empty.
    """
    own = {f"ASSAY_SANDBOX__{name.upper()}": json.dumps(value) if not isinstance(value, str) else value
           for name, value in ({"languages": list(LANGUAGES)} | settings).items()}  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ASSAY_")} | own
    with tempfile.TemporaryDirectory(prefix="b-", dir="/tmp") as folder:
        address = f"unix:{folder}/s"
        environment |= {"ASSAY_STATE_DIR": folder, "ASSAY_LOG_LEVEL": "error"}
        started = time.perf_counter()
        with (Path(folder) / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "host", "sandbox", "--listen", address), env=environment, stderr=log
            )
        try:
            async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
                async with asyncio.timeout(UP_SECONDS):
                    while not (Path(folder) / "s").exists():
                        if process.returncode is not None:
                            raise RuntimeError((Path(folder) / "log").read_text()[-2000:])
                        await asyncio.sleep(0.01)
                    await channel.channel_ready()
                yield Service(sandbox_pb2_grpc.SandboxServiceStub(channel), process.pid, started)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                try:
                    async with asyncio.timeout(UP_SECONDS):
                        await process.wait()
                except TimeoutError:
                    process.kill()
                    await process.wait()
