"""The throughput benchmark: what an exit status is taken to mean, how the regimes count, and what its report says."""

import asyncio
import itertools
import sys
import time

import pytest

from benchmarks import sandbox_throughput_regimes as regimes
from benchmarks.sandbox_throughput_backends import Bubblewrap, DockerExec, DockerRun, docker_flags, limits_of, order
from benchmarks.sandbox_throughput_corpus import Score, expected, judge
from benchmarks.sandbox_throughput_process import Finished, judged, run_bounded
from benchmarks.sandbox_throughput_regimes import PRINT, Sample, arrivals, open_loop, saturation
from benchmarks.sandbox_throughput_report import BARE, RUN, SERVICE, Findings, report, verdicts
from tests.corpus.sandbox_cases import Case, parse
from tests.corpus.sandbox_expectations import Observed


def finished(status: int, stdout: bytes = b"", *, timed_out: bool = False, flooded: bool = False) -> Finished:
    """Return the end of a process."""
    return Finished(status, stdout, b"", timed_out, flooded)


@pytest.mark.parametrize(
    ("end", "memory_kills", "outcome", "code", "signal"),
    [
        (finished(0), True, "OK", 0, None),
        (finished(3), True, "NONZERO_EXIT", 3, None),
        (finished(125), True, "NONZERO_EXIT", 125, None),
        (finished(137), True, "MEMORY_LIMIT", None, None),
        (finished(137), False, "SIGNALED", None, 9),
        (finished(-11), False, "SIGNALED", None, 11),
        (finished(143), True, "SIGNALED", None, 15),
        (finished(152), True, "CPU_TIME_LIMIT", None, None),
        (finished(153), True, "DISK_LIMIT", None, None),
        (finished(255), True, "NONZERO_EXIT", 255, None),
        (finished(-9, timed_out=True), True, "WALL_TIME_LIMIT", None, None),
        (finished(-9, flooded=True), True, "OUTPUT_LIMIT", None, None),
    ],
)
def test_exit_statuses(end: Finished, memory_kills: bool, outcome: str, code: int | None, signal: int | None) -> None:
    """An exit status is read as favourably as it can be."""
    run = judged(end, memory_kills=memory_kills)
    assert (run.outcome, run.exit_code, run.signal) == (outcome, code, signal)


async def test_process_ends_with_its_bounds() -> None:
    """A child process gets its input, and is killed with its group for time or for output; what it wrote is kept."""
    echo = [sys.executable, "-c", "import sys; data = sys.stdin.read(); print(data, end=''); sys.exit(7)"]
    end = await run_bounded(echo, b"input", seconds=20, most_bytes=100)
    assert (end.status, end.stdout, end.timed_out, end.flooded) == (7, b"input", False, False)
    began = time.monotonic()
    sleep = "import os, time; print('up', flush=True); os.fork(); time.sleep(60)"
    end = await run_bounded([sys.executable, "-c", sleep], seconds=1.0, most_bytes=100)
    assert (end.stdout, end.timed_out) == (b"up\n", True)
    end = await run_bounded([sys.executable, "-c", "while True: print('x' * 1000)"], seconds=20, most_bytes=10_000)
    assert end.flooded
    assert time.monotonic() - began < 15


class Sleeper:
    """A backend that takes a known time, and is wrong every so often."""

    name = "sleeper"
    lacks = ""

    def __init__(self, seconds: float, wrong_every: int = 0) -> None:
        self._seconds = seconds
        self._wrong_every = wrong_every
        self._numbers = itertools.count(1)
        self.busy = 0
        self.most_busy = 0

    async def run(self, case: Case, slot: int) -> Observed:
        """Sleep, and answer."""
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        await asyncio.sleep(self._seconds)
        self.busy -= 1
        wrong = self._wrong_every and next(self._numbers) % self._wrong_every == 0
        return judged(finished(0, b"wrong" if wrong else b"1\n"), memory_kills=False)

    def inexpressible(self, case: Case) -> str:
        """Take every case but those with artifacts."""
        return "artifacts" if case.artifact_globs else ""


