"""One container of this service, from its making to its end."""

import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.containers.events import Evidence
from sandbox.containers.streams import Streams
from sandbox.exchange import ping
from sandbox.sizing import Size

ANSWER_SECONDS = 1.0
"""How long one that waits may take to answer. One whose turn does not come for so long is of no use to a run."""


@dataclass(eq=False)
class Container:
    """
    A container whose runner waits for a job.

    :param facts: What the runner said of itself.
    """

    name: str
    id: str
    size: Size
    streams: Streams
    evidence: Evidence
    facts: dict[str, Any]
    made_at: float = field(default_factory=time.monotonic)

    def usable(self, max_age_seconds: float) -> bool:
        """Tell whether it is still alive and waiting, and not too old."""
        young = time.monotonic() - self.made_at < max_age_seconds
        return young and self.streams.waiting() and not self.evidence.died.is_set()

    async def answers(self) -> bool:
        """Ask the runner, which waits for a job, whether it is alive; false where it is silent or frozen."""
        return await ping(self.streams, ANSWER_SECONDS)

    @property
    def version(self) -> str:
        """The version of the language in it."""
        return str(self.facts.get("language_version", ""))[:32]
