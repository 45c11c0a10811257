"""What a case of a batch can do to the template it is a copy of, to process 1, and to the case that comes after it."""

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.suite import Suite, code, until
from tests.sandbox.test_batch import batch, outcomes, python
from tests.sandbox.test_isolation import PROCESS_ONE, TRY

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

pytestmark = [pytest.mark.docker]

CASES = python("import sys; exec(sys.stdin.read())")
"""A program whose cases are the programs of the tests."""

NEXT = """
    import fcntl, os
    flags = fcntl.ioctl(os.open("/work", os.O_RDONLY), 0x80086601, bytes(8))
    print("here", os.listdir("/work"), oct(os.stat("/work").st_mode), os.listxattr("/work"), any(flags))
    """
CLEAN = b"here ['main.py'] 0o40700 [] False\n"


def case(text: str, **fields: Any) -> dict[str, Any]:
    """Return a case of :data:`CASES`."""
    return {"stdin": code(text).encode(), **fields}


async def both(stub: "SandboxServiceAsyncStub", text: str, **fields: Any) -> bytes:
    """Run a case, look that a plain one after it found all as it should be, in the same sandbox; return its output."""
    results, _ = await asyncio.wait_for(batch(stub, CASES, [case(text, **fields), case(NEXT)]), 60)
    assert outcomes(results) == ["OK", "OK"], [(r.result.evidence, r.result.stderr.content) for r in results]
    assert results[1].result.stdout.content == CLEAN
    assert results[1].result.phases.claim.ToNanoseconds() == 0, "the sandbox was replaced"
    return results[0].result.stdout.content


async def test_template_cannot_be_touched(stub: "SandboxServiceAsyncStub") -> None:
    """No call or file lets a case change, read or write the interpreter that it is a copy of."""
    bodies = {
        name: re.sub(r"(?<![\w.])1(?!\w)", "T", body.replace("'/proc/1/", "f'/proc/{T}/"), count=1)
        for name, body in PROCESS_ONE.items()
    }
    lines = [f"print({name!r}, call(lambda: {body}), sep=' = ')" for name, body in bodies.items()]
    told = await both(stub, TRY + "T = os.getppid()\nprint('parent', T, sep=' = ')\n" + "\n".join(lines))
    answers = dict(line.split(" = ") for line in told.decode().splitlines())
    assert int(answers.pop("parent")) > 1
    assert set(answers) == set(PROCESS_ONE)
    refused = {"EPERM", "EACCES", "ENOSYS", "ESRCH", "ENOENT", "EINVAL"}
    assert {name: answer for name, answer in answers.items() if answer not in refused} == {}


async def test_code_that_interpreters_find_is_not_run_by_the_template(stub: "SandboxServiceAsyncStub") -> None:
    """A file of the request that an interpreter runs as it starts runs as the program's user, and as no other."""
    hook = b"import os; open(f'/tmp/{os.getuid()}', 'w').close()\n"
    program = python(
        "import os; print(os.listdir('/tmp'), oct(os.stat('/work').st_mode))",
        files=[
            {"path": "main.py", "content": b"import os; print(os.listdir('/tmp'), oct(os.stat('/work').st_mode))"},
            {"path": ".local/lib/python3.13/site-packages/hook.pth", "content": hook},
        ],
    )
    results, _ = await batch(stub, program, [{}, {}])
    assert [result.result.stdout.content for result in results] == [b"['10001'] 0o40700\n"] * 2


async def test_siblings_of_a_case_end_with_it(stub: "SandboxServiceAsyncStub") -> None:
    """Processes that a case makes as children of its own parent are seen out, and cost nobody time."""
    told = await both(
        stub,
        TRY
        + """
pids = [syscall(56, 0x8000 | 17, 0, 0, 0, 0) for _ in range(3)]
if 0 in pids:
    import time
    while True:
        time.sleep(1)
print(len(pids))
""",
        limits={"wall_time": {"seconds": 15}},
    )
    assert told == b"3\n"


KILLS_FIRST = """
    import ctypes, os, sys, time
    libc, main = ctypes.CDLL(None), os.getpid()
    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            while os.getppid() == main:
                pass
            while True:
                libc.kill(-1, {signal})
                os.fork()
    print("main", flush=True)
    """


@pytest.mark.parametrize("signal", [9, 19])
async def test_a_case_that_kills_all_it_can_is_not_first(stub: "SandboxServiceAsyncStub", signal: int) -> None:
    """Processes that kill or stop everything without an end, once main is gone, die like others."""
    assert await both(stub, KILLS_FIRST.format(signal=signal)) == b"main\n"


