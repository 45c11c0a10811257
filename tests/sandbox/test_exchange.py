"""The service's side of a run: whatever a sandbox sends, the service ends with a record, in time and within bounds."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from assay.convert import MAX_FILES
from assay.errors import LimitNotEnforceable
from assay.stage import SourceFile

from sandbox.containers.container import Container
from sandbox.containers.probe import PROBE_LIMITS, probe, refuse
from sandbox.exchange import Exchange, Record, hand_over
from sandbox.limits import Limits
from sandbox.outcome import Outcome, decide
from sandbox.program import MAX_ARGUMENTS_BYTES, MAX_GLOB_CHARACTERS, Program, check
from sandbox.runner.collect import MAX_NAMES_BYTES
from sandbox.runner.frames import MAX_JOB, Kind, encode, encode_object
from sandbox.runner.job import Job
from sandbox.sizing import Size

LIMITS = replace(PROBE_LIMITS, wall_seconds=5, output_bytes=10, artifact_bytes=10, artifact_count=1)
PROGRAM = Program("python", (SourceFile("main.py", b"x"),), "main.py", stdin=b"typed")
ENDED = {
    "exit_code": 0,
    "signal": None,
    "ended_by": "",
    "stdout_bytes": 2,
    "stderr_bytes": 0,
    "least_free_bytes": 1,
    "least_free_inodes": 1,
}
DONE = encode(Kind.DONE)


class Script:
    """A connection that says what it was told to, then ends or falls silent."""

    def __init__(self, said: Iterable[bytes], *, silent: bool = False) -> None:
        self.sent = b""
        self._said = list(said)
        self._silent = silent

    async def send(self, data: bytes) -> None:
        """Keep what the service sends."""
        self.sent += data

    async def receive(self) -> bytes:
        """Say the next thing."""
        if self._said:
            return self._said.pop(0)
        if self._silent:
            await asyncio.Event().wait()
        return b""


async def exchanged(*said: bytes, limits: Limits = LIMITS, silent: bool = False) -> Record:
    """Return the record of a run over a script."""
    return await asyncio.wait_for(Exchange(Script(said, silent=silent), PROGRAM, limits).run(), 30)


def ended(**changes: Any) -> bytes:
    """Return an ENDED frame."""
    return encode_object(Kind.ENDED, ENDED | changes)


async def test_ordinary_run() -> None:
    """A run that goes as it should is recorded as it went."""
    record = await exchanged(encode(Kind.STDOUT, b"hi") + ended(), DONE)
    assert (record.done, record.lost_reason) == (True, "")
    assert record.output(Kind.STDOUT, Kind.STDOUT_TAIL, "stdout_bytes").content == b"hi"
    assert decide(record.facts())[0] is Outcome.OK


HOSTILE = {
    "nothing": [],
    "no frame": [b"\xff" * 100],
    "too long a payload": [b"\x12\xff\xff\xff\xff"],
    "more output than asked for": [encode(Kind.STDOUT, b"x" * 11)],
    "service's own frame": [encode(Kind.GO)],
    "ready again": [encode_object(Kind.READY, {})],
    "end that is no object": [encode(Kind.ENDED, b"[]")],
    "done before the end": [DONE],
    "broken": [encode_object(Kind.BROKEN, {"reason": "x" * 9999})],
    "empty piece of output": [encode(Kind.STDOUT)],
    "half a character": [encode(Kind.ENDED, b'{"ended_by": "\\ud800"}')],
    "artifact before the end": [encode_object(Kind.ARTIFACT, {"path": "a"})],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_frames_lose_the_sandbox(name: str) -> None:
    """What a runner would never send is a lost sandbox, with a reason of bounded length."""
    record = await exchanged(*HOSTILE[name])
    assert decide(record.facts())[0] is Outcome.SANDBOX_LOST
    assert 0 < len(record.lost_reason) < 1000


AFTER_THE_END = {
    "frames after the last": [DONE + DONE],
    "second end": [ended()],
    "output": [encode(Kind.STDOUT, b"x")],
    "content without a name": [encode(Kind.ARTIFACT_DATA, b"x")],
    "artifact without a path": [encode_object(Kind.ARTIFACT, {"path": 7})],
    "too much content": [encode_object(Kind.ARTIFACT, {"path": "a"}) + encode(Kind.ARTIFACT_DATA, b"x" * 11)],
    "half a character in a path": [encode(Kind.ARTIFACT, b'{"path": "\\udcff"}')],
    "empty piece of content": [encode_object(Kind.ARTIFACT, {"path": "a"}) + encode(Kind.ARTIFACT_DATA)],
    "more left out than is named": [encode_object(Kind.OMITTED, {"path": "a", "reason": "x"}) * 1000],
    "too many artifacts": [encode_object(Kind.ARTIFACT, {"path": "a"}) * 3],
    "an end": [],
}


@pytest.mark.parametrize("name", AFTER_THE_END)
async def test_hostile_frames_after_the_end(name: str) -> None:
    """Once the end was reported it stands, and what is wrong afterwards is told."""
    record = await exchanged(ended(), *AFTER_THE_END[name])
    assert decide(record.facts())[0] is Outcome.OK
    assert record.lost_reason
    assert len(record.artifacts) <= 1


@pytest.mark.parametrize("field", ["exit_code", "signal", "ended_by", "stdout_bytes", "oom_kills", "cpu_seconds"])
@pytest.mark.parametrize("value", [[], {}, "x", -1, 1e99, True, 2**80])
async def test_hostile_values(field: str, value: object) -> None:
    """A report's fields of any shape neither raise nor become an answer that cannot be sent."""
    record = await exchanged(ended(**{field: value}) + DONE)
    outcome, evidence = decide(record.facts())
    assert outcome in Outcome
    assert all(len(text) < 1000 for text in evidence.values())
    assert record.output(Kind.STDOUT, Kind.STDOUT_TAIL, "stdout_bytes").total_bytes < 2**63


