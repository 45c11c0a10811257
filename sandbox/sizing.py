"""
How much of a container's memory its files may take.

Files in the container live in memory. All tmpfs together, with what the kernel needs for their inodes, and a reserve
for the runner and an interpreter stay under the memory limit: a full disk must never be what kills the runner.
"""

from dataclasses import dataclass, replace

from assay.errors import InvalidArgument

from sandbox.language import Compile
from sandbox.limits import MIB

RESERVE_BYTES = 32 * MIB
"""For the runner, its children and a program that only wants to start."""

PAGE = 4096
INODE_BYTES = 1024
"""What the kernel takes for a tmpfs inode and its name."""

LEAST_INODES = 1024
MOST_INODES = 65_536


@dataclass(frozen=True, slots=True)
class Mounts:
    """
    The container's writable places, in bytes and inodes.

    :param work_bytes: /work, the limit ``disk_bytes`` to the page.
    :param temporary_bytes: /tmp.
    :param shared_bytes: /dev/shm.
    :param inodes: Of each of them.
    """

    work_bytes: int
    temporary_bytes: int
    shared_bytes: int
    inodes: int

    def total_bytes(self) -> int:
        """Return the memory that all of it can take."""
        return self.work_bytes + self.temporary_bytes + self.shared_bytes + 3 * self.inodes * INODE_BYTES


@dataclass(frozen=True, slots=True)
class Size:
    """The limits that a sandbox is made with: memory and processes can be changed while it waits, files not."""

    memory_bytes: int
    processes: int
    disk_bytes: int


def while_compiling(size: Size, compiler: Compile | None) -> Size:
    """Return the size that a sandbox has until the program is compiled: what the compiler needs, and no less."""
    if compiler is None:
        return size
    return replace(
        size,
        memory_bytes=max(size.memory_bytes, compiler.memory_bytes),
        processes=max(size.processes, compiler.processes),
    )


def mounts(disk_bytes: int) -> Mounts:
    """Return the mounts for a limit of the work directory."""
    pages = max(1, disk_bytes // PAGE)
    return Mounts(
        work_bytes=pages * PAGE,
        temporary_bytes=_clamp(disk_bytes // 4, MIB, 64 * MIB),
        shared_bytes=_clamp(disk_bytes // 8, MIB, 64 * MIB),
        inodes=_clamp(disk_bytes // 16_384, LEAST_INODES, MOST_INODES),
    )


def fits(disk_bytes: int, memory_bytes: int, *, twice: bool = False) -> bool:
    """Tell whether files up to the limit, the work directory's twice where asked, leave the reserve free."""
    room = mounts(disk_bytes)
    return room.total_bytes() + twice * room.work_bytes + RESERVE_BYTES <= memory_bytes


def applied_disk(disk_bytes: int, memory_bytes: int, held_bytes: int = 0, *, asked: bool, twice: bool = False) -> int:
    """
    Return the limit of the work directory that is enforced.

    :param held_bytes: Of the standard input, which the runner holds in memory.
    :param twice: The runner also remembers the work directory as it was before the cases of a batch.
    :param asked: Whether the request named it. A default gives way to the memory limit; a value that was asked for is
        enforced as it is, or refused.
    :raises InvalidArgument: It does not fit into the memory.
    """
    room = memory_bytes - held_bytes
    if fits(disk_bytes, room, twice=twice):
        return disk_bytes
    largest = _largest(disk_bytes, room, twice=twice)
    if not fits(largest, room, twice=twice):
        least = memory_bytes - RESERVE_BYTES - mounts(PAGE).total_bytes()
        raise InvalidArgument(
            "stdin", f"it is held in memory: of limits.memory_bytes of {memory_bytes}, {least} are left"
        )
    if asked:
        raise InvalidArgument(
            "limits.disk_bytes",
            f"files live in memory: beside limits.memory_bytes of {memory_bytes} and the input, at most {largest} fit",
        )
    return largest


def _largest(disk_bytes: int, memory_bytes: int, *, twice: bool) -> int:
    low, high = 1, disk_bytes // PAGE
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle * PAGE, memory_bytes, twice=twice) else (low, middle - 1)
    return low * PAGE


def check_files(sizes: dict[str, int], disk_bytes: int, field: str = "files") -> None:
    """Raise :class:`InvalidArgument` where files of these sizes, by path, do not fit into the work directory."""
    room = mounts(disk_bytes)
    taken = sum(-(-size // PAGE) * PAGE for size in sizes.values())
    if taken > room.work_bytes:
        raise InvalidArgument(field, f"they take {taken} bytes in pages; limits.disk_bytes leaves {room.work_bytes}")
    folders = {path[:index] for path in sizes for index, character in enumerate(path) if character == "/"}
    if len(sizes) + len(folders) + 1 > room.inodes:
        raise InvalidArgument(field, f"{len(sizes)} files in {len(folders)} folders are above {room.inodes} entries")


def _clamp(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))
