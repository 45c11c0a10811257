"""What works for the stages stands back behind the server."""

import os
import subprocess
import sys

from services.stages.priority import NICENESS, stand_back


def test_stand_back() -> None:
    """A process that stands back gives way to others, and so do the threads and processes that it begins."""
    code = "import os, sys; sys.stdin.read(); print(os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))"
    begins = f"import subprocess, sys; sys.stdin.readline(); subprocess.run([sys.executable, '-c', {code!r}])"
    child = subprocess.Popen([sys.executable, "-c", begins], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stand_back(child.pid)
    told, _ = child.communicate("\n", timeout=60)
    assert told.split() == [str(os.SCHED_BATCH), str(NICENESS)]


def test_gone() -> None:
    """A process that is gone is nobody's concern."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(60)
    stand_back(child.pid)
