"""
A small process that outlives the service by seconds: it removes what a killed service leaves behind.

A running container ends by itself when the service is gone, since process 1 sees the end of its standard input. One
that was created and not started yet has no process that could see anything. The janitor waits on a pipe; where that
closes without a word, the service was killed, and its containers are removed. It imports nothing until then.
"""

import asyncio
import contextlib
import subprocess
import sys

WATCH_SECONDS = 12.0
PAUSE_SECONDS = 1.0
FAREWELL = b"bye"


class Janitor:
    """
    The service's side.

    :param url: The daemon's address.
    :param label: The label that all containers of this service carry.
    """

    def __init__(self, url: str, label: str) -> None:
        self._command = [sys.executable, "-m", "sandbox.containers.janitor", url, label]
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start it, in a session of its own: a signal to the service's group is not for it."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    async def close(self) -> None:
        """Tell it that nothing is left to do, and see it end."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            await asyncio.to_thread(process.communicate, FAREWELL, 5.0)
        if process.poll() is None:
            process.kill()
            await asyncio.to_thread(process.wait)


async def clean_up(url: str, label: str) -> None:
    """Remove every container with a label, and those that still appear within the time of a creation under way."""
    from assay.errors import SandboxUnavailable

    from sandbox.containers.daemon import Address, Daemon, Missing, Refused

    daemon = Daemon(Address.parse(url), 1)
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + WATCH_SECONDS
    while loop.time() < ends_at:
        with contextlib.suppress(SandboxUnavailable, Missing, Refused):
            for container in await daemon.containers(label):
                with contextlib.suppress(SandboxUnavailable, Missing, Refused):
                    await daemon.remove(container["Id"])
        await asyncio.sleep(PAUSE_SECONDS)
    daemon.close()


def main() -> None:
    """Wait for the service's end; clean up where it said nothing."""
    if sys.stdin.buffer.read() != FAREWELL:
        asyncio.run(clean_up(*sys.argv[1:3]))


if __name__ == "__main__":
    main()
