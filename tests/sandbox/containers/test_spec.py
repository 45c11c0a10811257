"""What a container is asked for: nothing that gives a program more than it should have."""

import json
from typing import Any

import pytest

from sandbox import image
from sandbox.containers.spec import Isolation, config
from sandbox.language import load
from sandbox.limits import MIB
from sandbox.sizing import Size, mounts

SIZE = Size(256 * MIB, 64, 64 * MIB)
ISOLATION = Isolation(runtime="runc", cpus=1.0, open_files=4096, default_open_files=256, life_seconds=60)


@pytest.fixture(scope="module")
def asked() -> dict[str, Any]:
    """The request that creates a container."""
    return config(load(image.IMAGES / "python"), SIZE, ISOLATION, {"a": "b"})


def test_nothing_is_shared_with_the_host(asked: dict[str, Any]) -> None:
    """There is no privilege, no network, no host path, no writable root and no terminal."""
    host = asked["HostConfig"]
    assert (host["Privileged"], host["NetworkMode"], host["ReadonlyRootfs"], asked["Tty"]) == (
        False,
        "none",
        True,
        False,
    )
    assert not {"Binds", "Mounts", "Devices", "VolumesFrom", "PidMode", "UsernsMode"} & set(host)
    assert (host["CapDrop"], set(host["CapAdd"])) == (["ALL"], {"SETUID", "SETGID", "SETPCAP", "KILL"})
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["LogConfig"]["Type"] == "none"


def test_limits_are_the_kernels(asked: dict[str, Any]) -> None:
    """Memory without swap, one process more than asked for, and bounded mounts."""
    host = asked["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == SIZE.memory_bytes
    assert host["PidsLimit"] == SIZE.processes + 1
    assert set(host["Tmpfs"]) == {"/work", "/tmp", "/dev/shm"}
    assert all(
        {"size", "nr_inodes"} <= {option.split("=")[0] for option in text.split(",")} for text in host["Tmpfs"].values()
    )
    assert mounts(SIZE.disk_bytes).total_bytes() < SIZE.memory_bytes


def test_end_is_arranged_beforehand(asked: dict[str, Any]) -> None:
    """A container goes by itself when the service does: its input ends, and it is removed."""
    assert asked["OpenStdin"]
    assert asked["StdinOnce"]
    assert asked["HostConfig"]["AutoRemove"]
    assert json.loads(asked["Cmd"][0])["life_seconds"] == 60
