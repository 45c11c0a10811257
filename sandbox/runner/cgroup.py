"""
The counters of the container's own control group, version 1 or 2, as pure functions over the text of its files.

They see everything in the container: processes that double-forked, that were reaped by others, that were stopped.
Inside a container they are read-only. Sources: the kernel's admin-guide/cgroup-v1/{memory,cpuacct,pids}.rst and
admin-guide/cgroup-v2.rst.
"""

import os
from collections.abc import Callable

from .values import Value

Read = Callable[[str], str]
"""Returns the text of a file, named relative to the mount point; raises OSError."""

UNLIMITED = 1 << 60
"""Version 1 writes "no limit" as a number near 2**63."""


class Counters(Value):
    """
    One reading. None: the kernel does not tell.

    :param cpu_seconds: CPU time of everything, ever.
    :param oom_kills: Processes that the kernel killed at the memory limit.
    :param pids_refused: Forks and clones that failed at the limit of processes.
    :param memory_bytes: In use now, page cache apart: anonymous and shared pages.
    :param cache_bytes: Page cache now, shared pages apart.
    :param peak_bytes: The most that was ever in use, page cache included.
    :param memory_limit: Bytes; None: no limit.
    :param pids_limit: Processes and threads; None: no limit.
    """

    def __init__(
        self,
        *,
        cpu_seconds: float | None = None,
        oom_kills: int | None = None,
        pids_refused: int | None = None,
        memory_bytes: int | None = None,
        cache_bytes: int | None = None,
        peak_bytes: int | None = None,
        memory_limit: int | None = None,
        pids_limit: int | None = None,
    ) -> None:
        self.cpu_seconds = cpu_seconds
        self.oom_kills = oom_kills
        self.pids_refused = pids_refused
        self.memory_bytes = memory_bytes
        self.cache_bytes = cache_bytes
        self.peak_bytes = peak_bytes
        self.memory_limit = memory_limit
        self.pids_limit = pids_limit


def version(read: Read) -> int:
    """Return 1 or 2, or 0 where no control group can be seen."""
    if _text(read, "cpu.stat") is not None and _text(read, "memory.events") is not None:
        return 2
    if _text(read, "cpuacct/cpuacct.usage") is not None:
        return 1
    return 0


def counters(read: Read, group_version: int) -> Counters:
    """Return a reading of everything."""
    if group_version == 1:
        return _version_1(read)
    if group_version == 2:
        return _version_2(read)
    return Counters()


def cpu_seconds(read: Read, group_version: int) -> float | None:
    """Return the CPU time alone."""
    if group_version == 1:
        nanoseconds = _number(read, "cpuacct/cpuacct.usage")
        return None if nanoseconds is None else nanoseconds / 1e9
    if group_version == 2:
        microseconds = _keyed(read, "cpu.stat").get("usage_usec")
        return None if microseconds is None else microseconds / 1e6
    return None


def memory_bytes(read: Read, group_version: int) -> int | None:
    """Return the memory in use alone, page cache apart."""
    if group_version == 1:
        return _sum(_keyed(read, "memory/memory.stat"), "rss", "shmem")
    if group_version == 2:
        return _sum(_keyed(read, "memory.stat"), "anon", "shmem")
    return None


def _version_1(read: Read) -> Counters:
    stat = _keyed(read, "memory/memory.stat")
    return Counters(
        cpu_seconds=cpu_seconds(read, 1),
        oom_kills=_keyed(read, "memory/memory.oom_control").get("oom_kill"),
        pids_refused=_keyed(read, "pids/pids.events").get("max"),
        memory_bytes=_sum(stat, "rss", "shmem"),
        cache_bytes=_difference(stat, "cache", "shmem"),
        peak_bytes=_number(read, "memory/memory.max_usage_in_bytes"),
        memory_limit=_limit(read, "memory/memory.limit_in_bytes"),
        pids_limit=_limit(read, "pids/pids.max"),
    )


def _version_2(read: Read) -> Counters:
    stat = _keyed(read, "memory.stat")
    return Counters(
        cpu_seconds=cpu_seconds(read, 2),
        oom_kills=_keyed(read, "memory.events").get("oom_kill"),
        pids_refused=_keyed(read, "pids.events").get("max"),
        memory_bytes=_sum(stat, "anon", "shmem"),
        cache_bytes=_difference(stat, "file", "shmem"),
        peak_bytes=_number(read, "memory.peak"),
        memory_limit=_limit(read, "memory.max"),
        pids_limit=_limit(read, "pids.max"),
    )


def _text(read: Read, name: str) -> str | None:
    try:
        return read(name)
    except OSError:
        return None


def _number(read: Read, name: str) -> int | None:
    text = (_text(read, name) or "").strip()
    return int(text) if text.isdecimal() else None


def _limit(read: Read, name: str) -> int | None:
    number = _number(read, name)
    return None if number is None or number >= UNLIMITED else number


def _keyed(read: Read, name: str) -> dict[str, int]:
    pairs = (line.split() for line in (_text(read, name) or "").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}


def _sum(values: dict[str, int], *names: str) -> int | None:
    found = [values[name] for name in names if name in values]
    return sum(found) if found else None


def _difference(values: dict[str, int], name: str, less: str) -> int | None:
    return max(0, values[name] - values.get(less, 0)) if name in values else None


def read_mounted(name: str) -> str:
    """Read a file of the container's own control group, where container runtimes mount it."""
    descriptor = os.open(f"/sys/fs/cgroup/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 16_384).decode("ascii", "replace")
    finally:
        os.close(descriptor)
