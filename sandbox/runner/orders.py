"""What the service asks of a runner, as it stands in the frames."""

from .values import Value


class FileHead(Value):
    """A file to write: its path below the work directory; its content comes in FILE frames."""

    def __init__(self, path: str, size: int, executable: bool) -> None:
        self.path = path
        self.size = size
        self.executable = executable


class Files(Value):
    """
    Files to write, as a FILES frame says it.

    :param folders: Made before the files are written.
    """

    def __init__(self, heads: list[FileHead], folders: list[str]) -> None:
        self.heads = heads
        self.folders = folders

    def to_object(self) -> dict[str, object]:
        """Return the object of the frame."""
        return {"files": [[head.path, head.size, head.executable] for head in self.heads], "folders": self.folders}

    @classmethod
    def from_object(cls, value: dict[str, list]) -> "Files":  # type: ignore[type-arg]
        """Return the files of a frame."""
        return cls([FileHead(*head) for head in value["files"]], value["folders"])


class Step(Value):
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

    def __init__(
        self,
        *,
        command: list[str],
        arguments: list[str],
        environment: dict[str, str],
        cpu_seconds: float,
        output_bytes: int,
        output_hard_bytes: int,
        open_files: int,
        entry: str = "",
        live: bool = False,
        stdin_open: bool = False,
    ) -> None:
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.cpu_seconds = cpu_seconds
        self.output_bytes = output_bytes
        self.output_hard_bytes = output_hard_bytes
        self.open_files = open_files
        self.entry = entry
        self.live = live
        self.stdin_open = stdin_open


class Gather(Value):
    """Which artifacts to send, and how much of them at most, as a COLLECT frame says it."""

    def __init__(self, globs: list[str], total_bytes: int, count: int) -> None:
        self.globs = globs
        self.total_bytes = total_bytes
        self.count = count


class Setup(Value):
    """
    What a runner is told when its container is made, as the JSON of its only argument.

    :param environment: The sandbox's own few variables.
    :param interpreter: The command of an interpreter that is started before its program arrives; empty: none is.
    :param open_files: The limit that this interpreter gets.
    :param file_bytes: The size that no file may exceed.
    :param life_seconds: After this the runner ends everything, whatever the service does.
    """

    def __init__(
        self,
        *,
        environment: dict[str, str],
        interpreter: list[str],
        open_files: int,
        file_bytes: int,
        life_seconds: float,
    ) -> None:
        self.environment = environment
        self.interpreter = interpreter
        self.open_files = open_files
        self.file_bytes = file_bytes
        self.life_seconds = life_seconds
