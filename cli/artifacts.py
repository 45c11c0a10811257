"""Files that a program left behind, written where the caller wants them and nowhere else."""

import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from assay.candidates import check_path
from assay.errors import InvalidArgument
from assay.v1 import sandbox_pb2

from cli.printable import printable
from cli.sources import BadSource


def write_artifacts(result: sandbox_pb2.ExecutionResult, folder: Path) -> None:
    """
    Write the artifacts of a result below a folder, which is made where it is missing.

    Nothing that exists is written over or through: a path that leaves the folder, a link on the way and a file that is
    there already are each an error. What the sandbox left out is named on standard error.

    :raises BadSource: An artifact cannot be written there.
    """
    for artifact in result.artifacts:
        try:
            _write(folder, check_path(artifact.path, "artifact"), artifact.content, executable=artifact.executable)
        except InvalidArgument as error:
            raise BadSource(f"{artifact.path}: {error.description}") from None
        except OSError as error:
            raise BadSource(f"--artifacts-dir: {artifact.path}: {(error.strerror or 'it failed').lower()}") from None
    for path, reason in sorted(result.artifacts_omitted.items()):
        print(f"assay: not brought back: {printable(path)}: {printable(reason)}", file=sys.stderr)  # noqa: T201 said by us


def _write(folder: Path, path: str, content: bytes, *, executable: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    *parents, name = path.split("/")
    with ExitStack() as stack:
        here = _opened(folder, None, stack)
        for parent in parents:
            with suppress(FileExistsError):
                os.mkdir(parent, dir_fd=here)
            here = _opened(parent, here, stack, os.O_NOFOLLOW)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(name, flags, 0o755 if executable else 0o644, dir_fd=here), "wb") as file:
            file.write(content)


def _opened(folder: Path | str, below: int | None, stack: ExitStack, flags: int = 0) -> int:
    """Return a descriptor of a folder, which the stack closes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | flags, dir_fd=below)
    stack.callback(os.close, descriptor)
    return descriptor
