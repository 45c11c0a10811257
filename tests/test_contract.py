"""The contract: linted, and generated code that is what the .proto files say."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def test_lint() -> None:
    """The contract passes buf's STANDARD and COMMENTS rules."""
    buf = BIN / "buf"
    done = subprocess.run([buf, "lint"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_generated_code() -> None:
    """The committed generated code is what the compiler makes of the contract now."""
    done = subprocess.run(
        [shutil.which("bash") or "bash", ROOT / "scripts" / "proto", "--check"],
        cwd=ROOT,
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
