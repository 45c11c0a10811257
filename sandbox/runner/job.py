"""What the service asks of a runner, as it stands in a JOB frame."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileHead:
    """A file to write: its path below the work directory; its content comes in FILE frames."""

    path: str
    size: int
    executable: bool


@dataclass(frozen=True)
class Job:
    """
    One run.

    :param entry_point: The path of the program below the work directory.
    :param environment: Added to the sandbox's own few.
    :param cpu_seconds: Of everything in the container together.
    :param output_bytes: Kept of each output stream.
    :param output_hard_bytes: Of one output stream, before everything is killed.
    :param open_files: Per process.
    :param stdin_bytes: How many bytes of STDIN frames follow.
    """

    entry_point: str
    arguments: list[str]
    environment: dict[str, str]
    cpu_seconds: float
    output_bytes: int
    output_hard_bytes: int
    open_files: int
    stdin_bytes: int
    artifact_globs: list[str]
    artifact_bytes: int
    artifact_count: int
    files: list[FileHead] = field(default_factory=list)

    def to_object(self) -> dict[str, Any]:
        """Return the object of the JOB frame."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return fields | {"files": [[file.path, file.size, file.executable] for file in self.files]}

    @classmethod
    def from_object(cls, value: dict[str, Any]) -> "Job":
        """Return the job of a JOB frame."""
        return cls(**{**value, "files": [FileHead(*head) for head in value["files"]]})


@dataclass(frozen=True)
class Setup:
    """
    What a runner is told when its container is made, as the JSON of its only argument.

    :param command: The interpreter, to which the path of the program is added.
    :param environment: The sandbox's own few variables.
    :param prestart: Whether an interpreter is started before the job arrives.
    :param prestart_suffix: A program whose path ends otherwise is exec'd.
    :param startup_environment: Patterns of the variables that an interpreter reads while it starts.
    :param startup_files: Patterns of the files that it reads then.
    :param open_files: The limit that the prestarted interpreter gets.
    :param file_bytes: The size that no file may exceed.
    :param life_seconds: After this the runner ends everything, whatever the service does.
    """

    command: list[str]
    environment: dict[str, str]
    prestart: bool
    prestart_suffix: str
    startup_environment: list[str]
    startup_files: list[str]
    open_files: int
    file_bytes: int
    life_seconds: float
