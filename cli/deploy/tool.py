"""Programs that deploy (docker, docker compose, kubectl), each call with a deadline, ended with all that it began."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.deploy.steps import Failed

MOST_SAID = 600
"""Characters of what a program says of its failure that are told, its last ones."""

VERSION_SECONDS = 20.0

GRACE_SECONDS = 5.0
"""How long a program may take to end after it was told to."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a call left behind."""

    status: int
    output: str
    errors: str

    @property
    def said(self) -> str:
        """The last of what it said, in one line."""
        lines = [line.strip() for line in (self.errors.strip() or self.output.strip()).splitlines() if line.strip()]
        return " / ".join(lines)[-MOST_SAID:] or f"it ended with status {self.status} and said nothing"


@dataclass(frozen=True, slots=True)
class Tool:
    """
    A program.

    :param command: It, and what stands before the arguments of each call.
    :param environment: Added to that of this process.
    :param held: A descriptor that its calls inherit: a lock on it lasts as long as whatever they left running.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    held: int | None = None

    def run(self, *arguments: str, seconds: float, stdin: str = "") -> Ran:
        """
        Call it, and return what came of it, whatever its status.

        :param seconds: After which it is ended.
        :raises Failed: It cannot be started, or took longer.
        """
        name = self._named(arguments)
        try:
            process = subprocess.Popen(
                [*self.command, *arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
                pass_fds=() if self.held is None else (self.held,),
            )
        except OSError as error:
            raise Failed(f"{self.command[0]} cannot be started: {(error.strerror or 'it failed').lower()}") from None
        try:
            output, errors = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"`{name}` took longer than {seconds:.0f} s") from None
        finally:
            _end(process)
        return Ran(process.returncode, output, errors)

    def output(self, *arguments: str, seconds: float, stdin: str = "") -> str:
        """
        Call it, and return what it wrote.

        :raises Failed: As :meth:`run`, and where its status is not 0.
        """
        ran = self.run(*arguments, seconds=seconds, stdin=stdin)
        if ran.status:
            raise Failed(f"`{self._named(arguments)}` failed: {ran.said}")
        return ran.output

    def _named(self, arguments: Sequence[str]) -> str:
        """Return a call as it is told: what it is about, without its options, which may be long."""
        words = [word for word in arguments if not word.startswith(("-", "/"))]
        return " ".join((os.path.basename(self.command[0]), *words[:2]))


def _end(process: "subprocess.Popen[str]") -> None:
    """End a process that still runs, with all that it began."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(process.pid, number)
        try:
            process.communicate(timeout=GRACE_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue


def found(candidates: Sequence[Sequence[str]], asked: Sequence[str] = ("version",)) -> tuple[str, ...]:
    """
    Return the first command that answers when it is asked for its version.

    :param asked: How it is asked, without asking anybody else.
    :raises Failed: None does.
    """
    for command in candidates:
        try:
            if Tool(tuple(command), {}).run(*asked, seconds=VERSION_SECONDS).status == 0:
                return tuple(command)
        except Failed:
            continue
    raise Failed(f"none of these answers: {', '.join(' '.join(command) for command in candidates)}")


def beside(name: str) -> str:
    """Return where a program lies that came with this one's environment; its plain name where there is none."""
    import sys

    path = Path(sys.executable).with_name(name)
    return str(path) if path.exists() else name
