"""Rules about a file as a whole: its bytes, its emptiness, its nesting."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from assay.stage import Category, Finding, Location, Severity

from services.stages.rules import Example, Rule
from services.stages.source import Source, UnreadableSource

NUL_BYTES = Rule(
    "static/nul-bytes",
    Category.SYNTAX,
    Severity.CRITICAL,
    "Compilers refuse source that holds NUL bytes. Mostly the file is binary, or was written in UTF-16.",
    fires=(b"x = 1\x00\n", b"\x00x = 1\n"),
    passes=(b'x = "\\x00"\n',),
)

BINARY = Rule(
    "static/binary-file",
    Category.SYNTAX,
    Severity.CRITICAL,
    "The bytes are those of an archive, an image, a program or compiled code under a name that promises source.",
    fires=(b"PK\x03\x04 and so on", b"\x89PNG\r\n\x1a\n", b"\x7fELF\x02", b"\x01\x02" * 50),
    passes=(b"# PNG\nx = 1\n", b"\x0cx = '\x1b[0m'\r\n"),
)

UNREADABLE = Rule(
    "static/unreadable-text",
    Category.SYNTAX,
    Severity.CRITICAL,
    "Source is UTF-8, or what its byte order mark says; Python's also what its coding cookie (PEP 263) says. Bytes "
    "that are neither cannot be read.",
    fires=(b'x = "\xff"\n', b"# coding: no-such-encoding\nx = 1\n", b"\xef\xbb\xbf# coding: latin-1\nx = 1\n"),
    passes=(
        b'# -*- coding: latin-1 -*-\nx = "\xe9"\n',
        b"\xef\xbb\xbf# coding: utf-8\nx = 1\n",
        'x = "é😀"\n'.encode(),
    ),
)

EMPTY = Rule(
    "static/empty-file",
    Category.TRUNCATION,
    Severity.CRITICAL,
    "The candidate has no code: its entry point holds nothing but white space.",
    fires=(b"", b"\n\n  \n", b"\xef\xbb\xbf"),
    passes=(b"x = 1\n",),
)

NO_CODE = Rule(
    "static/no-code",
    Category.TRUNCATION,
    Severity.HIGH,
    "The entry point holds comments or a docstring and no statement. A package's __init__.py may.",
    fires=(b"# a program that sorts\n", b'"""A module that sorts."""\n'),
    passes=(b'"""A module that sorts."""\nimport heapq\n',),
)

TOO_DEEP = Rule(
    "static/too-deeply-nested",
    Category.SYNTAX,
    Severity.CRITICAL,
    "Python compiles at most 200 brackets open at one time, and runs out of stack on expressions that nest or chain "
    "by the thousand; other compilers end at a few hundred or thousand. No person writes such code; a generator that "
    "repeats itself does.",
    fires=(b"x = " + b"(" * 300 + b"1" + b")" * 300, b"x = " + b"[" * 100_000, b"x = 1" + b" + 1" * 200_000),
    passes=(b"x = " + b"(" * 190 + b"1" + b")" * 190, b'x = "' + b"(" * 300 + b'"\n'),
)

_CONTROL = bytes(set(range(1, 32)) - set(b"\t\n\f\r\x1b") | {127})

_MAGIC = (b"PK\x03\x04", b"\x89PNG", b"\x7fELF", b"GIF8", b"\xff\xd8\xff", b"%PDF-", b"\x1f\x8b", b"BZh9", b"MZ\x90")


def check_bytes(content: bytes, path: str) -> Finding | None:
    """Return what is wrong with bytes that cannot be source at all."""
    if content.startswith(_MAGIC) or _is_mostly_control(content):
        return BINARY.finding("This is a binary file, not source.", Location(path, 1, 1, 1, 1))
    at = content.find(b"\0")
    if at < 0:
        return None
    return NUL_BYTES.finding("The source holds NUL bytes.", _place(content, at, path))


MAY_BE_EMPTY = frozenset({"__init__.py", "index.php"})
"""
Names of files that are there so that something is there: a package's mark, and what keeps a folder from being listed.
"""


def nothing(source: Source, only_text: bool) -> Iterator[Finding]:
    """
    Yield the finding for an entry point that holds no statement and should.

    :param only_text: Whether there are only comments and strings.
    """
    start = Location(source.path, 1, 1, 1, 1)
    if PurePosixPath(source.path).name in MAY_BE_EMPTY:
        return
    if not source.data.strip():
        yield EMPTY.finding("The file is empty.", start)
    elif only_text:
        yield NO_CODE.finding("The file holds no statement.", start)


def _is_mostly_control(content: bytes) -> bool:
    beginning = content[:8192]
    return len(beginning.translate(None, _CONTROL)) * 10 < len(beginning) * 9


def unreadable(error: UnreadableSource, content: bytes, path: str) -> Finding:
    """Return the finding for bytes that do not decode."""
    return UNREADABLE.finding(f"This file cannot be read: {error.reason}.", _place(content, error.offset, path))


LEGACY = Rule(
    "static/legacy-encoding",
    Category.ENVIRONMENT,
    Severity.LOW,
    "The text is in no Unicode encoding. Compilers of the language read such files by their settings, and other "
    "programs read them wrong.",
    fires=(Example(b"// caf\xe9\nint x = 1;\n", "c"),),
    passes=(Example("// café\nint x = 1;\n", "c"),),
)


def legacy(error: UnreadableSource, content: bytes, path: str) -> Finding:
    """Return the finding for text of a language that says nothing of encodings."""
    return LEGACY.finding(f"The encoding is none of Unicode: {error.reason}.", _place(content, error.offset, path))


def _place(content: bytes, offset: int, path: str) -> Location:
    """Return the place of a byte in a file that has no text."""
    before = content[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    at_end = content[offset : offset + 1] in {b"", b"\r", b"\n"}
    return Location(path, line, column, line, column + (not at_end))
