"""Calling the Docker daemon: what may go on in the process meanwhile."""

import asyncio
import os
import sys
import threading

import pytest

from sandbox.containers.daemon import Address, Daemon

pytestmark = pytest.mark.usefixtures("docker_ready")

CALLS = 200


def _set_and_take_out(ended: threading.Event) -> None:
    while not ended.is_set():
        for number in range(50):
            os.environ[f"ASSAY_TEST_{number}"] = "1"
        for number in range(50):
            del os.environ[f"ASSAY_TEST_{number}"]


async def test_calls_go_on_while_another_thread_changes_the_environment() -> None:
    """No call fails because a variable of the environment is gone before it is read."""
    daemon = Daemon(Address.parse(""), make_threads=4)
    ended = threading.Event()
    interval = sys.getswitchinterval()
    # Threads take turns in the midst of whatever they read.
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=_set_and_take_out, args=(ended,), daemon=True)
    thread.start()
    try:
        for _ in range(CALLS // 10):
            told = await asyncio.gather(*(daemon.info() for _ in range(10)))
            assert all(info["ID"] for info in told)
    finally:
        ended.set()
        thread.join(10)
        sys.setswitchinterval(interval)
        daemon.close()
