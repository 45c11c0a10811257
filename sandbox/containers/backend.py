"""The container runtime as the executor sees it: sandboxes to claim, evidence about them, and its own recovery."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace

import structlog
from assay.errors import AssayError, SandboxUnavailable, ShuttingDown

from sandbox.containers.container import Container
from sandbox.containers.daemon import Address, Daemon, Missing, Refused
from sandbox.containers.events import EventLog
from sandbox.containers.janitor import Janitor
from sandbox.containers.maker import Maker, settle, unenforced
from sandbox.containers.owner import this_process
from sandbox.containers.probe import PROBE_LIMITS, probe, refuse
from sandbox.containers.removal import Remover
from sandbox.containers.spec import Isolation
from sandbox.language import Language
from sandbox.pool import Pool
from sandbox.sizing import Size

log = structlog.get_logger()

DRAIN_SECONDS = 20.0
TRY_AGAIN_SECONDS = 1.0
STARTING_PROCESSES = 2
"""Beside process 1, while a container starts: the child that writes the files, and the interpreter that waits."""


class Backend:
    """
    One daemon.

    :param languages: What it makes sandboxes for.
    :param size: The size of the sandboxes that wait ready.
    :param idle_seconds: How long one waits before a fresh one takes its place.
    :param pool_size: How many wait ready, per language.
    :param concurrency: How many are made at one time for the pool.
    :param extra_concurrency: How many more may be made at one time for runs that need one of their own.
    :param best_effort: Use a runtime that does not enforce limits, and say so.
    """

    def __init__(
        self,
        address: Address,
        languages: Mapping[str, Language],
        size: Size,
        isolation: Isolation,
        *,
        idle_seconds: float,
        pool_size: int,
        concurrency: int,
        extra_concurrency: int,
        best_effort: bool,
    ) -> None:
        self.languages = frozenset(languages)
        self._isolation = isolation
        self._best_effort = best_effort
        self._owner = this_process()
        self._daemon = Daemon(address, concurrency + extra_concurrency)
        self._events = EventLog(address, self._owner.label())
        self._janitor = Janitor(address.url, self._owner.label())
        self._remover = Remover(self._daemon, self._events, self._owner)
        turns = asyncio.Semaphore(concurrency + extra_concurrency)
        self._makers = {
            name: Maker(
                daemon=self._daemon,
                events=self._events,
                remover=self._remover,
                owner=self._owner,
                language=language,
                isolation=isolation,
                concurrency=turns,
            )
            for name, language in languages.items()
        }
        self._size = _startable(size)
        self._pools = {
            name: Pool(
                lambda name=name: self._make(name, self._size),  # type: ignore[misc]
                self._makers[name].discard,
                size=pool_size,
                concurrency=concurrency,
                max_age_seconds=idle_seconds,
            )
            for name in languages
        }
        self._claimed: dict[str, tuple[str, Container]] = {}
        self._closed = False
        self._fit = asyncio.Lock()
        self._missing: frozenset[str] | None = None
        self._failed: tuple[float, AssayError] | None = None
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def owner_label(self) -> str:
        """The label that all containers of this backend carry."""
        return self._owner.label()

    def ready_count(self, language: str) -> int:
        """Return how many sandboxes of a language wait ready."""
        return self._pools[language].ready_count()

    def open(self) -> None:
        """Begin to listen and to fill; returns at once, whether or not there is a daemon."""
        self._janitor.open()
        self._events.open()
        self._sweeper = asyncio.create_task(self._remover.keep_swept(), name="sandbox-sweep")
        for pool in self._pools.values():
            pool.open()

    async def close(self) -> None:
        """End every container of this backend, those with a program in them included: such a run is lost."""
        self._closed = True
        for language, container in tuple(self._claimed.values()):
            self.discard(language, container, at_once=True)
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        await asyncio.gather(*(maker.close(DRAIN_SECONDS) for maker in self._makers.values()))
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._missing is not None:
            with contextlib.suppress(SandboxUnavailable, Missing, Refused):
                await self._remover.sweep()
        await self._remover.drain(DRAIN_SECONDS)
        await self._events.close()
        await self._janitor.close()
        self._daemon.close()

    async def claim(self, language: str, size: Size) -> tuple[Container, frozenset[str]]:
        """
        Return a sandbox of exactly this size that nobody has used, and the limits that are not enforced in it.

        A waiting one where the files' size is the pool's, its other limits changed where they differ; else a fresh one.

        :raises SandboxUnavailable: There is none to be had.
        :raises ShuttingDown: The backend is closed.
        """
        if self._closed:
            raise ShuttingDown("the sandbox service is stopping")
        if size.disk_bytes != self._size.disk_bytes:
            container = await self._make(language, _startable(size))
        else:
            container = await self._pools[language].claim()
        self._claimed[container.name] = language, container
        try:
            if container.size != size:
                await self._makers[language].resize(container, size)
            if self._closed:
                raise ShuttingDown("the sandbox service is stopping")
        except BaseException:
            self.discard(language, container, at_once=True)
            raise
        return container, self._missing or frozenset()

    def discard(self, language: str, container: Container, *, at_once: bool) -> None:
        """End a sandbox that was claimed; returns at once."""
        if self._claimed.pop(container.name, None) is not None:
            self._makers[language].discard(container, at_once=at_once)

    async def settle(self, container: Container) -> None:
        """Wait a little for the daemon to tell how a container ended."""
        await settle(container, 1.0)

    async def _make(self, language: str, size: Size) -> Container:
        await self._check_fit(language)
        try:
            container = await self._makers[language].make(size)
        except SandboxUnavailable:
            self._missing = None
            raise
        missing = unenforced(container.facts, size)
        if missing and not self._best_effort:
            self._makers[language].discard(container, at_once=True)
            raise refuse(self._isolation.runtime, missing)
        return container

    async def _check_fit(self, language: str) -> None:
        """Clear up and probe, once; and again after the daemon was lost."""
        if self._missing is not None:
            return
        async with self._fit:
            if self._missing is not None:
                return
            if self._failed is not None and time.monotonic() - self._failed[0] < TRY_AGAIN_SECONDS:
                raise self._failed[1]
            try:
                self._missing = await self._find_fit(language)
            except AssayError as error:
                self._failed = time.monotonic(), error
                raise

    async def _find_fit(self, language: str) -> frozenset[str]:
        try:
            if found := await self._remover.sweep():
                log.info("leftover_containers_removed", count=found)
        except (Missing, Refused) as error:
            raise SandboxUnavailable(f"Docker would not list containers: {error}") from error
        maker = self._makers[language]
        size = Size(PROBE_LIMITS.memory_bytes, PROBE_LIMITS.processes, PROBE_LIMITS.disk_bytes)
        container = await maker.make(size)
        try:
            missing = await probe(container)
        finally:
            maker.discard(container, at_once=True)
        if missing and not self._best_effort:
            raise refuse(self._isolation.runtime, missing)
        if missing:
            log.warning("limits_not_enforced", runtime=self._isolation.runtime, limits=sorted(missing))
        return missing


def _startable(size: Size) -> Size:
    return replace(size, processes=max(size.processes, STARTING_PROCESSES))
