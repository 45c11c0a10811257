"""The table of precedence, a test a row, and the order between rows."""

from dataclasses import replace

import pytest

from sandbox.outcome import TABLE, Facts, Outcome, decide

OK = Facts(exit_code=0)
KILLED = Facts(signal=9, ended_by="service", wall_expired=True, wall_limit=1, run_seconds=1.02)

ROWS: list[tuple[str, Facts, Outcome]] = [
    ("status 0", OK, Outcome.OK),
    ("another status", Facts(exit_code=3), Outcome.NONZERO_EXIT),
    ("status 137 is a status", Facts(exit_code=137), Outcome.NONZERO_EXIT),
    ("a signal", Facts(signal=11), Outcome.SIGNALED),
    ("a kill without evidence is the program's own", Facts(signal=9), Outcome.SIGNALED),
    ("killed for CPU time", Facts(signal=9, ended_by="cpu", cpu_seconds=2, cpu_limit=1), Outcome.CPU_TIME_LIMIT),
    ("CPU time seen only at the end", Facts(exit_code=0, cpu_seconds=1.01, cpu_limit=1), Outcome.CPU_TIME_LIMIT),
    ("the service's clock", KILLED, Outcome.WALL_TIME_LIMIT),
    (
        "the clock, and a runner that no longer answers",
        Facts(reported=False, wall_expired=True),
        Outcome.WALL_TIME_LIMIT,
    ),
    ("ended by itself, but too late", Facts(exit_code=0, run_seconds=1.02, wall_limit=1), Outcome.WALL_TIME_LIMIT),
    (
        "ended in time, told late",
        Facts(exit_code=0, run_seconds=0.3, wall_limit=1, wall_expired=True),
        Outcome.OK,
    ),
    (
        "the clock, and a sandbox that is paused",
        Facts(reported=False, wall_expired=True, still=True),
        Outcome.SANDBOX_LOST,
    ),
    (
        "the clock, and no sign of a start",
        Facts(reported=False, wall_expired=True, started=False),
        Outcome.SANDBOX_LOST,
    ),
    ("the clock, while the sandbox stood still", replace(KILLED, stalled_seconds=0.9), Outcome.SANDBOX_LOST),
    ("stood still, but had its time", replace(KILLED, run_seconds=3, stalled_seconds=0.9), Outcome.WALL_TIME_LIMIT),
    ("killed for what waits in sockets", Facts(signal=9, ended_by="memory", socket_bytes=9), Outcome.MEMORY_LIMIT),
    ("killed for memory", Facts(signal=9, oom_kills=1), Outcome.MEMORY_LIMIT),
    ("a child killed for memory, status 0", Facts(exit_code=0, oom_kills=21), Outcome.MEMORY_LIMIT),
    ("the runner itself killed for memory", Facts(reported=False, runtime_oom=True), Outcome.MEMORY_LIMIT),
    ("memory, then the clock", replace(KILLED, oom_kills=2), Outcome.MEMORY_LIMIT),
    ("forks refused, failed", Facts(exit_code=1, pids_refused=1), Outcome.PROCESS_LIMIT),
    ("forks refused, survived", Facts(exit_code=0, pids_refused=9), Outcome.OK),
    ("a fork bomb that ran out of time", replace(KILLED, pids_refused=999), Outcome.PROCESS_LIMIT),
    ("killed for output", Facts(signal=9, ended_by="output"), Outcome.OUTPUT_LIMIT),
    ("killed for output, with memory short", Facts(signal=9, ended_by="output", oom_kills=1), Outcome.OUTPUT_LIMIT),
    ("disk full, failed", Facts(exit_code=1, disk_full=True), Outcome.DISK_LIMIT),
    ("disk full, survived", Facts(exit_code=0, disk_full=True), Outcome.OK),
    ("a file too large", Facts(signal=25), Outcome.DISK_LIMIT),
    ("disk full, out of time", replace(KILLED, disk_full=True), Outcome.WALL_TIME_LIMIT),
    ("nothing reported", Facts(reported=False), Outcome.SANDBOX_LOST),
    ("nothing reported, container exit 137", Facts(reported=False, container_exit=137), Outcome.SANDBOX_LOST),
    ("reported without status or signal", Facts(), Outcome.SANDBOX_LOST),
    ("cancelled", Facts(signal=9, ended_by="service", cancelled=True), Outcome.CANCELLED),
    ("cancelled, and no answer", Facts(reported=False, cancelled=True), Outcome.CANCELLED),
    ("cancelled after its end", replace(OK, cancelled=True), Outcome.OK),
]


@pytest.mark.parametrize(("facts", "wanted"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(facts: Facts, wanted: Outcome) -> None:
    """Each row of the table decides its case."""
    assert decide(facts)[0] is wanted


def test_every_row_is_tested() -> None:
    """No row of the table is without a case of its own."""
    assert {row.outcome for row in TABLE} == {row[2] for row in ROWS}


def test_evidence_names_the_limit() -> None:
    """Evidence names the limit and its counter, and mentions what else was met."""
    outcome, evidence = decide(replace(KILLED, oom_kills=2, disk_full=True))
    assert outcome is Outcome.MEMORY_LIMIT
    assert evidence == {"limit": "memory", "oom_kills": "2", "disk_full": "true", "wall_time_expired": "true"}
