"""The exit statuses of the command, in one place."""

from collections.abc import Iterable

AUTHENTIC = 0
INAUTHENTIC = 1
UNDETERMINED = 2
"""Inconclusive, or an error on our side, or a wrong use of the command."""

RUN_LIMIT = 123
"""`assay run`: the program went over a limit other than time."""
RUN_TIME_LIMIT = 124
"""`assay run`: the program went over a limit of time, as timeout(1) says it."""
RUN_FAILED = 125
"""`assay run`: the sandbox or the command failed, not the program, as `docker run` says it."""
RUN_NOT_COMPILED = 126
"""`assay run`: the program did not compile, so it was never run."""

SIGNALLED = 128
"""Plus the number of a signal: ended by it."""
INTERRUPTED = SIGNALLED + 2
BROKEN_PIPE = SIGNALLED + 13


class Stopped(BaseException):
    """A signal told the command to stop; it did so cleanly. Carries the exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def of_all(statuses: Iterable[int]) -> int:
    """Return the status for several files: inauthentic if any is, else undetermined if any is, else authentic."""
    seen = set(statuses)
    if INAUTHENTIC in seen:
        return INAUTHENTIC
    return UNDETERMINED if UNDETERMINED in seen else AUTHENTIC
