"""
What a JavaScript or TypeScript file is a part of: the package that it lies in, and what it imports of it.

`package.json` says which packages may be imported and which paths stand for folders of the project, and so does
`tsconfig.json`. They are sent along, unjudged, with the files that the file reaches by relative imports. Those are
found as Node.js and bundlers find them: as written, with suffixes of the languages, and as the index of a folder.

Imports are read by pattern, as in :mod:`cli.modules`, and with the same bounds.
"""

import os
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from assay.languages import of_path

from cli.modules import MAX_CONTEXT_BYTES, MAX_CONTEXT_FILES
from cli.sources import BadSource, read

LANGUAGES = frozenset({"javascript", "typescript"})
SETTINGS = ("package.json", "tsconfig.json", "jsconfig.json")
MAX_LEVELS = 32
"""Folders upwards in which a package is looked for."""

_PACKAGE = "package.json"
_SPECIFIER = re.compile(rb"""(?:\bfrom|\bimport|\brequire\()[ \t]{0,20}\(?[ \t]{0,20}["'](\.[^"'\r\n]{0,500})["']""")
_SUFFIXES = ("", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.tsx", "/index.js")
_COMPILED = re.compile(r"\.([cm]?)js(x?)$")


def package_root(path: Path) -> Path:
    """Return the folder of the package that a file lies in: the nearest one upwards with a package.json, or its own."""
    folder = path.parent
    for parent in (folder, *folder.parents[:MAX_LEVELS]):
        if (parent / _PACKAGE).is_file():
            return parent
    return folder


def context(path: Path, content: bytes, *, deep: bool) -> dict[str, bytes]:
    """
    Return the settings of a file's package and the files that it reaches, by their paths below the package's folder.

    :param path: The file, absolute.
    :param deep: Whether what the imported files import is wanted too.
    """
    root = package_root(path)
    found: dict[str, bytes] = {}
    room = MAX_CONTEXT_BYTES
    seen = {path}
    waiting = deque([(path, content)])
    reached = deque(root / name for name in SETTINGS if (root / name).is_file())
    while reached or waiting:
        while reached and len(found) < MAX_CONTEXT_FILES:
            place = reached.popleft()
            if place in seen or not place.is_relative_to(root):
                continue
            seen.add(place)
            with suppress(BadSource):
                held = read(place, room)
                found[place.relative_to(root).as_posix()] = held
                room -= len(held)
                if deep and of_path(place.name) in LANGUAGES:
                    waiting.append((place, held))
        if len(found) == MAX_CONTEXT_FILES:
            break
        if waiting:
            reached.extend(_imported(*waiting.popleft()))
    return found


def _imported(path: Path, text: bytes) -> Iterator[Path]:
    """Yield the files that a file names by relative paths."""
    for match in dict.fromkeys(_SPECIFIER.findall(text)):
        target = os.path.normpath(path.parent / match.decode("utf-8", "replace"))
        # TypeScript names what its output will be called.
        stems = (target, _COMPILED.sub(r".\1ts\2", target))
        places = (f"{stem}{suffix}" for stem in dict.fromkeys(stems) for suffix in _SUFFIXES)
        yield from (Path(place) for place in [next(filter(os.path.isfile, places), None)] if place)
