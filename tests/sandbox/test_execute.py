"""Real programs in real containers: how runs end, and what comes back of them."""

import textwrap
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
import pytest
from assay.v1 import sandbox_pb2 as pb

pytestmark = pytest.mark.docker

Run = Callable[..., Awaitable[pb.ExecutionResult]]
MIB = 1024 * 1024


def code(text: str) -> str:
    """Return a program without the indentation that it has in a test."""
    return textwrap.dedent(text)


def outcome(result: pb.ExecutionResult) -> str:
    """Return the outcome's name without its prefix."""
    return pb.Outcome.Name(result.outcome).removeprefix("OUTCOME_")


async def test_ok(run: Run) -> None:
    """A program that exits with status 0 is OK, its streams apart and counted."""
    result = await run("import sys; print('out'); print('err', file=sys.stderr)")
    assert outcome(result) == "OK"
    assert (result.exit_code, result.HasField("signal")) == (0, False)
    assert (result.stdout.content, result.stderr.content) == (b"out\n", b"err\n")
    assert (result.stdout.total_bytes, result.stdout.truncated) == (4, False)
    assert result.language_version.startswith("3.13.")
    assert result.usage.peak_memory_bytes > MIB


@pytest.mark.parametrize("status", [1, 2, 124, 125, 126, 127, 137, 255])
async def test_exit_status_is_the_programs(run: Run, status: int) -> None:
    """Exit statuses that others take for limits or failures are the program's own."""
    result = await run(f"raise SystemExit({status})")
    assert (outcome(result), result.exit_code) == ("NONZERO_EXIT", status)


async def test_signaled(run: Run) -> None:
    """A program that a signal of its own ends is SIGNALED, also where the signal is the sandbox's favourite."""
    result = await run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (outcome(result), result.signal, result.HasField("exit_code")) == ("SIGNALED", 9, False)


async def test_segmentation_fault(run: Run) -> None:
    """A crash in native code is told by its signal."""
    result = await run("import ctypes; ctypes.string_at(0)")
    assert (outcome(result), result.signal) == ("SIGNALED", 11)


async def test_cpu_time(run: Run) -> None:
    """CPU time of everything counts, wherever it is spent: here by a grandchild that nobody waits for."""
    result = await run(
        code("""
        import os, time
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                while True:
                    pass
            os._exit(0)
        os.wait()
        time.sleep(60)
        """),
        limits={"cpu_time": {"nanos": 500_000_000}},
    )
    assert outcome(result) == "CPU_TIME_LIMIT"
    assert result.usage.cpu_time.seconds < 3
    assert not result.HasField("exit_code")


async def test_wall_time_keeps_partial_output(run: Run) -> None:
    """A program that runs out of time leaves what it has printed until then."""
    result = await run(
        "import time; print('before'); time.sleep(60); print('after')", limits={"wall_time": {"nanos": 700_000_000}}
    )
    assert outcome(result) == "WALL_TIME_LIMIT"
    assert result.stdout.content == b"before\n"
    assert result.usage.wall_time.seconds < 5


async def test_stopped_process(run: Run) -> None:
    """A process that stops itself and its parent runs out of time like any other."""
    result = await run(
        code("""
        import os, signal
        if os.fork() == 0:
            os.kill(os.getppid(), signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        """),
        limits={"wall_time": {"nanos": 700_000_000}},
    )
    assert outcome(result) == "WALL_TIME_LIMIT"


async def test_ignored_signals(run: Run) -> None:
    """A program that ignores every signal that it can is ended all the same."""
    result = await run(
        code("""
        import signal, time
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        time.sleep(60)
        """),
        limits={"wall_time": {"nanos": 700_000_000}},
    )
    assert outcome(result) == "WALL_TIME_LIMIT"


async def test_memory(run: Run) -> None:
    """A program that the kernel ends for its memory is MEMORY_LIMIT, not SIGNALED."""
    result = await run("x = bytearray(b'x') * (400 << 20)")
    assert outcome(result) == "MEMORY_LIMIT"
    assert int(result.evidence["oom_kills"]) >= 1


async def test_memory_of_a_child(run: Run) -> None:
    """Where only a child was ended for its memory, the run is MEMORY_LIMIT although the program exits with 0."""
    result = await run(
        code("""
        import os
        if os.fork() == 0:
            bytearray(b'x') * (400 << 20)
            os._exit(0)
        print(os.wait()[1])
        """)
    )
    assert (outcome(result), result.exit_code, result.stdout.content) == ("MEMORY_LIMIT", 0, b"9\n")


