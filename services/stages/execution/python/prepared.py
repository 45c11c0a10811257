"""
The harness as it is sent: its modules, and what the sandbox's own Python made of them once.

To translate them in every run takes longer than most tests. So they are translated in a sandbox in which no other code
runs, when the first candidate comes; where that fails, or where the sandbox has another Python by now, the text is
there.
"""

import re
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import AssayError
from assay.stage import SourceFile

from services.stages.execution.sandbox import execute

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

HARNESS = Path(__file__).parents[1] / "harness"
MAIN = b"import sys\n\nsys.dont_write_bytecode = True\nfrom harness.run import main\n\nmain()\n"

CORE = frozenset(
    {
        *("__init__", "channel", "describe", "examples", "lines", "load", "plain", "reporter", "run", "suite", "tell"),
        "tests",
    }
)
"""The modules of every run."""

FOR_PYTEST = frozenset({"library", "module", "session"})
FOR_READING = frozenset({"collect", "discovery"})
FOR_CALLS = frozenset({"calls"})

TRANSLATE = b"""\
import glob
import py_compile

for file in glob.glob("harness/*.py"):
    py_compile.compile(file, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""
TRANSLATED = re.compile(r"harness/__pycache__/(\w+)\.cpython-\d+\.pyc")
SECONDS = 10.0


class Prepared:
    """
    The translated modules, once they are there.

    :param tries: How often translating may fail before it is left.
    """

    def __init__(self, tries: int = 3) -> None:
        self._files: Mapping[str, SourceFile] = {}
        self._tries = tries

    async def prepare(self, stub: "SandboxServiceAsyncStub", until: float) -> None:
        """
        Have the modules translated, unless that was done, or has failed too often.

        :param until: When the caller's time ends, on the monotonic clock; without time for both, nothing is done.
        """
        if self._tries <= 0 or until - time.monotonic() < 2 * SECONDS:
            return
        self._tries -= 1
        # Where the sandbox cannot be used, the run itself will say so.
        with suppress(AssayError):
            self._files = await _translated(stub, until)
            self._tries = 0

    def files(self, modules: Collection[str]) -> tuple[SourceFile, ...]:
        """Return some of the harness's modules, below the folder that ``main.py`` stands in."""
        sources = [SourceFile(f"harness/{name}.py", text) for name, text in sources_of_all().items() if name in modules]
        translated = [file for name, file in self._files.items() if name in modules]
        return (SourceFile("main.py", MAIN), *sources, *translated)


PREPARED = Prepared()
"""Those of this process."""


@dataclass(frozen=True, slots=True)
class _Translation:
    """The program that translates."""

    files: tuple[SourceFile, ...]
    entry_point: str = "translate.py"
    stdin: bytes = b""


async def _translated(stub: "SandboxServiceAsyncStub", until: float) -> Mapping[str, SourceFile]:
    sources = (SourceFile(f"harness/{name}.py", text) for name, text in sources_of_all().items())
    program = _Translation((SourceFile("translate.py", TRANSLATE), *sources))
    result = await execute(stub, "python", program, SECONDS, until, artifact_globs=("harness/__pycache__/*.pyc",))
    matches = {TRANSLATED.fullmatch(artifact.path): artifact for artifact in result.artifacts}
    return {match[1]: SourceFile(artifact.path, artifact.content) for match, artifact in matches.items() if match}


@cache
def sources_of_all() -> Mapping[str, bytes]:
    """Return the text of every module of the harness, by its name."""
    return {file.stem: file.read_bytes() for file in sorted(HARNESS.glob("*.py"))}
