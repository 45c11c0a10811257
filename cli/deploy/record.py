"""The record of deployments in a folder: the last course, and a lock so that one goes on at a time."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.deploy.course import Course, as_data, from_data
from cli.deploy.steps import Failed

COURSE = "course.json"
LOCK = "lock"


class FileRecord:
    """
    A record in a folder.

    :param folder: Made with mode 0700 when it is locked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self, seconds: float) -> Iterator[int]:
        """
        Hold the lock until the block is left; yield its descriptor.

        Programs that are called inherit it: so what a killed deployment left running holds it too, until it has ended.

        :param seconds: How long to wait for another one.
        :raises Failed: It is held for longer, or cannot be made.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(self.folder / ".gitignore", "*\n")
            descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Failed(f"{self.folder}: {(error.strerror or 'it cannot be written').lower()}") from None
        try:
            _lock(descriptor, self.folder, seconds)
            yield descriptor
        finally:
            os.close(descriptor)

    def load(self) -> Course | None:
        """
        Return the last course, or None where there was none.

        :raises assay.errors.InvalidArgument: It cannot be read.
        """
        path = self.folder / COURSE
        try:
            text = path.read_text()
        except FileNotFoundError:
            return None
        try:
            data = json.loads(text)
        except ValueError:
            data = None
        return from_data(data, str(path))

    def save(self, course: Course) -> None:
        """
        Keep a course in place of the last.

        :raises Failed: It cannot be written.
        """
        try:
            write(self.folder / COURSE, json.dumps(as_data(course), indent=2) + "\n")
        except OSError as error:
            raise Failed(f"{self.folder / COURSE}: {(error.strerror or 'it cannot be written').lower()}") from None


def _lock(descriptor: int, folder: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise Failed(
                    f"another deployment holds {folder / LOCK} for longer than {seconds:.0f} s: wait for its end, or "
                    f"find who it is by `fuser {folder / LOCK}`"
                ) from None
            time.sleep(0.2)


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """
    Put a file in place of another one: whoever reads it finds the one or the other whole, after a power cut too.

    :raises OSError: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
