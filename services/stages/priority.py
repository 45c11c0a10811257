"""
What works for the stages stands back behind the server that hands out the work, where processors are few.

A reader of code takes a processor for milliseconds at a time. The threads of the server take one for a tenth of that,
for each message that somebody waits for, and had to wait for the rest of a reader's turn: at times 5 ms in the midst of
a validation of 70.
"""

import contextlib
import os

NICENESS = 5


def stand_back(process: int) -> None:
    """
    Let a process, and the threads that it begins from now on, stand back; see sched(7) on SCHED_BATCH.

    Where the system does not let us, it stays as it is.

    :param process: Its id; 0: this one.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process, NICENESS)
        os.sched_setscheduler(process, os.SCHED_BATCH, os.sched_param(0))
