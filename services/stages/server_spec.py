"""What a language server is, what it may cost, and what is asked of it about places."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
