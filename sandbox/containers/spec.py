"""What a sandbox's container is: the one place where its isolation is written down, in the Engine API's own terms."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import sizing
from sandbox.language import Language
from sandbox.runner.orders import Setup
from sandbox.sizing import Size

SECCOMP = Path(__file__).parent.parent / "seccomp.json"
RUNNER_CAPABILITIES = ["SETUID", "SETGID", "SETPCAP", "KILL", "SYS_NICE"]
"""The last one is given up before process 1 says that it is ready."""
PROGRAM = "uid=10001,gid=10001"
RUNNER_PROCESSES = 1
"""Process 1 itself; its helpers live only while no program does."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """
    What all containers of a service have in common.

    :param cpus: Processors that one container may use.
    :param open_files: The most that any process may have open, whatever a run asks for.
    :param life_seconds: The longest that a container lives, whatever becomes of the service.
    """

    runtime: str
    cpus: float
    open_files: int
    default_open_files: int
    life_seconds: float


def seccomp_profile() -> str:
    """Return the profile in the compact form in which the daemon takes it."""
    return json.dumps(json.loads(SECCOMP.read_text()), separators=(",", ":"))


def control_limits(size: Size) -> dict[str, Any]:
    """Return the limits that can be changed while a container waits. Memory and swap together: there is no swap."""
    return {
        "Memory": size.memory_bytes,
        "MemorySwap": size.memory_bytes,
        "PidsLimit": size.processes + RUNNER_PROCESSES,
    }


def config(language: Language, size: Size, isolation: Isolation, labels: dict[str, str]) -> dict[str, Any]:
    """Return the request that creates a container."""
    return {
        "Image": language.image,
        "Cmd": [json.dumps(_setup(language, size, isolation).to_object())],
        "User": "0:0",
        "Hostname": "sandbox",
        # The runtime makes the network's namespace and its loopback device all the same. A daemon that manages it
        # executes itself twice for each container: a third of the start.
        "NetworkDisabled": not language.names_by_file,
        "Env": [],
        "WorkingDir": "/work",
        "Labels": labels,
        "Tty": False,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "StopSignal": "SIGKILL",
        "HostConfig": _host_config(size, isolation),
    }


def _setup(language: Language, size: Size, isolation: Isolation) -> Setup:
    return Setup(
        environment=dict(language.environment),
        interpreter=[item for item in language.run if item != "{entry}"] if language.prestart else [],
        open_files=isolation.default_open_files,
        file_bytes=size.disk_bytes,
        life_seconds=isolation.life_seconds,
    )


def _host_config(size: Size, isolation: Isolation) -> dict[str, Any]:
    room = sizing.mounts(size.disk_bytes)
    base = f"rw,nosuid,nodev,exec,nr_inodes={room.inodes}"
    return {
        **control_limits(size),
        "AutoRemove": True,
        "Runtime": isolation.runtime,
        "NetworkMode": "none",
        # A private namespace without Docker's own /dev/shm, whose number of entries nothing bounds: ours is below.
        "IpcMode": "none",
        "CgroupnsMode": "private",
        "Privileged": False,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": RUNNER_CAPABILITIES,
        "SecurityOpt": ["no-new-privileges", f"seccomp={seccomp_profile()}"],
        "Tmpfs": {
            "/work": f"{base},size={room.work_bytes},mode=0700,{PROGRAM}",
            "/tmp": f"{base},size={room.temporary_bytes},mode=1777",  # noqa: S108 - the container's own
            "/dev/shm": f"{base},size={room.shared_bytes},mode=1777",  # noqa: S108
        },
        # A port that a connection was closed on is free at once: one case of a batch would keep it from the next.
        "Sysctls": {"net.ipv4.tcp_max_tw_buckets": "0"},
        "NanoCpus": round(isolation.cpus * 1e9),
        # A program may lower its own score to the least that its container began with, never below process 1's.
        "OomScoreAdj": 0,
        # Where the daemon writes these files, they say nothing of the machine's names.
        "Dns": ["127.0.0.1"],
        "ExtraHosts": ["sandbox:127.0.0.1"],
        "Ulimits": [
            {"Name": "nofile", "Soft": isolation.open_files, "Hard": isolation.open_files},
            {"Name": "fsize", "Soft": size.disk_bytes, "Hard": size.disk_bytes},
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "memlock", "Soft": 65_536, "Hard": 65_536},
            {"Name": "msgqueue", "Soft": 0, "Hard": 0},
        ],
        "LogConfig": {"Type": "none", "Config": {}},
        "Init": False,
    }
