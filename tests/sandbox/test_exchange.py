"""The service's side of a sandbox: whatever that sends, the service ends with a record, in time and within bounds."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from assay.errors import LimitNotEnforceable
from assay.stage import MAX_FILES, SourceFile

from host.settings import SandboxSettings
from sandbox.containers.container import Container
from sandbox.containers.probe import PROBE_LIMITS, probe, refuse
from sandbox.exchange import Exchange
from sandbox.image import IMAGES
from sandbox.language import load
from sandbox.limits import Limits
from sandbox.outcome import Outcome, decide
from sandbox.program import MAX_ARGUMENTS_BYTES, MAX_GLOB_CHARACTERS, Program, check
from sandbox.record import Artifacts, Record, Task
from sandbox.runner.collect import MAX_NAMES_BYTES
from sandbox.runner.frames import Decoder, Kind, decode_object, encode, encode_object
from sandbox.runner.orders import FileHead, Files, Step
from sandbox.sizing import Size
from sandbox.steps import compiling, running

DEFAULTS = Limits(**SandboxSettings().default_limits.model_dump())
STEP = Step(
    command=["/usr/bin/python3", "main.py"],
    arguments=[],
    environment={},
    cpu_seconds=5,
    output_bytes=10,
    output_hard_bytes=100,
    open_files=64,
    entry="main.py",
)
TASK = Task(STEP, 5, b"typed")
FILES = (SourceFile("main.py", b"x"),)
ENDED = {
    "exit_code": 0,
    "signal": None,
    "ended_by": "",
    "stdout_bytes": 2,
    "stderr_bytes": 0,
    "run_seconds": 0.01,
    "least_free_bytes": 1,
    "least_free_inodes": 1,
}
STARTED = encode(Kind.STARTED)
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


class Seen:
    """Keeps what a live step writes."""

    def __init__(self) -> None:
        self.chunks: list[tuple[Kind, bytes]] = []

    async def room(self) -> None:
        """There is always room."""

    def put(self, kind: Kind, data: bytes) -> None:
        """Keep it."""
        self.chunks.append((kind, data))


async def exchanged(*said: bytes, task: Task = TASK, silent: bool = False) -> Record:
    """Return the record of a step over a script."""
    exchange = Exchange(Script(said, silent=silent))
    exchange.put(FILES)
    return await asyncio.wait_for(exchange.run(task), 40)


async def collected(*said: bytes, count: int = 1) -> Artifacts:
    """Return the artifacts that come over a script after a step."""
    exchange = Exchange(Script([STARTED, ended(), *said]))
    await exchange.run(TASK)
    artifacts = await asyncio.wait_for(exchange.collect(["*"], 10, count), 30)
    assert exchange.idle == artifacts.complete
    return artifacts


def ended(**changes: Any) -> bytes:
    """Return an ENDED frame."""
    return encode_object(Kind.ENDED, ENDED | changes)


async def test_ordinary_run() -> None:
    """A run that goes as it should is recorded as it went."""
    record = await exchanged(STARTED + encode(Kind.STDOUT, b"hi") + ended())
    assert (record.started, record.lost_reason) == (True, "")
    assert record.stdout().content == b"hi"
    assert decide(record.facts())[0] is Outcome.OK


HOSTILE = {
    "nothing": [],
    "no frame": [b"\xff" * 100],
    "too long a payload": [b"\x12\xff\xff\xff\xff"],
    "more output than asked for": [STARTED, encode(Kind.STDOUT, b"x" * 11)],
    "output before the start": [encode(Kind.STDOUT, b"x")],
    "two starts": [STARTED + STARTED],
    "service's own frame": [encode(Kind.GO)],
    "ready again": [encode_object(Kind.READY, {})],
    "end that is no object": [encode(Kind.ENDED, b"[]")],
    "done before the end": [DONE],
    "broken": [encode_object(Kind.BROKEN, {"reason": "x" * 9999})],
    "empty piece of output": [STARTED, encode(Kind.STDOUT)],
    "half a character": [encode(Kind.ENDED, b'{"ended_by": "\\ud800"}')],
    "artifact before the end": [encode_object(Kind.ARTIFACT, {"path": "a"})],
    "input that nobody sent is taken": [STARTED, encode_object(Kind.TAKEN, {"bytes": 1})],
    "a snapshot that nobody asked for": [STARTED, encode_object(Kind.SNAPPED, {"kept": True})],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_frames_lose_the_sandbox(name: str) -> None:
    """What a runner would never send is a lost sandbox, with a reason of bounded length."""
    record = await exchanged(*HOSTILE[name])
    assert decide(record.facts())[0] is Outcome.SANDBOX_LOST
    assert 0 < len(record.lost_reason) < 1000


@pytest.mark.parametrize("said", [ended(), encode(Kind.STDOUT, b"x"), encode(Kind.STDOUT), DONE, STARTED])
async def test_hostile_frames_after_the_end(said: bytes) -> None:
    """Once the end was reported it stands, and what is wrong afterwards is told."""
    record = await exchanged(STARTED + ended() + said)
    assert decide(record.facts())[0] is Outcome.OK
    assert record.lost_reason


WRONG_ARTIFACTS = {
    "content without a name": [encode(Kind.ARTIFACT_DATA, b"x")],
    "artifact without a path": [encode_object(Kind.ARTIFACT, {"path": 7})],
    "too much content": [encode_object(Kind.ARTIFACT, {"path": "a"}) + encode(Kind.ARTIFACT_DATA, b"x" * 11)],
    "half a character in a path": [encode(Kind.ARTIFACT, b'{"path": "\\udcff"}')],
    "empty piece of content": [encode_object(Kind.ARTIFACT, {"path": "a"}) + encode(Kind.ARTIFACT_DATA)],
    "more left out than is named": [encode_object(Kind.OMITTED, {"path": "a", "reason": "x"}) * 1000],
    "too many artifacts": [encode_object(Kind.ARTIFACT, {"path": "a"}) * 3],
    "second end": [ended()],
    "an end": [],
}


@pytest.mark.parametrize("name", WRONG_ARTIFACTS)
async def test_wrong_artifacts_are_not_complete(name: str) -> None:
    """Artifacts that do not come as they should are told to be incomplete, and stay within their bounds."""
    artifacts = await collected(*WRONG_ARTIFACTS[name])
    assert not artifacts.complete
    assert len(artifacts.files) <= 1


async def test_artifacts_arrive() -> None:
    """Artifacts come with their bytes, and what is left out with its reason."""
    head, data = encode_object(Kind.ARTIFACT, {"path": "a", "executable": True}), encode(Kind.ARTIFACT_DATA, b"xyz")
    artifacts = await collected(head + data, encode_object(Kind.OMITTED, {"path": "b", "reason": "a link"}) + DONE)
    assert artifacts.complete
    assert [(file.path, file.content, file.executable) for file in artifacts.files] == [("a", b"xyz", True)]
    assert artifacts.omitted == {"b": "a link"}


async def test_names_of_artifacts_are_bounded_together() -> None:
    """A runner that sends many long names is cut off before they are too much for an answer."""
    names = [encode_object(Kind.ARTIFACT, {"path": "\u20ac" * 10_000}) for _ in range(200)]
    artifacts = await collected(*names, count=1024)
    assert not artifacts.complete
    assert sum(len(file.path.encode()) for file in artifacts.files) <= MAX_NAMES_BYTES


@pytest.mark.parametrize(
    "field",
    ["exit_code", "signal", "ended_by", "stdout_bytes", "oom_kills", "cpu_seconds", "run_seconds", "start_error"],
)
@pytest.mark.parametrize("value", [[], {}, "x", -1, 1e99, True, 2**80])
async def test_hostile_values(field: str, value: object) -> None:
    """A report's fields of any shape neither raise nor become an answer that cannot be sent."""
    record = await exchanged(STARTED + ended(**{field: value}))
    outcome, evidence = decide(record.facts())
    assert outcome in Outcome
    assert all(len(text) < 1000 for text in evidence.values())
    assert record.stdout().total_bytes < 2**63


