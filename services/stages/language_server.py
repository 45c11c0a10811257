"""
A language server as a warm child process: started when first asked, watched over, and replaced.

Reading with a server that is already there takes a tenth of what starting the same program takes. It is given texts
alone, in a folder of its own, with a configuration of its own; it never sees the candidate's. A server that does not
answer in time, grows too large or has answered often enough is ended, and the next question starts another. See the
Language Server Protocol, version 3.17, "Pull Diagnostics".
"""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from assay.errors import PluginFailed, ShuttingDown

from services.stages.json_rpc import MAX_MESSAGE_BYTES, Connection, ConnectionLost, RequestRefused

START_SECONDS = 20.0
END_SECONDS = 2.0
MAX_APART = 2
"""A question that was under way when a server was lost is asked once more, of a server of its own: so it neither loses
another's server nor is lost with it. So many of these run at one time."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

CANCELLED = frozenset({-32801, -32802})
"""ContentModified and ServerCancelled: a server drops what it works on when another document is opened or closed, and
is to be asked again; what it had found out by then it need not find again."""

T = TypeVar("T")


class ServerLost(PluginFailed):
    """A server ended over a question, and so did the one that had no other: it is the question's doing."""


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """
    Which server, and what it may cost.

    :param name: For messages.
    :param command: The program with its arguments; its path is absolute.
    :param language: The language identifier of the documents.
    :param options: What ``initialize`` is given as its options.
    :param configuration: What is answered to ``workspace/configuration``, for each item that is asked for.
    :param files: Written to the server's folder before it starts, by relative path.
    :param environment: Beside PATH and HOME, which is the server's folder.
    :param folder: Where the server lives, with its files in it already; whoever made it removes it. None: a folder of
        its own is made for each process and removed with it.
    :param on_disk: Whether several documents are files as well, for a server that looks for modules on the disk alone.
    :param turn_seconds: The longest that a question waits for those before it to end, for a server that drops what it
        is at when a document is opened or closed; who has waited as long goes ahead.
    :param seconds: The longest that one question may take.
    :param questions: After so many a server is replaced.
    :param memory_bytes: A server that holds more after a question is replaced; twice that it cannot get.
    """

    name: str
    command: tuple[str, ...]
    language: str
    options: Mapping[str, object] = field(default_factory=dict)
    configuration: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    on_disk: bool = False
    turn_seconds: float = 0.0
    seconds: float = 25.0
    questions: int = 5_000
    memory_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Request:
    """
    What is asked about one place of a document.

    :param method: Of the protocol, for example "textDocument/completion".
    :param path: The document.
    :param line: From 0, as the protocol counts.
    :param character: From 0, in code points.
    """

    method: str
    path: str
    line: int
    character: int


class LanguageServer:
    """
    A server that is always there. Many may ask at one time. Close it.

    :param spec: What it is.
    """

    def __init__(self, spec: ServerSpec) -> None:
        self._spec = spec
        self._child: _Child | None = None
        self._own: set[_Child] = set()
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
        return await self._ask(documents, lambda child, uris: child.diagnosed(uris, wanted), within)

    async def answers(self, documents: Mapping[str, str], requests: Sequence[Request]) -> list[Any]:
        """
        Return what the server answers to each request, as the protocol has it.

        :param documents: As for :meth:`diagnose`, which says what is raised.
        """
        return await self._ask(documents, lambda child, uris: child.answered(uris, requests))

    async def _ask(self, documents: Mapping[str, str], work: "_Work[T]", within: str = "") -> T:
        """Do some work with a server that has the documents open; see :meth:`diagnose`."""
        with contextlib.suppress(ConnectionLost):
            return await self._asked(await self._running(), documents, work, within)
        # Several may have been asking, and which of them it was is not known.
        async with self._apart:
            if self._closed:
                raise ShuttingDown(f"{self._spec.name} is closed")
            child = await _start(self._spec)
            self._own.add(child)
            try:
                return await self._asked(child, documents, work, within)
            except ConnectionLost as error:
                raise ServerLost(f"{self._spec.name} was lost twice over one candidate: {error}") from None
            finally:
                self._own.discard(child)
                await child.end()

    async def _asked(self, child: "_Child", documents: Mapping[str, str], work: "_Work[T]", within: str) -> T:
        home = PurePosixPath(within, f"c{next(self._numbers)}")
        try:
            async with asyncio.timeout(self._spec.seconds), child.open(home, documents) as uris:
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

    async def _running(self) -> "_Child":
        async with self._starting:
            if self._closed:
                raise ShuttingDown(f"{self._spec.name} is closed")
            if self._child is not None and self._child.lost:
                await self._drop(self._child)
            if self._child is None:
                self._child = await _start(self._spec)
            return self._child

    async def _drop(self, child: "_Child") -> None:
        if self._child is child:
            self._child = None
        await child.end()


