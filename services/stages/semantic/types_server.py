"""ty as a warm server: one for each version of Python that candidates are for, with a configuration of our own."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import PluginFailed, ShuttingDown

from services.stages.language_server import LanguageServer, Request, ServerSpec
from services.stages.semantic.stdlib import Version, version_text

MAX_SERVERS = 3
"""Servers kept, each for one version; the one that was asked longest ago gives way."""

OLDEST, NEWEST = (3, 7), (3, 15)
"""The versions that ty knows."""

CHECKS = (
    "import-not-found",
    "invalid-assignment",
    "missing-argument",
    "missing-attribute",
    "missing-module-member",
    "no-matching-overload",
    "not-callable",
    "parameter-already-assigned",
    "positional-only-parameter-as-kwarg",
    "too-many-positional-arguments",
    "unknown-argument",
)
"""
What ty is asked to look at; all else is off. That types fit one another says little of whether code is the real thing:
parameters are annotated by habit and called otherwise.
"""

TURN_SECONDS = 0.5
"""What most files take many times over: a slow one is overtaken after it."""

NOWHERE = "none"
"""An environment without packages: left alone, ty would take that of whatever Python it finds on the machine."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    What ty says about one place.

    :param check: One of :data:`CHECKS`.
    :param start: Line and column, both from 1, columns in code points.
    :param end: The same, exclusive.
    """

    check: str
    start: tuple[int, int]
    end: tuple[int, int]
    message: str


class TypeServers:
    """
    Asks the server of a version. Close it.

    :param environment: A virtual environment, or a folder built like one, whose packages are known; None: none are.
    """

    def __init__(self, environment: Path | None) -> None:
        self._environment = environment
        self._servers: dict[Version, LanguageServer] = {}
        self._users: Counter[Version] = Counter()
        self._proven: set[Version] = set()

    @property
    def processes(self) -> tuple[int, ...]:
        """The process ids of the servers that answer now."""
        found = (server.process for server in self._servers.values())
        return tuple(process for process in found if process is not None)

    async def warm(self, version: Version) -> None:
        """Start the server of a version, so that the first question finds it; a failure shows with that question."""
        with suppress(PluginFailed, ShuttingDown):
            async with self._server(version) as server:
                await server.warm()

    async def told(
        self, version: Version, documents: Mapping[str, str], wanted: Sequence[str]
    ) -> dict[str, tuple[Told, ...]]:
        """
        Return what ty says of some of the documents; see :meth:`LanguageServer.diagnose`.

        :raises assay.errors.PluginFailed: It could not say it.
        """
        async with self._server(version) as server:
            found = await server.diagnose(documents, wanted)
        return {path: tuple(map(_told, filter(_counts, items))) for path, items in found.items()}

    async def answers(self, version: Version, documents: Mapping[str, str], requests: Sequence[Request]) -> list[Any]:
        """Return ty's answers about places; see :meth:`LanguageServer.answers`."""
        async with self._server(version) as server:
            return await server.answers(documents, requests)

    async def close(self) -> None:
        """End all servers."""
        servers, self._servers = self._servers, {}
        for server in servers.values():
            await server.close()

    @asynccontextmanager
    async def _server(self, version: Version) -> AsyncIterator[LanguageServer]:
        version = min(max(version, OLDEST), NEWEST)
        server = self._servers.pop(version, None) or LanguageServer(specification(self._environment, version))
        self._servers[version] = server
        self._users[version] += 1
        try:
            if version not in self._proven:
                await self._prove(server)
                self._proven.add(version)
            yield server
        finally:
            self._users[version] -= 1
            await self._end_idle()

    async def _prove(self, server: LanguageServer) -> None:
        """Make sure that ty looks where it was told to: it silently passes over what it cannot read as one."""
        found = await server.diagnose({"probe.py": "import assay_probe\n"}, ["probe.py"])
        place = str(self._environment) if self._environment is not None else f"/{NOWHERE}"
        if not any(f"{place}/lib" in item.get("message", "") for item in found["probe.py"]):
            raise PluginFailed("ty does not take the folder that it was given for an environment")

    async def _end_idle(self) -> None:
        idle = [version for version in self._servers if not self._users[version]]
        for version in idle[: max(len(self._servers) - MAX_SERVERS, 0)]:
            await self._servers.pop(version).close()


def specification(environment: Path | None, version: Version) -> ServerSpec:
    """Return how the server of a version is run; ``all`` platforms, since where the code will run is not known."""
    from ty import find_ty_bin

    place = str(environment) if environment is not None else NOWHERE
    settings = [
        "[environment]",
        f"python = {json.dumps(place)}",
        f'python-version = "{version_text(version)}"',
        'python-platform = "all"',
        "[rules]",
        'all = "ignore"',
        *(f'{check} = "error"' for check in CHECKS),
    ]
    return ServerSpec(
        "ty",
        (find_ty_bin(), "server"),
        "python",
        files={"ty.toml": "\n".join(settings) + "\n", f"{NOWHERE}/lib/python3.13/site-packages/README": ""},
        environment={"PATH": ""},
        on_disk=True,
        turn_seconds=TURN_SECONDS,
    )


def _counts(item: Mapping[str, Any]) -> bool:
    return item.get("code") in CHECKS


def _told(item: Mapping[str, Any]) -> Told:
    start, end = item["range"]["start"], item["range"]["end"]
    return Told(
        item["code"],
        (start["line"] + 1, start["character"] + 1),
        (end["line"] + 1, end["character"] + 1),
        item["message"],
    )
