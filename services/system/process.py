"""What this process takes, and since when."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from services.system import memory


@dataclass(frozen=True, slots=True)
class Process:
    """
    This process.

    :param uptime_seconds: Since it was started.
    :param cpu_seconds: Of processor time that it took; its children's not.
    :param memory_bytes: What it has in memory.
    """

    uptime_seconds: float
    cpu_seconds: float
    memory_bytes: int


def read() -> Process:
    """
    Return what this process takes now.

    :raises OSError: The kernel does not tell.
    """
    # The name of the program, in parentheses, may hold anything; what counts comes after it.
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    return Process(max(0.0, uptime), time.process_time(), memory.read().process)
