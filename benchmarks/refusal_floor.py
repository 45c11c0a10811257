"""
How soon 200 callers that all come at one time can be refused here, by a server that does nothing else.

A grpc.aio server in a process of its own refuses every call at once, with a status that was made beforehand; no key is
looked at, nothing is counted, written down or served. What the callers wait is the least that any server of grpc.aio
can make them wait on this machine, beside clients that share its processors: the bound that
tests/gateway/test_fairness.py is to be read against.

    python -m benchmarks.refusal_floor [--callers 200] [--rounds 20]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from assay.client import CHANNEL_OPTIONS, error_from_rpc
from assay.errors import RateLimited
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from host.status import status_of

METHOD = "/assay.v1.ValidationService/Validate"
AT_ONCE_SECONDS = 0.1
CHANNELS = 4
"""As many as there are tenants among the clients of the test."""


def server(address: str) -> None:
    """Refuse every call, until the process is ended."""

    async def serve() -> None:
        refusal: Any = status_of(RateLimited("too many calls", retry_after=1.0))

        async def refuse(_: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            await context.abort_with_status(refusal)
            raise AssertionError

        service, _, name = METHOD[1:].partition("/")
        handler = grpc.method_handlers_generic_handler(service, {name: grpc.unary_unary_rpc_method_handler(refuse)})
        serving = grpc.aio.server()
        serving.add_generic_rpc_handlers((handler,))
        serving.add_insecure_port(address)
        await serving.start()
        await serving.wait_for_termination()

    asyncio.run(serve())


async def burst(calls: list[Any], request: bytes, callers: int) -> list[float]:
    """Let all call at one time, and return how long each waited for its refusal, in seconds."""

    async def one(call: Any) -> float:
        began = time.perf_counter()
        try:
            await call(request, timeout=60)
        except grpc.aio.AioRpcError as error:
            took = time.perf_counter() - began
            if not error_from_rpc(error).retry_after:
                raise
            return took
        raise AssertionError("it was not refused")

    return await asyncio.gather(*(one(calls[number % len(calls)]) for number in range(callers)))


async def measure(address: str, callers: int, rounds: int) -> list[list[float]]:
    """Return what each caller waited, for each of some bursts."""
    files = [source_pb2.SourceFile(path="main.py", content=b"x = 1\n")]
    candidate = candidate_pb2.Candidate(files=files, language="python")
    request = validation_pb2.ValidateRequest(candidate=candidate).SerializeToString()
    channels = [grpc.aio.insecure_channel(address, options=[*CHANNEL_OPTIONS]) for _ in range(CHANNELS)]
    try:
        for channel in channels:
            await asyncio.wait_for(channel.channel_ready(), 30)
        calls: list[Any] = [channel.unary_unary(METHOD) for channel in channels]
        await burst(calls, request, callers)
        found = []
        for _ in range(rounds):
            found.append(await burst(calls, request, callers))
            await asyncio.sleep(0.3)
        return found
    finally:
        for channel in channels:
            await channel.close()


async def run(arguments: argparse.Namespace) -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory(prefix="b-", dir="/tmp") as folder:
        address = f"unix:{Path(folder) / 's'}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.refusal_floor", "--serve", address
        )
        try:
            found = await measure(address, arguments.callers, arguments.rounds)
        finally:
            process.kill()
            await process.wait()
    waits = sorted(seconds for each in found for seconds in each)
    last = [max(each) for each in found]
    at_once = sum(seconds < AT_ONCE_SECONDS for seconds in waits) / len(waits)
    print(
        f"{arguments.callers} callers at one time, {arguments.rounds} times: {at_once:.1%} refused within 100 ms, "
        f"p50 {statistics.median(waits) * 1e3:.0f} ms, p99 {waits[int(len(waits) * 0.99)] * 1e3:.0f}; the last of all "
        f"{min(last) * 1e3:.0f} to {max(last) * 1e3:.0f} ms, p50 {statistics.median(last) * 1e3:.0f}"
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--serve", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        server(arguments.serve)
    else:
        asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
