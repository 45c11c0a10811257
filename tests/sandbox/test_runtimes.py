"""Runtimes other than runc: refused where they do not enforce limits, or used and reported; and the corpus on runsc."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from assay.client import CHANNEL_OPTIONS
from assay.errors import LimitNotEnforceable, SandboxUnavailable
from assay.v1 import sandbox_pb2 as pb
from assay.v1 import sandbox_pb2_grpc

from host.server import serving
from sandbox.language import load_all
from tests.corpus import sandbox_cases
from tests.corpus.sandbox_cases import Case
from tests.corpus.sandbox_expectations import differences, observed
from tests.sandbox.conftest import sandbox_settings
from tests.sandbox.own_daemon import OwnDaemon, own_daemon
from tests.sandbox.suite import Suite, code, outcome
from tests.sandbox.test_corpus import Runs, has_image
from tests.sandbox.test_stream import read

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_ready")]

AT_ONCE = 2
NOT_ENFORCED = "cpu_seconds,memory_bytes,processes"
"""What Debian's runsc lets pass where it may not use control groups."""

CASES = [case for case in sandbox_cases.load() if case.security]


@pytest.fixture(scope="module")
def daemon() -> Iterator[OwnDaemon]:
    """Give a daemon that has runsc, and the images of all languages that the corpus tries it with."""
    runsc = shutil.which("runsc")
    if runsc is None:
        pytest.skip("runsc is not installed; run scripts/runsc")
    # It makes neither a network nor control groups: what it needs for both is not everywhere, and no case asks for it.
    runtime = {"path": runsc, "runtimeArgs": ["--network=none", "--ignore-cgroups"]}
    known = load_all([])
    images = [known[name].image for name in sorted({case.language for case in CASES} | {"c"}) if has_image(name)]
    with own_daemon(images, {"runsc": runtime}) as started:
        yield started


@pytest.fixture(scope="module")
async def stub(daemon: OwnDaemon) -> "AsyncIterator[SandboxServiceAsyncStub]":
    """Give a client of a service that takes runsc as it is."""
    settings = sandbox_settings(
        docker_url=daemon.url,
        runtime="runsc",
        limits="best-effort",
        max_concurrent_runs=AT_ONCE,
        queue_size=len(CASES),
        pool={"floor": 0, "ceiling": 0},
        pools={"python": {"floor": 1, "ceiling": AT_ONCE}},
    )
    with TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        async with (
            serving(["sandbox"], f"unix:{folder}/s", settings) as address,
            grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel,
        ):
            yield sandbox_pb2_grpc.SandboxServiceStub(channel)


async def test_unknown_runtime() -> None:
    """A runtime that the daemon does not know is told by its name and the setting, and runs nothing."""
    async with Suite(pool_size=1, runtime="nonesuch") as suite:
        with pytest.raises(SandboxUnavailable, match=r"no runtime 'nonesuch'.*ASSAY_SANDBOX__RUNTIME"):
            await suite.outcome("print(1)")
        assert suite.running() == []


@pytest.mark.slow
@pytest.mark.runsc
async def test_runtime_without_limits_is_refused(daemon: OwnDaemon) -> None:
    """A runtime that lets programs go beyond their limits is refused, with what it lacks and both settings' names."""
    async with Suite(pool_size=1, docker_url=daemon.url, runtime="runsc") as suite:
        for _ in range(2):
            with pytest.raises(LimitNotEnforceable) as caught:
                await suite.outcome("print(1)")
        assert dict(caught.value.metadata or {}) == {"runtime": "runsc", "limits": NOT_ENFORCED.replace(",", ", ")}
        for part in ("'runsc'", "memory_bytes", "ASSAY_SANDBOX__RUNTIME", "ASSAY_SANDBOX__LIMITS=best-effort"):
            assert part in caught.value.message
        assert "does not enforce" in await suite.backend.available("python")
        assert suite.backend.ready_count("python") == 0


