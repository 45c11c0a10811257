"""The container runtime as the executor sees it: sandboxes to claim, evidence about them, and its own recovery."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog
from assay.errors import AssayError, LimitNotEnforceable, SandboxLost, SandboxUnavailable, ShuttingDown

from sandbox.classes import startable
from sandbox.containers.container import Container
from sandbox.containers.daemon import Address, Daemon, DaemonUnreachable, Missing, Refused
from sandbox.containers.events import EventLog
from sandbox.containers.janitor import Janitor
from sandbox.containers.maker import Maker, settle, unenforced
from sandbox.containers.owner import this_process
from sandbox.containers.probe import PROBE_LIMITS, probe, refuse
from sandbox.containers.removal import Remover
from sandbox.containers.spec import Isolation
from sandbox.keeper import Keeper, Pace
from sandbox.language import Language
from sandbox.pool import Bounds, NothingToMakeItOf, OneNotMade, Pool, Stats
from sandbox.sizing import Size

log = structlog.get_logger()

DRAIN_SECONDS = 20.0
TRIES = 3
TRY_AGAIN_SECONDS = 1.0
TELL_SECONDS = 3.0
"""How long the daemon may take to say whether a container stands still."""

IMAGES_SECONDS = 3.0
"""How long it is believed which images there are."""

CONTROLLED = frozenset({"memory_bytes", "processes"})
"""The limits that can be changed while a sandbox waits."""

Make = Callable[[], Awaitable[Container]]


class Backend:
    """
    One daemon.

    :param languages: What it makes sandboxes for.
    :param sizes: The size of the sandboxes that wait ready, by language and limit class; the first of a language is
        its default.
    :param bounds: How many wait ready in each class, by language.
    :param idle_seconds: How long one waits before a fresh one takes its place.
    :param best_effort: Use a runtime that does not enforce limits, and say so.
    :param metered: Wraps what makes sandboxes of a language, to measure it.
    """

    def __init__(
        self,
        address: Address,
        languages: Mapping[str, Language],
        sizes: Mapping[str, Mapping[str, Size]],
        bounds: Mapping[str, Bounds],
        *,
        isolation: Isolation,
        pace: Pace,
        idle_seconds: float,
        best_effort: bool,
        metered: Callable[[str, Make], Make] = lambda _, make: make,
    ) -> None:
        self.specs = languages
        self.languages = frozenset(languages)
        self._isolation = isolation
        self._best_effort = best_effort
        self._owner = this_process()
        self._daemon = Daemon(address, pace.make_concurrency)
        self._events = EventLog(address, self._owner.label())
        self._janitor = Janitor(address.url, self._owner.label())
        self._remover = Remover(self._daemon, self._events, self._owner)
        turns = asyncio.Semaphore(pace.make_concurrency)
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
        self._metered = metered
        self._pools = {
            (name, kind): self._pool(name, kind, size, bounds[name], idle_seconds)
            for name, kinds in sizes.items()
            for kind, size in kinds.items()
        }
        self._sizes = {(name, kind): size for name, kinds in sizes.items() for kind, size in kinds.items()}
        self._keeper = Keeper(tuple(self._pools.values()), pace, Container.answers)
        self._claimed: dict[str, tuple[str, Container]] = {}
        self._versions: dict[str, str] = {}
        self._closed = False
        self._fit = asyncio.Lock()
        self._missing: frozenset[str] | None = None
        self._failed: tuple[float, AssayError] | None = None
        self._looking = asyncio.Lock()
        self._found: tuple[float, frozenset[str] | str] = (-IMAGES_SECONDS, "")
        self._sweeper: asyncio.Task[None] | None = None

    def _pool(self, language: str, kind: str, size: Size, bounds: Bounds, idle_seconds: float) -> Pool[Container]:
        return Pool(
            f"{language}/{kind}",
            self._metered(language, partial(self._make, language, size)),
            self._makers[language].discard,
            bounds,
            max_age_seconds=idle_seconds,
        )

    @property
    def owner_label(self) -> str:
        """The label that all containers of this backend carry."""
        return self._owner.label()

    def ready_count(self, language: str) -> int:
        """Return how many sandboxes of a language wait ready."""
        return sum(pool.ready for (name, _), pool in self._pools.items() if name == language)

    def stats(self) -> dict[tuple[str, str], Stats]:
        """Return how the pools stand, by language and limit class."""
        return {key: pool.stats() for key, pool in self._pools.items()}

    def version(self, language: str) -> str:
        """Return the exact version of a language as the last container told it; nothing before the first."""
        return self._versions.get(language, "")

    async def available(self, language: str) -> str:
        """Return nothing where a language can be run, or else why not and what to do; up to some seconds old."""
        if self._failed is not None and isinstance(self._failed[1], LimitNotEnforceable):
            return self._failed[1].message
        async with self._looking:
            if time.monotonic() - self._found[0] >= IMAGES_SECONDS:
                self._found = time.monotonic(), await self._find_images()
        images = self._found[1]
        if isinstance(images, str):
            return images
        return "" if self.specs[language].image in images else self._makers[language].image_missing()

    async def _find_images(self) -> frozenset[str] | str:
        try:
            return await self._daemon.images()
        except SandboxUnavailable as error:
            return error.message
        except (Missing, Refused) as error:
            return f"Docker would not list images: {error}"

    def open(self) -> None:
        """Begin to listen and to fill; returns at once, whether or not there is a daemon."""
        self._janitor.open()
        self._events.open()
        self._sweeper = asyncio.create_task(self._remover.keep_swept(), name="sandbox-sweep")
        self._keeper.open()

    async def close(self) -> None:
        """End every container of this backend, those with a program in them included: such a run is lost."""
        self._closed = True
        for language, container in tuple(self._claimed.values()):
            self.discard(language, container, at_once=True)
        await self._keeper.close()
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

        A waiting one of the size; or else a waiting one whose files have the size, its other limits changed; or else a
        fresh one.

        :raises SandboxUnavailable: There is none to be had.
        :raises ShuttingDown: The backend is closed.
        """
        if self._closed:
            raise ShuttingDown("the sandbox service is stopping")
        for left in reversed(range(TRIES)):
            container = await self._unused(language, size)
            self._claimed[container.name] = language, container
            try:
                if container.size != size:
                    await self.resize(language, container, size)
                if self._closed:
                    raise ShuttingDown("the sandbox service is stopping")
            except SandboxLost:
                # It went between the look at it and the change: that is nobody's run yet.
                self.discard(language, container, at_once=True)
                if not left:
                    raise
            except BaseException:
                self.discard(language, container, at_once=True)
                raise
            else:
                break
        return container, self._missing or frozenset()

    async def _unused(self, language: str, size: Size) -> Container:
        size = startable(size)
        alike = [
            (self._sizes[key] != size, pool)
            for key, pool in self._pools.items()
            if key[0] == language and self._sizes[key].disk_bytes == size.disk_bytes
        ]
        # One of exactly the size costs no call to the daemon; among the others the order of the classes decides.
        alike.sort(key=lambda entry: entry[0])
        if alike:
            alike[0][1].demand.claimed()
        for _, pool in alike:
            if (container := pool.take()) is not None:
                return container
        if alike and not alike[0][0]:
            return await alike[0][1].claim()
        return await self._metered(language, partial(self._make, language, size))()

    async def resize(self, language: str, container: Container, size: Size) -> None:
        """
        Change the memory and the processes of a sandbox that was claimed.

        :raises SandboxLost: It is gone.
        :raises SandboxUnavailable: The daemon would not.
        """
        if self._missing is not None and self._missing >= CONTROLLED:
            # The runtime enforces neither, and need not have a way to change them.
            container.size = size
            return
        await self._makers[language].resize(container, size)

    async def stands_still(self, container: Container) -> bool:
        """Tell whether a container was stopped from outside, and so is silent; true where nobody can tell."""
        try:
            async with asyncio.timeout(TELL_SECONDS):
                state = (await self._daemon.inspect(container.id)).get("State") or {}
        except (SandboxUnavailable, Missing, Refused, TimeoutError):
            return True
        return bool(state.get("Paused")) or not state.get("Running")

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
        except DaemonUnreachable:
            self._missing = None
            raise
        missing = unenforced(container.facts, size)
        if missing and not self._best_effort:
            self._makers[language].discard(container, at_once=True)
            raise refuse(self._isolation.runtime, missing)
        self._versions[language] = container.version
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
            except (NothingToMakeItOf, OneNotMade):
                # That is this language's or this container's trouble, and says nothing of the next.
                raise
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
        for left in reversed(range(TRIES)):
            container = await maker.make(size)
            try:
                missing = await probe(container)
                break
            except SandboxUnavailable:
                # A container that somebody ended tells nothing of the runtime.
                if not left:
                    raise
            finally:
                maker.discard(container, at_once=True)
        if missing and not self._best_effort:
            raise refuse(self._isolation.runtime, missing)
        if missing:
            log.warning("limits_not_enforced", runtime=self._isolation.runtime, limits=sorted(missing))
        return missing