async def test_smaller_memory(run: Run) -> None:
    """A smaller memory limit is the kernel's, and the work directory shrinks to fit where it was not asked for."""
    asked = {"memory_bytes": 64 * MIB}
    result = await run("import os; s = os.statvfs('/work'); print(s.f_blocks * s.f_frsize)", limits=asked)
    assert result.applied_limits.memory_bytes == 64 * MIB
    assert result.requested_limits.disk_bytes == 64 * MIB
    assert result.applied_limits.disk_bytes == int(result.stdout.content) < 32 * MIB
    assert outcome(await run("x = bytearray(b'x') * (60 << 20)", limits=asked)) == "MEMORY_LIMIT"


async def test_larger_memory(run: Run) -> None:
    """A larger memory limit is given."""
    result = await run("x = bytearray(b'x') * (300 << 20)", limits={"memory_bytes": 512 * MIB})
    assert (outcome(result), result.applied_limits.memory_bytes) == ("OK", 512 * MIB)
    assert result.usage.peak_memory_bytes > 300 * MIB


async def test_fork_bomb(run: Run) -> None:
    """A fork bomb is held by the limit of processes, and ended."""
    result = await run(
        code("""
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """),
        limits={"wall_time": {"seconds": 2}},
    )
    assert outcome(result) == "PROCESS_LIMIT"
    assert int(result.evidence["processes_refused"]) > 0


async def test_one_process(run: Run) -> None:
    """A limit of one process leaves the program itself and nothing more; what it survives is no outcome."""
    limits = {"processes": 1}
    failed = await run("import os; os.fork()", limits=limits)
    assert outcome(failed) == "PROCESS_LIMIT"
    handled = await run("import os\ntry:\n    os.fork()\nexcept OSError:\n    print('refused')", limits=limits)
    assert (outcome(handled), handled.stdout.content) == ("OK", b"refused\n")
    assert "processes_refused" in handled.evidence


async def test_output_flood(run: Run) -> None:
    """Output beyond what is kept is counted and its middle left out; the program goes on."""
    result = await run(
        "import sys; sys.stdout.write('a' * 50 + 'b' * 1_000_000 + 'c' * 50)", limits={"output_bytes": 100}
    )
    assert outcome(result) == "OK"
    assert result.stdout.content == b"a" * 50 + b"c" * 50
    assert (result.stdout.truncated, result.stdout.head_bytes, result.stdout.total_bytes) == (True, 50, 1_000_100)


async def test_output_hard_limit(run: Run) -> None:
    """Output beyond the hard limit ends the program at once."""
    result = await run(
        "import os\nwhile True: os.write(1, b'x' * 65536)", limits={"output_bytes": 10, "output_hard_bytes": MIB}
    )
    assert outcome(result) == "OUTPUT_LIMIT"
    assert MIB < result.stdout.total_bytes < 4 * MIB
    assert result.usage.wall_time.seconds < 5


async def test_raw_bytes(run: Run) -> None:
    """Output is bytes: what is not UTF-8 arrives as it was written."""
    result = await run("import os; os.write(1, bytes(range(256)))")
    assert result.stdout.content == bytes(range(256))


async def test_disk_full(run: Run) -> None:
    """A program that fails because its work directory is full is DISK_LIMIT, and nothing else is lost by it."""
    result = await run("with open('big', 'wb') as f:\n    while True: f.write(b'x' * 65536)")
    assert outcome(result) == "DISK_LIMIT"
    assert b"No space left" in result.stderr.content or b"File too large" in result.stderr.content


async def test_every_disk_full(run: Run) -> None:
    """A program that fills every writable place, in bytes and in entries, does not hurt the runner."""
    result = await run(
        code("""
        import os
        for folder in ("/work", "/tmp", "/dev/shm"):
            try:
                with open(folder + "/big", "wb") as file:
                    while True:
                        file.write(b"x" * 65536)
            except OSError as error:
                print(folder, error.errno)
            try:
                for number in range(200_000):
                    os.close(os.open(f"{folder}/{number}", os.O_CREAT))
            except OSError as error:
                print(folder, error.errno)
        """)
    )
    assert outcome(result) == "OK", result
    assert result.stdout.content.count(b"28") + result.stdout.content.count(b"27") == 6


