"""pytest, loaded before any code of the candidate and kept from it until the tests run."""

import os
import sys
from types import FunctionType, ModuleType
from typing import Any

FOLDER = "/opt/assay/pytest"
"""Where the image holds pytest. It is on the path while the harness imports it, and at no other time."""

LEFT_OUT = (
    "assertion",
    "cacheprovider",
    "debugging",
    "doctest",
    "faulthandler",
    "freeze_support",
    "junitxml",
    "pastebin",
    "python_path",
    "reports",
    "setuponly",
    "setupplan",
    "stepwise",
    "terminal",
    "threadexception",
    "unraisableexception",
)
"""Plug-ins that tests have no use for here: they write files or reports, or change what the harness rests on."""


class Library:
    """
    pytest with a configuration that nothing of the candidate has a part in.

    No file, variable of the environment, entry point or ``conftest.py`` is read. Loading it early means that what the
    candidate does to the import system, to the environment or to modules that pytest imports comes too late.

    :param work: The folder that the tests' paths start from.
    :raises ImportError: This environment has no pytest.
    """

    def __init__(self, work: str) -> None:
        before = set(sys.modules)
        sys.path.insert(0, FOLDER)
        try:
            import pytest
            from _pytest.config import _prepareconfig

            self.config = self._configure(_prepareconfig, work)
        finally:
            sys.path.remove(FOLDER)
        self.api: Any = pytest
        new = {name: module for name, module in sys.modules.items() if name not in before}
        self._hidden = {name: module for name, module in new.items() if _is_from_folder(module)}
        self._trusted = {id(vars(module)): module for module in list(sys.modules.values())}
        for name in self._hidden:
            del sys.modules[name]

    def _configure(self, prepare: Any, work: str) -> Any:
        arguments = ["-c", os.devnull, "--rootdir", work, "--noconftest", "--capture=no"]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        try:
            config = prepare([*arguments, *(f"-pno:{name}" for name in LEFT_OUT)])
        finally:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        # Options of the debugger's plug-in that those for unittest ask for.
        config.option.trace = config.option.usepdb = False
        return config

    def show(self) -> list[str]:
        """Let the modules be imported; return the names that the candidate had taken for its own."""
        taken = [name for name in self._hidden if name in sys.modules]
        sys.modules.update(self._hidden)
        return taken

    def spaces(self) -> list[tuple[Any, dict[str, Any]]]:
        """Return modules and classes with their functions and classes, which no honest program changes."""
        modules = [module for name, module in self._hidden.items() if name.startswith(("_pytest", "pytest", "pluggy"))]
        owners: list[Any] = [*modules]
        for module in modules:
            owners += [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == module.__name__]
        kinds = (FunctionType, type, property, staticmethod, classmethod)
        return [(owner, {n: v for n, v in vars(owner).items() if isinstance(v, kinds)}) for owner in owners]

    def is_trusted(self, space: dict[str, Any]) -> bool:
        """Return whether these are the globals of a module that was loaded before the candidate."""
        return id(space) in self._trusted


def _is_from_folder(module: ModuleType) -> bool:
    return str(getattr(module, "__file__", None) or "").startswith(FOLDER)
