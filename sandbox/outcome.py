"""
How a run ended, told from the kernel's, the runner's and the runtime's evidence, never from an exit status alone.

``TABLE`` is the order of precedence: the first row whose condition holds is the outcome. Where several limits were met,
the cause goes before its consequence: a fork bomb that also ran out of time is PROCESS_LIMIT, and processes killed at
the memory limit are MEMORY_LIMIT even where the program ended with status 0. A time limit is the program's fault only
where the program had the time: one whose sandbox stood still meanwhile is lost, not late.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum


class Outcome(IntEnum):
    """How a run ended; the numbers are those of the contract."""

    OK = 1
    NONZERO_EXIT = 2
    SIGNALED = 3
    CPU_TIME_LIMIT = 4
    WALL_TIME_LIMIT = 5
    MEMORY_LIMIT = 6
    PROCESS_LIMIT = 7
    OUTPUT_LIMIT = 8
    DISK_LIMIT = 9
    COMPILE_ERROR = 10
    CANCELLED = 11
    SANDBOX_LOST = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What is known about a run.

    :param started: Whether the program is known to have been started.
    :param reported: Whether the runner reported the program's end.
    :param exit_code: Where the program exited by itself.
    :param signal: Where a signal ended it, the sandbox's own kill included.
    :param ended_by: Why the runner killed it: "cpu", "output", "memory", "service", or nothing.
    :param wall_expired: Whether the service's clock ran out.
    :param wall_limit: In seconds.
    :param run_seconds: From the start to the end, on the runner's clock.
    :param stalled_seconds: How much of that the whole sandbox stood still.
    :param still: Whether the sandbox is paused, or nobody can tell.
    :param cancelled: Whether the caller gave up.
    :param runtime_oom: Whether the container runtime told of a kill for memory.
    :param socket_bytes: What waited in its sockets when the runner looked last.
    :param container_exit: The container's exit status, where the runtime told it.
    :param disk_full: Whether the work directory was full, in bytes or entries, at one time.
    :param lost_reason: Why nothing was reported, where that is known.
    """

    started: bool = True
    reported: bool = True
    exit_code: int | None = None
    signal: int | None = None
    ended_by: str = ""
    wall_expired: bool = False
    wall_limit: float = float("inf")
    run_seconds: float = 0.0
    stalled_seconds: float = 0.0
    still: bool = False
    cancelled: bool = False
    oom_kills: int = 0
    runtime_oom: bool = False
    socket_bytes: int = 0
    container_exit: int | None = None
    pids_refused: int = 0
    cpu_seconds: float = 0.0
    cpu_limit: float = float("inf")
    disk_full: bool = False
    lost_reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether the program did anything but exit with status 0."""
        return self.exit_code != 0

    @property
    def late(self) -> bool:
        """Whether it was ended for its wall time, or ended by itself after that."""
        if not self.reported:
            return self.wall_expired and self.started
        return self.ended_by == "service" or self.run_seconds > self.wall_limit

    @property
    def stalled(self) -> bool:
        """Whether a late program did not have its time, because its sandbox stood still."""
        if not self.reported:
            return self.still
        return self.run_seconds - self.stalled_seconds < self.wall_limit


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: where the condition holds, the outcome, and the evidence that shows it."""

    outcome: Outcome
    holds: Callable[[Facts], bool]
    evidence: Callable[[Facts], dict[str, str]] = field(default=lambda _: {})


SIGXFSZ = 25

TABLE: tuple[Row, ...] = (
    Row(Outcome.CANCELLED, lambda f: f.cancelled and (f.ended_by == "service" or not f.reported)),
    Row(Outcome.OUTPUT_LIMIT, lambda f: f.ended_by == "output", lambda _: {"limit": "output"}),
    Row(
        Outcome.MEMORY_LIMIT,
        lambda f: f.oom_kills > 0 or f.ended_by == "memory" or (not f.reported and f.runtime_oom),
        lambda f: (
            {"limit": "memory", "oom_kills": str(max(f.oom_kills, int(f.runtime_oom)))}
            | ({"socket_bytes": str(f.socket_bytes)} if f.ended_by == "memory" else {})
        ),
    ),
    Row(
        Outcome.PROCESS_LIMIT,
        lambda f: f.pids_refused > 0 and f.failed,
        lambda f: {"limit": "processes", "processes_refused": str(f.pids_refused)},
    ),
    Row(
        Outcome.CPU_TIME_LIMIT,
        lambda f: f.ended_by == "cpu" or f.cpu_seconds > f.cpu_limit,
        lambda f: {"limit": "cpu_time", "cpu_seconds": f"{f.cpu_seconds:.3f}"},
    ),
    Row(Outcome.WALL_TIME_LIMIT, lambda f: f.late and not f.stalled, lambda _: {"limit": "wall_time"}),
    Row(
        Outcome.SANDBOX_LOST,
        lambda f: not f.reported or f.late or (f.exit_code is None and f.signal is None),
        lambda f: {"reason": f.lost_reason or ("the sandbox stood still" if f.late else "no status was reported")},
    ),
    Row(
        Outcome.DISK_LIMIT,
        lambda f: f.failed and (f.disk_full or f.signal == SIGXFSZ),
        lambda _: {"limit": "disk"},
    ),
    Row(Outcome.SIGNALED, lambda f: f.signal is not None, lambda f: {"signal": str(f.signal)}),
    Row(Outcome.NONZERO_EXIT, lambda f: f.exit_code != 0, lambda f: {"exit_code": str(f.exit_code)}),
    Row(Outcome.OK, lambda _: True),
)


def decide(facts: Facts) -> tuple[Outcome, dict[str, str]]:
    """Return the outcome and its evidence."""
    row = next(row for row in TABLE if row.holds(facts))
    evidence = row.evidence(facts)
    also = {
        "oom_kills": str(facts.oom_kills) if facts.oom_kills else "",
        "processes_refused": str(facts.pids_refused) if facts.pids_refused else "",
        "disk_full": "true" if facts.disk_full else "",
        "wall_time_expired": "true" if facts.wall_expired else "",
        "stalled_seconds": f"{facts.stalled_seconds:.3f}" if facts.stalled_seconds else "",
        "runner": "unresponsive" if facts.wall_expired and not facts.reported else "",
        "container_exit": str(facts.container_exit) if facts.container_exit and not facts.reported else "",
    }
    return row.outcome, {name: value for name, value in also.items() if value} | evidence
