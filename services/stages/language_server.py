"""
A language server as a warm child process: started when first asked, watched over, and replaced.

Reading with a server that is already there takes a tenth of what starting the same program takes. It is given texts
alone, in a folder of its own, with a configuration of its own; it never sees the candidate's. A server that does not
answer in time, grows too large or has answered often enough is ended, and the next question starts another. See the
Language Server Protocol, version 3.17, "Pull Diagnostics".
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from pathlib import PurePosixPath
from typing import Any, TypeVar

from assay.errors import PluginFailed, ShuttingDown

from services.stages.json_rpc import ConnectionLost, RequestRefused
from services.stages.server_process import Opening, ServerProcess, start
from services.stages.server_spec import Request, ServerSpec

__all__ = ["LanguageServer", "Request", "ServerLost", "ServerSpec"]

MAX_APART = 2
"""A question that was under way when a server was lost is asked once more, of a server of its own: so it neither loses
another's server nor is lost with it. So many of these run at one time."""

T = TypeVar("T")

_Work = Callable[[ServerProcess, Mapping[str, str]], Awaitable[T]]


class ServerLost(PluginFailed):
    """A server ended over a question, and so did the one that had no other: it is the question's doing."""


class LanguageServer:
    """
    A server that is always there. Many may ask at one time. Close it.

    :param spec: What it is.
    """

    def __init__(self, spec: ServerSpec) -> None:
        self._spec = spec
        self._child: ServerProcess | None = None
        self._own: set[ServerProcess] = set()
        """Servers of one question each."""
        self._starting = asyncio.Lock()
        self._apart = asyncio.Semaphore(MAX_APART)
        self._numbers = count(1)
        self._closed = False

    @property
    def process(self) -> int | None:
        """The process id of the server that answers now."""
        return self._child.pid if self._child is not None else None

    async def warm(self) -> None:
        """Start the server, so that the first question finds it; a failure shows with that question."""
        with contextlib.suppress(PluginFailed, ShuttingDown):
            await self._running()

    async def diagnose(
        self, documents: Mapping[str, str], wanted: Sequence[str], *, within: str = ""
    ) -> dict[str, list[dict[str, Any]]]:
        """
        Return the diagnostics of some of the documents, as the protocol has them, columns in code points.

        :param documents: Texts by relative path; they see each other as files of one folder.
        :param within: The folder below the server's own in which that folder lies: whose settings hold for it.
        :raises ServerLost: The server was lost twice.
        :raises PluginFailed: It could not be started, or did not answer in time.
        :raises ShuttingDown: It was closed.
        """
        return await self._ask(documents, wanted, lambda child, uris: child.diagnosed(uris, wanted), within)

    async def answers(self, documents: Mapping[str, str], requests: Sequence[Request]) -> list[Any]:
        """
        Return what the server answers to each request, as the protocol has it.

        :param documents: As for :meth:`diagnose`, which says what is raised.
        """
        asked = list(dict.fromkeys(request.path for request in requests))
        return await self._ask(documents, asked, lambda child, uris: child.answered(uris, requests))

    async def _ask(self, documents: Mapping[str, str], asked: Sequence[str], work: _Work[T], within: str = "") -> T:
        """Do some work with a server that has the documents open; see :meth:`diagnose`."""
        home = PurePosixPath(within, f"c{next(self._numbers)}")
        opening = Opening(home, documents, asked)
        with contextlib.suppress(ConnectionLost):
            return await self._asked(await self._running(), opening, work)
        # Several may have been asking, and which of them it was is not known.
        async with self._apart:
            if self._closed:
                raise ShuttingDown(f"{self._spec.name} is closed")
            child = await start(self._spec)
            self._own.add(child)
            try:
                return await self._asked(child, opening, work)
            except ConnectionLost as error:
                raise ServerLost(f"{self._spec.name} was lost twice over one candidate: {error}") from None
            finally:
                self._own.discard(child)
                await child.end()

    async def _asked(self, child: ServerProcess, opening: Opening, work: _Work[T]) -> T:
        try:
            async with asyncio.timeout(self._spec.seconds), child.open(opening) as uris:
                found = await work(child, uris)
        except TimeoutError:
            await self._drop(child)
            raise PluginFailed(f"{self._spec.name} took longer than {self._spec.seconds:g} s and was ended") from None
        except RequestRefused as error:
            raise PluginFailed(f"{self._spec.name} refused to answer ({error})") from None
        except ConnectionLost:
            await self._drop(child)
            raise
        except asyncio.CancelledError:
            # What it still works on is of no use to anybody, and nobody bounds it any more.
            if child.busy:
                child.cancelled += 1
            raise
        if child.worn_out and not child.busy:
            await self._drop(child)
        return found

    async def close(self) -> None:
        """End the server; who waits for it is told so."""
        self._closed = True
        if self._child is not None:
            await self._drop(self._child)
        for child in tuple(self._own):
            await child.end()

    async def _running(self) -> ServerProcess:
        async with self._starting:
            if self._closed:
                raise ShuttingDown(f"{self._spec.name} is closed")
            if self._child is not None and self._child.lost:
                await self._drop(self._child)
            if self._child is None:
                self._child = await start(self._spec)
            return self._child

    async def _drop(self, child: ServerProcess) -> None:
        if self._child is child:
            self._child = None
        await child.end()
