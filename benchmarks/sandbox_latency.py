"""
How long a program waits for its sandbox: a warm Execute beside what one would use instead.

    python -m benchmarks.sandbox_latency [--bursts N] [--json FILE]

In one run, on one machine: Execute of ``print(1)`` over gRPC in bursts that the pool can serve, with time to refill in
between; in a row that outruns the pool; ``docker run`` of the same image under the same isolation; ``docker exec`` into
a running container; and a bare interpreter started inside a running container, which is the least that any start of
Python costs there. Prints a table, the ratios, and the machine's load, which tells how much to trust them.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc.aio
import structlog
from assay.v1 import sandbox_pb2, sandbox_pb2_grpc

from benchmarks.intervals import quantile
from host.server import serving
from host.settings import SandboxSettings, Settings
from sandbox.containers.spec import RUNNER_CAPABILITIES, SECCOMP
from sandbox.image import IMAGES
from sandbox.language import load

LEAST_RATIO = 10.0
"""A warm Execute takes at most a tenth of ``docker run``."""

PYTHON = load(IMAGES / "python")
TIMES = """
import os, time
for _ in range({count}):
    started = time.perf_counter()
    assert os.waitpid(os.posix_spawn("/usr/bin/python3", ["python3", "main.py"], {environment}), 0)[1] == 0
    print("took", time.perf_counter() - started, flush=True)
"""


def isolation() -> list[str]:
    """Return the flags of ``docker run`` that stand for a sandbox's isolation."""
    defaults = SandboxSettings().default_limits
    capabilities = [flag for name in RUNNER_CAPABILITIES for flag in ("--cap-add", name)]
    return [
        *("--network", "none", "--read-only", "--cap-drop", "ALL", *capabilities),
        *("--security-opt", "no-new-privileges", "--security-opt", f"seccomp={SECCOMP}"),
        *("--memory", str(defaults.memory_bytes), "--memory-swap", str(defaults.memory_bytes)),
        *("--pids-limit", str(defaults.processes), "--cpus", str(SandboxSettings().cpus)),
        *("--ipc", "none", "--log-driver", "none", "--tmpfs", "/work:rw,exec", "--tmpfs", "/tmp:rw"),
        *("--entrypoint", "/usr/bin/python3"),
    ]


def docker(*arguments: str) -> str:
    """Run a docker command and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def timed(call: Callable[[], object]) -> float:
    """Return how long a call takes, in milliseconds."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


@contextmanager
def running_container() -> Iterator[str]:
    """Give a container of the same isolation that sleeps."""
    name = docker("run", "-d", "--rm", *isolation(), PYTHON.image, "-c", "import time; time.sleep(600)").strip()
    try:
        yield name
    finally:
        docker("rm", "-f", name)


def measure_alternatives(count: int) -> dict[str, list[float]]:
    """Return the times of what one would use instead."""
    run = ["run", "--rm", *isolation(), PYTHON.image, "-c", "print(1)"]
    figures = {"docker run": [timed(lambda: docker(*run)) for _ in range(count)]}
    with running_container() as name:
        execute = ["exec", name, "/usr/bin/python3", "-c", "print(1)"]
        figures["docker exec"] = [timed(lambda: docker(*execute)) for _ in range(count)]
        script = "open('/work/main.py', 'w').write('print(1)')\n" + TIMES.format(
            count=count * 4, environment=dict(PYTHON.environment)
        )
        lines = docker("exec", "-w", "/work", name, "/usr/bin/python3", "-c", script).splitlines()
        bare = [float(line.split()[1]) * 1000 for line in lines if line.startswith("took")]
        figures["bare interpreter in the image"] = bare
    return figures


async def measure_execute(bursts: int) -> dict[str, list[float]]:
    """Return the times of warm calls, one after the other within the pool, and of calls that outrun it."""
    size, _ = SandboxSettings().bounds("python")
    warm: list[float] = []
    side_by_side: list[float] = []
    outrun: list[float] = []
    with tempfile.TemporaryDirectory(prefix="b-", dir="/tmp") as folder:
        settings = Settings(state_dir=Path(folder), log_level="error")
        async with (
            serving(["sandbox"], f"unix:{folder}/s", settings) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            call = _caller(sandbox_pb2_grpc.SandboxServiceStub(channel))
            await call()
            for _ in range(bursts):
                await _refilled()
                warm.extend([await call() for _ in range(size)])
                await _refilled()
                side_by_side.extend(await asyncio.gather(*(call() for _ in range(2))))
            await _refilled()
            outrun.extend([await call() for _ in range(size * 5)])
    return {
        f"Execute, bursts of {size} within the pool": warm,
        "Execute, 2 at one time within the pool": side_by_side,
        f"Execute, {size * 5} in a row, faster than the pool refills": outrun,
    }


def _caller(stub: sandbox_pb2_grpc.SandboxServiceStub):  # type: ignore[no-untyped-def]
    request = sandbox_pb2.ExecuteRequest(language="python", files=[{"path": "main.py", "content": b"print(1)"}])

    async def call() -> float:
        started = time.perf_counter()
        response = await stub.Execute(request, timeout=60)  # type: ignore[misc]
        assert response.result.stdout.content == b"1\n", response.result
        return (time.perf_counter() - started) * 1000

    return call


async def _refilled() -> None:
    # From outside a pool's state cannot be seen: four containers take about a second on two processors.
    await asyncio.sleep(2.5)


def report(figures: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Print the table and the ratios; return them."""
    rows = {
        name: {
            "n": len(values),
            "p50": statistics.median(values),
            "p95": quantile(values, 0.95),
            "p99": quantile(values, 0.99),
        }
        for name, values in figures.items()
    }
    print(f"{'milliseconds':54}{'n':>5}{'p50':>9}{'p95':>9}{'p99':>9}")
    for name, row in rows.items():
        print(f"{name:54}{row['n']:5.0f}{row['p50']:9.1f}{row['p95']:9.1f}{row['p99']:9.1f}")
    warm = next(row for name, row in rows.items() if "bursts" in name)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in ("docker run", "docker exec", "bare interpreter in the image"):
        print(f"{name} / warm Execute, by p50: {rows[name]['p50'] / warm['p50']:.1f}")
    met = rows["docker run"]["p50"] / warm["p50"] >= LEAST_RATIO
    print(f"required, at least {LEAST_RATIO:.0f} against docker run: {'met' if met else 'NOT met'}")
    target = warm["p50"] <= rows["bare interpreter in the image"]["p50"]
    print(f"target, no more than a bare interpreter: {'met' if target else 'not met'}")
    return rows


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Latency of a warm sandbox beside its alternatives.")
    parser.add_argument("--bursts", type=int, default=15)
    parser.add_argument("--runs", type=int, default=15, help="of each alternative")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    figures = measure_alternatives(arguments.runs) | asyncio.run(measure_execute(arguments.bursts))
    rows = report(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
