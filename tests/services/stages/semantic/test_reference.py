"""The list of the reference environment, and the names of environments."""

import re
import subprocess
from pathlib import Path

from services.stages.semantic.names import normalised
from services.stages.semantic.reference import LIST, digest, named

ROOT = Path(__file__).parents[4]


def test_list_is_pinned_and_in_order() -> None:
    """Every library stands once, by its normalised name, with one version."""
    pins = [line for line in LIST.read_text().splitlines() if not line.startswith("#")]
    names = [pin.partition("==")[0] for pin in pins]
    assert all(re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9.!+]+", pin) for pin in pins)
    assert names == sorted(set(names))
    assert all(normalised(name) == name for name in names)


def test_script_knows_an_environment_that_is_there(tmp_path: Path) -> None:
    """Where the folder holds the list's digest nothing is fetched, and another folder is never replaced."""
    script = ROOT / "scripts" / "reference"
    made, other = tmp_path / "made", tmp_path / "other"
    made.mkdir()
    (made / "assay-reference").write_text(f"{digest()}\n")
    done = subprocess.run([script, made], capture_output=True, text=True, timeout=60, check=True)
    assert "is there already" in done.stderr
    other.mkdir()
    (other / "precious.txt").write_text("kept")
    refused = subprocess.run([script, other], capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert (other / "precious.txt").read_text() == "kept"


def test_names_change_with_what_is_held(tmp_path: Path, environment: Path) -> None:
    """An environment's name tells its content and not its place."""
    assert named(None) == "none"
    assert named(environment).startswith("environment-")
    assert named(tmp_path) != named(environment)
    (tmp_path / "assay-reference").write_text("abc\n")
    assert named(tmp_path) == "reference-abc"
