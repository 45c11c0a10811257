"""What the daemon tells of this service's containers, kept: one that removes itself takes its own evidence along."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from urllib.parse import quote

import structlog
from assay.errors import SandboxUnavailable

from sandbox.containers.daemon import Address, Refused
from sandbox.containers.streams import events

log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


@dataclass
class Evidence:
    """What the daemon told of one container."""

    oom: bool = False
    exit_code: int | None = None
    died: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class EventLog:
    """
    The long-lived stream of events.

    :param label: Only containers with this label are listened for.
    """

    def __init__(self, address: Address, label: str) -> None:
        self._address = address
        filters = {"type": ["container"], "event": ["oom", "die", "destroy"], "label": [label]}
        self._filters = quote(json.dumps(filters))
        self._evidence: dict[str, Evidence] = {}
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen; returns at once."""
        self._task = asyncio.create_task(self._listen(), name="docker-events")

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def watch(self, container: str) -> Evidence:
        """Keep what is told of a container from now on, until :meth:`forget`."""
        return self._evidence.setdefault(container, Evidence())

    def forget(self, container: str) -> None:
        """Keep nothing more of a container."""
        self._evidence.pop(container, None)

    async def _listen(self) -> None:
        since, pause = time.time(), FIRST_PAUSE_SECONDS
        while True:
            try:
                async for line in events(self._address, self._filters, since):
                    pause = FIRST_PAUSE_SECONDS
                    since = self._take(line, since)
            except (OSError, TimeoutError, ValueError, Refused, SandboxUnavailable) as error:
                log.debug("docker_events_ended", reason=type(error).__name__)
            # Events that came in between are told again; each is taken as often as it comes without harm.
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _take(self, line: bytes, since: float) -> float:
        event = json.loads(line)
        evidence = self._evidence.get(event.get("id", ""))
        if evidence is not None:
            match event.get("Action"):
                case "oom":
                    evidence.oom = True
                case "die":
                    code = str(event.get("Actor", {}).get("Attributes", {}).get("exitCode", ""))
                    evidence.exit_code = int(code) if code.isdecimal() else None
                    evidence.died.set()
                case "destroy":
                    evidence.died.set()
                    evidence.gone.set()
        return max(since, float(event.get("timeNano", 0)) / 1e9)