async def test_silent_runner_is_told_to_kill_and_then_given_up() -> None:
    """After the wall time a runner is told to end the program; one that does not answer is given up in seconds."""
    script = Script([STARTED], silent=True)
    started = time.monotonic()
    record = await Exchange(script).run(Task(STEP, 0.2))
    assert time.monotonic() - started < 10
    assert script.sent.endswith(encode(Kind.KILL))
    assert decide(record.facts())[0] is Outcome.WALL_TIME_LIMIT
    assert decide(replace(record.facts(), still=True))[0] is Outcome.SANDBOX_LOST


async def test_time_before_the_start_is_not_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that never starts the program is lost after a bound of its own, not late."""
    monkeypatch.setattr("sandbox.exchange.START_SECONDS", 0.3)
    record = await exchanged(task=Task(STEP, 0.01), silent=True)
    assert decide(record.facts())[0] is Outcome.SANDBOX_LOST
    assert "start" in record.lost_reason


async def test_cancelled_step_is_killed() -> None:
    """A step that is cancelled is told to end, and is not late."""
    script = Script([STARTED], silent=True)
    exchange = Exchange(script)
    call = asyncio.create_task(exchange.run(TASK))
    await asyncio.sleep(0.05)
    exchange.cancel()
    record = await asyncio.wait_for(call, 10)
    assert script.sent.endswith(encode(Kind.KILL))
    assert decide(record.facts())[0] is Outcome.CANCELLED


async def test_live_output_is_handed_on() -> None:
    """A live step's output goes to its sink in order, counted and not kept; beyond its hard cap it is a bad frame."""
    live = Task(Step(**{**vars(STEP), "live": True}), 5)
    seen = Seen()
    said = STARTED + encode(Kind.STDOUT, b"a" * 60) + encode(Kind.STDERR, b"e") + encode(Kind.STDOUT, b"b" * 40)
    record = await Exchange(Script([said + ended(stdout_bytes=100)])).run(live, seen)
    assert seen.chunks == [(Kind.STDOUT, b"a" * 60), (Kind.STDERR, b"e"), (Kind.STDOUT, b"b" * 40)]
    assert (record.stdout().content, record.stdout().total_bytes) == (b"", 100)
    record = await Exchange(Script([said + encode(Kind.STDOUT, b"x")])).run(live, Seen())
    assert "more output" in record.lost_reason


