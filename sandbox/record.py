"""What one step in a sandbox brought, as far as it came."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.outcome import Facts
from sandbox.program import ArtifactFile, Output
from sandbox.runner.frames import Kind
from sandbox.runner.orders import Step

MAX_NUMBER = 1 << 62
STREAMS = (Kind.STDOUT, Kind.STDERR, Kind.STDOUT_TAIL, Kind.STDERR_TAIL)
ENDS = frozenset({"cpu", "output", "service", "memory"})


@dataclass(frozen=True, slots=True)
class Task:
    """
    A step with what only the service knows of it.

    :param wall_seconds: On the service's clock, from the moment at which it is known to run.
    :param stdin: What it reads first, or all of it.
    """

    step: Step
    wall_seconds: float
    stdin: bytes = b""


@dataclass
class Artifacts:
    """The files that a program left behind, and those that are not returned with the reason, by escaped path."""

    files: list[ArtifactFile] = field(default_factory=list)
    omitted: dict[str, str] = field(default_factory=dict)
    complete: bool = False


@dataclass
class Record:
    """
    One step.

    :param started: Whether the runner told that it runs.
    :param ended: What the runner reported at the end.
    :param wall_expired: Whether the service's clock ran out.
    :param cancelled: Whether the caller ended it.
    :param wall_seconds: From the hand-over to the end.
    :param live_bytes: What was handed on while it ran, by stream.
    """

    task: Task
    started: bool = False
    ended: dict[str, Any] | None = None
    wall_expired: bool = False
    cancelled: bool = False
    lost_reason: str = ""
    wall_seconds: float = 0.0
    kept: dict[Kind, bytearray] = field(default_factory=lambda: {kind: bytearray() for kind in STREAMS})
    live_bytes: dict[Kind, int] = field(default_factory=lambda: {Kind.STDOUT: 0, Kind.STDERR: 0})

    def number(self, name: str) -> int:
        """Return a count that the runner reported, or 0."""
        value = (self.ended or {}).get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_NUMBER else 0

    def status(self, name: str) -> int | None:
        """Return "exit_code" or "signal" as the runner reported it."""
        value = (self.ended or {}).get(name)
        return value if isinstance(value, int) and 0 <= value < 256 else None

    def seconds(self, name: str) -> float:
        """Return a time that the runner reported, or 0."""
        value = (self.ended or {}).get(name)
        return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0

    def start_error(self) -> str:
        """Return why the command could not be started, or nothing."""
        value = (self.ended or {}).get("start_error")
        return value[:200] if isinstance(value, str) else ""

    def output(self, head_kind: Kind, tail_kind: Kind, total_name: str) -> Output:
        """Return one stream as far as it came; without content, where it was handed on."""
        if self.task.step.live:
            return Output(b"", max(self.number(total_name), self.live_bytes[head_kind]))
        head, tail = bytes(self.kept[head_kind]), bytes(self.kept[tail_kind])
        total = max(self.number(total_name), len(head) + len(tail))
        truncated = total > len(head) + len(tail)
        return Output(head + tail, total, truncated, len(head) if truncated else 0)

    def stdout(self) -> Output:
        """Return the standard output."""
        return self.output(Kind.STDOUT, Kind.STDOUT_TAIL, "stdout_bytes")

    def stderr(self) -> Output:
        """Return the standard error."""
        return self.output(Kind.STDERR, Kind.STDERR_TAIL, "stderr_bytes")

    def killed(self) -> str:
        """Return why the runner killed the program, or nothing."""
        value = (self.ended or {}).get("ended_by")
        return value if isinstance(value, str) and value in ENDS else ""

    def facts(self) -> Facts:
        """Return what the run itself shows of its outcome."""
        ran = self.ended is not None and not self.start_error()
        full = ran and (self.number("least_free_bytes") == 0 or self.number("least_free_inodes") == 0)
        return Facts(
            started=self.started,
            reported=self.ended is not None,
            exit_code=None if self.killed() else self.status("exit_code"),
            signal=self.status("signal"),
            ended_by=self.killed(),
            wall_expired=self.wall_expired,
            wall_limit=self.task.wall_seconds,
            run_seconds=self.seconds("run_seconds"),
            stalled_seconds=self.seconds("stalled_seconds"),
            cancelled=self.cancelled,
            oom_kills=self.number("oom_kills"),
            socket_bytes=self.number("socket_bytes"),
            pids_refused=self.number("pids_refused"),
            cpu_seconds=self.seconds("cpu_seconds"),
            cpu_limit=self.task.step.cpu_seconds,
            disk_full=full,
            lost_reason=self.lost_reason or (f"not started: {self.start_error()}" if self.start_error() else ""),
        )
