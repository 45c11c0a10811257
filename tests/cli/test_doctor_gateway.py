"""`assay doctor --gateway`: how a running suite says it is, in the doctor's words."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from tests.processes import host

PARTS = ("cache", "database", "memory", "queue", "sandbox", "validation")


def test_a_suite_without_a_sandbox(assay: Program) -> None:
    """Every part has its line with its figures; what is degraded is marked, and makes the exit status 1."""
    ended = assay("doctor")
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("✓ the suite: version ")
    assert [line.split(":")[0].split()[1] for line in lines[1:-1]] == list(PARTS)
    assert "- sandbox: the suite has no sandbox: code is read, and never run" in lines
    assert "free bytes" in ended.stdout
    assert "✗" not in ended.stdout
    assert lines[-1].endswith("want attention")
    assert ended.status == 1


@pytest.mark.docker
def test_a_whole_suite(sandboxed: str, program: Program) -> None:
    """With a sandbox too, what works is told to work."""
    ended = program("doctor", "--gateway", sandboxed)
    assert "✓ sandbox: works (languages " in ended.stdout
    assert ("all is well" in ended.stdout) == (ended.status == 0)


async def test_a_suite_that_is_ill(folder: Path, program: Program) -> None:
    """What does not work is told with its reason, and where it would be is not."""
    peers = json.dumps({"validation": f"unix:{folder}/nobody"})
    async with host("system", state=folder, ASSAY_PEERS=peers) as server:
        ended = program("doctor", "--gateway", server.address)
    assert ended.status == 1
    assert "✗ validation: a service that it needs cannot be reached" in ended.stdout
    assert "nobody" not in ended.stdout
    assert "✗ database" not in ended.stdout


def test_nobody_there(folder: Path, program: Program) -> None:
    """Where no suite answers that is said, and the exit status is that of a failure."""
    ended = program("doctor", "--gateway", f"unix:{folder}/nobody")
    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr == f"assay: no suite answers at unix:{folder}/nobody\n"
