"""The modules that a candidate brings along in its own files."""

from collections.abc import Iterable
from pathlib import PurePosixPath

SUFFIXES = (".py", ".pyi", ".pyw")


class OwnModules:
    """
    The candidate's modules, under every name by which they can be imported.

    Which folder is the root is not known, so `src/app/models.py` is taken for `src.app.models`, `app.models` and
    `models` alike.

    :param paths: The paths of all its files.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._full: set[tuple[str, ...]] = set()
        self._names: set[tuple[str, ...]] = set()
        for path in paths:
            parts = _module_parts(path)
            for end in range(1, len(parts) + 1):
                self._full.add(parts[:end])
                self._names.update(parts[start:end] for start in range(end))

    def has_root(self, root: str) -> bool:
        """Whether some file or folder can be imported under this first name."""
        return (root,) in self._names

    def resolves(self, path: str, level: int, module: str, members: Iterable[str]) -> bool:
        """
        Whether a relative import in the file `path` finds a module.

        What a package's `__init__` defines is not looked at: names after `from .` count as found with the package.
        """
        package = PurePosixPath(path).parent.parts
        if level - 1 > len(package):
            return False
        target = (*package[: len(package) - level + 1], *(module.split(".") if module else ()))
        return not target or target in self._full or any((*target, member) in self._full for member in members)


def _module_parts(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path)
    if pure.suffix not in SUFFIXES:
        return ()
    parts = (*pure.parent.parts, pure.stem)
    return parts[:-1] if parts[-1] == "__init__" else parts
