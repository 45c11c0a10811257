"""Following a candidate while it is judged."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from assay.errors import AssayError
from assay.stage import StageResult

from services.validation.judgement import Round


class Follower(Protocol):
    """Is told of what happens to a candidate while it is judged, and knows what happened before."""

    @property
    def done(self) -> Mapping[str, StageResult]:
        """What stages said in an attempt that was lost, marked: these are not run again."""

    async def started(self, stage: str) -> None:
        """Hear that a stage has begun."""

    async def completed(self, result: StageResult) -> None:
        """Hear what a stage said."""

    async def unreachable(self, error: AssayError) -> None:
        """Hear that a stage, or what it needs, could not be reached: later it may be."""

    async def repaired(self, made: Round) -> None:
        """Hear what a round of repair came to."""


class Nobody:
    """Follows nothing."""

    done: Mapping[str, StageResult] = MappingProxyType({})

    async def started(self, stage: str) -> None:
        """See :class:`Follower`."""

    async def completed(self, result: StageResult) -> None:
        """See :class:`Follower`."""

    async def unreachable(self, error: AssayError) -> None:
        """See :class:`Follower`."""

    async def repaired(self, made: Round) -> None:
        """See :class:`Follower`."""


NOBODY = Nobody()
