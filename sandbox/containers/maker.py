"""Making containers of one language, and explaining what stands in the way."""

import asyncio
import contextlib
import re
import uuid
from typing import Any

import structlog
from assay.errors import AssayError, SandboxLost, SandboxUnavailable

from sandbox.containers import spec
from sandbox.containers.container import Container
from sandbox.containers.daemon import Daemon, Missing, Refused, unreachable
from sandbox.containers.events import EventLog
from sandbox.containers.owner import Owner
from sandbox.containers.removal import Remover
from sandbox.containers.spec import Isolation
from sandbox.containers.streams import Streams
from sandbox.exchange import read_ready
from sandbox.language import Language
from sandbox.pool import EndedInTheMaking, NothingToMakeItOf, OneNotMade
from sandbox.runner.frames import BadFrame
from sandbox.sizing import Size

log = structlog.get_logger()

READY_SECONDS = 25.0
UNKNOWN_RUNTIME = re.compile(r"unknown (or invalid )?runtime", re.IGNORECASE)
"""How daemons old and new say that they have no runtime of that name."""

TRIES = 3
"""Containers that are begun for one that is wanted, where they end before they are ready."""


class Maker:
    """
    Makes containers of one language and ends them.

    :param concurrency: How many are made at one time, shared with other makers.
    """

    def __init__(
        self,
        *,
        daemon: Daemon,
        events: EventLog,
        remover: Remover,
        owner: Owner,
        language: Language,
        isolation: Isolation,
        concurrency: asyncio.Semaphore,
    ) -> None:
        self._daemon = daemon
        self._events = events
        self._remover = remover
        self._owner = owner
        self._language = language
        self._isolation = isolation
        self._concurrency = concurrency
        self._making: set[asyncio.Task[Container]] = set()

    async def make(self, size: Size) -> Container:
        """
        Return a container whose runner waits.

        :raises SandboxUnavailable: The daemon or the image is missing, or the container did not come up.
        """
        # A creation that was asked for cannot be taken back: it goes on, and what it makes is removed.
        making = asyncio.create_task(self._make_in_turn(size))
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._discard_result)
            raise

    async def close(self, seconds: float) -> None:
        """Wait for the containers that are still in the making; each is removed once it is made."""
        if self._making:
            await asyncio.wait(tuple(self._making), timeout=seconds)
            # Their results are discarded by callbacks in the next turn of the loop.
            await asyncio.sleep(0)

    def image_missing(self) -> str:
        """Return the sentence that says so, and what to do."""
        return f"the image {self._language.image} is missing; run scripts/sandbox-image {self._language.name}"

    def _discard_result(self, task: "asyncio.Task[Container]") -> None:
        if not task.cancelled() and task.exception() is None:
            self.discard(task.result(), at_once=True)

    async def _make_in_turn(self, size: Size) -> Container:
        if self._remover.crowded():
            raise unreachable("containers are not removed any more")
        async with self._concurrency:
            for left in reversed(range(TRIES)):
                try:
                    return await self._make_once(size)
                except AssayError:
                    raise
                except Exception as error:
                    # One that ended before it was ready may have been removed by somebody; the next need not be.
                    if not left or not isinstance(error, EOFError | Missing | ConnectionError):
                        raise self._explained(error) from error
            raise AssertionError("the last try returns or raises")

    async def _make_once(self, size: Size) -> Container:
        name = f"assay-{self._language.name}-{uuid.uuid4().hex[:16]}"
        self._remover.known.add(name)
        try:
            return await self._make(name, size)
        except BaseException:
            self._remover.remove(name, "", at_once=True)
            raise

    async def _make(self, name: str, size: Size) -> Container:
        labels = self._owner.labels(self._isolation.life_seconds)
        try:
            identity = await self._daemon.create(name, spec.config(self._language, size, self._isolation, labels))
        except Missing:
            raise NothingToMakeItOf(self.image_missing()) from None
        evidence = self._events.watch(identity)
        streams: Streams | None = None
        try:
            streams = await Streams.attach(self._daemon.address, identity)
            await self._daemon.start(identity)
            facts = await read_ready(streams, READY_SECONDS)
        except BaseException:
            self._events.forget(identity)
            if streams is not None:
                streams.close()
                log.warning("sandbox_did_not_start", container=name, log=streams.log())
            raise
        return Container(name, identity, size, streams, evidence, facts)

    def _explained(self, error: BaseException) -> AssayError:
        match error:
            case Missing() | EOFError():
                return EndedInTheMaking("a container was ended while it was made", retry_after=1.0)
            case Refused() if UNKNOWN_RUNTIME.search(str(error)):
                return SandboxUnavailable(
                    f"Docker knows no runtime {self._isolation.runtime!r}; add it to the daemon's configuration, or "
                    "name another by ASSAY_SANDBOX__RUNTIME"
                )
            case Refused():
                return SandboxUnavailable(f"Docker would not make a container: {error}")
            case BadFrame() | TimeoutError():
                return OneNotMade(f"a container did not get ready ({type(error).__name__})", retry_after=2.0)
            case OSError():
                return unreachable("it cannot be reached")
        log.error("sandbox_not_made", exc_info=error)
        # What nobody foresaw says nothing of the next one either.
        return OneNotMade(f"a container could not be made ({type(error).__name__})", retry_after=2.0)

    async def resize(self, container: Container, size: Size) -> None:
        """
        Change the control group's limits of a container.

        :raises SandboxLost: It is gone.
        """
        try:
            await self._daemon.update(container.id, spec.control_limits(size))
        except Missing:
            raise SandboxLost("the sandbox was removed") from None
        except Refused as error:
            if container.evidence.died.is_set() or not container.streams.waiting():
                raise SandboxLost("the sandbox ended") from error
            raise SandboxUnavailable(f"Docker would not change a container's limits: {error}") from error
        container.size = size

    def discard(self, container: Container, *, at_once: bool = False) -> None:
        """End a container; returns at once."""
        self._remover.remove(container.name, container.id, container.streams.close, at_once=at_once)


async def settle(container: Container, seconds: float) -> None:
    """Wait a little for the daemon to tell how a container ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await container.evidence.died.wait()


def unenforced(facts: dict[str, Any], size: Size) -> frozenset[str]:
    """Return the limits that a runner cannot find in its control group as they were asked for."""
    missing = set()
    if facts.get("memory_limit") != size.memory_bytes:
        missing.add("memory_bytes")
    if facts.get("pids_limit") != size.processes + spec.RUNNER_PROCESSES:
        missing.add("processes")
    if facts.get("cgroup") not in {1, 2}:
        missing.add("cpu_seconds")
    return frozenset(missing)
