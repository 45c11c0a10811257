"""The name under which a candidate's entry point is loaded."""

import ast
import posixpath
import sys
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """
    How the entry point is loaded.

    :param module: Its dotted name.
    :param root: The folder that the name starts from, relative to the work directory.
    :param packaged: Whether it is imported by its name, through its packages, rather than as a file by itself.
    """

    path: str
    module: str
    root: str
    packaged: bool

    @property
    def aliases(self) -> frozenset[str]:
        """The names by which tests may import it: from its folder, or from a folder above."""
        parts = posixpath.splitext(self.path)[0].split("/")
        if parts[-1] == "__init__":
            parts = parts[:-1]
        return frozenset(".".join(parts[start:]) for start in range(len(parts))) | {self.module}

    def as_job(self) -> dict[str, object]:
        """Return what the harness is told of it."""
        named = {"path": self.path, "module": self.module, "root": self.root, "packaged": self.packaged}
        return {**named, "aliases": sorted(self.aliases)}


def locate(path: str, files: Collection[str], tree: ast.Module | None) -> Entry:
    """
    Return how to load an entry point.

    A file in a package (its folder has an ``__init__.py``), or one with relative imports, is imported by its dotted
    name; any other one is loaded by itself with its own folder first on the path, as a script is.

    :param tree: Its syntax tree; None where it cannot be read.
    """
    folder, name = posixpath.split(path)
    stem, suffix = posixpath.splitext(name)
    packages: list[str] = []
    above = folder
    relative = tree is not None and any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))
    while above and (f"{above}/__init__.py" in files or relative):
        above, package = posixpath.split(above)
        packages.insert(0, package)
    parts = packages if stem == "__init__" and packages else [*packages, stem]
    if packages and suffix == ".py" and all(part.isidentifier() for part in parts):
        return Entry(path, ".".join(parts), above, packaged=True)
    return Entry(path, f"candidate_{stem}" if stem in sys.stdlib_module_names else stem, folder, packaged=False)