async def test_names_of_artifacts_are_bounded_together() -> None:
    """A runner that sends many long names is cut off before they are too much for an answer."""
    names = [encode_object(Kind.ARTIFACT, {"path": "\u20ac" * 10_000}) for _ in range(200)]
    record = await exchanged(ended(), *names, limits=replace(LIMITS, artifact_count=1024))
    assert "names" in record.lost_reason
    assert sum(len(artifact.path.encode()) for artifact in record.artifacts) <= MAX_NAMES_BYTES


async def test_silent_runner_is_told_to_kill_and_then_given_up() -> None:
    """After the wall time a runner is told to end the program; one that does not answer is given up in seconds."""
    script = Script([], silent=True)
    started = time.monotonic()
    record = await Exchange(script, PROGRAM, replace(LIMITS, wall_seconds=0.2)).run()
    assert time.monotonic() - started < 10
    assert script.sent.endswith(encode(Kind.KILL))
    assert decide(record.facts())[0] is Outcome.WALL_TIME_LIMIT


async def test_job_arrives_as_it_was_sent() -> None:
    """The runner's end can read the job, its files and its standard input."""
    from sandbox.runner.frames import Decoder, decode_object

    script = Script([ended(), DONE])
    await Exchange(script, PROGRAM, LIMITS).run()
    kinds = list(Decoder().feed(script.sent))
    assert [kind for kind, _ in kinds] == [Kind.JOB, Kind.FILE, Kind.STDIN, Kind.GO]
    job = Job.from_object(decode_object(kinds[0][1]))
    assert (job.entry_point, job.files[0].path, job.stdin_bytes) == ("main.py", "main.py", 5)


async def test_longest_job_fits_into_a_frame() -> None:
    """A program at every bound, in the characters that take most room on the way, can be handed over."""
    escaped = "\x01" * (MAX_ARGUMENTS_BYTES // 4)
    files = tuple(
        SourceFile(f"{number:04}/" + "\U0001f600" * 250 + "/" + "\U0001f600" * 250, b"") for number in range(MAX_FILES)
    )
    program = Program(
        "python",
        files,
        files[0].path,
        arguments=(escaped,) * 4,
        environment={"\x41" * 200 + str(number): "\x01" * (MAX_ARGUMENTS_BYTES // 200 - 203) for number in range(200)},
        artifact_globs=("\U0001f600" * MAX_GLOB_CHARACTERS,) * 32,
    )
    assert len(next(hand_over(check(program), LIMITS))) < MAX_JOB


async def probed(**counters: int) -> frozenset[str]:
    """Return what a probe makes of a runtime whose runner reports these counters."""
    size = Size(PROBE_LIMITS.memory_bytes, PROBE_LIMITS.processes, PROBE_LIMITS.disk_bytes)
    facts = {"cgroup": 1, "memory_limit": size.memory_bytes, "pids_limit": size.processes + 1}
    container = SimpleNamespace(
        streams=Script([ended(**counters), DONE]), evidence=SimpleNamespace(oom=False), facts=facts, size=size
    )
    return await probe(cast("Container", container))


async def test_runtime_that_does_not_enforce_is_found_out() -> None:
    """A runtime under which the probe's program gets away is named with the limits that it lets pass."""
    assert await probed(oom_kills=1, pids_refused=1) == frozenset()
    assert await probed(oom_kills=0, pids_refused=1) == {"memory_bytes"}
    assert await probed(oom_kills=0, pids_refused=0) == {"memory_bytes", "processes"}
    error = refuse("runsc", frozenset({"memory_bytes"}))
    assert isinstance(error, LimitNotEnforceable)
    assert "runsc" in error.message
    assert "best-effort" in error.message
