"""The end of containers: each goes within a bounded time, and one that will not go never holds up another."""

import asyncio
import time
from collections.abc import Callable

import structlog
from assay.errors import SandboxUnavailable

from sandbox.containers.daemon import Daemon, Missing, Refused
from sandbox.containers.events import EventLog
from sandbox.containers.owner import MARK, OWNER, Owner, is_leftover, machine

log = structlog.get_logger()

LINGER_SECONDS = 0.15
BY_ITSELF_SECONDS = 3.0
RETRY_SECONDS = 0.3
MOST_TRIES = 60
MOST_AT_ONE_TIME = 64
SWEEP_SECONDS = 60.0


class Remover:
    """Ends containers in the background, and looks for what others left behind."""

    def __init__(self, daemon: Daemon, events: EventLog, owner: Owner) -> None:
        self._daemon = daemon
        self._events = events
        self._owner = owner
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.known: set[str] = set()
        """Names of containers that are being made, wait or run: the sweep leaves them alone."""

    def crowded(self) -> bool:
        """Tell whether so many containers will not go that no more should be made."""
        return len(self._tasks) >= MOST_AT_ONE_TIME

    def remove(self, name: str, identity: str, hang_up: Callable[[], None] = lambda: None, *, at_once: bool) -> None:
        """
        See a container to its end; returns at once.

        :param hang_up: Ends the connection to process 1, whereupon the container goes by itself.
        :param at_once: Do not wait for that.
        """
        self.known.discard(name)
        if at_once:
            hang_up()
        if name not in self._tasks:
            task = asyncio.create_task(self._remove(name, identity, hang_up, at_once=at_once), name=f"remove-{name}")
            self._tasks[name] = task
            task.add_done_callback(lambda _: self._tasks.pop(name, None))

    async def drain(self, seconds: float) -> None:
        """Wait until every removal under way has ended, or the time is over."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks.values()), timeout=seconds)

    async def _remove(self, name: str, identity: str, hang_up: Callable[[], None], *, at_once: bool) -> None:
        if not at_once and identity:
            try:
                # Nothing lives in it any more; its end is left for after the burst that it may be part of.
                await asyncio.sleep(LINGER_SECONDS)
            finally:
                hang_up()
            try:
                async with asyncio.timeout(BY_ITSELF_SECONDS):
                    await self._events.watch(identity).gone.wait()
            except TimeoutError:
                pass
            else:
                self._events.forget(identity)
                return
        for _ in range(MOST_TRIES):
            if await self._try_once(name):
                break
            await asyncio.sleep(RETRY_SECONDS)
        self._events.forget(identity)

    async def _try_once(self, name: str) -> bool:
        """Return whether the container is gone."""
        try:
            await self._daemon.remove(name)
        except Missing:
            return True
        except Refused:
            # Its removal is under way already: it is asked for again until there is nothing to remove.
            return False
        except SandboxUnavailable as error:
            log.warning("container_not_removed", container=name, reason=error.message)
            await asyncio.sleep(2.0)
            return False
        return True

    async def sweep(self) -> int:
        """Remove leftovers of owners that are gone, and of this one where it lost track; return how many."""
        here, now = machine(), time.time()
        found = 0
        for container in await self._daemon.containers(f"{MARK}=1"):
            labels = container.get("Labels") or {}
            name = str((container.get("Names") or [container["Id"]])[0]).lstrip("/")
            lost = labels.get(OWNER) == self._owner.text() and name not in self.known and name not in self._tasks
            if lost or is_leftover(labels, now=now, here=here):
                found += 1
                self.remove(name, "", at_once=True)
        return found

    async def keep_swept(self) -> None:
        """Sweep for ever, every so often."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                if found := await self.sweep():
                    log.warning("leftover_containers_removed", count=found)
            except (SandboxUnavailable, Missing, Refused) as error:
                log.warning("sweep_failed", reason=str(error))
