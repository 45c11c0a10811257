"""Loading the candidate's entry point as the module that tests know it by."""

from __future__ import annotations

import builtins
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from posixpath import join
from types import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(entry: dict[str, Any], work: str, wanted: set[str], test_folder: str) -> ModuleType:
    """
    Import the entry point, under the aliases that are wanted too; what it raises passes through.

    :param entry: The path of the file, its dotted module name, the folder that the name starts from, whether it is
        imported by its name through its packages rather than as a file by itself, and its aliases.
    """
    file = join(work, entry["path"])
    roots = [join(work, entry["root"]).rstrip("/"), work, join(work, "src"), test_folder]
    sys.argv[:] = [file]
    sys.path[:] = list(dict.fromkeys(filter(None, roots))) + sys.path[1:]
    name = entry["module"]
    module = import_module(name) if entry["packaged"] else _by_itself(name, file)
    for alias in wanted.intersection(entry["aliases"]):
        if "." not in alias:
            sys.modules[alias] = module
    return module


def _by_itself(name: str, file: str) -> ModuleType:
    loader = SourceFileLoader(name, file)
    spec = ModuleSpec(name, loader, origin=file)
    spec.has_location = True
    module = ModuleType(name)
    vars(module).update(__spec__=spec, __loader__=loader, __file__=file, __package__="", __cached__=spec.cached)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


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
