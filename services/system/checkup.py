"""A check-up: every check made within its time, its result kept for some seconds, whatever happens in it told."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import Protocol

import grpc
import grpc.aio
import structlog
from assay.client import error_from_rpc
from assay.errors import AssayError, InvalidArgument

from services.system.kept import Kept

_log = structlog.get_logger("assay.system")

LOOK_SECONDS = 20.0
"""The longest that a check may take."""

KEPT_SECONDS = 5.0
"""How long what a check found is told again: however many ask, nothing is looked at more often."""


class Status(IntEnum):
    """How something is, by the numbers of the contract; the worst is the largest."""

    HEALTHY = 1
    DEGRADED = 2
    UNHEALTHY = 3


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a check found.

    :param message: One sentence for a person; empty where all is well.
    :param figures: What it measured, by name, with the unit in the name.
    """

    status: Status
    message: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


class Check(Protocol):
    """Looks at one part of the suite."""

    @property
    def name(self) -> str:
        """What the part is called."""

    async def look(self) -> Found:
        """Look. What it raises is that the part is UNHEALTHY; so is taking longer than LOOK_SECONDS."""


@dataclass(frozen=True, slots=True)
class Checked:
    """
    A check that was made.

    :param at: When it began, in seconds since 1970.
    :param seconds: How long it took.
    """

    name: str
    found: Found
    at: float
    seconds: float


class Checkup:
    """
    Makes checks.

    :param checks: All that there are. Each has a name of its own.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = {
            check.name: Kept(partial(_checked, check), KEPT_SECONDS)
            for check in sorted(checks, key=lambda check: check.name)
        }

    async def report(self, names: Sequence[str] = ()) -> Sequence[Checked]:
        """
        Return what checks found, in the order of their names.

        :param names: Which ones; none: all.
        :raises InvalidArgument: There is no check of a name.
        """
        for index, name in enumerate(names):
            if name not in self._checks:
                known = ", ".join(self._checks)
                raise InvalidArgument(f"checks[{index}]", f"there is no such check; there are {known}")
        wanted = [kept for name, kept in self._checks.items() if not names or name in names]
        return await asyncio.gather(*(kept.get() for kept in wanted))

    async def close(self) -> None:
        """Stop the checks that are under way."""
        await asyncio.gather(*(kept.close() for kept in self._checks.values()))


async def _checked(check: Check) -> Checked:
    at, started = time.time(), time.monotonic()
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            found = await check.look()
    except TimeoutError:
        found = Found(Status.UNHEALTHY, f"it took longer than the {LOOK_SECONDS:g} s it had")
    except Exception as error:  # noqa: BLE001  # whatever a check meets is what it found
        found = Found(Status.UNHEALTHY, reason_of(error))
        await _log.awarning("a check failed", check=check.name, exc_info=error)
    return Checked(check.name, found, at, time.monotonic() - started)


def reason_of(error: Exception) -> str:
    """Return one sentence about what a check met. Texts of strangers' exceptions and inner addresses are not in it."""
    if isinstance(error, grpc.aio.AioRpcError):
        # What a peer of ours says comes with metadata.
        if error.code() is grpc.StatusCode.UNAVAILABLE and not error.trailing_metadata():
            return "a service that it needs cannot be reached"
        return error_from_rpc(error).message
    if isinstance(error, AssayError):
        return error.message
    return f"the check broke: {type(error).__name__}; the log has more"
