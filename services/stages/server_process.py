"""One process of a language server, from its start to its end; :mod:`services.stages.language_server` asks it."""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assay.errors import PluginFailed

from services.stages.json_rpc import MAX_MESSAGE_BYTES, Connection, ConnectionLost, RequestRefused
from services.stages.priority import stand_back
from services.stages.server_documents import Document, KeptDocuments, opened
from services.stages.server_spec import Request, ServerSpec
from services.stages.server_turns import Turn, Turns

START_SECONDS = 20.0
END_SECONDS = 2.0

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

WEIGHED_EVERY = 8
"""Questions after which a server's memory is looked at; in between, its limit on data bounds it."""

CANCELLED = frozenset({-32801, -32802})
"""ContentModified and ServerCancelled: a server drops what it works on when another document is opened or closed, and
is to be asked again; what it had found out by then it need not find again."""


@dataclass(frozen=True, slots=True)
class Opening:
    """
    The documents of one question.

    :param home: The folder below the server's own in which they lie.
    :param documents: Texts by relative path.
    :param asked: Those that are asked about; a server that looks on the disk finds the others there.
    """

    home: PurePosixPath
    documents: Mapping[str, str]
    asked: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Open:
    """
    What one question has open.

    :param home: Where its documents are files; None where they are not.
    :param alone: Its one document, which may stay open.
    """

    home: Path | None = None
    uris: tuple[str, ...] = ()
    alone: Document | None = None


class ServerProcess:
    """One process of a server; :func:`start` makes it."""

    def __init__(
        self, spec: ServerSpec, folder: Path, process: asyncio.subprocess.Process, connection: Connection
    ) -> None:
        self._spec = spec
        self._folder = folder
        self._process = process
        self._connection = connection
        self._asked = 0
        self._turns: Turns[_Open] = Turns(spec.turn_seconds, self._close)
        self._kept = KeptDocuments()
        self.busy = 0
        """Questions under way."""
        self.cancelled = 0
        """Questions whose asker went away before the answer."""

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def lost(self) -> bool:
        """Whether nothing more can be asked."""
        return self._connection.lost or self._process.returncode is not None

    @property
    def worn_out(self) -> bool:
        """Whether it is to be replaced once nobody waits for it."""
        if self.cancelled > 0 or self._asked >= self._spec.questions:
            return True
        return self._asked % WEIGHED_EVERY == 0 and self._held() > self._spec.memory_bytes

    async def initialize(self) -> None:
        """Make the server ready."""
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
    async def open(self, opening: Opening) -> AsyncIterator[Mapping[str, str]]:
        """Open the documents of a question, and give their addresses by path."""
        self._asked += 1
        self.busy += 1
        try:
            async with self._turns.take() as turn:
                yield await self._opened(opening, turn)
        finally:
            self.busy -= 1

    async def _opened(self, opening: Opening, turn: Turn["_Open"]) -> Mapping[str, str]:
        shown = await (self._shown if len(opening.documents) == 1 else self._all_opened)(opening, turn)
        await turn.opened()
        return shown

    async def _shown(self, opening: Opening, turn: Turn["_Open"]) -> Mapping[str, str]:
        """Have the server look at a document by itself."""
        [(path, text)] = opening.documents.items()
        key = opening.home.parent, path
        document = self._kept.take(key) or Document(key, (self._folder / opening.home / path).as_uri())
        turn.close_later(_Open(alone=document))
        await document.show(self._connection, self._spec.language, text)
        return {path: document.uri}

    async def _all_opened(self, opening: Opening, turn: Turn["_Open"]) -> Mapping[str, str]:
        """Open documents that see each other."""
        home, documents, written = self._folder / opening.home, opening.documents, self._spec.on_disk
        uris = {path: (home / path).as_uri() for path in (opening.asked if written else documents)}
        turn.close_later(_Open(home if written else None, tuple(uris.values())))
        if written:
            await asyncio.to_thread(_write, home, documents)
        await self._connection.notify("textDocument/didOpen", *opened(uris, self._spec.language, documents))
        return uris

    async def _close(self, opened: Sequence["_Open"]) -> None:
        """Close what questions had open; what are no files, when the next question opens its own."""
        given_up = [document.uri for each in opened if each.alone for document in self._kept.keep(each.alone)]
        closing = [
            {"textDocument": {"uri": uri}} for uri in (*given_up, *(uri for each in opened for uri in each.uris))
        ]
        homes = [each.home for each in opened if each.home is not None]
        if not homes:
            self._connection.notify_later("textDocument/didClose", *closing)
            return
        with contextlib.suppress(ConnectionLost):
            await self._connection.notify("textDocument/didClose", *closing)
        await asyncio.to_thread(_remove_all, homes)

    async def diagnosed(self, uris: Mapping[str, str], wanted: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the diagnostics of some of the open documents."""
        if len(wanted) == 1:
            # Asked in the same turn of the event loop in which the document was opened, so both are sent as one.
            return {wanted[0]: await self._pull(uris[wanted[0]])}
        found = await asyncio.gather(*(self._pull(uris[path]) for path in wanted))
        return dict(zip(wanted, found, strict=True))

    async def answered(self, uris: Mapping[str, str], requests: Sequence[Request]) -> list[Any]:
        """Return what the server answers about places in open documents."""
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
        """End the process and remove its folder."""
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


def _write(home: Path, documents: Mapping[str, str]) -> None:
    """Write documents; one whose name the file system refuses is there for whoever asks about it alone."""
    for path, text in documents.items():
        with contextlib.suppress(OSError):
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(text, encoding="utf-8", newline="")


def _remove_all(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


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


async def start(spec: ServerSpec) -> ServerProcess:
    """
    Start a server.

    :raises PluginFailed: It could not be started, or did not answer.
    """
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
    stand_back(process.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        # The end of its input ends it where this process dies: servers of the protocol read until then.
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (2 * spec.memory_bytes, 2 * spec.memory_bytes))
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    assert process.stdout is not None
    assert process.stdin is not None
    answers = {"workspace/configuration": lambda asked: [dict(spec.configuration)] * len(asked["items"])}
    child = ServerProcess(spec, folder, process, Connection(process.stdout, process.stdin, answers))
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
