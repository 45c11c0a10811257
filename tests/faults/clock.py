"""A clock that processes are given instead of the machine's, and that can be set while they run."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")


class Clock:
    """
    A clock of its own, which every process has that is started with its environment; see ``clock.c``.

    :param folder: Where its library is built, and where it stands by how much the clock is wrong.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("there is no C compiler to build a clock with; install gcc")
        library = folder / "clock.so"
        command = [compiler, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
        subprocess.run(command, check=True, timeout=60)
        self._file = folder / "clock"
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self._file)}
        self.set(0)

    def set(self, seconds: float) -> None:
        """Let it be wrong by so many seconds from now on, for all who have it."""
        # Written where it is: others have mapped it.
        with self._file.open("r+b" if self._file.exists() else "xb") as file:
            file.write(struct.pack("=d", seconds))