DOUBLE = {
    "python": ("main.py", "import sys\nfor line in sys.stdin: print(int(line) * 2, flush=True)"),
    "c": (
        "main.c",
        """
        #include <stdio.h>
        int main(void) {
            int n;
            while (scanf("%d", &n) == 1) { printf("%d\\n", 2 * n); fflush(stdout); }
            return 0;
        }
        """,
    ),
}
"""Doubles the numbers that it reads, as they come."""


def double(language: str, **fields: Any) -> pb.ExecuteRequest:
    """Return a request for the program that doubles."""
    path, text = DOUBLE[language]
    return pb.ExecuteRequest(language=language, files=[{"path": path, "content": code(text).encode()}], **fields)


def told(result: pb.ExecutionResult) -> tuple[str, str, str, list[str]]:
    """Return the outcome, what the result says of limits, and which of the limits at stake it calls applied."""
    at_stake = ("cpu_time", "memory_bytes", "processes", "wall_time", "disk_bytes", "open_files")
    applied = [name for name in at_stake if result.applied_limits.HasField(name)]
    return outcome(result), result.evidence["limits"], result.evidence["not_enforced"], applied


BEST_EFFORT = ("OK", "best-effort", NOT_ENFORCED, ["wall_time", "disk_bytes", "open_files"])


@pytest.mark.slow
@pytest.mark.runsc
@pytest.mark.parametrize("language", DOUBLE)
async def test_best_effort_is_reported(stub: "SandboxServiceAsyncStub", language: str) -> None:
    """Where best effort is asked for, unary, streamed and batched runs work, and each result names what is not held."""
    response = await stub.Execute(double(language, stdin=b"1\n2\n"), timeout=120)
    assert response.result.stdout.content == b"2\n4\n", response
    assert told(response.result) == BEST_EFFORT

    call = stub.ExecuteStream(timeout=120)
    await call.write(pb.ExecuteStreamRequest(start=double(language)))
    answers, message = b"", pb.ExecuteStreamResponse()
    for number in (3, 4):
        await call.write(pb.ExecuteStreamRequest(stdin=f"{number}\n".encode()))
        while answers.count(b"\n") < number - 2:
            message = await read(call)
            answers += message.stdout
    await call.done_writing()
    assert answers == b"6\n8\n"
    while message.WhichOneof("event") != "result":
        message = await read(call)
    assert told(message.result) == BEST_EFFORT

    cases = [{"stdin": f"{number}\n".encode()} for number in range(5)]
    batch = stub.ExecuteBatch(pb.ExecuteBatchRequest(program=double(language), cases=cases), timeout=120)
    results = [message.case_result.result async for message in batch if message.WhichOneof("event") == "case_result"]
    assert [result.stdout.content for result in results] == [f"{2 * number}\n".encode() for number in range(5)]
    assert [told(result) for result in results] == [BEST_EFFORT] * 5


@pytest.fixture(scope="module")
async def runs(request: pytest.FixtureRequest, stub: "SandboxServiceAsyncStub") -> AsyncIterator[Runs]:
    """Start every case that was selected, a few at a time; each test waits for its own."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def run(case: Case) -> pb.ExecutionResult:
        async with turns:
            return (await stub.Execute(case.request(), timeout=180)).result

    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    selected: list[Any] = [item.callspec.params["case"] for item in items if "case" in item.fixturenames]
    tasks = {case.name: asyncio.create_task(run(case)) for case in selected if _can_run(case)}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def _can_run(case: Case) -> bool:
    return not isinstance(case.on_runsc(), str) and has_image(case.language)


@pytest.mark.slow
@pytest.mark.runsc
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_security_case(case: Case, runs: Runs) -> None:
    """Every security case of the corpus ends on runsc as it says for that runtime, or is skipped with its reason."""
    expect = case.on_runsc()
    if isinstance(expect, str):
        pytest.skip(expect)
    if case.name not in runs:
        pytest.skip(f"there is no image for {case.language}; build it with `make images`")
    run = observed(await runs[case.name])
    found = differences(expect, run)
    assert not found, "\n".join([*found, f"evidence: {dict(run.evidence)}", f"stderr: {run.stderr.content[-1000:]!r}"])
