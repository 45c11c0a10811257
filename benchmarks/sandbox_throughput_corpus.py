"""How often each backend's answer is right, over the corpus's programs in Python."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc.aio

from benchmarks.sandbox_throughput_backends import Backend
from tests.corpus.sandbox_cases import Case
from tests.corpus.sandbox_expectations import Expectation, differences

AT_ONCE = 2
LONGEST_SECONDS = 60.0
"""Beyond the wall time of its limits; after it a run is wrong."""


@dataclass
class Score:
    """
    What became of the cases on one backend.

    :param wrong: The differences by case.
    :param inexpressible: How many could not be told to it, by reason.
    :param kinds: How many were wrong, by what was wrong first.
    :param seconds: What all runs together took.
    """

    right: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)
    inexpressible: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def expected(case: Case, *, everything: bool) -> Expectation:
    """
    Return what is looked at.

    :param everything: Else what only the service tells is left out: the evidence for an outcome, and that nothing of an
        output is missing.
    """
    if everything:
        return case.expect
    dropped = {"evidence", "stdout_truncated", "stderr_truncated"}
    return Expectation.model_validate(case.expect.model_dump(exclude_unset=True, exclude=dropped))


async def judge(backend: Backend, case: Case, slot: int, score: Score, *, everything: bool) -> None:
    """Run one case and count it."""
    if reason := backend.inexpressible(case):
        score.inexpressible[reason] += 1
        return
    began = time.perf_counter()
    try:
        async with asyncio.timeout(float(case.limits.get("wall_seconds", 10)) + LONGEST_SECONDS):
            found = differences(expected(case, everything=everything), await backend.run(case, slot))
    except TimeoutError:
        found = ["it hung"]
    except (grpc.aio.AioRpcError, RuntimeError, ValueError, OSError) as error:
        found = [f"error: {error}"[:300]]
    score.seconds += time.perf_counter() - began
    if found:
        score.wrong[case.name] = found
        score.kinds[_kind(case, found)] += 1
    else:
        score.right += 1


def _kind(case: Case, found: list[str]) -> str:
    what = found[0].split(":")[0].split(" ")[0]
    if what == "outcome":
        return f"{' or '.join(case.expect.outcomes)} told as {found[0].split()[1].rstrip(',')}"
    return what


async def count(
    backends: list[Backend], cases: list[Case], found: dict[str, Score], tell: Callable[[str], None]
) -> None:
    """
    Run all cases on all backends, a case after the other on each, so that each finds the machine alike.

    :param found: Filled as they end, so that what was found until then can be told after an interruption.
    """
    found |= {backend.name: Score() for backend in backends}
    waiting: asyncio.Queue[Case] = asyncio.Queue()
    for case in cases:
        waiting.put_nowait(case)

    async def worker(slot: int) -> None:
        with contextlib.suppress(asyncio.QueueEmpty):
            while True:
                case = waiting.get_nowait()
                if waiting.qsize() % 25 == 0:
                    tell(f"{waiting.qsize()} programs are left")
                for backend in backends:
                    whole = backend.name == "this service"
                    await judge(backend, case, slot, found[backend.name], everything=whole)

    await asyncio.gather(*(worker(slot) for slot in range(AT_ONCE)))
