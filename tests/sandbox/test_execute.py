"""Real programs in real containers: how runs end."""

from collections.abc import Awaitable, Callable

import pytest
from assay.v1 import sandbox_pb2 as pb

from tests.sandbox.suite import code, outcome

pytestmark = pytest.mark.docker

Run = Callable[..., Awaitable[pb.ExecutionResult]]
MIB = 1024 * 1024


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


async def test_least_limits(run: Run) -> None:
    """The least that may be asked for is enough to start, alone and together, in a container of the run's own too."""
    least = {"memory_bytes": 48 * MIB, "processes": 1, "open_files": 8}
    for limits in (least, {"processes": 1, "disk_bytes": MIB}, {"open_files": 8, "disk_bytes": 64 * 1024}):
        result = await run("print('up')", limits=limits)
        assert (outcome(result), result.stdout.content) == ("OK", b"up\n"), result
    refused = await run("open('/dev/null'); import os; os.fork()", limits=least)
    assert outcome(refused) == "PROCESS_LIMIT"


async def test_output_hard_limit(run: Run) -> None:
    """Output beyond the hard limit ends the program at once."""
    result = await run(
        "import os\nwhile True: os.write(1, b'x' * 65536)", limits={"output_bytes": 10, "output_hard_bytes": MIB}
    )
    assert outcome(result) == "OUTPUT_LIMIT"
    assert MIB < result.stdout.total_bytes < 4 * MIB
    assert result.usage.wall_time.seconds < 5


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


async def test_frames_in_the_output(run: Run) -> None:
    """A program that writes what process 1 would write has written output, and nothing else."""
    forged = b"\x16\0\0\0\x02{}\x1a\0\0\0\0"
    result = await run(f"import os; os.write(1, {forged!r}); os.write(2, {forged!r}); raise SystemExit(3)")
    assert (outcome(result), result.exit_code) == ("NONZERO_EXIT", 3)
    assert (result.stdout.content, result.stderr.content) == (forged, forged)


async def test_flood_by_a_daemon(run: Run) -> None:
    """What a process writes that was left behind is bounded and does not keep the run from its end."""
    result = await run(
        code("""
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True:
                    os.write(1, b"y" * 4096)
            os._exit(0)
        time.sleep(0.05)
        os._exit(0)
        """),
        limits={"output_bytes": 1000},
    )
    assert outcome(result) in {"OK", "OUTPUT_LIMIT"}
    assert len(result.stdout.content) == 1000
    assert result.usage.wall_time.seconds < 5


async def test_many_processes_together(run: Run) -> None:
    """Hundreds of busy processes are ended soon after their CPU time together is used up."""
    result = await run(
        code("""
        import os
        for _ in range(300):
            if os.fork() == 0:
                break
        while True:
            pass
        """),
        limits={"processes": 400, "memory_bytes": 512 * MIB, "cpu_time": {"nanos": 500_000_000}},
    )
    assert outcome(result) == "CPU_TIME_LIMIT"
    assert result.usage.cpu_time.seconds < 3


async def test_closed_work_directory(run: Run) -> None:
    """A program that shuts its own work directory keeps its outcome; that its artifacts are missing is said."""
    result = await run("import os; os.chmod('/work', 0); raise SystemExit(4)", artifact_globs=["**"])
    assert (outcome(result), result.exit_code, result.evidence["artifacts"]) == ("NONZERO_EXIT", 4, "incomplete")


async def test_background_processes_end_with_the_program(run: Run) -> None:
    """A run is over when its main process is, whatever that left running with its streams open."""
    result = await run("import subprocess; subprocess.Popen(['sleep', '60']); print('done')")
    assert (outcome(result), result.stdout.content) == ("OK", b"done\n")
    assert result.usage.wall_time.seconds < 5
