"""What callers who do not read, do not stop or go away can make the service hold, and for how long."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from assay.v1 import sandbox_pb2 as pb

from tests.sandbox.suite import outcome
from tests.sandbox.test_batch import python
from tests.sandbox.test_stream import ended, read, start, typed

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

pytestmark = [pytest.mark.docker]

MIB = 1024 * 1024
HARD = 256 * MIB

FLOOD = """
    import os
    if os.fork() == 0:
        while True:
            os.write(2, bytes(65536))
    while True:
        os.write(1, bytes(65536))
    """


def resident() -> int:
    """Return the bytes of this process's own memory; the service under test is part of it."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


async def last(call: Any) -> pb.ExecuteStreamResponse:
    """Read a call to its end; return its last message."""
    response = await read(call)
    while response.WhichOneof("event") != "result":
        response = await read(call)
    assert await call.read() is grpc.aio.EOF
    return response


@pytest.mark.slow
async def test_many_who_do_not_read_a_flood(stub: "SandboxServiceAsyncStub") -> None:
    """Floods on both streams, of as many runs as there may be, wait in few megabytes for callers who do not read."""
    before = resident()
    calls = []
    for _ in range(4):
        call = stub.ExecuteStream()
        await call.write(start(FLOOD, limits={"wall_time": {"seconds": 4}, "output_hard_bytes": HARD}))
        assert (await read(call)).started.execution_id
        calls.append(call)
    most = 0
    for _ in range(20):
        await asyncio.sleep(0.2)
        most = max(most, resident() - before)
    assert most < 4 * 24 * MIB
    results = await asyncio.gather(*(last(call) for call in calls))
    assert [outcome(response.result) for response in results] == ["WALL_TIME_LIMIT"] * 4


async def test_input_without_an_end_to_a_program_that_ended(stub: "SandboxServiceAsyncStub") -> None:
    """A caller who never stops sending gets the result when the program ends, and the call is over."""

    async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield start("print(input())")
        yield typed(b"line\n")
        while True:
            yield typed(bytes(64 * 1024))

    stdout, _, result = await asyncio.wait_for(ended(stub.ExecuteStream(requests())), 30)
    assert (stdout, outcome(result)) == (b"line\n", "OK")


async def test_input_without_an_end_to_a_program_that_does_not_read(stub: "SandboxServiceAsyncStub") -> None:
    """A caller who never stops sending is held up by a program that does not read, and memory is not what holds it."""
    before, sent = resident(), 0

    async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
        nonlocal sent
        yield start("import time; time.sleep(60)", limits={"wall_time": {"seconds": 3}})
        while True:
            sent += MIB
            yield typed(bytes(MIB))

    _, _, result = await asyncio.wait_for(ended(stub.ExecuteStream(requests())), 30)
    assert outcome(result) == "WALL_TIME_LIMIT"
    assert sent < 24 * MIB
    assert resident() - before < 48 * MIB


async def test_nothing_comes_after_the_end_of_input(stub: "SandboxServiceAsyncStub") -> None:
    """Input after its end is refused: it would wait for ever, and what is said after it would not be heard."""

    async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield start("import time; time.sleep(60)")
        yield pb.ExecuteStreamRequest(end_of_input={})
        yield typed(b"x")
        await asyncio.Event().wait()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(ended(stub.ExecuteStream(requests())), 30)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "stdin" in str(caught.value.details())


async def test_half_closed_at_once(stub: "SandboxServiceAsyncStub") -> None:
    """A caller who says nothing after the start is heard out: the program runs to its end with an empty input."""
    call = stub.ExecuteStream()
    await call.write(start("import sys, time; time.sleep(1); print(sys.stdin.read() == '')"))
    await call.done_writing()
    stdout, _, result = await asyncio.wait_for(ended(call), 30)
    assert (stdout, outcome(result)) == (b"True\n", "OK")


@pytest.mark.slow
async def test_batch_does_not_run_far_ahead_of_its_reader(stub: "SandboxServiceAsyncStub") -> None:
    """A batch whose results are long waits for its caller, who finds every one of them whole."""
    program: dict[str, Any] = python(
        "import sys, time; sys.stdout.write(f'{time.time():.3f} '.ljust(4 << 20, 'x'))",
        limits={"output_bytes": 4 * MIB},
    )
    request = pb.ExecuteBatchRequest(program=program, cases=[{}] * 20)
    before, call = resident(), stub.ExecuteBatch(request)
    responses: list[Any] = [await asyncio.wait_for(call.read(), 30) for _ in range(2)]
    await asyncio.sleep(4)
    resumed = time.time()
    assert resident() - before < 96 * MIB
    while (response := await asyncio.wait_for(call.read(), 30)) is not grpc.aio.EOF:
        responses.append(response)
    results = [response.case_result.result for response in responses if response.WhichOneof("event") == "case_result"]
    assert [len(result.stdout.content) for result in results] == [4 * MIB] * 20
    ahead = [result for result in results if float(result.stdout.content.split()[0]) < resumed]
    assert len(ahead) < 10


@pytest.mark.slow
async def test_output_waits_for_its_reader_as_long_as_the_program_may_run(stub: "SandboxServiceAsyncStub") -> None:
    """What a program wrote before it ended well reaches a caller who comes back after most of a minute."""
    calls = []
    for size in (8, 9, 10):
        limits = {"wall_time": {"seconds": 90}, "output_hard_bytes": HARD}
        calls.append(stub.ExecuteStream(iter([start(f"print(end='x' * ({size} << 20))", limits=limits)])))
    await asyncio.sleep(50)
    for size, call in zip((8, 9, 10), calls, strict=True):
        stdout, _, result = await asyncio.wait_for(ended(call), 30)
        assert (len(stdout), outcome(result)) == (size * MIB, "OK")