async def test_smaller_disk(run: Run) -> None:
    """A smaller disk limit is enforced as it is."""
    result = await run("open('big', 'wb').write(b'x' * 2_000_000)", limits={"disk_bytes": MIB})
    assert (outcome(result), result.applied_limits.disk_bytes) == ("DISK_LIMIT", MIB)


async def test_open_files(run: Run) -> None:
    """The limit of open files is the program's own, lower or higher than the default."""
    for number in (32, 1000):
        result = await run(
            "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))", limits={"open_files": number}
        )
        assert result.stdout.content == f"({number}, {number})\n".encode()


async def test_input(run: Run) -> None:
    """Files in folders, binary and executable ones, arguments, environment and standard input all arrive."""
    result = await run(
        code("""
        import os, subprocess, sys
        import package.module
        print(sys.argv, os.environ["GREETING"], sys.stdin.read(), package.module.X)
        print(open("data/blob", "rb").read() == bytes(range(256)))
        print(subprocess.run(["./tools/run.sh"], capture_output=True, text=True).stdout)
        """),
        arguments=["a b", "", "ü"],
        environment={"GREETING": "good day"},
        stdin=b"typed",
        more_files=[
            {"path": "package/__init__.py", "content": b""},
            {"path": "package/module.py", "content": b"X = 7"},
            {"path": "data/blob", "content": bytes(range(256))},
            {"path": "tools/run.sh", "content": b"#!/bin/sh\necho ran", "executable": True},
        ],
    )
    assert outcome(result) == "OK", result.stderr.content
    assert result.stdout.content.decode().split("\n")[0] == "['main.py', 'a b', '', 'ü'] good day typed 7"
    assert result.stdout.content.decode().split("\n")[1:3] == ["True", "ran"]


async def test_large_input(run: Run) -> None:
    """Many bytes of files and of standard input arrive whole; a program that reads none of it is not held up."""
    blob = bytes(range(256)) * 4096 * 8
    program = "import hashlib, sys; d = sys.stdin.buffer.read(); print(len(d), open('blob', 'rb').read() == d)"
    files = [{"path": "blob", "content": blob}]
    result = await run(program, stdin=blob, more_files=files)
    assert result.stdout.content == f"{len(blob)} True\n".encode()
    assert outcome(await run("print('done')", stdin=blob)) == "OK"


async def test_startup_environment(run: Run) -> None:
    """A variable that an interpreter reads while it starts has its effect."""
    result = await run(
        "import sys; print(sys.flags.optimize, sys.flags.hash_randomization)",
        environment={"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0"},
    )
    assert result.stdout.content == b"2 0\n"


async def test_artifacts(run: Run) -> None:
    """Regular files that match a glob come back, executable bit and odd names included."""
    result = await run(
        code(r"""
        import os
        os.makedirs("out/deep/er")
        open("out/a.txt", "w").write("A")
        open("out/deep/er/b.bin", "wb").write(b"\0\xff")
        os.chmod("out/a.txt", 0o755)
        open(b"out/odd\n\xff\\.txt", "w").write("odd")
        open("other.txt", "w").write("not asked for")
        """),
        artifact_globs=["out/**"],
    )
    found = {artifact.path: (artifact.content, artifact.executable) for artifact in result.artifacts}
    assert found == {
        "out/a.txt": (b"A", True),
        "out/deep/er/b.bin": (b"\0\xff", False),
        r"out/odd\x0a\xff\x5c.txt": (b"odd", False),
    }


async def test_artifacts_that_are_no_files(run: Run) -> None:
    """Links, pipes, sockets, sparse files and unreadable files are omitted with a reason; no link is followed."""
    result = await run(
        code("""
        import os, socket
        os.symlink("/etc/passwd", "link")
        os.symlink("/etc", "folder")
        os.mkfifo("pipe")
        socket.socket(socket.AF_UNIX).bind("socket")
        with open("sparse", "wb") as file:
            file.truncate(60_000_000)
        open("closed", "w").write("x"); os.chmod("closed", 0)
        """),
        artifact_globs=["**"],
    )
    assert outcome(result) == "OK"
    assert {artifact.path for artifact in result.artifacts} == {"main.py"}
    assert set(result.artifacts_omitted) == {"link", "folder", "pipe", "socket", "sparse", "closed"}
    assert result.artifacts_omitted["sparse"] == "a sparse file"


