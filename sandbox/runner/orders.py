"""What the service asks of a runner, as it stands in the frames."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileHead:
    """A file to write: its path below the work directory; its content comes in FILE frames."""

    path: str
    size: int
    executable: bool


@dataclass(frozen=True)
class Files:
    """
    Files to write, as a FILES frame says it.

    :param folders: Made before the files are written.
    """

    heads: list[FileHead]
    folders: list[str] = field(default_factory=list)

    def to_object(self) -> dict[str, Any]:
        """Return the object of the frame."""
        return {"files": [[head.path, head.size, head.executable] for head in self.heads], "folders": self.folders}

    @classmethod
    def from_object(cls, value: dict[str, Any]) -> "Files":
        """Return the files of a frame."""
        return cls([FileHead(*head) for head in value["files"]], value["folders"])


@dataclass(frozen=True)
class Step:
    """
    One command, from its start until nothing in the sandbox lives any more, as a STEP frame says it.

    :param command: The program and its first arguments; the path of the program is absolute.
    :param environment: Added to the sandbox's own few.
    :param cpu_seconds: Of everything in the container together.
    :param output_bytes: Kept of each output stream.
    :param output_hard_bytes: Of one output stream, before everything is killed.
    :param open_files: Per process.
    :param entry: Where an interpreter that waits may take it: the program's path below the work directory.
    :param live: All output is sent as it comes.
    :param stdin_open: More standard input comes while it runs.
    """

    command: list[str]
    arguments: list[str]
    environment: dict[str, str]
    cpu_seconds: float
    output_bytes: int
    output_hard_bytes: int
    open_files: int
    entry: str = ""
    live: bool = False
    stdin_open: bool = False

    def to_object(self) -> dict[str, Any]:
        """Return the object of the frame."""
        return asdict(self)


@dataclass(frozen=True)
class Gather:
    """Which artifacts to send, and how much of them at most, as a COLLECT frame says it."""

    globs: list[str]
    total_bytes: int
    count: int

    def to_object(self) -> dict[str, Any]:
        """Return the object of the frame."""
        return asdict(self)


@dataclass(frozen=True)
class Setup:
    """
    What a runner is told when its container is made, as the JSON of its only argument.

    :param environment: The sandbox's own few variables.
    :param interpreter: The command of an interpreter that is started before its program arrives; empty: none is.
    :param open_files: The limit that this interpreter gets.
    :param file_bytes: The size that no file may exceed.
    :param life_seconds: After this the runner ends everything, whatever the service does.
    """

    environment: dict[str, str]
    interpreter: list[str]
    open_files: int
    file_bytes: int
    life_seconds: float
