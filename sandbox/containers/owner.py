"""
Whose a container is, and when it is nobody's: labels that two services on one daemon keep out of each other's way by.

A container carries its owner and a deadline. It is a leftover when the deadline has passed, or when its owner was a
process of this machine that is gone. Everyone else's containers are left alone.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MARK = "assay.sandbox"
OWNER = "assay.sandbox.owner"
DEADLINE = "assay.sandbox.deadline"


@dataclass(frozen=True, slots=True)
class Owner:
    """
    A service process.

    :param machine: Stands for one boot of one machine and one view of its processes.
    :param born: When the process began, as the kernel counts; a number used again does not stand for it.
    """

    machine: str
    pid: int
    born: str
    unique: str

    def text(self) -> str:
        """Return the label's value."""
        return f"{self.machine}.{self.pid}.{self.born}.{self.unique}"

    def label(self) -> str:
        """Return the label that all containers of this owner carry."""
        return f"{OWNER}={self.text()}"

    def labels(self, life_seconds: float) -> dict[str, str]:
        """Return the labels of a container that is made now."""
        return {MARK: "1", OWNER: self.text(), DEADLINE: str(int(time.time() + life_seconds))}


def this_process() -> Owner:
    """Return the owner that this process is; every call is a new one."""
    pid = os.getpid()
    return Owner(machine(), pid, born(pid) or "0", uuid.uuid4().hex[:12])


def machine() -> str:
    """Return what tells this machine's processes from another's: the boot, and the namespace of process numbers."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot, space = uuid.uuid4().hex, ""
    return hashlib.sha256(f"{boot} {space}".encode()).hexdigest()[:12]


def born(pid: int) -> str | None:
    """Return when a process began, or None where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def is_leftover(
    labels: Mapping[str, str],
    *,
    now: float,
    here: str,
    born_of: Callable[[int], str | None] = born,
) -> bool:
    """Tell whether a container with these labels is nobody's any more. What is not marked as a sandbox never is."""
    if labels.get(MARK) != "1":
        return False
    deadline = labels.get(DEADLINE, "")
    if deadline.isdecimal() and now > int(deadline):
        return True
    parts = labels.get(OWNER, "").split(".")
    if len(parts) != 4 or parts[0] != here or not parts[1].isdecimal():
        return False
    return born_of(int(parts[1])) != parts[2]
