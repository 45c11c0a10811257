"""What others call: the hook of pre-commit and the action of GitHub name commands and options that there are."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.commands import app
from tests.cli.conftest import ASSAY
from tests.cli.repositories import commit, git, repository
from tests.cli.test_check import FINE, HOLLOW
from tests.processes import ROOT, clean_environment

GROUP = typer.main.get_group(app)


def options_of(command: str) -> set[str]:
    """Return the options of a command."""
    return {name for option in GROUP.commands[command].params for name in (*option.opts, *option.secondary_opts)}


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    """Give the action."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return read


def step(action: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a step of the action."""
    [found] = [found for found in action["runs"]["steps"] if found.get("name") == name]
    assert isinstance(found, dict)
    return found


def run_step(action: dict[str, Any], folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's check in a folder, as a runner does, with some inputs set."""
    values = {name: given["default"] for name, given in action["inputs"].items()} | inputs
    check = step(action, "Check")
    environment = {
        name: values[text.removeprefix("${{ inputs.").removesuffix(" }}")] for name, text in check["env"].items()
    }
    path = f"{ASSAY.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", check["run"]],
        cwd=folder,
        env=clean_environment(PATH=path, ASSAY_STATE_DIR=str(folder.parent / "state"), **environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_hook() -> None:
    """The hook calls a command that there is, with options that it has, and says what it needs."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, command, *options = shlex.split(hook["entry"])
    assert program == "assay"
    assert set(options) <= options_of(command)
    assert all((ROOT / needed / "pyproject.toml").is_file() for needed in hook["additional_dependencies"])


def test_the_hook_checks_what_it_is_given(folder: Path) -> None:
    """The hook fails on an inauthentic file, and leaves out what the settings exclude although it is named."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    root = repository(folder / "r", fine=FINE, hollow=HOLLOW)
    command = [str(ASSAY), *shlex.split(hook["entry"])[1:]]
    environment = clean_environment(ASSAY_STATE_DIR=str(folder / "state"))

    def status(*names: str) -> int:
        return subprocess.run([*command, *names], cwd=root, env=environment, timeout=120, check=False).returncode

    assert (status("fine.py"), status("fine.py", "hollow.py")) == (0, 1)
    (root / "pyproject.toml").write_text('[tool.assay]\nexclude = ["hollow.py"]\n')
    assert status("fine.py", "hollow.py") == 0


def test_action(action: dict[str, Any]) -> None:
    """Every input is explained and has a default, every one is used, and none is pasted into a shell's text."""
    assert all(given["description"] and "default" in given for given in action["inputs"].values())
    text = (ROOT / "action.yml").read_text()
    assert all(f"${{{{ inputs.{name} }}}}" in text for name in action["inputs"])
    scripts = [found["run"] for found in action["runs"]["steps"] if "run" in found]
    assert not any("${{" in script for script in scripts)
    named = {word.split("=")[0].strip("(\"'") for script in scripts for word in script.split() if "--" in word}
    options = {name.lstrip('"') for name in named if name.strip('"(').startswith("--") and name.strip('"(') != "--"}
    assert {option.rstrip(")") for option in options} - {"--quiet"} <= options_of("check")


def test_the_action_checks(action: dict[str, Any], folder: Path) -> None:
    """The action's own script annotates what it finds, writes SARIF, and fails as the verdict says."""
    root = repository(folder / "r", fine=FINE, hollow=HOLLOW)
    done = run_step(action, root)
    assert done.returncode == 1
    assert "::error file=hollow.py,line=2," in done.stdout
    done = run_step(action, root, paths="fine.py", sarif="found.sarif")
    assert (done.returncode, (root / "found.sarif").exists()) == (0, True)
    done = run_step(action, root, paths="fine.py $(touch ran); touch ran")
    assert (done.returncode, (root / "ran").exists()) == (2, False)


def test_the_action_checks_a_change(action: dict[str, Any], folder: Path) -> None:
    """With a base only what was changed counts."""
    root = repository(folder / "r", fine=FINE, hollow=HOLLOW)
    git(root, "checkout", "--quiet", "-b", "side")
    (root / "fine.py").write_text(FINE + "\n\nx = 1\n")
    commit(root)
    assert run_step(action, root, base="main").returncode == 0
    (root / "fine.py").write_text(FINE + HOLLOW)
    commit(root)
    assert run_step(action, root, base="main").returncode == 1
