"""A load of programs whose ends are known beforehand, by every kind of call, and a tally of what came of them."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import grpc.aio
from assay.client import error_from_rpc
from assay.v1 import limits_pb2
from assay.v1 import sandbox_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from tests.sandbox.suite import code, outcome

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

LOST = "SANDBOX_LOST"
PROGRAM = code("""
    import os, signal, sys, time
    kind, number = sys.argv[1:]
    print(number, flush=True)
    match kind:
        case "slow": time.sleep(0.6)
        case "exit": sys.exit(3)
        case "signal": os.kill(os.getpid(), signal.SIGUSR1)
        case "cpu":
            while True: pass
        case "wall": time.sleep(60)
        case "flood":
            while True: os.write(1, b"x" * 65536)
        case "memory": b"x" * (400 << 20)
    """)


@dataclass(frozen=True)
class Kind:
    """How a program ends, and the limits that it is given."""

    outcome: str
    limits: limits_pb2.ExecutionLimits = field(default_factory=limits_pb2.ExecutionLimits)


KINDS = {
    "fine": Kind("OK"),
    "slow": Kind("OK"),
    "exit": Kind("NONZERO_EXIT"),
    "signal": Kind("SIGNALED"),
    "cpu": Kind("CPU_TIME_LIMIT", limits_pb2.ExecutionLimits(cpu_time=Duration(nanos=150_000_000))),
    "wall": Kind("WALL_TIME_LIMIT", limits_pb2.ExecutionLimits(wall_time=Duration(nanos=300_000_000))),
    "flood": Kind("OUTPUT_LIMIT", limits_pb2.ExecutionLimits(output_bytes=4096, output_hard_bytes=262_144)),
    "memory": Kind("MEMORY_LIMIT"),
}


@dataclass(frozen=True)
class Run:
    """One run of the program."""

    kind: str
    number: int

    @property
    def limits(self) -> limits_pb2.ExecutionLimits:
        """Its limits."""
        return KINDS[self.kind].limits

    @property
    def arguments(self) -> list[str]:
        """What the program is told."""
        return [self.kind, str(self.number)]

    def request(self) -> pb.ExecuteRequest:
        """Return the request for it alone."""
        files = [{"path": "main.py", "content": PROGRAM.encode()}]
        return pb.ExecuteRequest(language="python", files=files, arguments=self.arguments, limits=self.limits)

    def differences(self, result: pb.ExecutionResult, stdout: bytes) -> str:
        """Return what of a result is wrong, or nothing."""
        if outcome(result) != KINDS[self.kind].outcome:
            return f"{self.kind}: {outcome(result)}, {dict(result.evidence)}"
        first = f"{self.number}\n".encode()
        # Whether a program that is ended early came to its first line is a matter of the machine's speed.
        right = stdout.startswith(first) or (self.kind in {"cpu", "wall"} and first.startswith(stdout))
        right = right and (self.kind == "flood" or len(stdout) <= len(first))
        return "" if right else f"{self.kind}: {outcome(result)} with {stdout[:80]!r}"


@dataclass(frozen=True)
class Job:
    """One call: "unary" or "stream" with one run, "batch" with several."""

    shape: str
    runs: tuple[Run, ...]


def jobs(shares: Mapping[str, int], seed: int, count: int, most_cases: int = 6) -> Iterator[Job]:
    """
    Yield calls until they have so many runs.

    :param shares: How many of a hundred runs are of each kind.
    :param most_cases: Of a batch.
    """
    random, number = Random(seed), 0
    kinds, weights = list(shares), list(shares.values())
    while number < count:
        shape = random.choice(("unary", "unary", "stream", "batch"))
        size = min(random.randint(2, most_cases) if shape == "batch" else 1, count - number)
        chosen = random.choices(kinds, weights, k=size)
        yield Job(shape, tuple(Run(kind, number + place) for place, kind in enumerate(chosen)))
        number += size


@dataclass
class Tally:
    """
    What came of a load.

    :param right: Runs that ended as they should, by kind.
    :param wrong: A line for each that did not.
    :param failed: Runs without a result, by the reason of the call's error.
    :param failures: When calls failed, on the monotonic clock.
    :param messages: What the errors said.
    :param longest: Seconds of the longest call.
    """

    right: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    failures: list[float] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)
    longest: float = 0.0

    def add(self, run: Run, result: pb.ExecutionResult, stdout: bytes) -> None:
        """Count a run."""
        if found := run.differences(result, stdout):
            self.wrong.append(found)
        else:
            self.right[run.kind] += 1

    def __str__(self) -> str:
        right = f"{self.right.total()} right {dict(sorted(self.right.items()))}"
        return f"{right}, {len(self.wrong)} wrong, failed {dict(self.failed)}, longest call {self.longest:.1f} s"


class Load:
    """
    Drives a service.

    :param seconds: The deadline of each call.
    """

    def __init__(self, stub: "SandboxServiceAsyncStub", seconds: float) -> None:
        self._stub = stub
        self._seconds = seconds
        self.tally = Tally()

    async def drive(self, given: Iterator[Job], at_once: int) -> None:
        """Make calls, so many at one time, until there are none."""

        async def work() -> None:
            for job in given:
                await self._call(job)

        await asyncio.gather(*(work() for _ in range(at_once)))

    async def _call(self, job: Job) -> None:
        started, left = time.monotonic(), list(job.runs)
        try:
            async for result, stdout in getattr(self, f"_{job.shape}")(job):
                self.tally.add(left.pop(0), result, stdout)
            self.tally.wrong += [f"{job.shape} {run.kind}: no result" for run in left]
        except grpc.aio.AioRpcError as error:
            failure = error_from_rpc(error)
            self.tally.failed[failure.reason] += len(left)
            self.tally.messages.add(f"{failure.reason}: {failure.message} {failure.metadata.get('reason', '')}"[:200])
            self.tally.failures.append(time.monotonic())
        self.tally.longest = max(self.tally.longest, time.monotonic() - started)

    async def _unary(self, job: Job) -> AsyncIterator[tuple[pb.ExecutionResult, bytes]]:
        result = (await self._stub.Execute(job.runs[0].request(), timeout=self._seconds)).result
        yield result, result.stdout.content

    async def _stream(self, job: Job) -> AsyncIterator[tuple[pb.ExecutionResult, bytes]]:
        stdout = b""
        requests = iter([pb.ExecuteStreamRequest(start=job.runs[0].request())])
        async for response in self._stub.ExecuteStream(requests, timeout=self._seconds):
            stdout += response.stdout
            if response.WhichOneof("event") == "result":
                yield response.result, stdout

    async def _batch(self, job: Job) -> AsyncIterator[tuple[pb.ExecutionResult, bytes]]:
        cases = [{"arguments": run.arguments, "limits": run.limits} for run in job.runs]
        program = Run("fine", 0).request()
        request = pb.ExecuteBatchRequest(program=program, cases=cases)
        async for response in self._stub.ExecuteBatch(request, timeout=self._seconds):
            if response.WhichOneof("event") == "case_result":
                yield response.case_result.result, response.case_result.result.stdout.content
