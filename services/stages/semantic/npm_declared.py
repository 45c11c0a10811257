"""What a candidate says of its own packages and paths: `package.json`, and the paths of `tsconfig.json`."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from assay.stage import Candidate, SourceFile

_DEPENDENCIES = (
    "dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "bundledDependencies",
    "bundleDependencies",
)  # fmt: skip
_TOKENS = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
MAX_BYTES = 1024 * 1024
"""A longer settings file is not read."""


@dataclass(frozen=True, slots=True)
class Declared:
    """
    What may be imported by a bare name.

    :param packages: Names of packages; None where nothing declares any.
    :param given: Those that the caller declared, not the candidate.
    :param prefixes: What names begin with that stand for paths.
    :param places: What the candidate's own files can be found at: packages, and first parts of paths.
    """

    packages: frozenset[str] | None
    given: frozenset[str]
    prefixes: tuple[str, ...]
    places: frozenset[str]

    def has(self, package: str) -> bool:
        """Whether a package is declared, by itself or by its types."""
        assert self.packages is not None
        types = "@types/" + package.removeprefix("@").replace("/", "__")
        return package in self.packages or types in self.packages


def declared(candidate: Candidate) -> Declared:
    """Return what is declared for a candidate, in its own files and in those around it."""
    own = list(_named(candidate.files, "package.json"))
    around = list(_named(candidate.context_files, "package.json"))
    allowed = candidate.allowed_dependencies
    given = frozenset(allowed or ()).union(*map(_packages, around))
    is_declared = bool(own or around) or allowed is not None
    names = {str(fields["name"]) for fields in (*own, *around) if "name" in fields}
    files = (*candidate.files, *candidate.context_files)
    return Declared(
        packages=given.union(*map(_packages, own)) if is_declared else None,
        given=given,
        prefixes=tuple(_prefixes(files)),
        places=frozenset(part for file in files for part in _importable(file.path)) | names,
    )


def _named(files: Iterable[SourceFile], name: str) -> Iterator[dict[str, Any]]:
    for file in files:
        if PurePosixPath(file.path).name == name and len(file.content) <= MAX_BYTES:
            yield _read(file.content)


def _read(content: bytes) -> dict[str, Any]:
    """Read JSON that may have comments and commas at ends; what is no object says nothing."""
    text = _TOKENS.sub(lambda token: token[1] or "", content.decode("utf-8-sig", "replace"))
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _packages(fields: dict[str, Any]) -> set[str]:
    names: set[str] = set()
    for key in _DEPENDENCIES:
        value = fields.get(key)
        if isinstance(value, dict | list):
            names.update(str(name) for name in value)
    return names


def _prefixes(files: Iterable[SourceFile]) -> Iterator[str]:
    for file in files:
        if re.fullmatch(r"[jt]sconfig.*\.json", PurePosixPath(file.path).name) and len(file.content) <= MAX_BYTES:
            options = _read(file.content).get("compilerOptions")
            paths = options.get("paths") if isinstance(options, dict) else None
            yield from (str(path).rstrip("*") for path in (paths if isinstance(paths, dict) else ()))


def _importable(path: str) -> Iterator[str]:
    """Yield the names by which a file can be found where a folder above it is the base of imports."""
    pure = PurePosixPath(path)
    yield from (*pure.parent.parts, pure.stem)
