"""A Docker daemon of a test's own: it can be frozen and killed, and have any runtime, without harm to anyone else's."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psutil
import pytest

UP_SECONDS = 60
STOP_SECONDS = 40
LOAD_SECONDS = 600


class OwnDaemon:
    """
    A dockerd with its own containerd, socket, images and containers.

    :param folder: For everything that it has; short enough for the paths of sockets.
    :param runtimes: Runtimes besides runc, as they stand in ``daemon.json``.
    """

    def __init__(self, folder: Path, runtimes: Mapping[str, Any]) -> None:
        self.url = f"unix://{folder}/d.sock"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "daemon.json").write_text(json.dumps({"runtimes": dict(runtimes)}))

    def start(self) -> float:
        """Start it; return how many seconds it took until it answered."""
        started = time.monotonic()
        # A killed one leaves its number behind, which may be another process's by now.
        (self._folder / "d.pid").unlink(missing_ok=True)
        (self._folder / "x" / "containerd" / "containerd.pid").unlink(missing_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    # A daemon told to have no bridge removes docker0, whosever it is: it gets a network of its own.
                    *("unshare", "--net", "dockerd", "--config-file", self._folder / "daemon.json", "--host", self.url),
                    *("--data-root", self._folder / "g", "--exec-root", self._folder / "x"),
                    *("--pidfile", self._folder / "d.pid", "--bridge=none", "--iptables=false", "--ip-forward=false"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() - started < UP_SECONDS, self.log()
            time.sleep(0.1)
        return time.monotonic() - started

    def _answers(self) -> bool:
        try:
            self.docker("version", seconds=5)
        except subprocess.SubprocessError:
            return False
        return True

    def log(self) -> str:
        """Return the end of what it wrote."""
        return (self._folder / "log").read_text(errors="replace")[-2000:]

    def docker(self, *arguments: str, seconds: float = 60) -> str:
        """Run a docker command with it and return what that prints."""
        command = ["docker", "--host", self.url, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True).stdout.strip()

    def load(self, images: Iterable[str]) -> None:
        """Copy images of the usual daemon."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as save:
            command = ["docker", "--host", self.url, "load"]
            subprocess.run(command, stdin=save.stdout, capture_output=True, timeout=LOAD_SECONDS, check=True)
        assert save.returncode == 0

    def freeze(self) -> None:
        """Stop it and its containerd where they are, by SIGSTOP; the containers go on."""
        for process in self._processes():
            process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let both go on."""
        for process in self._processes():
            process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill both without a word; the containers go on."""
        assert self._process is not None
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
                process.wait(10)
        self._process.wait(10)

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        daemon = psutil.Process(self._process.pid)
        return [daemon, *(child for child in daemon.children() if child.name() == "containerd")]

    def stop(self) -> None:
        """End it with everything that it has."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self.thaw()
            with suppress(subprocess.SubprocessError):
                if ids := self.docker("ps", "-aq").split():
                    self.docker("rm", "-f", *ids, seconds=STOP_SECONDS)
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        for process in psutil.process_iter(["cmdline"]):
            if process.pid != os.getpid() and any(str(self._folder) in word for word in process.info["cmdline"] or ()):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{self._folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", mount], timeout=20, check=False)


@contextmanager
def own_daemon(images: Iterable[str], runtimes: Mapping[str, Any] | None = None) -> Iterator[OwnDaemon]:
    """Start a daemon with copies of images; skip the test where this user may not."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("a Docker daemon of the test's own needs root and dockerd")
    folder = Path(mkdtemp(prefix="d-", dir="/tmp"))
    daemon = OwnDaemon(folder, runtimes or {})
    try:
        daemon.start()
        daemon.load(images)
        yield daemon
    finally:
        daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)
