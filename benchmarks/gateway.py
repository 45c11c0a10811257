"""
What the gateway adds to a call, and how many calls a second come through.

    python -m benchmarks.gateway [--rounds 20] [--seconds 4] [--json FILE]

One service that answers at once, served by the suite's own server in a process of its own, is called directly and
through gateways in processes of their own: with a key, with quotas that count, over gRPC and HTTP, with TLS and
without. All ways take turns in one run, on one machine. A message of a stream goes there and back, over gRPC or a
WebSocket; a batch is a stream of one direction, over gRPC or as NDJSON. Under load the clients are one process of this
machine too, so calls a second tell what its processors give to all together; what a call costs a gateway in processor
time tells how many it can take where it has a processor of its own.
"""

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc.aio
import psutil
from assay.client import CHANNEL_OPTIONS
from assay.v1 import sandbox_pb2_grpc

from benchmarks.gateway_clients import BATCH, EXECUTE, Client, GrpcClient, HttpClient, credentials
from benchmarks.gateway_suite import Deployment, Gateway, deployment
from benchmarks.intervals import quantile

CALLS = 25
"""Of each way in a round, one after the other."""

BATCHES = 2
WARM = 200
CLIENTS = (1, 8, 32)
CALL_SECONDS = 60.0
TARGET_MS = 1.5
"""What the gateway may add to a call at the median."""

DIRECT = "direct, gRPC"
GRPC = "gateway, gRPC"


def clients(on: Deployment, stack: ExitStack) -> Mapping[str, Client]:
    """Open every way to the service."""
    plain, tls = on.plain[0], on.tls[0]
    ways: dict[str, Client] = {
        DIRECT: GrpcClient(on.direct),
        GRPC: GrpcClient(plain.grpc, on.key),
        f"{GRPC}, TLS": GrpcClient(tls.grpc, on.key, on.authority),
        "gateway, HTTP": HttpClient(plain.http, on.key),
        "gateway, HTTP, TLS": HttpClient(tls.http, on.key, on.authority),
    }
    for client in ways.values():
        stack.callback(client.close)
    return ways


def latencies(ways: Mapping[str, Client], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of calls, of messages there and back, and of messages of a batch, by what and by way."""
    found: dict[str, dict[str, list[float]]] = {
        "call": defaultdict(list),
        "message there and back": defaultdict(list),
        f"message of {BATCH} one way": defaultdict(list),
    }
    for client in ways.values():
        for _ in range(WARM):
            client.call()
    for number in range(rounds):
        order = list(ways)
        # Who comes after whom changes, so that nobody always has the caches of the same one before.
        turned = order[number % len(order) :] + order[: number % len(order)]
        for way in turned:
            calls, echoes, batches = (found[what][way] for what in found)
            calls.extend(timed(ways[way].call) for _ in range(CALLS))
            echoes.extend(timed(ways[way].echo) for _ in range(CALLS))
            batches.extend(timed(ways[way].batch) / BATCH for _ in range(BATCHES))
    return found


def timed(call: Any) -> float:
    """Return how long a call takes, in seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


async def load(targets: Sequence[str], on: Deployment, tls: bool, count: int, seconds: float) -> tuple[int, float]:
    """Call from so many clients at once, each on one of the targets; return how many calls ended, and in what time."""
    metadata = (("authorization", f"Bearer {on.key}"),)
    secure = credentials(on.authority)
    channels = [
        grpc.aio.secure_channel(target, secure, options=CHANNEL_OPTIONS)
        if tls
        else grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS)
        for target in targets
    ]
    stubs: list[Any] = [sandbox_pb2_grpc.SandboxServiceStub(channel) for channel in channels]
    end = 0.0
    ended = 0

    async def client(number: int) -> None:
        nonlocal ended
        stub = stubs[number % len(stubs)]
        while time.perf_counter() < end:
            await stub.Execute(EXECUTE, metadata=metadata, timeout=CALL_SECONDS)
            ended += 1

    try:
        for stub in stubs:
            await stub.Execute(EXECUTE, metadata=metadata, timeout=CALL_SECONDS)
        started = time.perf_counter()
        end = started + seconds
        await asyncio.gather(*(client(number) for number in range(count)))
        return ended, time.perf_counter() - started
    finally:
        for channel in channels:
            await channel.close()


