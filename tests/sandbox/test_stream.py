"""ExecuteStream: output as it comes, input while it runs, back-pressure, and an end whatever the caller does."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from assay.v1 import sandbox_pb2 as pb

from tests.sandbox.suite import code, outcome

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

pytestmark = [pytest.mark.docker]


def start(text: str, **fields: Any) -> pb.ExecuteStreamRequest:
    """Return the message that starts a Python program."""
    files = [{"path": "main.py", "content": code(text).encode()}]
    return pb.ExecuteStreamRequest(start={"language": "python", "files": files, **fields})


def typed(data: bytes) -> pb.ExecuteStreamRequest:
    """Return a message with input."""
    return pb.ExecuteStreamRequest(stdin=data)


async def read(call: Any) -> pb.ExecuteStreamResponse:
    """Return the next message of a call."""
    response = await asyncio.wait_for(call.read(), 30)
    assert isinstance(response, pb.ExecuteStreamResponse)
    return response


async def line(call: Any, stream: str) -> bytes:
    """Return the next line of a stream; a program may write it in pieces."""
    text = b""
    while not text.endswith(b"\n"):
        piece: bytes = getattr(await read(call), stream)
        assert piece
        text += piece
    return text


async def ended(call: AsyncIterable[pb.ExecuteStreamResponse]) -> tuple[bytes, bytes, pb.ExecutionResult]:
    """
    Return all output of a call, and its result.

    What comes after the result is not looked at: a client that is still sending when a call ends may find INTERNAL in
    place of the status (a race of grpc.aio's own, "Internal error from Core").
    """
    stdout, stderr = b"", b""
    async for response in call:
        stdout, stderr = stdout + response.stdout, stderr + response.stderr
        if response.WhichOneof("event") == "result":
            return stdout, stderr, response.result
    raise AssertionError("the call ended without a result")


async def test_conversation(stub: "SandboxServiceAsyncStub") -> None:
    """A program answers each line before the next is sent; its input ends when the caller says so."""
    call = stub.ExecuteStream()
    await call.write(
        start("import sys\nfor line in sys.stdin: print('got', line.strip())\nprint('end', file=sys.stderr)")
    )
    response = await read(call)
    assert response.started.execution_id
    for number in range(3):
        await call.write(typed(f"{number}\n".encode()))
        assert await line(call, "stdout") == f"got {number}\n".encode()
    await call.write(pb.ExecuteStreamRequest(end_of_input={}))
    assert await line(call, "stderr") == b"end\n"
    result = (await read(call)).result
    assert (outcome(result), result.exit_code) == ("OK", 0)
    assert (result.stdout.content, result.stdout.total_bytes, result.stderr.total_bytes) == (b"", 18, 4)
    assert await call.read() is grpc.aio.EOF


async def test_first_input_and_end_of_requests(stub: "SandboxServiceAsyncStub") -> None:
    """What the start brings as input is read first, and the end of the requests is the end of the input."""

    async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield start("import sys\nprint(repr(sys.stdin.buffer.read()))", stdin=b"a\0")
        yield typed(b"b\xff")

    stdout, _, _ = await ended(stub.ExecuteStream(requests()))
    assert stdout == b"b'a\\x00b\\xff'\n"


async def test_much_goes_through_both_ways(stub: "SandboxServiceAsyncStub") -> None:
    """Eight megabytes of input come back as output, every byte in its place."""
    piece = bytes(range(256)) * 1024

    async def requests() -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield start(
            """
            import sys
            while data := sys.stdin.buffer.read1(1 << 16):
                sys.stdout.buffer.write(data)
            """
        )
        for _ in range(32):
            yield typed(piece)

    stdout, _, result = await ended(stub.ExecuteStream(requests()))
    assert outcome(result) == "OK"
    assert stdout == piece * 32


async def test_input_that_is_not_read_holds_nobody_up(stub: "SandboxServiceAsyncStub") -> None:
    """A program that ends, or closes its input, without reading megabytes of it ends like any other."""

    async def requests(text: str) -> AsyncIterator[pb.ExecuteStreamRequest]:
        yield start(text)
        for _ in range(16):
            yield typed(bytes(1024 * 1024))

    for text in ("print(1)", "import sys, os, time; os.close(0); time.sleep(1); print(1)"):
        stdout, _, result = await asyncio.wait_for(ended(stub.ExecuteStream(requests(text))), 60)
        assert (stdout, outcome(result)) == (b"1\n", "OK")


@pytest.mark.slow
async def test_caller_who_does_not_read_holds_the_program_up_within_its_limits(stub: "SandboxServiceAsyncStub") -> None:
    """Unread output stops the program, not the clock: the run ends at its wall time, and what was sent is in order."""
    text = """
        import sys
        for number in range(10 ** 9):
            print(number)
        """
    call = stub.ExecuteStream()
    await call.write(start(text, limits={"wall_time": {"seconds": 3}, "output_hard_bytes": 256 * 1024 * 1024}))
    await call.done_writing()
    await asyncio.sleep(6)
    stdout, _, result = await asyncio.wait_for(ended(call), 60)
    assert outcome(result) == "WALL_TIME_LIMIT"
    assert len(stdout) == result.stdout.total_bytes < 64 * 1024 * 1024
    lines = stdout.splitlines()
    assert [int(line) for line in lines[:-1]] == list(range(len(lines) - 1))


async def test_hard_cap_counts_what_is_streamed(stub: "SandboxServiceAsyncStub") -> None:
    """A flood ends at its hard cap, with exactly so much handed on."""
    call = stub.ExecuteStream(
        iter([start("while True: print('x' * 999)", limits={"output_hard_bytes": 100_000, "output_bytes": 1})])
    )
    stdout, _, result = await ended(call)
    assert (outcome(result), len(stdout)) == ("OUTPUT_LIMIT", 100_000)
    assert result.stdout.total_bytes > 100_000


async def test_cancel_message_keeps_what_was_written(stub: "SandboxServiceAsyncStub") -> None:
    """A caller who says cancel gets CANCELLED with the output so far, at once."""
    call = stub.ExecuteStream()
    await call.write(start("import time\nprint('up')\ntime.sleep(60)"))
    await call.read()
    assert await line(call, "stdout") == b"up\n"
    said = time.monotonic()
    await call.write(pb.ExecuteStreamRequest(cancel={}))
    result = (await read(call)).result
    assert outcome(result) == "CANCELLED"
    assert result.stdout.total_bytes == 3
    assert time.monotonic() - said < 10


async def test_cancel_before_anything_runs(stub: "SandboxServiceAsyncStub") -> None:
    """A caller who cancels at once gets CANCELLED too, whether or not the program had begun."""
    call = stub.ExecuteStream(iter([start("while True: pass"), pb.ExecuteStreamRequest(cancel={})]))
    assert outcome((await asyncio.wait_for(ended(call), 30))[2]) == "CANCELLED"


WRONG = {
    "nothing": ([], "start"),
    "input first": ([typed(b"x")], "start"),
    "two starts": ([start("input()"), start("")], "start"),
    "empty message": ([start("input()"), pb.ExecuteStreamRequest()], "message"),
    "too much input at once": ([start("input()"), typed(bytes(1024 * 1024 + 1))], "stdin"),
    "a limit of zero": ([start("", limits={"memory_bytes": 0})], "start.limits.memory_bytes"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_bad_requests_are_refused_by_field(stub: "SandboxServiceAsyncStub", name: str) -> None:
    """A conversation that does not go as it has to ends with INVALID_ARGUMENT and the field's name."""
    requests, field = WRONG[name]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(ended(stub.ExecuteStream(iter(requests))), 30)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in str(caught.value.details())


async def test_program_that_closes_its_input(stub: "SandboxServiceAsyncStub") -> None:
    """A program may close its input after it has read all that was sent, while the caller has not ended it."""
    call = stub.ExecuteStream(timeout=60)
    await call.write(
        start("""
        import os
        print(input(), flush=True)
        os.close(0)
        import time
        time.sleep(0.3)
        print("closed")
    """)
    )
    await call.write(typed(b"first\n"))
    stdout, _, result = await ended(call)
    assert (stdout, result.outcome) == (b"first\nclosed\n", pb.OUTCOME_OK)
