"""A plug-in of a third party: it needs the contract alone, its own tests pass, and a suite uses it."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.plugin.conftest import EXAMPLE, ROOT
from tests.processes import Done, run_python

TELL = """
import importlib, importlib.metadata, json, pkgutil, sys
import assay

needs = {d.name: d.requires or [] for d in importlib.metadata.distributions()}
for module in pkgutil.walk_packages(assay.__path__, "assay."):
    importlib.import_module(module.name)
provides = importlib.metadata.packages_distributions()
loaded = {name for module in tuple(sys.modules) for name in provides.get(module.partition(".")[0], [])}
print(json.dumps({"needs": needs, "loaded": sorted(loaded), "file": assay.__file__}))
"""

ASSAY = Path(sys.executable).with_name("assay")


def run_in(python: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the environment's interpreter, which sees nothing of this one's path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "PYTHON"))}
    command = [python, "-P", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def closure(root: str, needs: Mapping[Any, list[str]], extra: str = "") -> set[str]:
    """Return a distribution with all that it needs, directly or not, as its metadata say."""
    found: set[str] = set()
    waiting = [(canonicalize_name(root), extra)]
    while waiting:
        name, wanted = waiting.pop()
        found.add(name)
        for requirement in map(Requirement, needs[name]):
            needed = canonicalize_name(requirement.name)
            if needed not in found and (not requirement.marker or requirement.marker.evaluate({"extra": wanted})):
                waiting.append((needed, ""))
    return found


def test_the_contract_is_enough(plugin_python: Path, folder: Path) -> None:
    """The contract installs with what it declares and no more, and all of its modules can be imported with that."""
    done = run_in(plugin_python, "-c", TELL, cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    needs = {canonicalize_name(name): requires for name, requires in told["needs"].items()}
    alone = closure("assay", needs)
    assert set(needs) == closure("assay-plugin-example", needs, extra="test")
    assert {canonicalize_name(name) for name in told["loaded"]} <= alone
    assert {"assay", "grpcio", "protobuf"} <= alone
    assert Path(told["file"]).is_relative_to(plugin_python.parent.parent)


def test_no_dependency_of_the_suite(plugin_python: Path, folder: Path) -> None:
    """What the suite needs beyond the contract is not among what the contract needs."""
    done = run_in(plugin_python, "-c", TELL, cwd=folder)
    needs = {canonicalize_name(name): requires for name, requires in json.loads(done.stdout)["needs"].items()}
    suite = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    contract = tomllib.loads((ROOT / "proto" / "pyproject.toml").read_text())["project"]["dependencies"]
    only = {Requirement(text).name for text in suite} - {Requirement(text).name for text in contract} - {"assay"}
    assert only
    assert {canonicalize_name(name) for name in only} & closure("assay", needs) == set()


def test_its_own_tests(plugin_python: Path, folder: Path) -> None:
    """The plug-in's tests, the conformance suites among them, pass where nothing of the suite is installed."""
    tests = EXAMPLE / "tests"
    config = ("-c", EXAMPLE / "pyproject.toml", "--rootdir", folder, "-p", "no:cacheprovider")
    done = run_in(plugin_python, "-m", "pytest", "-q", *config, tests, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


async def assay(plugin_path: Path, folder: Path, *arguments: str | Path, **settings: str) -> Done:
    """Run the command with the plug-in on its path."""
    settings |= {"PYTHONPATH": str(plugin_path), "ASSAY_STATE_DIR": str(folder / "state")}
    return await run_python(str(ASSAY), *map(str, arguments), cwd=folder, environment=settings)


FORBIDDEN = json.dumps({"import-policy": {"forbidden": "telnetlib"}})
FINE = "def double(number: int) -> int:\n    return 2 * number\n"


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        (FINE, set()),
        (f"import telnetlib\n\n\n{FINE}\n\nprint(telnetlib)\n", {"import-policy/forbidden"}),
        (f"{FINE}\n\nbreakpoint()\n", {"house-style/breakpoint"}),
    ],
    ids=["neither", "the stage", "the validator"],
)
async def test_a_suite_uses_it(plugin_path: Path, folder: Path, code: str, rules: set[str]) -> None:
    """The command finds the stage and the validator without being told, and their findings decide."""
    (folder / "main.py").write_text(code)
    arguments = ("check", "--no-sandbox", "--format", "json", "main.py")
    done = await assay(plugin_path, folder, *arguments, ASSAY_STAGE_OPTIONS=FORBIDDEN)
    assert done.returncode == (1 if rules else 0), done.stdout + done.stderr
    for rule in rules:
        assert rule in done.stdout


async def test_stages_tells_of_it(plugin_path: Path, folder: Path) -> None:
    """The list of stages has the plug-in's, with what it says of itself."""
    done = await assay(plugin_path, folder, "stages", ASSAY_SANDBOX_ENABLED="false", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "import-policy" in done.stdout


async def test_not_loadable(plugin_path: Path, folder: Path) -> None:
    """Where the plug-in cannot be loaded the command says which, and judges nothing."""
    (plugin_path / "assay_plugin_example" / "validator.py").write_text("import module_of_nobody\n")
    (folder / "main.py").write_text(FINE)
    done = await assay(plugin_path, folder, "check", "--no-sandbox", "main.py")
    assert done.returncode == 2
    assert "AUTHENTIC" not in done.stdout
    assert "house-style" in done.stderr