def throughput(on: Deployment, rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return calls a second, and milliseconds of processor time a call of the gateways and of the service, by way."""
    ways: dict[str, tuple[Sequence[Gateway], bool]] = {
        DIRECT: ((), False),
        "one gateway": (on.plain[:1], False),
        "two gateways": (on.plain, False),
        "one gateway, TLS": (on.tls[:1], True),
        "two gateways, TLS": (on.tls, True),
    }
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0] * 4)
    for _ in range(rounds):
        for count in CLIENTS:
            for way, (gateways, tls) in ways.items():
                processes = [gateway.process for gateway in gateways]
                before = used(processes), used([on.service])
                targets = [gateway.grpc for gateway in gateways] or [on.direct]
                ended, took = asyncio.run(load(targets, on, tls, count, seconds / rounds))
                after = used(processes), used([on.service])
                new = (ended, took, after[0] - before[0], after[1] - before[1])
                name = f"{way}, {count} client{'s' if count > 1 else ''}"
                totals[name] = [old + more for old, more in zip(totals[name], new, strict=True)]
    return {
        name: {
            "calls_per_second": round(ended / took, 1),
            "gateway_cpu_ms": round(gateway / ended * 1000, 3),
            "service_cpu_ms": round(service / ended * 1000, 3),
        }
        for name, (ended, took, gateway, service) in totals.items()
    }


def used(processes: Sequence[psutil.Process]) -> float:
    """Return the processor time that processes have used, in seconds."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


def tell_latencies(found: Mapping[str, Mapping[str, list[float]]]) -> dict[str, Any]:
    """Print the tables, with what each way adds to the direct one; return the figures."""
    told: dict[str, Any] = {}
    for what, by_way in found.items():
        print(f"\n{f'milliseconds, {what}':32}{'n':>7}{'p50':>8}{'p95':>8}{'p99':>8}{'added p50':>11}{'added p99':>11}")
        direct = milliseconds(by_way[DIRECT])
        for way, times in by_way.items():
            figures = milliseconds(times)
            added = {f"added_{name}": figures[name] - direct[name] for name in ("p50", "p99")}
            print(f"{way:32}{len(times):7}" + "".join(f"{value:8.2f}" for value in figures.values()), end="")
            print("".join(f"{value:11.2f}" for value in added.values()))
            told.setdefault(what, {})[way] = {"n": len(times)} | {k: round(v, 3) for k, v in (figures | added).items()}
    return told


def milliseconds(times: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of times in seconds."""
    return {f"p{q}": quantile(times, q / 100) * 1000 for q in (50, 95, 99)}


def tell_throughput(found: Mapping[str, Mapping[str, float]]) -> None:
    """Print the table."""
    print(f"\n{'load':32}{'calls/s':>9}{'gateway CPU ms':>16}{'service CPU ms':>16}")
    for way, row in found.items():
        print(f"{way:32}{row['calls_per_second']:9.0f}{row['gateway_cpu_ms']:16.2f}{row['service_cpu_ms']:16.2f}")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="What the gateway adds to a call, and how many come through.")
    parser.add_argument("--rounds", type=int, default=20, help="turns of all ways, for the latencies")
    parser.add_argument("--seconds", type=float, default=4.0, help="of load, for each way and number of clients")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with deployment() as on, ExitStack() as stack:
        found = tell_latencies(latencies(clients(on, stack), arguments.rounds))
        loads = throughput(on, 2, arguments.seconds)
    tell_throughput(loads)
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    added = found["call"][GRPC]["added_p50"]
    print(
        f"target, at most {TARGET_MS} ms added to a call at p50 over gRPC: {'met' if added <= TARGET_MS else 'not met'}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"latencies_ms": found, "load": loads}, indent=1) + "\n")


if __name__ == "__main__":
    main()
