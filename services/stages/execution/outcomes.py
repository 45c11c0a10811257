"""How a run can end that is the program's own doing, and what that is called, in every language."""

from assay.convert import seconds_from_proto
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

BUSY_SHARE = 0.1
"""
The share of the elapsed time in CPU time above which a program that did not end was computing, not waiting. A service
that waits uses next to none; a loop on a machine under load gets its share of a processor, which may be far below one.
"""

TIME_LIMITS = frozenset({Outcome.OUTCOME_CPU_TIME_LIMIT, Outcome.OUTCOME_WALL_TIME_LIMIT})
"""After one of these nothing further is run: the code has failed, and each run would take as long again."""

LIMITS = {
    Outcome.OUTCOME_CPU_TIME_LIMIT: ("time-limit", "used more CPU time than it may"),
    Outcome.OUTCOME_WALL_TIME_LIMIT: ("time-limit", "did not end within its time limit"),
    Outcome.OUTCOME_MEMORY_LIMIT: ("memory-limit", "used more memory than it may"),
    Outcome.OUTCOME_PROCESS_LIMIT: ("process-limit", "started more processes or threads than it may"),
    Outcome.OUTCOME_OUTPUT_LIMIT: ("output-limit", "wrote more output than it may"),
    Outcome.OUTCOME_DISK_LIMIT: ("disk-limit", "wrote more to its work directory than it may"),
}


def is_busy(result: ExecutionResult) -> bool:
    """Return whether a program that did not end was computing, not waiting."""
    cpu, wall = seconds_from_proto(result.usage.cpu_time), seconds_from_proto(result.usage.wall_time)
    return result.outcome == Outcome.OUTCOME_CPU_TIME_LIMIT or cpu > BUSY_SHARE * wall


def name_of(outcome: Outcome) -> str:
    """Return an outcome's name as findings and details have it, for example "OK"."""
    return Outcome.Name(outcome).removeprefix("OUTCOME_")
