"""Programs that are called: their deadline, what they began, and what they say of a failure."""

import os
import time
from pathlib import Path

import pytest

from cli.deploy.record import FileRecord
from cli.deploy.steps import Failed
from cli.deploy.tool import Tool, found

SHELL = Tool(("sh", "-c"), {"NAME": "value"})


def test_called() -> None:
    """A call has its status, its output, what was given it and the variables beside those of this process."""
    ran = SHELL.run('read line; echo "$NAME $line"; exit 3', seconds=20, stdin="in\n")
    assert (ran.status, ran.output) == (3, "value in\n")


def test_failure_is_told_in_one_line() -> None:
    """What a program says of its failure is told as one line, its last words, with no end of it."""
    with pytest.raises(Failed, match=r"`sh .*` failed: one / two"):
        SHELL.output("printf 'one\\n\\n  two\\n' >&2; exit 1", seconds=20)
    assert len(SHELL.run("seq 10000 >&2; exit 1", seconds=20).said) <= 600
    assert "status 7 and said nothing" in SHELL.run("exit 7", seconds=20).said


def test_too_long(tmp_path: Path) -> None:
    """One that takes too long is ended with everything that it began."""
    with pytest.raises(Failed, match="took longer than 1 s"):
        SHELL.run(f"sleep 60 & echo $! >{tmp_path}/child; sleep 60", seconds=1)
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        # One whose parent is gone is a zombie until it is reaped.
        if "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        time.sleep(0.05)
    pytest.fail("its child runs on")


def test_not_there() -> None:
    """A program that is not there is told as such; of several the first one that answers is taken."""
    with pytest.raises(Failed, match="nowhere cannot be started: no such file"):
        Tool(("nowhere",), {}).run("version", seconds=5)
    assert found([("nowhere",), ("false",), ("true",)]) == ("true",)
    with pytest.raises(Failed, match="none of these answers: nowhere, false"):
        found([("nowhere",), ("false",)])


def test_what_a_killed_one_left_holds_the_lock(tmp_path: Path) -> None:
    """As long as something that a deployment called still runs, the next one waits; then it goes on."""
    record = FileRecord(tmp_path / "record")
    with record.locked(1) as held:
        Tool(("sh", "-c"), {}, held).run("setsid sleep 2 >/dev/null 2>&1 </dev/null &", seconds=10)
    with pytest.raises(Failed, match="another deployment holds"), record.locked(0.3):
        pass
    with record.locked(20):
        pass
