"""An environment in which the contract and a plug-in are installed, and nothing of the suite."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = Path(__file__).parent / "example"

# The plug-in's tests are run where it is installed.
collect_ignore = ["example"]

PIP_SECONDS = 150


def _sources() -> Iterator[Path]:
    yield ROOT / "constraints.txt"
    for folder in (ROOT / "proto", EXAMPLE):
        yield from sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".toml"})


def _digest() -> str:
    told = hashlib.sha256(sys.version.encode())
    for path in _sources():
        told.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return told.hexdigest()


@pytest.fixture(scope="session")
def plugin_python(pytestconfig: pytest.Config) -> Path:
    """Give the interpreter of an environment with the contract and the example; made anew when either has changed."""
    folder = Path(pytestconfig.cache.mkdir("plugin-environment"))
    python, stamp = folder / "bin" / "python", folder / "stamp"
    if not stamp.exists() or stamp.read_text() != _digest():
        shutil.rmtree(folder)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
        wanted = ["-c", str(ROOT / "constraints.txt"), str(ROOT / "proto"), f"{EXAMPLE}[test]"]
        done = subprocess.run([*pip, *wanted], timeout=PIP_SECONDS, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0, done.stderr
        stamp.write_text(_digest())
    return python


@pytest.fixture
def plugin_path(plugin_python: Path, folder: Path) -> Path:
    """Give a folder that holds the plug-in as it was installed, for the path of another interpreter."""
    (package,) = plugin_python.parent.parent.glob("lib/python*/site-packages/assay_plugin_example")
    for part in package.parent.glob("assay_plugin_example*"):
        shutil.copytree(part, folder / "path" / part.name)
    return folder / "path"
