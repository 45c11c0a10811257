"""
How process 1 protects itself, and how its children give up everything that it has.

Process 1 is uid 0 with CAP_SETUID, CAP_SETGID, CAP_SETPCAP and CAP_KILL; the program is uid 10001 with none. One more,
CAP_SYS_NICE, is used once, while process 1 starts, and given up. See prctl(2), capabilities(7), capset(2),
setpriority(2), proc(5).
"""

import contextlib
import ctypes
import os
import resource
import signal

PROGRAM_UID = 10001
KILLER_UID = 10002

_PR_SET_DUMPABLE = 4
_PR_CAPBSET_READ = 23
_PR_CAPBSET_DROP = 24

_CAP_SYS_NICE = 23
_CAPABILITY_VERSION_3 = 0x20080522
FIRST, ORDINARY = -20, 0
"""Nice values: of process 1, and of everything that it starts."""

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, argument: int) -> int:
    return int(_libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0))


def protect_self() -> None:
    """Close /proc/1/{mem,fd,environ,...} and ptrace to everyone without CAP_SYS_PTRACE."""
    if _prctl(_PR_SET_DUMPABLE, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE")


def go_first() -> None:
    """
    Have the calling process get its turn before a crowd of the program's, and give up the right to say so.

    A runtime in which nobody may go first (rootless ones) leaves it where it is.
    """
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable: the lower 32 capabilities, then the upper.
    sets = (ctypes.c_uint32 * 6)()
    if _libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for index in range(3):
        sets[index] &= ~(1 << _CAP_SYS_NICE)
    if _prctl(_PR_CAPBSET_DROP, _CAP_SYS_NICE) != 0 or _libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "giving up CAP_SYS_NICE")


def wait_in_line() -> None:
    """Have the calling child get its turn like any other process."""
    os.setpriority(os.PRIO_PROCESS, 0, ORDINARY)


def pipe_of_program() -> tuple[int, int]:
    """
    Return a pipe that belongs to the program's user, so that the program may open its ends again by /dev/stdout.

    A pipe belongs to the user that its maker accesses files as, see setfsuid(2). gVisor knows no such call: there the
    effective user changes for a moment, which gives the program no right over process 1 either.
    """
    lacking = _libc.setfsuid(PROGRAM_UID) == -1
    try:
        if lacking:
            os.seteuid(PROGRAM_UID)
        return os.pipe()
    finally:
        if lacking:
            os.seteuid(0)
        _libc.setfsuid(0)


def limit_files(open_files: int, file_bytes: int) -> None:
    """Bound what the calling process may open, and how long a file it may write; no core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))


def become_program(open_files: int, file_bytes: int) -> None:
    """Turn the calling child into a process of the program: limits, no capability, no way to one. Then checks it."""
    wait_in_line()
    # The kernel kills the program before process 1 where memory runs out.
    adjustment = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    os.write(adjustment, b"1000")
    os.close(adjustment)
    limit_files(open_files, file_bytes)
    capability = 0
    while _prctl(_PR_CAPBSET_READ, capability) >= 0:
        if _prctl(_PR_CAPBSET_DROP, capability) != 0:
            raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")
        capability += 1
    os.setgroups([])
    os.setresgid(PROGRAM_UID, PROGRAM_UID, PROGRAM_UID)
    os.setresuid(PROGRAM_UID, PROGRAM_UID, PROGRAM_UID)
    if os.getresuid() != (PROGRAM_UID,) * 3 or os.getresgid() != (PROGRAM_UID,) * 3 or os.getgroups():
        raise PermissionError("the program's identity was not taken on")


def become_killer() -> None:
    """
    Turn the calling child into a process that may kill the program's processes, and no others.

    None of them may signal it: that goes by the sender's real and effective user, and the target's real and saved one,
    see kill(2). So a program that kills all it can does not come before it.
    """
    os.setgroups([])
    os.setresgid(KILLER_UID, KILLER_UID, KILLER_UID)
    os.setresuid(KILLER_UID, PROGRAM_UID, KILLER_UID)


def reset_signals() -> None:
    """Undo what an interpreter does to its own signals: an ignored signal would stay ignored in the program."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
