"""
Permits to take one queued job, of which the database decides which it is.

A permit brings a job's news to one replica that has nothing to do, and how many there are is how much waits. It is no
truth: one that is lost, or comes twice, changes nothing that is stored.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assay.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Issued:
    """
    A permit to be issued.

    :param id: The job that made it.
    :param mark: What one permit is known by, with the id, however often it is issued; another attempt has another.
    :param trace: The trace of the call that queued it; empty: none.
    """

    id: str
    mark: str
    trace: str = ""


class Permit(Protocol):
    """Lets a replica take one job. Saying what became of it never fails: where that is lost, it is handed out again."""

    async def hold(self) -> None:
        """Say that it is in use; else it is handed out again after half a minute."""

    async def done(self) -> None:
        """Say that it is used up."""

    async def back(self) -> None:
        """Have it handed out again at once."""


class NoPermit:
    """The permit of one who looked by himself."""

    async def hold(self) -> None:
        """See :class:`Permit`."""

    async def done(self) -> None:
        """See :class:`Permit`."""

    async def back(self) -> None:
        """See :class:`Permit`."""


NO_PERMIT = NoPermit()


class Permits(Protocol):
    """Where permits are issued and handed out."""

    @property
    def are_there(self) -> bool:
        """Whether permits are issued and handed out now; else whoever wants work looks for it."""

    async def issue(self, permits: Sequence[Issued]) -> None:
        """
        Issue permits.

        :raises Unavailable: Some could not be issued. Issuing all of them again does no harm.
        """

    async def bury(self, dead: Mapping[str, Any]) -> None:
        """
        Tell that a job was given up.

        :param dead: What there is to tell; "id" and "number" are what it is known by.
        :raises Unavailable: It could not be told.
        """

    async def next(self, seconds: float) -> Permit:
        """Wait for a permit; :data:`NO_PERMIT` where none comes in a time. One caller at a time."""

    async def stop(self) -> None:
        """Take no more of them here: those that are given back from now on go to others."""


class NoPermits:
    """:class:`Permits` where there is no queue beside the database."""

    are_there = False

    async def issue(self, permits: Sequence[Issued]) -> None:
        """See :class:`Permits`."""
        raise Unavailable("there is no queue beside the database")

    async def bury(self, dead: Mapping[str, Any]) -> None:
        """See :class:`Permits`."""
        raise Unavailable("there is no queue beside the database")

    async def next(self, seconds: float) -> Permit:
        """See :class:`Permits`."""
        await asyncio.sleep(seconds)
        return NO_PERMIT

    async def stop(self) -> None:
        """See :class:`Permits`."""
