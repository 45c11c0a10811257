"""Memory: what this process takes, and what is left of what it may take, in its container or on its machine."""

import os
from dataclasses import dataclass
from pathlib import Path

from services.system.checkup import Found, Status

TIGHT_FROM = 0.9
FULL_FROM = 0.97

ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Memory:
    """
    Memory, in bytes.

    :param process: What this process has in memory.
    :param used: What is used of the limit, less what can be given back at once.
    :param limit: What there is: of the container where it has a limit, else of the machine.
    """

    process: int
    used: int
    limit: int


def read(root: Path = ROOT) -> Memory:
    """
    Return the memory as it is now.

    :param root: Where "proc" and "sys" are.
    :raises OSError: They cannot be read.
    """
    machine = _machine(root)
    group = _group_v2(root) or _group_v1(root)
    used, limit = group if group is not None and group[1] < machine[1] else machine
    return Memory(_process(root), used, limit)


def _process(root: Path) -> int:
    return int((root / "proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _machine(root: Path) -> tuple[int, int]:
    lines = (line.split() for line in (root / "proc/meminfo").read_text().splitlines())
    found = {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if len(line) > 1}
    return found["MemTotal"] - found["MemAvailable"], found["MemTotal"]


def _group_v2(root: Path) -> tuple[int, int] | None:
    folder = _folder(root, "sys/fs/cgroup", "", "memory.max")
    if folder is None or (limit := (folder / "memory.max").read_text().strip()) == "max":
        return None
    used = int((folder / "memory.current").read_text())
    return used - _stat(folder, "inactive_file"), int(limit)


def _group_v1(root: Path) -> tuple[int, int] | None:
    folder = _folder(root, "sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes")
    if folder is None:
        return None
    used = int((folder / "memory.usage_in_bytes").read_text())
    return used - _stat(folder, "total_inactive_file"), int((folder / "memory.limit_in_bytes").read_text())


def _folder(root: Path, mount: str, controller: str, file: str) -> Path | None:
    """
    Return the folder of this process's control group for a controller; None where there is none.

    In a container the path that the kernel tells may be that outside of it, and the mount shows the group itself.
    """
    for line in (root / "proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            candidates = (root / mount / path.lstrip("/"), root / mount)
            return next((folder for folder in candidates if (folder / file).exists()), None)
    return None


def _stat(folder: Path, name: str) -> int:
    for line in (folder / "memory.stat").read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0


class MemoryCheck:
    """Looks at how much memory is left."""

    name = "memory"

    async def look(self) -> Found:
        """See :class:`services.system.checkup.Check`."""
        return judged(read())


def judged(memory: Memory) -> Found:
    """Return what memory comes to."""
    share = memory.used / memory.limit
    figures = {
        "process_bytes": float(memory.process),
        "used_bytes": float(memory.used),
        "limit_bytes": float(memory.limit),
    }
    if share >= FULL_FROM:
        return Found(Status.UNHEALTHY, f"{share:.0%} of the memory is used", figures)
    if share >= TIGHT_FROM:
        return Found(Status.DEGRADED, f"{share:.0%} of the memory is used", figures)
    return Found(Status.HEALTHY, figures=figures)
