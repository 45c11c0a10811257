"""What everything in the sandbox uses: CPU time, memory, room in the work directory."""

import os
import resource

from . import cgroup, sockets
from .processes import WORK

UNCOUNTED = 1 << 32
"""Stands for the free entries of a file system that does not count its entries, as gVisor's; it tells of none."""


class Meter:
    """
    Readings from the start of a step on.

    Where no control group can be seen, CPU time is that of the dead and the living processes: a program can hide some
    of it there, so the service takes such a runtime only where its settings allow it.
    """

    def __init__(self) -> None:
        self.group_version = cgroup.version(cgroup.read_mounted)
        self._work = os.open(WORK, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._cpu_before = 0.0
        self._before = cgroup.Counters()
        self.peak_memory = 0
        self.socket_bytes = 0
        self.least_free_bytes = 0
        self.least_free_inodes = 0

    def start(self) -> None:
        """Count from now on."""
        self._cpu_before = self._cpu_total()
        self._before = self.counters()
        self.peak_memory, self.socket_bytes = self._before.memory_bytes or 0, 0
        self.least_free_bytes, self.least_free_inodes = self._free()

    def counters(self) -> cgroup.Counters:
        """Return the control group's counters as they are."""
        return cgroup.counters(cgroup.read_mounted, self.group_version)

    def cpu_seconds(self) -> float:
        """Return the CPU time since the start."""
        return self._cpu_total() - self._cpu_before

    def sample(self) -> None:
        """Note what can only be seen while it lasts."""
        self._note(cgroup.memory_bytes(cgroup.read_mounted, self.group_version))

    def _note(self, memory: int | None) -> None:
        self.peak_memory = max(self.peak_memory, memory or 0)
        free_bytes, free_inodes = self._free()
        self.least_free_bytes = min(self.least_free_bytes, free_bytes)
        self.least_free_inodes = min(self.least_free_inodes, free_inodes)

    def report(self) -> dict[str, float | int]:
        """Return what was used since the start. Call it when everything is dead."""
        now = self.counters()
        self._note(now.memory_bytes)
        return {
            "cpu_seconds": round(self.cpu_seconds(), 6),
            "oom_kills": (now.oom_kills or 0) - (self._before.oom_kills or 0),
            "pids_refused": (now.pids_refused or 0) - (self._before.pids_refused or 0),
            "peak_memory_bytes": self._peak(now),
            "socket_bytes": self.socket_bytes,
            "least_free_bytes": self.least_free_bytes,
            "least_free_inodes": self.least_free_inodes,
        }

    def sockets_exceed_memory(self) -> bool:
        """
        Tell whether what waits in TCP and UDP sockets exceeds, with everything else, the memory limit.

        Version 1 of control groups does not count it, so process 1 does; version 2 enforces it by itself.
        """
        limit = self._before.memory_limit
        if self.group_version != 1 or limit is None or not sockets.in_use():
            return False
        self.socket_bytes = sockets.waiting_bytes()
        return self.socket_bytes + (cgroup.memory_bytes(cgroup.read_mounted, 1) or 0) > limit

    def _peak(self, now: cgroup.Counters) -> int:
        # Bounds from below. What was sampled misses short peaks. The kernel's own peak, less all page cache there is
        # now, is too low only where cache was dropped in between; it is that of the container's whole life, so it
        # tells of this step only where it rose.
        peaks = [self.peak_memory]
        if (
            now.peak_bytes is not None
            and now.cache_bytes is not None
            and now.peak_bytes > (self._before.peak_bytes or 0)
        ):
            peaks.append(now.peak_bytes - now.cache_bytes)
        return max(peaks)

    def _free(self) -> tuple[int, int]:
        status = os.fstatvfs(self._work)
        return status.f_bavail * status.f_frsize, status.f_favail if status.f_files else UNCOUNTED

    def _cpu_total(self) -> float:
        seconds = cgroup.cpu_seconds(cgroup.read_mounted, self.group_version)
        return _cpu_by_process() if seconds is None else seconds


def _cpu_by_process() -> float:
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    for name in os.listdir("/proc"):
        if name.isdecimal() and name != "1":
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(int(field) for field in fields[11:15])
    return reaped.ru_utime + reaped.ru_stime + ticks / os.sysconf("SC_CLK_TCK")