async def test_artifact_bounds(run: Run) -> None:
    """Artifacts are bounded in number and size, and what is left out is named."""
    program = "for n in range(9): open(f'f{n}', 'wb').write(b'x' * 1000)"
    few = await run(program, artifact_globs=["f*"], limits={"artifact_count": 3})
    assert (len(few.artifacts), len(few.artifacts_omitted)) == (3, 6)
    small = await run(program, artifact_globs=["f*"], limits={"artifact_bytes": 2500})
    assert (len(small.artifacts), len(small.artifacts_omitted)) == (2, 7)


async def test_nothing_is_left_of_a_run(run: Run) -> None:
    """Each run gets a work directory, temporary folders and processes that nobody used."""
    program = code("""
        import os, subprocess
        print(sorted(os.listdir("/work")), os.listdir("/tmp"), os.listdir("/dev/shm"))
        print(len([name for name in os.listdir("/proc") if name.isdecimal()]))
        for folder in ("/work", "/tmp", "/dev/shm"):
            open(folder + "/trace", "w").close()
        subprocess.Popen(["sleep", "60"])
        """)
    results = [await run(program) for _ in range(3)]
    assert {result.stdout.content for result in results} == {b"['main.py'] [] []\n2\n"}


async def test_background_processes_end_with_the_program(run: Run) -> None:
    """A run is over when its main process is, whatever that left running with its streams open."""
    result = await run("import subprocess; subprocess.Popen(['sleep', '60']); print('done')")
    assert (outcome(result), result.stdout.content) == ("OK", b"done\n")
    assert result.usage.wall_time.seconds < 5


FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"limits": {"memory_bytes": 0}}, "limits.memory_bytes"),
    ({"limits": {"memory_bytes": -1}}, "limits.memory_bytes"),
    ({"limits": {"memory_bytes": 1}}, "limits.memory_bytes"),
    ({"limits": {"memory_bytes": 2**62}}, "limits.memory_bytes"),
    ({"limits": {"wall_time": {"seconds": 0}}}, "limits.wall_time"),
    ({"limits": {"wall_time": {"seconds": -5}}}, "limits.wall_time"),
    ({"limits": {"cpu_time": {"seconds": 10**9}}}, "limits.cpu_time"),
    ({"limits": {"processes": 0}}, "limits.processes"),
    ({"limits": {"open_files": 2**31 - 1}}, "limits.open_files"),
    ({"limits": {"disk_bytes": 512 * MIB}}, "limits.disk_bytes"),
    ({"limits": {"output_bytes": 100, "output_hard_bytes": 10}}, "limits.output_bytes"),
    ({"entry_point": "other.py"}, "entry_point"),
    ({"environment": {"A=B": "x"}}, "environment"),
    ({"environment": {"A": "x\0y"}}, "environment[A]"),
    ({"arguments": ["x\0y"]}, "arguments[0]"),
    ({"arguments": ["x"] * 5000}, "arguments"),
    ({"artifact_globs": ["/etc/*"]}, "artifact_globs[0]"),
    ({"artifact_globs": ["[z-a]"]}, "artifact_globs[0]"),
    ({"more_files": [{"path": "../x", "content": b""}]}, "files[1].path"),
    ({"more_files": [{"path": "main.py", "content": b""}]}, "files[1].path"),
    ({"limits": {"disk_bytes": MIB}, "more_files": [{"path": "x", "content": b"x" * 2 * MIB}]}, "files"),
]


@pytest.mark.parametrize(("fields", "named"), FIELDS)
async def test_bad_input(run: Run, fields: dict[str, Any], named: str) -> None:
    """A field out of bounds is refused by its name, before anything runs."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await run("print('never')", **fields)
    assert caught.value.code().name == "INVALID_ARGUMENT"
    assert str(caught.value.details()).startswith(f"{named}: ")


async def test_unknown_language(stub: Any) -> None:
    """A language that is not known is refused by the field's name."""
    request = pb.ExecuteRequest(language="cobol", files=[{"path": "a", "content": b""}])
    with pytest.raises(grpc.aio.AioRpcError, match="language: this service runs python"):
        await stub.Execute(request)
