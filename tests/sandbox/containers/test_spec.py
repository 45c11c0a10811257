"""What a container is asked for: nothing that gives a program more than it should have."""

import json
from typing import Any

import pytest

from sandbox import image
from sandbox.containers.spec import SECCOMP, Isolation, config, seccomp_profile
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
    assert (host["CapDrop"], set(host["CapAdd"])) == (
        ["ALL"],
        {"SETUID", "SETGID", "SETPCAP", "KILL", "SYS_NICE"},
    )
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


@pytest.fixture(scope="module")
def profile() -> dict[str, Any]:
    """The seccomp profile."""
    return json.loads(SECCOMP.read_text())  # type: ignore[no-any-return]


def test_profile_lets_through_by_name_alone(profile: dict[str, Any]) -> None:
    """What no group names is refused; a group allows or gives one of three errors, and says why it is there."""
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 38)
    for group in profile["syscalls"]:
        assert group["comment"].endswith(".")
        assert group["action"] in {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}
        assert group.get("errnoRet") in ({1, 38, 97} if group["action"] == "SCMP_ACT_ERRNO" else {None})
        assert set(group) <= {"comment", "names", "action", "errnoRet", "args"}


def test_profile_never_contradicts_itself(profile: dict[str, Any]) -> None:
    """A call that is named without a condition is named once: of two rules the library would drop one in silence."""
    groups = profile["syscalls"]
    always = [name for group in groups if not group["args"] for name in group["names"]]
    sometimes = {name for group in groups if group["args"] for name in group["names"]}
    assert sorted(set(always)) == sorted(always)
    assert not sometimes & set(always)


def test_profile_has_no_foreign_table(profile: dict[str, Any]) -> None:
    """Two architectures by their one table each: no 32-bit calls, no x32."""
    assert [entry["architecture"] for entry in profile["archMap"]] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]
    assert not any(entry["subArchitectures"] for entry in profile["archMap"])


NEVER = """
    add_key bpf clone3 fanotify_init init_module io_setup io_uring_setup kexec_load keyctl mount move_mount mq_open
    msgget name_to_handle_at open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise
    process_vm_readv ptrace reboot seccomp semget setns shmget umount2 unshare userfaultfd
"""


def test_profile_allows_nothing_of_what_it_is_there_for(profile: dict[str, Any]) -> None:
    """No group allows a call that makes namespaces or mounts, reaches other processes, or attacks the kernel."""
    allowed = {name for group in profile["syscalls"] if group["action"] == "SCMP_ACT_ALLOW" for name in group["names"]}
    assert not allowed & set(NEVER.split())


def test_profile_is_sent_compact(profile: dict[str, Any]) -> None:
    """The daemon gets the same profile without its white space."""
    assert json.loads(seccomp_profile()) == profile
    assert "\n" not in seccomp_profile()
