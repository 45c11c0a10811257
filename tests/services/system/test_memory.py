"""Memory, read from captured trees: a machine, and containers of both kinds of control groups."""

from pathlib import Path

import pytest

from services.system import memory
from services.system.checkup import Status
from services.system.memory import Memory, judged

MIB = 1024 * 1024

MACHINE = {
    "proc/meminfo": "MemTotal: 1048576 kB\nMemFree:    10000 kB\nMemAvailable: 524288 kB\nHugePages_Total: 0\n",
    "proc/self/statm": "10000 256 128 1 0 500 0\n",
}
V2_UNLIMITED = {
    "proc/self/cgroup": "0::/user.slice\n",
    "sys/fs/cgroup/user.slice/memory.max": "max\n",
}
V2 = {
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/memory.max": str(256 * MIB),
    "sys/fs/cgroup/memory.current": str(200 * MIB),
    "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {50 * MIB}\nactive_file 7\n",
}
V1 = {
    "proc/self/cgroup": "9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": str(512 * MIB),
    "sys/fs/cgroup/memory/memory.usage_in_bytes": str(100 * MIB),
    "sys/fs/cgroup/memory/memory.stat": f"cache 5\ntotal_inactive_file {20 * MIB}\n",
}
V1_UNLIMITED = {
    "proc/self/cgroup": "4:memory:/a:b\n",
    "sys/fs/cgroup/memory/a:b/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/memory/a:b/memory.usage_in_bytes": str(100 * MIB),
    "sys/fs/cgroup/memory/a:b/memory.stat": "total_inactive_file 0\n",
}


@pytest.mark.parametrize(
    ("tree", "used", "limit"),
    [
        ({"proc/self/cgroup": ""}, 512, 1024),
        (V2_UNLIMITED, 512, 1024),
        (V2, 150, 256),
        (V1, 80, 512),
        (V1_UNLIMITED, 512, 1024),
    ],
)
def test_read(folder: Path, tree: dict[str, str], used: int, limit: int) -> None:
    """The container's limit counts where it has one below the machine's memory; what can be given back is not used."""
    for path, text in (MACHINE | tree).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    found = memory.read(folder)
    assert (found.used, found.limit, found.process) == (used * MIB, limit * MIB, 256 * 4096)


def test_here() -> None:
    """This machine tells as well."""
    found = memory.read()
    assert 0 < found.process < found.limit
    assert 0 < found.used <= found.limit


@pytest.mark.parametrize(("used", "status"), [(89, Status.HEALTHY), (90, Status.DEGRADED), (97, Status.UNHEALTHY)])
def test_judged(used: int, status: Status) -> None:
    """Memory is tight from nine tenths on, and as good as full a little later."""
    found = judged(Memory(5, used, 100))
    assert (found.status, found.figures["used_bytes"], found.figures["process_bytes"]) == (status, used, 5)
