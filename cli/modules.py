"""
The modules of its own project that a file imports: its context.

A file is judged alone, but what it imports from beside it exists and must be there when it runs. So the files that it
reaches by imports are sent along, unjudged. Modules are looked for as Python would when the project is run or tested:
in the folder that holds the file's top-level package (the first one upwards without `__init__.py`, as pytest finds it),
then in the directories given on the command line and their `src`, then in the working directory if the file lies below.

Imports are read by pattern, not by parsing: a file that does not parse has a context too, and nothing here can be
made to crash or crawl by what is in a file. A name that merely looks imported costs an unneeded file, no more.
"""

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from cli.sources import BadSource, Source, read

MAX_CONTEXT_FILES = 500
MAX_CONTEXT_BYTES = 4 * 1024 * 1024

# Every repetition is bounded, so that no text makes the search slow.
_IMPORT = re.compile(rb"^[ \t]{0,200}import[ \t]{1,20}([^#;\r\n]{1,1000})", re.MULTILINE)
_FROM = re.compile(
    rb"^[ \t]{0,200}from[ \t]{0,20}(\.{0,20})[ \t]{0,20}([\w.]{0,500})[ \t]{0,20}\bimport\b[ \t]{0,20}"
    rb"(\([^)]{0,5000}\)|[^#;\r\n]{1,1000})",
    re.MULTILINE,
)
_NAME = re.compile(rb"[\w.]+")


def root_of(path: Path) -> Path:
    """Return the folder from which a file's module is imported: the first one upwards without `__init__.py`."""
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return folder


def import_roots(source: Source) -> list[Path]:
    """Return the folders in which the modules of a source's project may lie, first found first."""
    if source.path is None:
        return []
    path = Path(os.path.abspath(source.path))
    roots = [root_of(path)]
    for given in source.roots:
        roots += [Path(os.path.abspath(given)), Path(os.path.abspath(given)) / "src"]
    working = Path.cwd()
    if path.is_relative_to(working):
        roots += [working, working / "src"]
    return list(dict.fromkeys(roots))


def context(path: Path, content: bytes, roots: Sequence[Path], *, deep: bool) -> dict[str, bytes]:
    """
    Return the files that a file reaches by imports, by their paths below the root that each was found in.

    At most :data:`MAX_CONTEXT_FILES` and :data:`MAX_CONTEXT_BYTES`, nearest first; what does not fit is left out.

    :param path: The file, absolute; its first root is the folder that its own path is relative to.
    :param deep: Whether what the imported files import is wanted too, as it is where the file is run.
    """
    own = path.relative_to(roots[0]).as_posix()
    places = _Places(roots)
    found: dict[str, bytes] = {}
    seen = {own}
    room = MAX_CONTEXT_BYTES
    waiting = deque([(own, content)])
    while waiting:
        for relative, place in _neighbours(*waiting.popleft(), places):
            if relative in seen or len(found) == MAX_CONTEXT_FILES:
                continue
            seen.add(relative)
            with suppress(BadSource):
                found[relative] = read(place, room)
                room -= len(found[relative])
                if deep:
                    waiting.append((relative, found[relative]))
    return found


def _neighbours(name: str, text: bytes, places: "_Places") -> Iterator[tuple[str, Path]]:
    for module in dict.fromkeys(_imported(name, text)):
        yield from places.of(module)


def _imported(name: str, text: bytes) -> Iterator[str]:
    """Yield the dotted names that a module's text imports, relative ones made absolute by the module's own path."""
    package = name.split("/")[:-1]
    for match in _IMPORT.finditer(text):
        for part in match[1].split(b","):
            if held := _NAME.match(part.strip()):
                yield held[0].decode("utf-8", "replace")
    for match in _FROM.finditer(text):
        dots, base, names = match[1], match[2].decode("utf-8", "replace"), match[3]
        if len(dots) > len(package) + 1:
            continue
        start = package[: len(package) + 1 - len(dots)] if dots else []
        module = ".".join([*start, *filter(None, [base])])
        if module:
            yield module
        # `from package import name` may name a module of the package.
        for held in _NAME.findall(names):
            yield ".".join(filter(None, [module, held.decode("utf-8", "replace")]))


class _Places:
    """
    Where modules lie.

    Most imports are of the standard library and of packages, and none of theirs lies in a root: so each first name is
    looked for once, and what is below it only where it is there.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = [str(root) for root in roots]
        self._holding: dict[str, list[str]] = {}

    def of(self, module: str) -> list[tuple[str, Path]]:
        """Return the files of a module and of the packages above it, in the first root that has any of them."""
        parts = module.split(".")
        if not all(part.isidentifier() for part in parts):
            return []
        for root in self._with(parts[0]):
            files = ((name, f"{root}/{name}") for name in _candidates(parts))
            if found := [(name, Path(path)) for name, path in files if os.path.isfile(path)]:
                return found
        return []

    def _with(self, first: str) -> list[str]:
        if first not in self._holding:
            self._holding[first] = [
                root for root in self._roots if os.path.isdir(f"{root}/{first}") or os.path.isfile(f"{root}/{first}.py")
            ]
        return self._holding[first]


def _candidates(parts: Sequence[str]) -> Iterator[str]:
    for depth in range(1, len(parts) + 1):
        stem = "/".join(parts[:depth])
        yield f"{stem}/__init__.py"
        yield f"{stem}.py"
