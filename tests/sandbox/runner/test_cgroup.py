"""Counters of both versions of control groups, over captured trees. Only version 1 was also seen running."""

import pytest

from sandbox.runner.cgroup import Counters, counters, cpu_seconds, memory_bytes, version

VERSION_1 = {
    "cpuacct/cpuacct.usage": "53821711\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "memory/memory.max_usage_in_bytes": "4030464\n",
    "memory/memory.limit_in_bytes": "67108864\n",
    "memory/memory.stat": (
        "cache 3555328\nrss 225280\nrss_huge 0\nshmem 4096\nmapped_file 1904640\ndirty 0\nwriteback 0\n"
        "inactive_file 2207744\nhierarchical_memory_limit 67108864\ntotal_cache 3555328\ntotal_rss 225280\n"
    ),
    "pids/pids.events": "max 7\n",
    "pids/pids.max": "65\n",
}

VERSION_2 = {
    "cpu.stat": "usage_usec 53821\nuser_usec 40000\nsystem_usec 13821\nnr_periods 0\nnr_throttled 0\n",
    "memory.events": "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 0\n",
    "memory.peak": "4030464\n",
    "memory.max": "67108864\n",
    "memory.stat": "anon 225280\nfile 3555328\nkernel 1000\nshmem 4096\nfile_mapped 1904640\n",
    "pids.events": "max 7\n",
    "pids.max": "65\n",
}


def reader(tree: dict[str, str]):  # type: ignore[no-untyped-def]
    """Return a function that reads a captured tree."""

    def read(name: str) -> str:
        if name not in tree:
            raise FileNotFoundError(name)
        return tree[name]

    return read


@pytest.mark.parametrize(("number", "tree"), [(1, VERSION_1), (2, VERSION_2)])
def test_both_versions_say_the_same(number: int, tree: dict[str, str]) -> None:
    """One state of a group reads the same in both versions."""
    read = reader(tree)
    assert version(read) == number
    found = counters(read, number)
    assert found.cpu_seconds == pytest.approx(0.0538, abs=0.0001)
    assert found.cpu_seconds == cpu_seconds(read, number)
    assert memory_bytes(read, number) == found.memory_bytes == 225280 + 4096
    assert (found.oom_kills, found.pids_refused) == (3, 7)
    assert (found.cache_bytes, found.peak_bytes) == (3555328 - 4096, 4030464)
    assert (found.memory_limit, found.pids_limit) == (67108864, 65)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_missing_files_are_unknown_not_zero(number: int) -> None:
    """What the kernel does not tell is None."""
    assert counters(reader({}), number) == Counters()
    assert version(reader({})) == 0


def test_no_limit() -> None:
    """Both ways of writing "no limit" are None."""
    one = VERSION_1 | {"memory/memory.limit_in_bytes": "9223372036854771712\n", "pids/pids.max": "max\n"}
    two = VERSION_2 | {"memory.max": "max\n", "pids.max": "max\n"}
    for number, tree in ((1, one), (2, two)):
        found = counters(reader(tree), number)
        assert (found.memory_limit, found.pids_limit) == (None, None)


def test_garbage_is_unknown() -> None:
    """Lines of another shape are passed over."""
    assert counters(reader(dict.fromkeys(VERSION_2, "what\never -1\nx y z\n")), 2) == Counters()
