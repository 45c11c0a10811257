"""The warm linter: what is silenced, by which version it judges, and what its end is."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from assay.stage import Severity

from services.stages.static.ruff_server import defused, settings_folder
from tests.services.stages.static.judging import found, rules

SILENCING = (
    "x = y  # noqa",
    "x = y  # NOQA:F821",
    "x = y  #noqa : F821",
    "# ruff: noqa\nx = y",
    "# ruff: noqa: F821\nx = y",
    "# RUFF : NOQA\nx = y",
    "# flake8: noqa\nx = y",
    "# flake8: noqa: F821\nx = y",
    "# ruff: disable[F821]\nx = y\n# ruff: enable[F821]",
    "x = y  # ruff: ignore[F821]",
    "# ruff: file-ignore[F821]\nx = y",
    "# ruff: isort: off\nx = y",
    "# isort: skip_file\nx = y",
    "# type: ignore\nx = y",
    "# pylint: disable=all\nx = y  # nosec",
    "# /// script\n# requires-python = '>=3.7'\n# ///\nmatch y:\n    case 1:\n        pass",
)


@pytest.mark.parametrize("code", SILENCING)
def test_nothing_silences(code: str) -> None:
    """No comment of the candidate's keeps a finding back, or says by which version it is judged."""
    assert rules(code) == {"static/undefined-name"}


def test_characters_keep_their_places() -> None:
    """What is taken from comments changes no place; a word in code is no comment's."""
    code = 'noqa = "é😀"; ruff: int = 1  # é noqa 😀\n'
    safe = defused(code)
    assert len(safe) == len(code)
    assert safe.startswith('noqa = "é😀"; ruff: int = 1  # é xoqa 😀')
    (finding,) = found('x = "😀"; y = missing  # é noqa\n')
    assert (finding.location.start_column, finding.location.end_column) == (14, 21)  # type: ignore[union-attr]


@pytest.mark.parametrize("minor", range(7, 16))
def test_every_version(minor: int) -> None:
    """One server judges by each version: a match statement is an error before 3.10 and none from there."""
    code = "x = 1\nmatch x:\n    case 1:\n        y = 2\n"
    assert ("static/syntax-error" in rules(code, minor=minor)) is (minor < 10)


def test_one_source_does_not_end_another() -> None:
    """Source on which the server runs out of stack is a finding, and the next source is judged."""
    (finding,) = found("x = " + "-" * 100_000 + "1\n")
    assert (finding.rule_id, finding.severity) == ("static/too-deeply-nested", Severity.CRITICAL)
    assert rules("def f():\n    return missing\n") == {"static/undefined-name"}


def test_what_only_the_server_finds_too_deep() -> None:
    """A chain that Python compiles and that a server's stack does not hold is judged all the same."""
    code = "x = " + "-" * 3_000 + "1\nprint(missing)\n"
    assert rules(code) == {"static/undefined-name"}


PROGRAM = """
import os, sys, time
from services.stages.static import ruff_server
with ruff_server.settings_folder() as folder:
    ruff_server.ask("x = y", 13, ".py", folder)
    print(ruff_server._warm(folder)[1].process, folder, flush=True)
    time.sleep(60)
"""


def test_it_ends_with_its_worker() -> None:
    """A server ends when the process that asks it is killed."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as asker:
        try:
            assert asker.stdout is not None
            told = asker.stdout.readline().split()
            server = int(told[0])
            assert psutil.pid_exists(server)
        finally:
            os.kill(asker.pid, signal.SIGKILL)
    for _ in range(250):
        if not psutil.pid_exists(server) or psutil.Process(server).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.02)
    else:
        pytest.fail("the server goes on")
    shutil.rmtree(told[1])


def test_its_folder_goes() -> None:
    """The folder has settings for each version, and is gone in the end."""
    with settings_folder() as folder:
        assert len(list(Path(folder).glob("py3*/ruff.toml"))) == 9
    assert not Path(folder).exists()
