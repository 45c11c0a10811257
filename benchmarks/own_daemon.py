"""
A Docker daemon for one measurement: its own socket, store and containerd, and a control group that counts CPU time.

On a machine that others load, wall time says little and CPU time a lot: the group has the daemon, containerd, the
shims, the runtime and the containers in it, and nobody else. The daemon has a network namespace of its own, so it
cannot touch the bridge and the rules of the usual one. Nothing is left behind: the daemon is ended, its folder and
groups are removed. Root and cgroup version 1 only.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
START_SECONDS = 30.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class OwnDaemon:
    """A running daemon."""

    folder: Path
    group: str

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return str(self.folder / "docker.sock")

    def cpu_seconds(self) -> float:
        """Return the CPU time of the daemon and of everything that it ever started."""
        return int((GROUPS / "cpuacct" / self.group / "cpuacct.usage").read_text()) / 1e9


@contextlib.contextmanager
def own_daemon(parent: Path, image: str) -> Iterator[OwnDaemon]:
    """Give a daemon that has an image of the usual one; its files are in a new folder below ``parent``."""
    folder = Path(tempfile.mkdtemp(prefix="b-", dir=parent))
    daemon = OwnDaemon(folder, f"assay-benchmark-{folder.name}")
    (GROUPS / "cpuacct" / daemon.group).mkdir()
    flags = {
        "--host": f"unix://{daemon.socket}",
        "--data-root": str(daemon.folder / "data"),
        "--exec-root": str(daemon.folder / "exec"),
        "--pidfile": str(daemon.folder / "pid"),
        "--bridge": "none",
        "--cgroup-parent": f"/{daemon.group}/containers",
    }
    # A daemon told to have no bridge removes docker0, whosever it is; in a network of its own there is none.
    command = [
        "unshare",
        "--net",
        "dockerd",
        "--iptables=false",
        "--ip-masq=false",
        *(word for pair in flags.items() for word in pair),
    ]
    join = 'echo $$ > "$0"; exec "$@"'
    with (daemon.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", join, str(GROUPS / "cpuacct" / daemon.group / "cgroup.procs"), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_up(daemon, process)
        there = os.environ | {"DOCKER_HOST": f"unix://{daemon.socket}"}
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            subprocess.run(
                ["docker", "load"], stdin=save.stdout, env=there, check=True, capture_output=True, timeout=120
            )
        yield daemon
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _clear(daemon)


def _wait_up(daemon: OwnDaemon, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    command = ["docker", "--host", f"unix://{daemon.socket}", "info"]
    while subprocess.run(command, check=False, capture_output=True, timeout=START_SECONDS).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the daemon did not come up: {(daemon.folder / 'log').read_text()[-500:]}")
        time.sleep(0.1)


def _clear(daemon: OwnDaemon) -> None:
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{daemon.folder}/")]):
        subprocess.run(["umount", "--lazy", mount], check=False, timeout=STOP_SECONDS)
    shutil.rmtree(daemon.folder, ignore_errors=True)
    for group in GROUPS.glob(f"*/{daemon.group}"):
        for folder in [*sorted(group.rglob("*/"), reverse=True), group]:
            with contextlib.suppress(OSError):
                folder.rmdir()