async def test_orders_arrive_as_they_were_sent() -> None:
    """The runner's end can read the files, the step and its standard input, and nothing is sent twice."""
    script = Script([STARTED + ended()])
    exchange = Exchange(script)
    exchange.put(FILES, ["folder"])
    await exchange.run(TASK)
    frames = list(Decoder().feed(script.sent))
    assert [kind for kind, _ in frames] == [Kind.FILES, Kind.FILE, Kind.STEP, Kind.STDIN, Kind.GO]
    assert Files.from_object(decode_object(frames[0][1])) == Files([FileHead("main.py", 1, False)], ["folder"])
    assert Step(**decode_object(frames[2][1])) == STEP


async def test_longest_orders_fit_into_a_frame() -> None:
    """A program at every bound, in the characters that take most room on the way, can be handed over."""
    escaped = "\x01" * (MAX_ARGUMENTS_BYTES // 4)
    files = tuple(
        SourceFile(f"{number:04}/" + "\U0001f600" * 250 + "/" + "\U0001f600" * 250 + ".c", b"")
        for number in range(MAX_FILES)
    )
    program = Program(
        "c",
        files,
        files[0].path,
        arguments=(escaped,) * 4,
        environment={"\x41" * 200 + str(number): "\x01" * (MAX_ARGUMENTS_BYTES // 200 - 203) for number in range(200)},
        artifact_globs=("\U0001f600" * MAX_GLOB_CHARACTERS,) * 32,
    )
    language = load(IMAGES / "c")
    exchange = Exchange(Script([]))
    exchange.put(program.files)
    for task in (compiling(language, check(program), DEFAULTS, 64), running(language, program, DEFAULTS, 64)):
        await exchange.run(task)


async def probed(**counters: int) -> frozenset[str]:
    """Return what a probe makes of a runtime whose runner reports these counters."""
    size = Size(PROBE_LIMITS.memory_bytes, PROBE_LIMITS.processes, PROBE_LIMITS.disk_bytes)
    facts = {"cgroup": 1, "memory_limit": size.memory_bytes, "pids_limit": size.processes + 1}
    container = SimpleNamespace(
        streams=Script([STARTED, ended(**counters)]), evidence=SimpleNamespace(oom=False), facts=facts, size=size
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
