"""
How long `assay check` of a 100-line file takes, as a person at a terminal feels it.

    python -m benchmarks.check_latency [--rounds 10]

Whole processes are timed, from exec to exit: without a sandbox and with one, each bringing its own suite up and down,
and against a suite that runs already. Beside them stand a bare `python -c pass`, which no Python command can beat, ruff
and the call alone over gRPC. The regimes take turns within each round, so that noise hits all alike.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.client import connect
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from benchmarks.intervals import quantile

ASSAY = str(Path(sys.executable).with_name("assay"))
RUFF = str(Path(sys.executable).with_name("ruff"))
START_SECONDS = 60.0
CALL_SECONDS = 60.0

HEADER = '''"""Bank accounts with a ledger."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Account:
    """An account: its owner and what was booked on it."""

    owner: str
    bookings: list[Decimal] = field(default_factory=list)

    def balance(self) -> Decimal:
        """Return the sum of all bookings."""
        return sum(self.bookings, Decimal(0))


'''
FUNCTION = '''def fee_{n}(amount: Decimal) -> Decimal:
    """Return the fee of tariff {n} on an amount."""
    if amount < 0:
        raise ValueError("an amount is not negative")
    rate = Decimal({n}) / 1000
    fee = (amount * rate).quantize(Decimal("0.01"))
    return max(fee, Decimal("0.{n:02}"))


'''


def sample() -> str:
    """Return a program of 100 lines that imports, computes and needs nothing else."""
    text = HEADER + "".join(FUNCTION.format(n=n) for n in range(1, 10))
    return "".join(text.splitlines(keepends=True)[:98]) + "\n\n"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a suite in a process of its own, and yield its address."""
    address = f"unix:{folder}/suite"
    process = subprocess.Popen(
        [ASSAY, "serve", "--open", "--listen", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_env(folder),
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run([ASSAY, "stages", "--gateway", address], capture_output=True, check=False).returncode:
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit("the suite did not start")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)


def _env(folder: Path) -> dict[str, str]:
    return os.environ | {"ASSAY_STATE_DIR": str(folder / "state")}


def command(arguments: Sequence[str], folder: Path) -> Callable[[], None]:
    """Return something that runs a command to its end, which must be a success."""

    def run() -> None:
        done = subprocess.run(arguments, capture_output=True, env=_env(folder), timeout=CALL_SECONDS, check=False)
        if done.returncode:
            raise SystemExit(f"{arguments} ended with {done.returncode}: {done.stderr.decode()[-500:]}")

    return run


def call(address: str, file: Path) -> list[float]:
    """Return the times of 20 calls over one connection, the first left out."""
    candidate = candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path=file.name, content=file.read_bytes())], language="python"
    )

    policy = validation_pb2.ValidationPolicy(fresh=True)

    async def measure() -> list[float]:
        times = []
        async with connect(address) as suite:
            for _ in range(21):
                started = time.monotonic()
                await suite.validation.Validate(
                    validation_pb2.ValidateRequest(candidate=candidate, policy=policy), timeout=CALL_SECONDS
                )
                times.append(time.monotonic() - started)
        return times[1:]

    return asyncio.run(measure())


def timed(action: Callable[[], None]) -> float:
    """Return the seconds that an action takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


def measure(rounds: int, folder: Path) -> dict[str, list[float]]:
    """Return the times of every regime, in seconds."""
    file = folder / "sample.py"
    file.write_text(sample(), encoding="utf-8")
    with running(folder) as address:
        regimes = {
            "python -c pass": command([sys.executable, "-c", "pass"], folder),
            "ruff check": command([RUFF, "check", "--isolated", "--no-cache", str(file)], folder),
            "cold, without sandbox": command([ASSAY, "check", str(file), "--no-sandbox"], folder),
            "cold, with sandbox": command([ASSAY, "check", str(file)], folder),
            "over a running suite": command([ASSAY, "check", str(file), "--gateway", address], folder),
        }
        times: dict[str, list[float]] = {name: [] for name in regimes}
        for name, action in regimes.items():
            action()  # the first run of each fills the page cache
            print(f"warmed {name}", file=sys.stderr)
        for _ in range(rounds):
            for name, action in regimes.items():
                times[name].append(timed(action))
        times["the call alone, running suite"] = call(address, file)
    return times


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="assay-latency-"))
    try:
        times = measure(rounds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    base = quantile(times["python -c pass"], 0.5)
    print(f"{'':32}{'p50 ms':>9}{'p95 ms':>9}{'min ms':>9}{'x bare':>9}")
    for name, values in times.items():
        p50, p95 = quantile(values, 0.5), quantile(values, 0.95)
        print(f"{name:32}{p50 * 1e3:9.0f}{p95 * 1e3:9.0f}{min(values) * 1e3:9.0f}{p50 / base:9.1f}")


if __name__ == "__main__":
    main()