class _Child:
    """One process of a server."""

    def __init__(
        self, spec: ServerSpec, folder: Path, process: asyncio.subprocess.Process, connection: Connection
    ) -> None:
        self._spec = spec
        self._folder = folder
        self._process = process
        self._connection = connection
        self._asked = 0
        self._turns = asyncio.Lock()
        self.busy = 0
        """Questions under way."""
        self.cancelled = 0
        """Questions whose asker went away before the answer."""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lost(self) -> bool:
        return self._connection.lost or self._process.returncode is not None

    @property
    def worn_out(self) -> bool:
        """Whether it is to be replaced once nobody waits for it."""
        return self.cancelled > 0 or self._asked >= self._spec.questions or self._held() > self._spec.memory_bytes

    async def initialize(self) -> None:
        root = self._folder.as_uri()
        await self._connection.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "candidate"}],
                "initializationOptions": dict(self._spec.options),
                "capabilities": {
                    "general": {"positionEncodings": ["utf-32"]},
                    "textDocument": {"diagnostic": {"dynamicRegistration": False}},
                    "workspace": {"configuration": True, "workspaceFolders": True},
                },
            },
        )
        await self._connection.notify("initialized", {})

    @contextlib.asynccontextmanager
    async def _its_turn(self) -> AsyncIterator[None]:
        """Wait until the questions before have ended, as long as the server's specification says."""
        taken = False
        with contextlib.suppress(TimeoutError):
            if self._spec.turn_seconds:
                async with asyncio.timeout(self._spec.turn_seconds):
                    taken = await self._turns.acquire()
        try:
            yield
        finally:
            if taken:
                self._turns.release()

    @contextlib.asynccontextmanager
    async def open(self, name: PurePosixPath, documents: Mapping[str, str]) -> AsyncIterator[Mapping[str, str]]:
        """Open documents in a folder of their own, and give their addresses by path."""
        uris = {path: (self._folder / name / path).as_uri() for path in documents}
        self._asked += 1
        self.busy += 1
        try:
            async with self._its_turn(), self._opened(self._folder / name, documents, uris):
                yield uris
        finally:
            self.busy -= 1

    @contextlib.asynccontextmanager
    async def _opened(self, home: Path, documents: Mapping[str, str], uris: Mapping[str, str]) -> AsyncIterator[None]:
        written = self._spec.on_disk and len(documents) > 1
        try:
            if written:
                await asyncio.to_thread(_write, home, documents)
            for path, text in documents.items():
                document = {"uri": uris[path], "languageId": self._spec.language, "version": 1, "text": text}
                await self._connection.notify("textDocument/didOpen", {"textDocument": document})
            yield
        finally:
            with contextlib.suppress(ConnectionLost):
                for uri in uris.values():
                    await self._connection.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
            if written:
                await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)

    async def diagnosed(self, uris: Mapping[str, str], wanted: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        return {path: await self._pull(uris[path]) for path in wanted}

    async def answered(self, uris: Mapping[str, str], requests: Sequence[Request]) -> list[Any]:
        return [
            await self._request(
                request.method,
                {
                    "textDocument": {"uri": uris[request.path]},
                    "position": {"line": request.line, "character": request.character},
                },
            )
            for request in requests
        ]

    async def _pull(self, uri: str) -> list[dict[str, Any]]:
        answer = await self._request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise ConnectionLost("an answer without diagnostics")
        return items

    async def _request(self, method: str, parameters: Mapping[str, object]) -> Any:
        """Ask until there is an answer; the time of the whole question bounds it."""
        while True:
            try:
                return await self._connection.request(method, parameters)
            except RequestRefused as error:
                if error.code not in CANCELLED:
                    raise

    async def end(self) -> None:
        await self._connection.close()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        await asyncio.to_thread(_remove, self._spec, self._folder)

    def _held(self) -> int:
        try:
            return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * PAGE_BYTES
        except (OSError, IndexError, ValueError):
            return 0


_Work = Callable[[_Child, Mapping[str, str]], Awaitable[T]]


def _write(home: Path, documents: Mapping[str, str]) -> None:
    """Write documents; one whose name the file system refuses is there for whoever asks about it alone."""
    for path, text in documents.items():
        with contextlib.suppress(OSError):
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(text, encoding="utf-8", newline="")


def _folder(spec: ServerSpec) -> Path:
    """Make a server's folder, with its files, where it is not given one."""
    if spec.folder is not None:
        return spec.folder
    folder = Path(tempfile.mkdtemp(prefix="assay-ls-")).resolve()
    for name, text in spec.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _remove(spec: ServerSpec, folder: Path) -> None:
    if spec.folder is None:
        shutil.rmtree(folder, ignore_errors=True)


async def _start(spec: ServerSpec) -> _Child:
    folder = await asyncio.to_thread(_folder, spec)
    try:
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.defpath, "HOME": str(folder), **spec.environment},
            start_new_session=True,
            limit=MAX_MESSAGE_BYTES,
        )
    except OSError as error:
        _remove(spec, folder)
        raise PluginFailed(f"{spec.name} could not be started: {error.strerror}") from None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        # The end of its input ends it where this process dies: servers of the protocol read until then.
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (2 * spec.memory_bytes, 2 * spec.memory_bytes))
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    assert process.stdout is not None
    assert process.stdin is not None
    answers = {"workspace/configuration": lambda asked: [dict(spec.configuration)] * len(asked["items"])}
    child = _Child(spec, folder, process, Connection(process.stdout, process.stdin, answers))
    try:
        async with asyncio.timeout(START_SECONDS):
            await child.initialize()
    except (TimeoutError, ConnectionLost, RequestRefused) as error:
        await child.end()
        raise PluginFailed(f"{spec.name} did not start: {error or 'it took too long'}") from None
    except BaseException:
        await child.end()
        raise
    return child