async def test_saturation_counts_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what ends within the window is counted, wrong answers apart, with all clients at work."""
    monkeypatch.setattr(regimes, "LEAD_SECONDS", 0.3)
    backend, sample = Sleeper(0.1, wrong_every=4), Sample()
    await saturation(backend, 3, 1.0, sample)
    assert backend.most_busy == 3
    assert sample.window == 1.0
    assert 15 <= len(sample.seconds) + sample.failed <= 33
    assert sample.failed == pytest.approx((len(sample.seconds) + sample.failed) / 4, abs=2)


async def test_open_loop_counts_from_arrival() -> None:
    """A call that has to wait for a turn has waited since its arrival."""
    backend, sample = Sleeper(0.2), Sample()
    await open_loop(backend, [0.0] * (regimes.SLOTS + 1), sample)
    assert backend.most_busy == regimes.SLOTS
    assert max(sample.seconds) >= 0.4
    assert sorted(sample.seconds)[-2] < 0.4


def test_arrivals() -> None:
    """Arrivals are as many as the rate says, within the time, and the same for the same seed."""
    times = arrivals(5.0, 10.0, seed=3)
    assert len(times) == 50
    assert times == sorted(times) == arrivals(5.0, 10.0, seed=3)
    assert 0 <= times[0] <= times[-1] <= 10
    assert times != arrivals(5.0, 10.0, seed=4)


CASES = parse(
    """
- name: limited
  language: python
  why: Has limits of its own, which a standing container cannot have.
  program: print(1)
  limits: {memory_bytes: 67108864}
  expect: {outcome: OK, stdout: "1\\n", evidence: {x: "1"}}
- name: leaves-a-file
  language: python
  why: Only the service has a notion of files that come back.
  program: open("a", "w")
  artifact_globs: ["*"]
  expect: {outcome: OK, artifacts: {a: ""}}
- name: fails
  language: python
  why: Ends with a status that the sleeper does not have.
  program: raise SystemExit(1)
  expect: {outcome: NONZERO_EXIT, exit_code: 1}
""",
    "test",
)


async def test_score() -> None:
    """Right, wrong and inexpressible are counted apart, and evidence is asked of the service alone."""
    score = Score()
    for case in CASES:
        await judge(Sleeper(0.0), case, 0, score, everything=False)
    assert score.right == 1
    assert list(score.wrong) == ["fails"]
    assert dict(score.kinds) == {"NONZERO_EXIT told as OK": 1}
    assert dict(score.inexpressible) == {"artifacts": 1}
    strict = Score()
    await judge(Sleeper(0.0), CASES[0], 0, strict, everything=True)
    assert list(strict.wrong) == ["limited"]
    assert expected(CASES[0], everything=True).evidence == {"x": "1"}


def test_what_cannot_be_told() -> None:
    """A backend is not called wrong for a case that there is no way to tell it."""
    limited, file, plain = CASES
    assert DockerExec().inexpressible(limited) == "limits of a run"
    assert DockerRun().inexpressible(limited) == DockerRun().inexpressible(plain) == ""
    assert {backend.inexpressible(file) for backend in (DockerRun(), DockerExec())} == {"artifacts"}


def test_flags_are_those_of_the_spec() -> None:
    """``docker run`` gets the limits of the case and the isolation of the service's containers."""
    flags = docker_flags(limits_of(CASES[0]))
    text = " ".join(flags)
    assert "--memory 67108864 --memory-swap 67108864 --pids-limit 64 --cpus 1.0" in text
    assert "--network none --ipc none --read-only --cap-drop ALL" in text
    assert "--user 10001:10001" in text
    assert sum(flag == "--tmpfs" for flag in flags) == 3
    assert any(flag.startswith("/work:") and "uid=10001" in flag for flag in flags)
    body = order(PRINT)
    assert int.from_bytes(body[:8], "big") == len(body) - 8
    assert Bubblewrap.FIRST_USER > 10001


def test_required_is_judged_by_the_figures() -> None:
    """The report says which requirement was missed, and by how much."""
    findings = Findings("benchmark", (0.1, 0.2, 0.3))
    findings.saturation[4] = {SERVICE: Sample([0.5] * 60, 10.0), RUN: Sample([0.5] * 50, 10.0)}
    findings.saturation[16] = {SERVICE: Sample([0.5] * 40, 10.0), RUN: Sample([0.5] * 50, 10.0, failed=1)}
    findings.batch.python, findings.batch.loop = [1.0, 2.0, 1.5], [45.0]
    findings.bursts["Bursts of 4"] = {SERVICE: Sample([0.010]), BARE: Sample([0.012])}
    assert [(figure, met) for _, figure, met in verdicts(findings)] == [
        ("6.0 against 5.0", True),
        ("4.0 against 5.0", False),
        ("30.0 times", True),
        ("10.0 against 12.0 ms", True),
    ]
    text = report(findings)
    assert text.count("**missed**") == 1
    assert "| `docker run --rm` | 50 | 500.0 | 500.0 | 500.0 | 5.0 | 1 |" in text
