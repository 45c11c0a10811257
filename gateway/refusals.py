"""How many refusals are recorded: they cost a stranger nothing, so they must not cost a log or a bus its room."""

import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_A_SECOND = 10
"""Refusals that are recorded for one tenant, and as many for those without one."""


@dataclass(slots=True)
class _Second:
    began: float
    recorded: int = 0
    left_out: int = 0


class Refusals:
    """
    Counts refusals by tenant.

    :param most: How many are recorded in a second.
    :param clock: Seconds that only grow.
    """

    def __init__(self, most: int = MOST_A_SECOND, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._seconds: dict[str, _Second] = {}

    def left_out(self, tenant: str) -> int | None:
        """
        Count one refusal: return None where it is to be left out, else how many were left out since the last record.

        :param tenant: Empty: none. There are as many as have a key, so this needs no further bound.
        """
        now = self._clock()
        second = self._seconds.setdefault(tenant, _Second(now))
        if now - second.began >= 1:
            second.began, second.recorded = now, 0
        if second.recorded >= self._most:
            second.left_out += 1
            return None
        second.recorded += 1
        left_out, second.left_out = second.left_out, 0
        return left_out
