"""The command as a process: its start, its end, and its signals."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import ASSAY, Program
from tests.processes import clean_environment

FINE = "def double(number: int) -> int:\n    return 2 * number\n"


def test_version_and_help(program: Program) -> None:
    """Both are told without starting anything."""
    assert program("--version").stdout.startswith("assay 0.")
    ended = program("--help")
    assert ended.status == 0
    for command in ("check", "run", "batch", "languages", "serve", "stages", "doctor"):
        assert command in ended.stdout


def test_the_commands_import_nothing_heavy(program: Program) -> None:
    """Help is quick because gRPC, Rich and the settings are not loaded for it."""
    heavy = ("grpc", "rich", "pydantic", "host.settings")
    code = f"import sys, cli.commands; print([m for m in {heavy} if m in sys.modules])"
    python = ASSAY.with_name("python")
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_wrong_use_is_undetermined(program: Program) -> None:
    """A call that makes no sense is no verdict; of `run` it is no status of the program."""
    assert program("check").status == 2
    assert program("check", "--nonsense", "x.py").status == 2
    assert program("run").status == 125
    ended = program("nonsense")
    assert ended.status == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", [["check", "x.py"], ["stages"], ["run", "x.py"]])
def test_a_gateway_that_is_not_there_is_said_once(program: Program, folder: Path, command: list[str]) -> None:
    """The error names the address, in one line."""
    (folder / "x.py").write_text(FINE)
    ended = (
        program(*command, "--gateway", f"unix:{folder}/nobody", cwd=folder)
        if command[0] != "run"
        else program("run", "--gateway", f"unix:{folder}/nobody", "x.py", cwd=folder)
    )
    assert ended.status == (125 if command[0] == "run" else 2)
    assert ended.stderr == f"assay: no suite answers at unix:{folder}/nobody\n"


def test_a_bad_setting_is_named(program: Program, folder: Path) -> None:
    """A setting that makes no sense is said by its name in the environment, without its value."""
    (folder / "x.py").write_text(FINE)
    ended = program("check", folder / "x.py", ASSAY_SANDBOX__MAX_IDLE="s3cret")
    assert ended.status == 2
    assert ended.stderr.startswith("assay: the setting ASSAY_SANDBOX__MAX_IDLE:")
    assert "s3cret" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_suite_of_its_own_is_started_and_stopped(program: Program, folder: Path) -> None:
    """Without a gateway the command needs nothing but itself, and is quiet about it."""
    (folder / "x.py").write_text(FINE)
    ended = program("check", "--no-sandbox", folder / "x.py", TMPDIR=str(folder))
    assert ended.status == 0
    assert ended.stderr == ""
    assert sorted(path.name for path in folder.iterdir()) == ["x.py"], "the socket's folder is gone"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_it_cleanly(folder: Path, state_dir: Path, number: signal.Signals, status: int) -> None:
    """A signal in mid-work ends the command soon, quietly, with its own status and nothing left behind."""
    (folder / "large.py").write_text("value = [1, 2, 3]\n" * 250_000)
    environment = clean_environment(ASSAY_STATE_DIR=str(state_dir), TMPDIR=str(folder))
    process = subprocess.Popen(
        [ASSAY, "check", "--no-sandbox", folder / "large.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    for _ in range(300):
        if any(path.is_dir() for path in folder.iterdir()):
            break
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (status, b"", b"")
    assert [path.name for path in folder.iterdir()] == ["large.py"]


def test_a_reader_that_leaves_ends_it_quietly(gateway: str, folder: Path) -> None:
    """A broken pipe is no error to talk about."""
    for number in range(30):
        (folder / f"m{number}.py").write_text(FINE)
    process = subprocess.Popen(
        [ASSAY, "check", "--gateway", gateway, "--format", "json", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    assert process.stdout is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 141
