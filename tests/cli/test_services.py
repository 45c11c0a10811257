"""`assay serve`, `assay stages` and `assay doctor`."""

import json
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Program, write_lua

STAGES = ["static", "placeholder", "semantic", "execution", "scoring"]


def test_stages_are_listed(assay: Program) -> None:
    """Each stage has its name, version and languages, in the order in which they can run."""
    shown = assay("stages").stdout
    assert all(name in shown for name in STAGES)
    document = json.loads(assay("stages", "--format", "json").stdout)
    assert sorted(entry["stage"]["name"] for entry in document["stages"]) == sorted(STAGES)
    assert all(entry["available"] and entry["stage"]["version"] for entry in document["stages"])


def test_an_address_that_is_taken_is_said(program: Program) -> None:
    """Serving where somebody else does is an error in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = program("serve", "--listen", address, ASSAY_SANDBOX_ENABLED="false", ASSAY_LOG_LEVEL="error")
    assert ended.status == 2
    assert address in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_doctor_says_what_to_do(program: Program, folder: Path) -> None:
    """What is missing is named with its remedy, and the rest is examined all the same."""
    (folder / "state").write_text("a file where a folder should be")
    ended = program("doctor", ASSAY_STATE_DIR=str(folder / "state"), DOCKER_HOST=f"unix://{folder}/nobody.sock")
    assert ended.status == 1
    for part in ("✓ Python", "✗ state directory", "ASSAY_STATE_DIR", "✗ Docker daemon", "scripts/docker-up", "✓ ruff"):
        assert part in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.docker
def test_the_doctor_finds_nothing_where_all_is_well(program: Program, docker_ready: None) -> None:
    """With Docker and the image there, every examination passes, the runs included."""
    ended = program("doctor")
    assert ended.status == 0, ended.stdout
    assert ended.stdout.endswith("all is well\n")
    for part in ("✓ container runtime: runc", "✓ pools: "):
        assert part in ended.stdout
    built = next(line for line in ended.stdout.splitlines() if line.startswith("✓ sandbox images: "))
    # A machine may have the images of further languages.
    assert {"bash", "c", "javascript", "python"} <= set(built.partition(": ")[2].partition(";")[0].split(", "))


@pytest.mark.docker
@pytest.mark.slow
def test_the_doctor_tells_what_must_be_built_from_what_may_be(
    program: Program, docker_ready: None, folder: Path
) -> None:
    """An image that nobody asked for is only offered; one that the settings name is missed, and so is a runtime."""
    write_lua(folder / "lua")
    folders = json.dumps([str(folder / "lua")])
    ended = program("doctor", ASSAY_SANDBOX__LANGUAGE_FOLDERS=folders)
    assert ended.status == 0, ended.stdout
    assert "not built: " in ended.stdout
    assert "scripts/sandbox-image" in ended.stdout
    ended = program("doctor", ASSAY_SANDBOX__LANGUAGE_FOLDERS=folders, ASSAY_SANDBOX__LANGUAGES='["lua"]')
    assert ended.status == 1
    assert "✗ sandbox images: lua: the image assay-sandbox-lua:" in ended.stdout
    assert "run `scripts/sandbox-image lua`" in ended.stdout
    ended = program("doctor", ASSAY_SANDBOX__RUNTIME="nothing")
    assert ended.status == 1
    assert "✗ container runtime: the daemon has no 'nothing'; it has " in ended.stdout
