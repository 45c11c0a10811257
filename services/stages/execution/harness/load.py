"""Loading the candidate's entry point as the module that tests know it by."""

import ast
import builtins
import posixpath
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import FunctionType, ModuleType
from typing import Any


class Entry:
    """
    How the entry point is loaded.

    :param module: Its dotted name.
    :param root: The folder that the name starts from, relative to the work directory.
    :param packaged: Whether it is imported by its name, through its packages, rather than as a file by itself.
    """

    def __init__(self, path: str, module: str, root: str, *, packaged: bool) -> None:
        self.path = path
        self.module = module
        self.root = root
        self.packaged = packaged

    @property
    def aliases(self) -> set[str]:
        """The names by which tests may import it: from its folder, or from a folder above."""
        parts = posixpath.splitext(self.path)[0].split("/")
        if parts[-1] == "__init__":
            parts = parts[:-1]
        return {".".join(parts[start:]) for start in range(len(parts))} | {self.module}


def locate(path: str, files: set[str], source: bytes) -> Entry:
    """
    Return how to load an entry point.

    A file in a package (its folder has an ``__init__.py``), or one with relative imports, is imported by its dotted
    name; any other one is loaded by itself with its own folder first on the path, as a script is.
    """
    folder, name = posixpath.split(path)
    stem, suffix = posixpath.splitext(name)
    packages: list[str] = []
    above = folder
    relative = _has_relative_import(source)
    while above and (f"{above}/__init__.py" in files or relative):
        above, package = posixpath.split(above)
        packages.insert(0, package)
    parts = packages if stem == "__init__" and packages else [*packages, stem]
    if packages and suffix == ".py" and all(part.isidentifier() for part in parts):
        return Entry(path, ".".join(parts), above, packaged=True)
    return Entry(path, f"candidate_{stem}" if stem in sys.stdlib_module_names else stem, folder, packaged=False)


def load(entry: Entry, work: str, wanted: set[str], test_folder: str) -> ModuleType:
    """Import the entry point, under the aliases that are wanted too; what it raises passes through."""
    file = posixpath.join(work, entry.path)
    roots = [posixpath.join(work, entry.root).rstrip("/"), work, posixpath.join(work, "src"), test_folder]
    sys.argv[:] = [file]
    sys.path[:] = list(dict.fromkeys(filter(None, roots))) + sys.path[1:]
    if entry.packaged:
        module = import_module(entry.module)
    else:
        spec = spec_from_loader(entry.module, SourceFileLoader(entry.module, file), origin=file)
        assert isinstance(spec, ModuleSpec)
        spec.has_location = True
        module = module_from_spec(spec)
        sys.modules[entry.module] = module
        assert spec.loader is not None
        spec.loader.exec_module(module)
    for alias in entry.aliases & wanted:
        if "." not in alias:
            sys.modules[alias] = module
    return module


def _has_relative_import(source: bytes) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


REPLACEABLE = {
    "print",
    "input",
    "open",
    "help",
    "exit",
    "quit",
    "breakpoint",
    "copyright",
    "license",
    "_",
    "__import__",
}
"""Builtins that programs replace for honest reasons and that no comparison rests on."""


class Originals:
    """
    What tests rest on, as it was before the candidate was loaded.

    :param more: Modules and classes besides, each with what must stay in it.
    """

    def __init__(self, more: list[tuple[Any, dict[str, Any]]] | None = None) -> None:
        self._spaces = [(builtins, {n: v for n, v in vars(builtins).items() if n not in REPLACEABLE}), *(more or [])]
        if "unittest" in sys.modules:
            case = sys.modules["unittest"].TestCase
            self._spaces.append((case, dict(vars(case))))
        values = [value for _, before in self._spaces for value in before.values() if isinstance(value, FunctionType)]
        self._code = [(value, value.__code__) for value in values]

    def replaced(self) -> list[str]:
        """Return the names of what is no longer what it was."""
        found = []
        for space, before in self._spaces:
            now = space.__dict__
            found += [name for name, value in before.items() if now.get(name) is not value]
        found += [value.__name__ for value, code in self._code if value.__code__ is not code]
        return found