UNREMOVABLE = {
    "a shut work directory": "import os; os.chmod('/work', 0)",
    "lists of rights that new files inherit": """
        import os, struct
        entries = ((1, 7, -1), (2, 7, 65534), (4, 7, -1), (16, 7, -1), (32, 7, -1))
        value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
        os.setxattr("/work", "system.posix_acl_default", value)
        """,
    "flags of the folder": """
        import fcntl, os, struct
        fcntl.ioctl(os.open("/work", os.O_RDONLY), 0x40086602, struct.pack("l", 0x80))
        """,
    "a tree below all paths": """
        import os
        for place in ("/work", "/tmp", "/dev/shm"):
            os.chdir(place)
            for _ in range(900):
                os.mkdir("d" * 255)
                os.chdir("d" * 255)
            open("f", "w").close()
            os.chmod(".", 0)
        """,
    "names of any bytes": r"""
        import os
        for number in range(1, 256):
            if number not in (46, 47):
                os.mkdir(bytes([number]) * 255)
                os.mkdir(bytes([number]) * 255 + b"/" + bytes([number]) * 255)
        for number in range(300):
            os.mkdir(str(number))
            os.mkdir(f"{number}/0")
        os.symlink("/proc", "1/1"); os.mkfifo("1/2"); os.symlink("/", "x")
        """,
    "every entry there is": """
        import itertools
        try:
            for number in itertools.count():
                open(f"/work/{number}", "w").close()
        except OSError:
            pass
        """,
}


@pytest.mark.parametrize("name", UNREMOVABLE)
async def test_whatever_a_case_leaves_is_removed(stub: "SandboxServiceAsyncStub", name: str) -> None:
    """Files that are hard to remove do not stay, and cost no other case its sandbox."""
    await both(stub, UNREMOVABLE[name])


HELD = """
    import os, socket
    free = os.statvfs("/work").f_bavail * 4096 >> 20
    file, memory = os.open("big", os.O_CREAT | os.O_RDWR), os.memfd_create("m")
    for descriptor in (file, memory):
        for _ in range(40):
            os.write(descriptor, bytes(1 << 20))
    os.unlink("big")
    ends = socket.socketpair()
    for end in ends:
        socket.send_fds(end, [b"x"], [ends[0].fileno(), ends[1].fileno(), file, memory])
    print(free)
    """


async def test_files_in_flight_do_not_outlive_their_case(stub: "SandboxServiceAsyncStub") -> None:
    """Files that no process has, held by a ring of sockets that hold each other, are gone when the next case begins."""
    results, _ = await batch(stub, CASES, [case(HELD)] * 6)
    assert outcomes(results) == ["OK"] * 6
    assert {result.result.stdout.content for result in results} == {b"63\n"}


PORT = """
    import socket
    server = socket.socket()
    server.bind(("127.0.0.1", 8000))
    server.listen()
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    accepted.close()
    print(client.recv(1))
    """


async def test_a_port_is_free_for_the_next_case(stub: "SandboxServiceAsyncStub") -> None:
    """A server that closed a connection leaves its port to the next case, without any option of its socket."""
    results, _ = await batch(stub, CASES, [case(PORT)] * 3)
    assert outcomes(results) == ["OK"] * 3, results[1].result.stderr.content


async def test_a_case_that_leaves_no_room_for_a_killer(stub: "SandboxServiceAsyncStub") -> None:
    """Where there is no room for a process that kills, all is killed, and the next case has a new template."""
    crowd = """
        import os, signal
        try:
            while os.fork():
                pass
            signal.pause()
        except OSError:
            print("full", flush=True)
        """
    assert await both(stub, crowd) == b"full\n"


async def test_caller_who_goes_in_the_middle_of_a_case(docker_ready: None) -> None:
    """The container of a batch whose caller went away is gone within seconds, whatever the case does."""
    from sandbox.batch import Batch, CaseRequest
    from tests.sandbox.suite import SLEEP, program

    async with Suite(pool_size=0, languages=["python"]) as suite:
        events = Batch(suite.executor, program(SLEEP), {}, [CaseRequest()] * 3).events()
        await anext(events)
        waiting = asyncio.create_task(anext(events))
        await asyncio.sleep(1)
        assert len(suite.running()) == 1
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await events.aclose()
        assert await until(lambda: not suite.running(), 10) < 10
